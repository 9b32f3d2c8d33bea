//! `cooeed status`: what the daemon does.
//!
//! In:  the daemon's state; a connection to its socket.
//! Out: one JSON object, which the command prints as it is, or as text.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::args::Options;
use super::load;
use super::say;

/// What the daemon does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Report {
    pub(super) version: String,
    pub(super) host: String,
    pub(super) state: String,
    pub(super) interfaces: Vec<String>,
    pub(super) published: Vec<PublishedItem>,
    pub(super) bus_clients: usize,
    pub(super) bus_objects: usize,
    pub(super) text_clients: usize,
    pub(super) text_served: u64,
    pub(super) text_refused: u64,
    #[serde(default)]
    pub(super) dns: DnsReport,
    #[serde(default)]
    pub(super) reflected: Vec<RuleReport>,
    pub(super) cache_records: usize,
    pub(super) cache_bytes: usize,
    pub(super) open_questions: usize,
    pub(super) packets_received: u64,
    pub(super) packets_sent: u64,
    pub(super) conflicts: u64,
}

/// What the DNS server has done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DnsReport {
    pub(super) received: u64,
    pub(super) answered: u64,
    pub(super) negative: u64,
    pub(super) timed_out: u64,
    pub(super) refused: u64,
    pub(super) rate_limited: u64,
    pub(super) failed: u64,
    pub(super) malformed: u64,
    pub(super) on_links: usize,
}

/// What a rule of the reflector has done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RuleReport {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) queries: u64,
    pub(super) answers: u64,
    pub(super) replies: u64,
    pub(super) records: u64,
    pub(super) bytes: u64,
    pub(super) repeated: u64,
    pub(super) over_rate: u64,
    /// How many questions and records were refused, by reason.
    pub(super) refused: BTreeMap<String, u64>,
}

/// Something published from a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PublishedItem {
    pub(super) source: String,
    pub(super) name: String,
    pub(super) state: String,
}

/// Asks the running daemon, and prints its answer.
pub(super) fn show(options: &Options, json: bool) -> Result<(), String> {
    let path = load::config(options)?.status_socket;
    let answer = ask(&path, "status").map_err(|error| format!("{}: {error}", path.display()))?;
    if json {
        say(&answer);
        return Ok(());
    }
    let report: Report = serde_json::from_str(&answer).map_err(|error| error.to_string())?;
    say(&report.text());
    Ok(())
}

