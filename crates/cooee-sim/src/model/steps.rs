//! The steps of a history, decoded from bytes.

use std::time::Duration;

use super::bounds::HEALS_WITHIN;
use super::strangers::{Lie, Telling};
use super::{FOREIGNERS, LABELS, LINKS, PEERS, SERVICES, TWINS};
use crate::{ms, secs};

/// One thing that happens. Peers, foreigners, links and services are numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Wait(Duration),
    /// A peer looks for services, ends its nth search, reconfirms a foreign service.
    Browse(usize),
    StopBrowse(usize, usize),
    Reconfirm(usize, usize, usize),
    /// A peer publishes under a label, withdraws or changes its nth service.
    Publish(usize, usize),
    Withdraw(usize, usize),
    Retext(usize, usize, u8),
    Report(usize, usize, u16),
    /// A peer loses power; starts again, with what it published before or without.
    Crash(usize),
    Restart(usize, bool),
    Unplug(usize, usize),
    Plug(usize, usize),
    Readdress(usize, usize, u8),
    Sleep(usize),
    Wake(usize),
    Foreign(usize, ForeignStep),
    /// Two peers, or a peer and a foreigner, cannot hear each other on a link.
    Part(usize, usize, usize),
    Heal(usize),
    Weather(usize, u8),
    /// A hostile host repeats a message, damaged.
    Mutate(usize, u8, u8, u8),
    /// A hostile host asks, from near or far.
    Ask(usize, u8, u8),
    /// A hostile host announces many services that do not exist.
    Flood(usize, u8),
    /// A hostile host lies, once or repeatedly.
    Lie(Telling),
    /// A peer's system refuses to send on a link over IPv4 (1), IPv6 (2) or both (3); or sends
    /// everything again.
    Refuse(usize, usize, u8),
}

/// What a foreign host does.
#[derive(Clone, Copy, Debug)]
pub(super) enum ForeignStep {
    Publish(usize),
    Withdraw(usize),
    Retext(usize, u8),
    Announce,
    Crash,
    Restart,
}

/// Decodes the next step; none when the bytes are used up.
pub(super) fn next(lies: &[Lie], bytes: &mut impl Iterator<Item = u8>) -> Option<Step> {
    let kind = bytes.next()?;
    if kind >= FIRST_OF_STRANGERS {
        return Some(of_strangers(kind, lies, bytes));
    }
    let mut byte = || bytes.next().unwrap_or(0);
    let picked = |byte: u8, count: usize| usize::from(byte) % count;
    let link = |byte: u8| picked(byte, LINKS.len());
    Some(match kind % 64 {
        0..=15 => Step::Wait(ms(1 << picked(byte(), WAITS))),
        16 => Step::Browse(picked(byte(), PEERS)),
        17 => Step::StopBrowse(picked(byte(), PEERS), picked(byte(), BROWSES_MAX)),
        18 => Step::Reconfirm(
            picked(byte(), PEERS),
            picked(byte(), FOREIGNERS),
            picked(byte(), SERVICES),
        ),
        19..=22 => Step::Publish(picked(byte(), PEERS), picked(byte(), LABELS.len())),
        23 | 24 => Step::Withdraw(picked(byte(), PEERS), picked(byte(), SERVICES)),
        25 | 26 => Step::Retext(picked(byte(), PEERS), picked(byte(), SERVICES), byte() % 8),
        27 => Step::Report(
            picked(byte(), PEERS),
            picked(byte(), SERVICES),
            byte().into(),
        ),
        28 => Step::Crash(picked(byte(), PEERS)),
        29 | 30 => Step::Restart(picked(byte(), PEERS), byte() % 2 == 0),
        31 => Step::Unplug(picked(byte(), PEERS), link(byte())),
        32 | 33 => Step::Plug(picked(byte(), PEERS), link(byte())),
        34 | 35 => Step::Readdress(picked(byte(), PEERS), link(byte()), byte() % 6),
        36 => Step::Sleep(picked(byte(), PEERS)),
        37 | 38 => Step::Wake(picked(byte(), PEERS)),
        39..=44 => Step::Foreign(picked(byte(), FOREIGNERS), foreign(byte(), byte())),
        45 => Step::Part(
            link(byte()),
            picked(byte(), PEERS),
            picked(byte(), PEERS + FOREIGNERS),
        ),
        46 | 47 => Step::Heal(link(byte())),
        48 | 49 => Step::Weather(link(byte()), byte() % 4),
        50..=56 => Step::Mutate(link(byte()), byte(), byte(), byte()),
        57..=62 => Step::Ask(link(byte()), byte(), byte()),
        _ => Step::Flood(link(byte()), byte()),
    })
}

/// Decodes the steps of hostile hosts and their consequences: the last quarter of the values of the
/// first byte.
fn of_strangers(kind: u8, lies: &[Lie], bytes: &mut impl Iterator<Item = u8>) -> Step {
    let mut byte = || bytes.next().unwrap_or(0);
    let tell = |byte: &mut dyn FnMut() -> u8, times, pause| {
        Step::Lie(Telling {
            link: usize::from(byte()) % LINKS.len(),
            lie: lies[usize::from(byte()) % lies.len()],
            pick: byte(),
            way: byte(),
            times,
            pause,
        })
    };
    match kind {
        0..=231 => tell(&mut byte, 1, Duration::ZERO),
        232..=239 => tell(&mut byte, MANY, ms(350)),
        240..=243 => tell(&mut byte, MANY, secs(1)),
        244 => Step::Readdress(
            usize::from(byte()) % PEERS,
            usize::from(byte()) % LINKS.len(),
            TWINS,
        ),
        248..=250 => Step::Refuse(
            usize::from(byte()) % PEERS,
            usize::from(byte()) % LINKS.len(),
            byte() % 4,
        ),
        _ => Step::Wait(HEALS_WITHIN),
    }
}

fn foreign(kind: u8, number: u8) -> ForeignStep {
    let service = usize::from(number) % SERVICES;
    match kind % 8 {
        0..=2 => ForeignStep::Publish(service),
        3 => ForeignStep::Withdraw(service),
        4 => ForeignStep::Retext(service, number / 16),
        5 => ForeignStep::Announce,
        6 => ForeignStep::Crash,
        _ => ForeignStep::Restart,
    }
}

/// From this value of the first byte on, a step is one of hostile hosts.
const FIRST_OF_STRANGERS: u8 = 192;
/// How often a hostile host lies if it does not stop.
const MANY: u16 = 16;
/// How many searches a peer runs at most.
pub(super) const BROWSES_MAX: usize = 3;
/// Waits double from one millisecond to some two minutes.
const WAITS: usize = 18;
