//! Metrics for the facade of the crate `metrics`, and so for Prometheus and its like.
//!
//! In:  a snapshot of the metrics.
//! Out: each number under its name, for the recorder that the program has installed.

use super::Metrics;

/// Sets counters that are named after the fields that they come from.
macro_rules! counters {
    ($part:literal, $from:expr, [$($field:ident),+ $(,)?]) => {
        $(
            ::metrics::counter!(concat!("cooee_", $part, "_", stringify!($field), "_total"))
                .absolute($from.$field);
        )+
    };
}

/// Sets gauges that are named after the fields that they come from.
macro_rules! gauges {
    ($part:literal, $from:expr, [$($field:ident),+ $(,)?]) => {
        $(
            ::metrics::gauge!(concat!("cooee_", $part, "_", stringify!($field)))
                .set($from.$field as f64);
        )+
    };
}

impl Metrics {
    /// Gives every number to the recorder of the crate `metrics`. Call it whenever the recorder is
    /// read, for example when Prometheus scrapes the program.
    ///
    /// The names are `cooee_`, the part, and the field: the counter `cooee_sockets_sent_total`, the
    /// gauge `cooee_engine_cache_records`. The counter `cooee_engine_ignored_total` has the label
    /// `reason`, such as `not_ours`. Two drivers of one program share these names.
    ///
    /// This needs the feature `metrics`.
    ///
    /// ```no_run
    /// # fn example(mdns: cooee::Mdns) {
    /// mdns.metrics().export();
    /// # }
    /// ```
    pub fn export(&self) {
        self.export_engine();
        counters!(
            "sockets",
            self.sockets,
            [
                received,
                received_bytes,
                dropped_by_kernel,
                receive_errors,
                sent,
                sent_bytes,
                send_errors,
                open_errors,
                reopened,
            ]
        );
        gauges!("sockets", self.sockets, [open]);
        counters!("queues", self.queues, [queued, merged, lagged, wakes]);
        gauges!("queues", self.queues, [requests]);
        counters!(
            "driver",
            self.driver,
            [
                turns,
                turns_cut_short,
                deadlines_repeated,
                commands,
                interface_changes,
                resumes,
            ]
        );
    }

    fn export_engine(&self) {
        let engine = &self.engine;
        counters!(
            "engine",
            engine,
            [
                responses,
                queries,
                malformed_records,
                packets,
                questions,
                known_answers,
                known_answers_unlisted,
                suppressed,
                queries_held,
                evicted,
                refused,
                conflicts,
                unsent,
                replies_dropped,
                questions_skipped,
                answers_withheld,
                truncated_dropped,
                sources_limited,
                sources_evicted,
                unknown_peers_refused,
                sent_forgotten,
                ended_forgotten,
                notices_dropped,
            ]
        );
        gauges!(
            "engine",
            engine,
            [
                sources,
                recent_peers,
                cache_records,
                cache_bytes,
                open_questions,
            ]
        );
        for (reason, count) in engine.ignored.iter() {
            let reason = reason.as_str();
            ::metrics::counter!("cooee_engine_ignored_total", "reason" => reason).absolute(count);
        }
    }
}
