//! A chosen name is there the next time; any problem with the file is only a warning.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use super::{Complain, Memory, NAMES_MAX, StateFileError};
use crate::testing::name;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cooee-{}-{test}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder can be made");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("names")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn nobody() -> Complain {
    Box::new(|error| panic!("{error}"))
}

#[test]
fn what_was_won_is_recalled_by_whoever_opens_the_file_next() {
    let folder = Folder::new("recalled");
    let (memory, wrong) = Memory::open(&folder.file());
    assert!(
        wrong.is_none() && memory.is_on(),
        "a missing file is an empty one"
    );
    let asked = name(r"Dr\. Who\032& Söhne._http._tcp.local");
    memory.note(asked.clone(), name("The Other._http._tcp.local"), nobody);
    memory.note(name("box.local"), name("box-2.local"), nobody);
    memory.note(name("Box.local"), name("box-3.local"), nobody);
    memory.note(name("plain.local"), name("plain.local"), nobody);
    memory.close();
    let (memory, wrong) = Memory::open(&folder.file());
    assert!(wrong.is_none(), "{wrong:?}");
    assert_eq!(memory.recall(&asked).as_deref(), Some("The Other"));
    assert_eq!(memory.recall(&name("box.local")).as_deref(), Some("box-3"));
    assert_eq!(memory.recall(&name("plain.local")), None);
    let files = fs::read_dir(&folder.0)
        .expect("the folder is there")
        .count();
    assert_eq!(files, 1, "nothing is left beside the file");
}

#[test]
fn two_programs_with_one_file_keep_each_others_names() {
    let folder = Folder::new("two");
    let [one, other] = [(); 2].map(|()| Memory::open(&folder.file()).0);
    one.note(name("a.local"), name("a-2.local"), nobody);
    one.close();
    other.note(name("b.local"), name("b-2.local"), nobody);
    other.close();
    let text = fs::read_to_string(folder.file()).expect("it was written");
    assert_eq!(
        text,
        "cooee names 1\na.local\ta-2.local\nb.local\tb-2.local\n"
    );
}

#[test]
fn lines_that_make_no_sense_cost_themselves_alone() {
    let folder = Folder::new("corrupt");
    let text = b"cooee names 1\na.local\ta-2.local\nb.local b\n\nc.local\tc.example\n\
                 d.local\td.local\nlocal\tb\n\xff\xff\te\ne.local\te-2.local\nf.local\tf-";
    fs::write(folder.file(), text).expect("it can be written");
    let (memory, wrong) = Memory::open(&folder.file());
    assert!(
        matches!(wrong, Some(StateFileError::Corrupt { lines: 7, .. })),
        "{wrong:?}"
    );
    for (asked, won) in [
        ("a.local", Some("a-2")),
        ("b.local", None),
        ("e.local", Some("e-2")),
    ] {
        assert_eq!(memory.recall(&name(asked)).as_deref(), won);
    }
}

