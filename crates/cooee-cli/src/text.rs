//! Reports as lines for people: aligned, within 80 columns where the names allow it.
//!
//! In:  a report.
//! Out: lines with styles; the printer removes the styles where they are not wanted.

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::escape::escape;
use crate::output::{Action, Instance, Interface, Record, Report, Service};

/// The width of the text.
const COLUMNS: usize = 80;

/// Where the second column and continuation lines begin.
const INDENT: usize = 9;

const CAME: Style = AnsiColor::Green.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const WENT: Style = AnsiColor::Red.on_default();
const NAME: Style = Style::new().bold();
const DETAIL: Style = Style::new().dimmed();

/// Renders one report as one or more whole lines.
pub(crate) fn render(report: &Report) -> String {
    match report {
        Report::Found(instance) => named("found", CAME, instance, ""),
        Report::Lost { instance, why } => named("lost", WENT, instance, why),
        Report::Resolved(service) => full("added", CAME, service),
        Report::Updated { service, .. } => full("updated", CHANGED, service),
        Report::Unavailable(instance) => named("found", CHANGED, instance, "not available"),
        Report::Removed { service, why } => named("removed", WENT, &service.instance, why),
        Report::Type {
            action,
            service_type,
        } => {
            let (word, style) = word_of(*action);
            format!("{}{}\n", first(word, style), escape(service_type))
        }
        Report::Host { name, addresses } => pairs(name.text(), addresses, "no address"),
        Report::Reverse {
            address,
            names,
            names_exact,
        } => pairs(address, names_exact.as_ref().unwrap_or(names), "no name"),
        Report::Record(record) => record_line(record),
        Report::Denied { name, rtype } => {
            format!(
                "{}{}  has no {rtype} record\n",
                first("denied", CHANGED),
                escape(name.text())
            )
        }
        Report::Lagged { missed } => {
            format!(
                "{}{missed} changes came too fast to be shown\n",
                first("lagged", CHANGED)
            )
        }
    }
}

/// Renders the list of interfaces as a table.
pub(crate) fn interfaces(list: &[Interface]) -> String {
    let widths = list.iter().map(|interface| escape(&interface.name).width());
    let names = widths.max().unwrap_or(0).max("NAME".len());
    let mut out = format!("{NAME}{}  INDEX  USED   WHY{NAME:#}\n", pad("NAME", names));
    for interface in list {
        let (taken, style) = if interface.selected {
            ("yes", CAME)
        } else {
            ("no", DETAIL)
        };
        let name = escape(&interface.name);
        let head = format!(
            "{}  {:>5}  {style}{taken:<5}{style:#}  ",
            pad(&name, names),
            interface.index
        );
        out.push_str(&head);
        out.push_str(&escape(&interface.reason));
        out.push('\n');
        if interface.selected && !interface.addresses.is_empty() {
            out.push_str(&wrapped(&interface.addresses, names.saturating_add(2)));
        }
        for deaf in &interface.deaf {
            let text = format!("no {}: {}", deaf.family, escape(&deaf.reason));
            out.push_str(&format!("{}  {WENT}{text}{WENT:#}\n", pad("", names)));
        }
    }
    out
}

fn word_of(action: Action) -> (&'static str, Style) {
    match action {
        Action::Add => ("added", CAME),
        Action::Remove => ("removed", WENT),
    }
}

/// Returns the first column.
fn first(word: &str, style: Style) -> String {
    let gap = " ".repeat(INDENT.saturating_sub(word.len()).max(1));
    format!("{style}{word}{style:#}{gap}")
}

/// Returns a line with an instance, its type and one more item.
fn named(word: &str, style: Style, instance: &Instance, rest: &str) -> String {
    let name = escape(instance.text());
    let service_type = escape(&instance.service_type);
    let mut line = format!("{}{NAME}{name}{NAME:#}", first(word, style));
    let mut more = service_type.to_string();
    if !rest.is_empty() {
        more.push_str(&gap(service_type.width(), 18));
        more.push_str(rest);
    }
    let space = gap(name.width(), 30);
    let used = INDENT
        .saturating_add(name.width())
        .saturating_add(space.len());
    if used.saturating_add(more.width()) > COLUMNS {
        let mut parts = vec![service_type.into_owned()];
        parts.extend((!rest.is_empty()).then(|| rest.to_owned()));
        line.push('\n');
        line.push_str(&wrapped(&parts, INDENT));
        return line;
    }
    line.push_str(&space);
    line.push_str(&more);
    line.push('\n');
    line
}

/// Returns a service with its address and attribute lines.
fn full(word: &str, style: Style, service: &Service) -> String {
    let place = format!("{}:{}", escape(service.host_text()), service.port);
    let mut out = named(word, style, &service.instance, &place);
    let addresses = service.addresses.iter();
    let addresses: Vec<String> = addresses.map(|text| escape(text).into_owned()).collect();
    out.push_str(&wrapped(&addresses, INDENT));
    let txt = &service.txt_shown;
    if !txt.is_empty() {
        out.push_str(&format!("{DETAIL}{}{DETAIL:#}", wrapped(txt, INDENT)));
    }
    out
}

/// Returns one line for each value, with the key before each.
fn pairs(key: &str, values: &[String], none: &str) -> String {
    let key = escape(key);
    if values.is_empty() {
        return format!("{NAME}{key}{NAME:#}  {DETAIL}{none}{DETAIL:#}\n");
    }
    values
        .iter()
        .map(|value| format!("{NAME}{key}{NAME:#}  {}\n", escape(value)))
        .collect()
}

fn record_line(record: &Record) -> String {
    let (word, style) = word_of(record.action);
    let name = escape(record.name.text());
    let head = format!("{}{NAME}{name}{NAME:#}", first(word, style));
    let kind = format!("{}  {}", record.ttl, record.rtype);
    let (text, interface) = (escape(&record.text_shown), escape(&record.interface));
    let parts = [&*kind, &*text, &*interface];
    let width: usize = parts
        .iter()
        .map(|part| part.width().saturating_add(2))
        .sum();
    let used = INDENT.saturating_add(name.width());
    if used.saturating_add(width) <= COLUMNS {
        return format!("{head}  {kind}  {text}  {DETAIL}{interface}{DETAIL:#}\n");
    }
    format!("{head}\n{}", wrapped(&parts.map(str::to_owned), INDENT))
}

/// Wraps items into as many indented lines as they need. One that is too long for a line begins its
/// own, and continues further right.
fn wrapped(items: &[String], indent: usize) -> String {
    let mut out = String::new();
    let mut used = 0_usize;
    for item in items {
        let width = item.width();
        if used > 0 && used.saturating_add(width).saturating_add(2) > COLUMNS {
            out.push('\n');
            used = 0;
        }
        let space = if used == 0 { indent } else { 2 };
        out.push_str(&" ".repeat(space));
        used = used.saturating_add(space);
        for c in item.chars() {
            let width = c.width().unwrap_or(0);
            if used.saturating_add(width) > COLUMNS {
                used = indent.saturating_add(2);
                out.push('\n');
                out.push_str(&" ".repeat(used));
            }
            out.push(c);
            used = used.saturating_add(width);
        }
    }
    out.push('\n');
    out
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Returns the blanks after a text in a column of this width: at least two.
fn gap(used: usize, column: usize) -> String {
    " ".repeat(column.saturating_sub(used).max(2))
}

#[cfg(test)]
mod tests;
