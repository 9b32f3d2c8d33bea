//! The details of the chosen instance, as lines.
//!
//! In:  an instance, when its records were received, the time, the width of the place.
//! Out: lines with a label each, none wider than that, all of them safe for a terminal.

use std::time::Duration;

use unicode_width::UnicodeWidthChar;

use super::records::Seen;
use super::rows::Row;
use super::url::url;
use crate::escape::escape;
use crate::output::Service;

/// A line: what it is about, which is empty if it continues the line before, and a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DetailLine {
    pub(crate) label: &'static str,
    pub(crate) text: String,
}

/// The width of the labels, with the gap after them.
pub(crate) const LABEL_WIDTH: usize = 10;

/// Returns the lines about an instance; `seen` says when its records were received.
pub(crate) fn lines(row: &Row, seen: &[Seen], now: Duration, width: usize) -> Vec<DetailLine> {
    let mut lines = DetailLines {
        lines: Vec::new(),
        width: width.saturating_sub(LABEL_WIDTH).max(1),
    };
    lines.push("type", &row.service_type);
    match row.service() {
        Some(service) => lines.service(service),
        None => lines.push("host", &row.place),
    }
    lines.times(now, row);
    for (at, seen) in seen.iter().enumerate() {
        let label = if at == 0 { "records" } else { "" };
        lines.push(label, &receipt(seen));
    }
    if let Some(service) = row.service() {
        lines.raw(service);
    }
    lines.lines
}

struct DetailLines {
    lines: Vec<DetailLine>,
    width: usize,
}

impl DetailLines {
    /// Adds a text, on as many lines as it needs.
    fn push(&mut self, label: &'static str, text: &str) {
        let mut line = DetailLine {
            label,
            text: String::new(),
        };
        let mut used = 0_usize;
        for c in text.chars() {
            let width = c.width().unwrap_or(0);
            if used.saturating_add(width) > self.width && used > 0 {
                self.lines.push(line);
                line = DetailLine {
                    label: "",
                    text: String::new(),
                };
                used = 0;
            }
            line.text.push(c);
            used = used.saturating_add(width);
        }
        self.lines.push(line);
    }

    fn service(&mut self, service: &Service) {
        self.push("host", &escape(service.host_text()));
        self.push("port", &service.port.to_string());
        if let Some(url) = url(service) {
            self.push("URL", &url);
        }
        let mut label = "address";
        for name in &service.interfaces {
            let on = service.on.iter().filter(|(interface, _)| interface == name);
            // Those of a family that is not wanted are left out.
            let shown = on.filter(|(_, address)| service.addresses.contains(address));
            let mut before = format!("{name}: ");
            for (_, address) in shown {
                self.push(label, &escape(&format!("{before}{address}")));
                before = " ".repeat(before.chars().count());
                label = "";
            }
        }
        for (at, string) in service.txt_shown.iter().enumerate() {
            let label = if at == 0 { "TXT" } else { "" };
            let text = match string.split_once('=') {
                Some((key, value)) => format!("{key} = {value}"),
                None => string.clone(),
            };
            self.push(label, &text);
        }
    }

    fn times(&mut self, now: Duration, row: &Row) {
        let mut text = format!("{} ago", age(now.saturating_sub(row.found)));
        if row.changed > row.found {
            let changed = age(now.saturating_sub(row.changed));
            text.push_str(&format!(", changed {changed} ago"));
        }
        self.push("found", &text);
    }

    /// The bytes of the TXT record, one string on a line.
    fn raw(&mut self, service: &Service) {
        for (at, hex) in service.txt_raw.iter().enumerate() {
            self.push(if at == 0 { "TXT, hex" } else { "" }, hex);
        }
    }
}

/// Returns a line about a record.
fn receipt(seen: &Seen) -> String {
    let (rtype, age_text, left) = (seen.rtype, age(seen.age), age(seen.left));
    let mut text = format!("{rtype:<5}{left:>6} left, {age_text:>4} old");
    if let Some(source) = &seen.source {
        text.push_str(&format!(", from {source}"));
    }
    text
}

/// Returns a time in its largest unit.
fn age(time: Duration) -> String {
    let secs = time.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "min")];
    let unit = units
        .into_iter()
        .find(|(unit, _)| secs.checked_div(*unit) >= Some(2));
    match unit {
        Some((unit, name)) => format!("{} {name}", secs.checked_div(unit).unwrap_or(0)),
        None => format!("{secs} s"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::age;

    #[test]
    fn a_time_is_shown_in_its_largest_unit_with_two_of_it() {
        for (secs, expected) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7_200, "2 h"),
            (172_799, "47 h"),
            (172_800, "2 d"),
        ] {
            assert_eq!(age(Duration::from_secs(secs)), expected);
        }
    }
}
