//! `cooee doctor`: what is wrong with Multicast DNS here, and what to do.
//!
//! In:  the options of the command line.
//! Out: findings in the form of a compiler's messages, or as JSON; whether there are none.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use cooee::{
    CheckOutcome, Diagnose, DiagnoseError, DiagnoseProgress, Diagnosis, Finding, InstanceName,
    SearchAnswer, Severity,
};
use serde::Serialize;

use crate::args::Options;
use crate::escape::escape;
use crate::failure::Failure;
use crate::out::Out;
use crate::start::builder;
use crate::target::{HostName, InstanceWords};

mod watch;

/// Diagnoses, and prints the result. Returns whether no problem was found.
pub(crate) fn run<W: Write>(
    (name, service_type): (Option<&str>, Option<&str>),
    watch: Option<Option<Duration>>,
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    let diagnose = builder(options).diagnose();
    let mut diagnose = match name {
        Some(name) => wanted(diagnose, name, service_type).map_err(Failure::Argument)?,
        None => diagnose,
    };
    if let Some(duration) = options.timeout {
        diagnose = diagnose.duration(duration);
    }
    if let Some(limit) = watch {
        return watch::run(diagnose, limit, out);
    }
    let shows = io::stderr().is_terminal();
    if shows {
        diagnose = diagnose.on_progress(show);
    }
    let diagnosis = diagnose.wait();
    if shows {
        clear();
    }
    let diagnosis = diagnosis.map_err(failure)?;
    if out.is_json() {
        report(&diagnosis, out)?;
    } else {
        out.writer().write_all(text(&diagnosis).as_bytes())?;
    }
    out.flush()?;
    Ok(diagnosis.is_healthy())
}

fn failure(error: DiagnoseError) -> Failure {
    match error {
        DiagnoseError::Start(error) => Failure::from(error),
        DiagnoseError::Driver(_) | _ => Failure::Start {
            message: error.to_string(),
            hint: None,
        },
    }
}

/// Adds a name that is not found: a service in one word or two, or a host.
fn wanted(diagnose: Diagnose, name: &str, service_type: Option<&str>) -> Result<Diagnose, String> {
    // A host could have a name with a space, but what was meant is a service.
    let is_service = InstanceName::split_text(name).is_some() || name.contains(' ');
    if service_type.is_none() && !is_service {
        if name.starts_with('_') {
            return Err(format!(
                "the name of a service is missing before its type `{name}`"
            ));
        }
        let host: HostName = name.parse()?;
        return Ok(diagnose.host(host.0));
    }
    let words = InstanceWords::read(name, service_type, InstanceName::from_text)?;
    Ok(diagnose.service(words.instance))
}

/// Shows how far the diagnosis is, on one line of the terminal.
fn show(progress: DiagnoseProgress) {
    let DiagnoseProgress {
        elapsed,
        total,
        step,
        ..
    } = progress;
    let (elapsed, total) = (elapsed.as_secs_f32(), total.as_secs_f32());
    // If standard error is closed, nobody reads it.
    let _ = write!(io::stderr(), "\r\x1b[K{elapsed:.1} of {total:.0} s: {step}");
}

fn clear() {
    let _ = write!(io::stderr(), "\r\x1b[K");
}

/// Returns the findings, and what was checked.
fn text(diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    for finding in &diagnosis.findings {
        push_finding(&mut text, finding);
    }
    push_checks(&mut text, diagnosis);
    push_summary(&mut text, diagnosis);
    text
}

fn push_finding(text: &mut String, finding: &Finding) {
    let severity = style(finding.severity);
    let (name, code) = (finding.severity, finding.code);
    let title = escape(&finding.title);
    push(
        text,
        format_args!("{severity}{name}[{code}]{severity:#}{BOLD}: {title}{BOLD:#}\n"),
    );
    if let Some(interface) = &finding.interface {
        let interface = escape(interface);
        push(text, format_args!("  {FRAME}-->{FRAME:#} {interface}"));
        if let Some(family) = finding.family {
            push(text, format_args!(", {family}"));
        }
        text.push('\n');
    }
    let notes = finding.evidence.iter().map(|note| ("note", note));
    let cause = (!finding.cause.is_empty()).then_some(("likely cause", &finding.cause));
    let help = finding.help.iter().map(|help| ("help", help));
    for (kind, line) in notes.chain(cause).chain(help) {
        let line = escape(line);
        push(
            text,
            format_args!("   {FRAME}={FRAME:#} {BOLD}{kind}{BOLD:#}: {line}\n"),
        );
    }
    text.push('\n');
}

