//! The form of `avahi-daemon.conf`: groups of `key=value` lines.
//!
//! In:  its text.
//! Out: the settings in order, each with its line; remarks about lines that are none.

use super::Remark;

/// One `key=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The line, from 1.
    pub line: usize,
    /// The group, in lower case.
    pub group: String,
    /// The key, in lower case.
    pub key: String,
    /// The value.
    pub value: String,
}

/// Reads a text. Comments begin with `#` or `%`, at the beginning of a line only.
pub fn read(text: &str) -> (Vec<Setting>, Vec<Remark>) {
    let mut settings = Vec::new();
    let mut remarks = Vec::new();
    let mut group = String::new();
    for (index, line) in text.lines().enumerate() {
        let number = index.saturating_add(1);
        let mut remark = |text: &str| {
            remarks.push(Remark {
                line: number,
                text: text.to_owned(),
            });
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '%']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            match name.split_once(']') {
                Some((name, _)) => group = name.trim().to_ascii_lowercase(),
                None => remark("`]` is missing; the line is ignored"),
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            remark("`=` is missing; the line is ignored");
            continue;
        };
        if group.is_empty() {
            remark("it stands before the first group, such as `[server]`; the line is ignored");
            continue;
        }
        if key.ends_with([' ', '\t']) || value.starts_with([' ', '\t']) {
            remark(
                "there are blanks around `=`: the line is used, but avahi-daemon would refuse the file",
            );
        }
        settings.push(Setting {
            line: number,
            group: group.clone(),
            key: key.trim().to_ascii_lowercase(),
            value: value.trim().to_owned(),
        });
    }
    (settings, remarks)
}
