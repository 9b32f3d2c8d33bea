//! Standard output, as lines for people or as JSON.
//!
//! In:  reports.
//! Out: whole lines; styles only where a terminal wants them (`NO_COLOR`, pipes).

use std::io::{self, Write};
use std::time::Instant;

use serde::Serialize;

use crate::background::Background;
use crate::escape::HarmlessJson;
use crate::output::{Interface, Report};
use crate::publish_output::PublishReport;
use crate::text;

/// The destination of reports, and their form.
pub(crate) struct Out<W> {
    writer: W,
    json: bool,
    answered: bool,
    background: Option<Background>,
}

impl Out<Box<dyn Write>> {
    /// Writes in the background, so that nobody has to read.
    pub(crate) fn in_background(background: Background, json: bool) -> Self {
        let mut out = Self::new(Box::new(background.clone()), json);
        out.background = Some(background);
        out
    }
}

impl<W: Write> Out<W> {
    /// Writes to `writer`, as JSON if requested.
    pub(crate) fn new(writer: W, json: bool) -> Self {
        Self {
            writer,
            json,
            answered: false,
            background: None,
        }
    }

    /// Returns how many bytes wait for a reader in the background.
    pub(crate) fn waiting(&self) -> usize {
        self.background.as_ref().map_or(0, Background::waiting)
    }

    /// Makes everything visible, if possible before `end`.
    pub(crate) fn finish(&mut self, end: Instant) -> io::Result<()> {
        self.flush()?;
        if let Some(background) = &self.background {
            background.wait(end);
            // What could not be written before.
            self.flush()?;
        }
        Ok(())
    }

    /// Returns whether anything found has been reported.
    pub(crate) fn has_answered(&self) -> bool {
        self.answered
    }

    /// Returns whether reports are written for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Writes one report.
    pub(crate) fn report(&mut self, report: &Report) -> io::Result<()> {
        self.answered |= report.is_answer();
        if self.json {
            return self.object(report);
        }
        self.writer.write_all(text::render(report).as_bytes())
    }

    /// Writes an event about an own service or host.
    pub(crate) fn publish_report(&mut self, report: &PublishReport) -> io::Result<()> {
        if self.json {
            return self.object(report);
        }
        self.writer.write_all(report.line().as_bytes())
    }

    /// Makes everything written so far visible; call it before waiting.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    /// Returns the writer, for what is neither a report nor a list.
    pub(crate) fn writer(&mut self) -> &mut W {
        &mut self.writer
    }

    /// Writes the list of interfaces.
    pub(crate) fn interfaces(&mut self, list: &[Interface]) -> io::Result<()> {
        if self.json {
            return list.iter().try_for_each(|interface| self.object(interface));
        }
        self.writer.write_all(text::interfaces(list).as_bytes())
    }

    /// Writes one object as a line of JSON.
    pub(crate) fn object(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = bytes(value)?;
        line.push(b'\n');
        self.writer.write_all(&line)
    }
}

/// Returns a report as one JSON object.
#[cfg(feature = "tui")]
pub(crate) fn json(report: &Report) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&bytes(report)?).into_owned())
}

fn bytes(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, HarmlessJson);
    value.serialize(&mut writer)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::Out;
    use crate::output::Report;
    use crate::output::tests::service;

    fn written(json: bool, report: &Report) -> (String, bool) {
        let mut bytes = Vec::new();
        let mut out = Out::new(&mut bytes, json);
        out.report(report).unwrap();
        let answered = out.has_answered();
        (String::from_utf8(bytes).unwrap(), answered)
    }

    #[test]
    fn json_is_one_object_a_line() {
        let (text, answered) = written(true, &Report::Resolved(service()));
        assert!(text.starts_with(r#"{"event":"resolved""#) && text.ends_with("}\n"));
        assert_eq!(text.lines().count(), 1);
        assert!(answered);
    }

    #[test]
    fn what_is_gone_is_no_answer() {
        assert!(
            !written(
                false,
                &Report::Removed {
                    service: service(),
                    why: "goodbye"
                }
            )
            .1
        );
    }
}
