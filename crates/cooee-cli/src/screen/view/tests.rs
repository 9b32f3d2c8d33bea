//! Pictures of the screen, as text, in `shots/`. `COOEE_SHOTS=write` renews them.

use std::path::Path;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::{draw, room};
use crate::output::tests::{named, service};
use crate::output::{Report, Service};
use crate::screen::state::{KeyPress, Motion, ScreenState};

/// What a terminal of this size shows.
fn shown(state: &ScreenState, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let frame = |frame: &mut ratatui::Frame<'_>| {
        draw(state, frame.area(), frame.buffer_mut());
    };
    terminal.draw(frame).unwrap();
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..height {
        let mut line = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            // A wide sign covers the cell after it.
            x += u16::try_from(symbol.width()).unwrap().max(1);
        }
        assert!(line.width() <= usize::from(width), "{line}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[track_caller]
fn compare(name: &str, shown: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/screen/view/shots");
    let path = folder.join(format!("{name}.txt"));
    if std::env::var("COOEE_SHOTS").as_deref() == Ok("write") {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&path, shown).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(shown, expected.replace("\r\n", "\n"), "{name}:\n{shown}");
}

fn at(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn http(name: &str, host: &str, txt: &[&str]) -> Service {
    Service {
        instance: named(name.as_bytes(), "_http._tcp"),
        host: host.to_owned(),
        port: 8080,
        txt: txt.iter().map(|text| (*text).to_owned()).collect(),
        txt_shown: txt.iter().map(|text| (*text).to_owned()).collect(),
        txt_raw: txt
            .iter()
            .map(|text| crate::output::hex(text.as_bytes()))
            .collect(),
        ..service()
    }
}

/// A network with something of everything.
fn network() -> ScreenState {
    let mut state = ScreenState::new(None, "eth0, wlan0");
    let mut door = http("Front Door", "gate.local", &["path=/", "version=2", "flag"]);
    door.interfaces = vec!["eth0".to_owned(), "wlan0".to_owned()];
    door.addresses.push("10.1.0.7".to_owned());
    door.on.push(("wlan0".to_owned(), "10.1.0.7".to_owned()));
    for (service, secs) in [
        (door, 3),
        (service(), 4),
        (
            http(
                "\u{6771}\u{4eac}\u{306e}\u{30d7}\u{30ea}\u{30f3}\u{30bf}",
                "tokyo.local",
                &[],
            ),
            5,
        ),
        (
            http(
                "A name so long that no column of a small terminal has its room",
                "long.local",
                &[],
            ),
            6,
        ),
        (
            http("Bad \u{1b}[2J \u{202e}one", "bad.local", &["k=\u{1b}"]),
            7,
        ),
    ] {
        state.take(Report::Found(service.instance.clone()), at(secs));
        state.take(Report::Resolved(service), at(secs));
    }
    state.take(Report::Found(named(b"Not yet", "_ssh._tcp")), at(8));
    state.take(Report::Unavailable(named(b"Never", "_ssh._tcp")), at(9));
    for (second, received) in [(10, 0), (11, 4), (12, 12), (13, 13), (14, 13)] {
        state.tick(at(second), received);
    }
    state
}

fn press(state: &mut ScreenState, keys: &str) {
    for c in keys.chars() {
        state.key(KeyPress::Char(c));
    }
}

#[test]
fn a_small_terminal_has_the_details_below_and_a_large_one_beside() {
    let mut state = network();
    press(&mut state, "jjj");
    compare("small", &shown(&state, 80, 24));
    compare("large", &shown(&state, 200, 50));
    state.set_room(room(Rect::new(0, 0, 80, 24), true));
    state.key(KeyPress::Tab);
    state.key(KeyPress::Move(Motion::PageDown));
    press(&mut state, "jjj");
    compare("scrolled", &shown(&state, 80, 24));
}

#[test]
fn a_browse_of_one_type_has_no_list_of_types() {
    let mut state = ScreenState::new(Some("_ipp._tcp"), "eth0");
    state.take(Report::Found(service().instance), at(1));
    state.take(Report::Resolved(service()), at(1));
    compare("one_type", &shown(&state, 80, 24));
}

#[test]
fn a_filter_is_shown_while_it_is_typed_and_afterwards() {
    let mut state = network();
    press(&mut state, "/door");
    compare("filter", &shown(&state, 80, 24));
    state.key(KeyPress::Enter);
    compare("filtered", &shown(&state, 80, 24));
    press(&mut state, "/zzz");
    compare("no_match", &shown(&state, 80, 24));
}

#[test]
fn nothing_found_and_help_are_shown() {
    compare("empty", &shown(&ScreenState::new(None, "eth0"), 80, 24));
    let mut state = network();
    press(&mut state, "?");
    compare("help", &shown(&state, 80, 24));
}

#[test]
fn every_size_can_be_drawn_and_shows_no_control_character() {
    let mut state = network();
    for mode in ["", "?", "x/door", "\u{1b}"] {
        press(&mut state, mode);
        for width in [0, 1, 2, 9, 20, 59, 60, 109, 110, 300] {
            for height in [0, 1, 2, 3, 7, 10, 24, 100] {
                state.set_room(room(Rect::new(0, 0, width, height), true));
                let text = shown(&state, width, height);
                let is_bad = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
                assert!(!text.contains(is_bad), "{width}x{height}: {text:?}");
            }
        }
    }
}

#[test]
fn the_page_is_the_height_of_the_list() {
    let rows = |width, height| room(Rect::new(0, 0, width, height), true).rows;
    assert_eq!((rows(80, 24), rows(200, 50)), (10, 47));
}
