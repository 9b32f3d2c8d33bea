//! What goes to standard error while the program runs.
//!
//! In:  `--verbose`, `RUST_LOG`.
//! Out: warnings; with `-v` what is decided, with `-vv` every packet.

use std::io;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging. `RUST_LOG`, such as `cooee_net=trace`, wins over `verbose`.
pub(crate) fn start(verbose: u8) {
    let asked = std::env::var("RUST_LOG").ok();
    let filter = filter(verbose, asked.as_deref());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(use_colours())
        .with_target(verbose > 0);
    // A second subscriber in one process: only tests could bring that about.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(filter)
        .try_init();
}

fn filter(verbose: u8, asked: Option<&str>) -> Targets {
    if let Some(targets) = asked.and_then(|text| text.parse().ok()) {
        return targets;
    }
    Targets::new().with_default(match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    })
}

fn use_colours() -> bool {
    matches!(
        anstream::AutoStream::choice(&io::stderr()),
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi
    )
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::filter;

    #[test]
    fn the_variable_wins_over_the_switch_unless_it_makes_no_sense() {
        assert_eq!(filter(0, None).default_level(), Some(LevelFilter::WARN));
        assert_eq!(filter(1, None).default_level(), Some(LevelFilter::DEBUG));
        assert_eq!(
            filter(9, Some("error")).default_level(),
            Some(LevelFilter::ERROR)
        );
        assert_eq!(
            filter(2, Some("x=what")).default_level(),
            Some(LevelFilter::TRACE)
        );
    }
}