#[test]
fn a_file_of_somebody_else_is_left_alone() {
    let folder = Folder::new("foreign");
    for text in ["root:x:0:0\n", "cooee names 2\nx"] {
        fs::write(folder.file(), text).expect("it can be written");
        let (memory, wrong) = Memory::open(&folder.file());
        assert!(
            matches!(wrong, Some(StateFileError::Foreign { .. })),
            "{wrong:?}"
        );
        memory.note(name("a.local"), name("a-2.local"), nobody);
        memory.close();
        assert_eq!(
            fs::read_to_string(folder.file()).expect("it is there"),
            text
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_or_written_is_told_and_written_when_it_can() {
    let folder = Folder::new("unwritable");
    let place = folder.0.join("missing").join("names");
    let (memory, wrong) = Memory::open(&place);
    assert!(
        matches!(wrong, Some(StateFileError::Write { .. })),
        "it is reported at the start: {wrong:?}"
    );
    let (sender, reported) = channel();
    let complain = || -> Complain { Box::new(move |error| drop(sender.send(error))) };
    memory.note(name("a.local"), name("a-2.local"), complain);
    assert!(matches!(reported.recv(), Ok(StateFileError::Write { .. })));
    assert_eq!(memory.recall(&name("a.local")).as_deref(), Some("a-2"));
    fs::create_dir(folder.0.join("missing")).expect("a folder can be made");
    memory.note(name("b.local"), name("b-2.local"), nobody);
    memory.close();
    let (memory, wrong) = Memory::open(&place);
    assert!(wrong.is_none(), "{wrong:?}");
    assert_eq!(memory.recall(&name("a.local")).as_deref(), Some("a-2"));
}

/// Returns the report about a file that exists when it is opened, and whether names are stored.
fn opened(path: &Path) -> (Option<StateFileError>, bool) {
    let (memory, wrong) = Memory::open(path);
    memory.note(name("a.local"), name("a-2.local"), nobody);
    let is_on = memory.is_on();
    memory.close();
    (wrong, is_on)
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_at_once_and_left_alone() {
    let folder = Folder::new("irregular");
    let fifo = folder.0.join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo is there").success());
    let (target, link) = (folder.0.join("target"), folder.0.join("link"));
    fs::write(&target, "cooee names 1\n").expect("it can be written");
    std::os::unix::fs::symlink(&target, &link).expect("a link can be made");
    for path in [&fifo, &link, &folder.0, Path::new("/dev/null")] {
        let (wrong, is_on) = opened(path);
        assert!(
            matches!(wrong, Some(StateFileError::NotAFile { .. })) && !is_on,
            "{}: {wrong:?}",
            path.display()
        );
    }
    let kind = fs::symlink_metadata(&link)
        .expect("it is there")
        .file_type();
    assert!(kind.is_symlink());
    let text = fs::read_to_string(&target).expect("it is there");
    assert_eq!(text, "cooee names 1\n");
}

#[test]
fn what_takes_the_place_of_the_file_while_it_is_used_is_left_alone() {
    let folder = Folder::new("swapped");
    let (memory, wrong) = Memory::open(&folder.file());
    assert!(wrong.is_none(), "{wrong:?}");
    fs::write(folder.file(), "root:x:0:0\n").expect("it can be written");
    let (sender, reported) = channel();
    let complain = || -> Complain { Box::new(move |error| drop(sender.send(error))) };
    memory.note(name("a.local"), name("a-2.local"), complain);
    memory.close();
    assert!(matches!(
        reported.recv(),
        Ok(StateFileError::Foreign { .. })
    ));
    let text = fs::read_to_string(folder.file()).expect("it is there");
    assert_eq!(text, "root:x:0:0\n");
}

#[cfg(unix)]
#[test]
fn a_link_laid_where_the_new_file_was_made_before_is_not_followed() {
    let folder = Folder::new("linked");
    let victim = folder.0.join("victim");
    fs::write(&victim, "precious").expect("it can be written");
    let guess = folder.0.join(format!("names.{}.tmp", std::process::id()));
    std::os::unix::fs::symlink(&victim, &guess).expect("a link can be made");
    let (wrong, is_on) = opened(&folder.file());
    assert!(wrong.is_none() && is_on, "{wrong:?}");
    let text = fs::read_to_string(&victim).expect("it is there");
    assert_eq!(text, "precious");
    let (memory, _) = Memory::open(&folder.file());
    assert_eq!(memory.recall(&name("a.local")).as_deref(), Some("a-2"));
}

#[test]
fn the_file_is_bounded_and_the_oldest_names_are_forgotten() {
    let folder = Folder::new("bounded");
    let (memory, _) = Memory::open(&folder.file());
    let host = |n: usize| name(&format!("host-{n}.local"));
    for n in 0..NAMES_MAX + 10 {
        memory.note(host(n), name("other.local"), nobody);
    }
    memory.close();
    let (memory, wrong) = Memory::open(&folder.file());
    assert!(wrong.is_none(), "{wrong:?}");
    assert_eq!(memory.recall(&host(9)), None);
    assert_eq!(memory.recall(&host(10)).as_deref(), Some("other"));
}
