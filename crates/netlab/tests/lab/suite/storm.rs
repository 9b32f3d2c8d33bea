//! Services that come and go faster than they can be announced.
//!
//! In:  fifty registrations, each withdrawn at another stage of its claim.
//! Out: whether any host on the link still shows one of them.

use std::collections::BTreeSet;
use std::time::Duration;

use netlab::lab::Families;
use netlab::{Lab, Result, cooee};

use super::published::Browsers;
use super::setup::HTTP;

/// How many times something is registered and withdrawn.
const TIMES: usize = 50;

/// How long each of them lives: before the first probe, between probes, before and after the
/// first announcement.
const LIVES_MS: [u64; 7] = [0, 100, 400, 700, 850, 1_000, 20];

/// How many names there are: each is used again while caches still forget the last one.
const NAMES: usize = 3;

/// How long it may take until every host knows the truth.
const TRUE_LIMIT: Duration = Duration::from_secs(4);

pub(crate) fn nothing_stale() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let here = lab.node("here")?;
    lab.plug(&here, &segment, "lan1", Families::Both)?;
    let browsers = Browsers::start(&mut lab, &segment)?;
    let pipe = cooee::start_pipe(&here)?;
    for time in 0..TIMES {
        let name = time % NAMES;
        pipe.tell(&format!(
            "register 'Gust {name}' {HTTP} {} --host here",
            1000 + time
        ))?;
        std::thread::sleep(Duration::from_millis(LIVES_MS[time % LIVES_MS.len()]));
        pipe.tell(&format!("unregister 'Gust {name}' {HTTP}"))?;
    }
    pipe.tell(&format!("register 'Gust 0' {HTTP} 80 --host here"))?;
    browsers.wait_for_names(TRUE_LIMIT, &BTreeSet::from(["Gust 0".to_owned()]))?;
    pipe.tell(&format!("unregister 'Gust 0' {HTTP}"))?;
    browsers.wait_for_names(TRUE_LIMIT, &BTreeSet::new())
}