fn push_checks(text: &mut String, diagnosis: &Diagnosis) {
    for report in &diagnosis.checks {
        let check = report.check;
        match &report.outcome {
            CheckOutcome::Passed(seen) => {
                let seen = escape(seen);
                push(
                    text,
                    format_args!("{GOOD}ok{GOOD:#}           {check}: {seen}\n"),
                );
            }
            CheckOutcome::NotPossible(why) => {
                let why = escape(why);
                push(
                    text,
                    format_args!("{FRAME}not checked{FRAME:#}  {check}: {why}\n"),
                );
            }
            CheckOutcome::Failed(count) => {
                let problems = counted(*count, "problem");
                push(
                    text,
                    format_args!("{BAD}failed{BAD:#}       {check}: {problems}\n"),
                );
            }
            CheckOutcome::Noted(count) => {
                let notes = counted(*count, "note");
                push(
                    text,
                    format_args!("{NOTE}note{NOTE:#}         {check}: {notes}\n"),
                );
            }
            _ => {}
        }
    }
}

fn push_summary(text: &mut String, diagnosis: &Diagnosis) {
    let count = |severity| {
        let findings = diagnosis.findings.iter();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let searched: Duration = diagnosis.search.iter().map(|step| step.waited).sum();
    let observed = crate::hindrance::tenths(diagnosis.observed.saturating_add(searched));
    let line = match (errors, warnings) {
        (0, 0) => "no problems found".to_owned(),
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        (errors, warnings) => {
            format!(
                "{}, {}",
                counted(errors, "error"),
                counted(warnings, "warning")
            )
        }
    };
    match diagnosis.observed {
        Duration::ZERO => push(text, format_args!("{BOLD}{line}{BOLD:#}\n")),
        _ => push(text, format_args!("{BOLD}{line}{BOLD:#} in {observed}\n")),
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = text.write_fmt(arguments);
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => BAD,
        Severity::Note => NOTE,
        Severity::Warning | _ => WARN,
    }
}

/// Writes one object for each finding and check, and one for the end.
fn report<W: Write>(diagnosis: &Diagnosis, out: &mut Out<W>) -> io::Result<()> {
    for finding in &diagnosis.findings {
        out.object(&DoctorLine::of(finding))?;
    }
    for report in &diagnosis.checks {
        let (outcome, text) = match &report.outcome {
            CheckOutcome::Passed(seen) => ("passed", Some(seen.as_str())),
            CheckOutcome::NotPossible(why) => ("not possible", Some(why.as_str())),
            CheckOutcome::Noted(_) => ("noted", None),
            CheckOutcome::Failed(_) | _ => ("failed", None),
        };
        let check = report.check;
        out.object(&DoctorLine::Check {
            check,
            outcome,
            text,
        })?;
    }
    for step in &diagnosis.search {
        let answers = step.answers.iter().map(Answer::of);
        out.object(&DoctorLine::Search {
            asked: &step.asked,
            waited: step.waited.as_secs_f64(),
            answers: answers.collect(),
            others: step.others.iter().map(Answer::of).collect(),
        })?;
    }
    out.object(&DoctorLine::Diagnosis {
        healthy: diagnosis.is_healthy(),
        findings: diagnosis.findings.len(),
        observed: diagnosis.observed.as_secs_f64(),
        version: env!("CARGO_PKG_VERSION"),
    })
}

impl<'a> DoctorLine<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self::Finding {
            code: finding.code.as_str(),
            severity: finding.severity.as_str(),
            interface: finding.interface.as_deref(),
            family: finding.family.map(|family| family.to_string()),
            title: &finding.title,
            evidence: &finding.evidence,
            cause: &finding.cause,
            help: &finding.help,
        }
    }
}

/// One object; docs/JSON.md describes it.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum DoctorLine<'a> {
    Finding {
        code: &'static str,
        severity: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        interface: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        family: Option<String>,
        title: &'a str,
        evidence: &'a [String],
        cause: &'a str,
        help: &'a [String],
    },
    Check {
        check: &'a str,
        outcome: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<&'a str>,
    },
    Search {
        asked: &'a str,
        waited: f64,
        answers: Vec<Answer<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        others: Vec<Answer<'a>>,
    },
    Diagnosis {
        healthy: bool,
        findings: usize,
        observed: f64,
        version: &'static str,
    },
}

/// An answer of a search.
#[derive(Serialize)]
struct Answer<'a> {
    text: &'a str,
    interface: &'a str,
    after: f64,
}

impl<'a> Answer<'a> {
    fn of(answer: &'a SearchAnswer) -> Self {
        Self {
            text: &answer.text,
            interface: &answer.interface,
            after: answer.after.as_secs_f64(),
        }
    }
}

const BAD: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const FRAME: Style = AnsiColor::Blue.on_default().bold();
const BOLD: Style = Style::new().bold();