/// Gives a line to the daemon, and returns its answer.
pub(super) fn ask(path: &Path, line: &str) -> io::Result<String> {
    let mut stream = UnixStream::connect(path).map_err(with_cause)?;
    stream.set_read_timeout(Some(ANSWER_WAIT_MAX))?;
    stream.write_all(line.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    Ok(answer)
}

/// Adds what an error of `connect` means.
fn with_cause(error: io::Error) -> io::Error {
    let kind = error.kind();
    if matches!(kind, ErrorKind::NotFound | ErrorKind::ConnectionRefused) {
        return io::Error::new(kind, "no daemon runs");
    }
    if kind == ErrorKind::PermissionDenied {
        let allowed = "only root and the group `cooeed` may use this socket";
        return io::Error::new(kind, format!("{error}: {allowed}"));
    }
    error
}

impl Report {
    /// Returns the object, with a line feed.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// Returns it for people.
    pub(super) fn text(&self) -> String {
        let mut lines = vec![
            format!("cooeed {}: {} ({})", self.version, self.host, self.state),
            format!("interfaces: {}", self.interfaces.join(" ")),
            format!(
                "bus: {} clients with {} objects",
                self.bus_clients, self.bus_objects
            ),
            format!(
                "text socket: {} clients now, {} served, {} refused",
                self.text_clients, self.text_served, self.text_refused
            ),
            self.dns.text(),
            format!(
                "cache: {} records, {} bytes; {} open questions",
                self.cache_records, self.cache_bytes, self.open_questions
            ),
            format!(
                "packets: {} received, {} sent; {} conflicts",
                self.packets_received, self.packets_sent, self.conflicts
            ),
        ];
        lines.extend(self.reflected.iter().map(RuleReport::text));
        for item in &self.published {
            lines.push(format!("{}: {} ({})", item.source, item.name, item.state));
        }
        lines.join("\n") + "\n"
    }

    /// Returns its numbers in the text form of Prometheus.
    pub(super) fn prometheus(&self) -> String {
        let count = |number: u64| number.to_string();
        let size = |number: usize| number.to_string();
        let numbers = [
            ("bus_clients", "gauge", size(self.bus_clients)),
            ("bus_objects", "gauge", size(self.bus_objects)),
            ("text_clients", "gauge", size(self.text_clients)),
            ("text_served_total", "counter", count(self.text_served)),
            ("text_refused_total", "counter", count(self.text_refused)),
            ("published", "gauge", size(self.published.len())),
            ("cache_records", "gauge", size(self.cache_records)),
            ("cache_bytes", "gauge", size(self.cache_bytes)),
            ("open_questions", "gauge", size(self.open_questions)),
            (
                "packets_received_total",
                "counter",
                count(self.packets_received),
            ),
            ("packets_sent_total", "counter", count(self.packets_sent)),
            ("conflicts_total", "counter", count(self.conflicts)),
        ];
        numbers
            .iter()
            .chain(&self.dns.numbers())
            .map(|(name, kind, value)| {
                format!("# TYPE cooeed_{name} {kind}\ncooeed_{name} {value}\n")
            })
            .chain(RuleReport::prometheus(&self.reflected))
            .collect()
    }
}

impl RuleReport {
    fn text(&self) -> String {
        let refused = self.refused.iter().filter(|(_, count)| **count > 0);
        let refused = refused.map(|(reason, count)| format!("{count} {reason}"));
        let refused: Vec<String> = refused.collect();
        let refused = match refused.is_empty() {
            true => "none".to_owned(),
            false => refused.join(", "),
        };
        format!(
            "reflected from {} to {}: {} queries, {} answers, {} replies, {} records, {} bytes; \
             {} not repeated, {} over the rate; refused: {refused}",
            self.from,
            self.to,
            self.queries,
            self.answers,
            self.replies,
            self.records,
            self.bytes,
            self.repeated,
            self.over_rate
        )
    }

    /// Returns the numbers of all rules in the text form of Prometheus.
    fn prometheus(rules: &[Self]) -> Option<String> {
        if rules.is_empty() {
            return None;
        }
        let mut text = "# TYPE cooeed_reflected_packets_total counter\n".to_owned();
        for rule in rules {
            let (from, to) = (&rule.from, &rule.to);
            for (kind, count) in [
                ("query", rule.queries),
                ("answer", rule.answers),
                ("reply", rule.replies),
            ] {
                text += &format!(
                    "cooeed_reflected_packets_total{{from={from:?},to={to:?},kind={kind:?}}} {count}\n"
                );
            }
        }
        text += "# TYPE cooeed_reflect_refused_total counter\n";
        for rule in rules {
            let (from, to) = (&rule.from, &rule.to);
            for (reason, count) in &rule.refused {
                text += &format!(
                    "cooeed_reflect_refused_total{{from={from:?},to={to:?},reason={reason:?}}} {count}\n"
                );
            }
        }
        Some(text)
    }
}

impl DnsReport {
    fn text(&self) -> String {
        format!(
            "DNS: {} received, {} answered, {} negative ({} after the wait), {} refused, \
             {} rate-limited, {} failed, {} malformed; {} questions on the links",
            self.received,
            self.answered,
            self.negative,
            self.timed_out,
            self.refused,
            self.rate_limited,
            self.failed,
            self.malformed,
            self.on_links
        )
    }

    /// Returns its numbers as [`Report::prometheus`] writes them.
    fn numbers(&self) -> [(&'static str, &'static str, String); 9] {
        let count = |number: u64| number.to_string();
        [
            ("dns_received_total", "counter", count(self.received)),
            ("dns_answered_total", "counter", count(self.answered)),
            ("dns_negative_total", "counter", count(self.negative)),
            ("dns_timed_out_total", "counter", count(self.timed_out)),
            ("dns_refused_total", "counter", count(self.refused)),
            (
                "dns_rate_limited_total",
                "counter",
                count(self.rate_limited),
            ),
            ("dns_failed_total", "counter", count(self.failed)),
            ("dns_malformed_total", "counter", count(self.malformed)),
            ("dns_on_links", "gauge", self.on_links.to_string()),
        ]
    }
}

/// How long the daemon may take to answer.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(5);

/// How long an answer may be.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

#[cfg(test)]
mod tests {
    use super::{ask, with_cause};
    use std::io::{Error, ErrorKind};
    use std::os::unix::net::UnixListener;

    #[test]
    fn without_a_daemon_or_the_right_the_error_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status");
        let refusal = || ask(&path, "status").unwrap_err().to_string();
        assert_eq!(refusal(), "no daemon runs");
        drop(UnixListener::bind(&path).unwrap());
        assert_eq!(refusal(), "no daemon runs");
        let denied = with_cause(Error::from(ErrorKind::PermissionDenied));
        assert!(
            denied
                .to_string()
                .contains("only root and the group `cooeed`")
        );
    }
}
