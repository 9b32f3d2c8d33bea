//! One device of a household, played: its records as its kind has them, and its habits.
//!
//! In:  a host's port, a [`Device`], what it is to do.
//! Out: probes, announcements, answers and goodbyes on the link. RFC 6762 sections 5.4 (unicast
//!      answers), 6 (delays), 6.1 (negative answers), 7.1 (known answers), 8 (probes, announcements)
//!      and 10.1 (goodbyes).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use cooee_wire::{Flags, Message};

use super::cable::Cable;
use crate::capture::MDNS_PORT;
use crate::clock::monotonic;
use crate::error::{Error, Result};
use crate::frame::{Mac, Udp, multicast_mac};
use crate::lab::{Node, Port};

use records::DeviceRecords;

mod records;

/// What a device offers, and its habits.
#[derive(Clone, Debug)]
pub struct Device {
    /// The first label of its host name.
    pub host: String,
    /// What it offers.
    pub services: Vec<DeviceService>,
    /// The TTL of its host's records, in seconds.
    pub host_ttl_secs: u32,
    /// The TTL of the other records, in seconds.
    pub service_ttl_secs: u32,
    /// Whether its answers say which types its names have, by NSEC.
    pub denies: bool,
    /// Whether it looks for others of its kind when it comes, and wants the answers by unicast.
    pub asks: bool,
}

/// A service of a device.
#[derive(Clone, Debug)]
pub struct DeviceService {
    /// The name of the instance.
    pub instance: String,
    /// Its type, such as `_ipp._tcp`.
    pub service_type: String,
    /// The first labels of its subtypes, such as `_universal`.
    pub subtypes: Vec<String>,
    /// Its port; zero if it only claims its name.
    pub port: u16,
    /// Its TXT strings.
    pub txt: Vec<Vec<u8>>,
}

/// A device on the link; it leaves without a goodbye when this is dropped.
#[derive(Debug)]
pub struct PlayedDevice {
    orders: Sender<Order>,
    thread: JoinHandle<Result<Result<()>>>,
}

#[derive(Debug)]
enum Order {
    Leave,
    Sleep,
    Wake(Device),
}

impl PlayedDevice {
    /// Starts to play a device in `node`, on `port`. It probes, then announces itself.
    pub fn start(node: &Node, port: &Port, device: &Device) -> Result<Self> {
        let (orders, received) = channel();
        let (ready, listening) = channel();
        let (node, port, device) = (node.clone(), port.clone(), device.clone());
        let play = move || {
            let playing = Playing::new(port, &device)?;
            // It has a receiver: `start` waits.
            let _ = ready.send(());
            playing.play(&received)
        };
        let thread = std::thread::spawn(move || node.enter(play));
        if listening.recv().is_ok() {
            return Ok(Self { orders, thread });
        }
        let ended = thread
            .join()
            .map_err(|_| Error::new("the device panicked"))?;
        ended??;
        Err(Error::new("the device ended before it listened"))
    }

    /// Lets it send goodbyes for all its records, and ends it.
    pub fn leave(self) -> Result<()> {
        self.tell(Order::Leave)?;
        let ended = self.thread.join();
        ended.map_err(|_| Error::new("the device panicked"))??
    }

    /// Lets it sleep: it sends nothing until it wakes.
    pub fn sleep(&self) -> Result<()> {
        self.tell(Order::Sleep)
    }

    /// Wakes it with what it offers from then on, which it announces without probes.
    pub fn wake(&self, device: &Device) -> Result<()> {
        self.tell(Order::Wake(device.clone()))
    }

    fn tell(&self, order: Order) -> Result<()> {
        let told = self.orders.send(order);
        told.map_err(|_| Error::new("the device has ended"))
    }
}

/// A message that waits for its time.
struct Waiting {
    due: Duration,
    is_v6: bool,
    to: Option<(SocketAddr, Mac)>,
    message: Vec<u8>,
}

struct Playing {
    port: Port,
    /// One for each address family.
    cables: [Cable; 2],
    records: DeviceRecords,
    is_asleep: bool,
    waiting: Vec<Waiting>,
    random: fastrand::Rng,
}

impl Playing {
    fn new(port: Port, device: &Device) -> Result<Self> {
        let cables = [
            Cable::open(&port.interface, false)?,
            Cable::open(&port.interface, true)?,
        ];
        let records = DeviceRecords::new(device, &port)?;
        let mut playing = Self {
            port,
            cables,
            records,
            is_asleep: false,
            waiting: Vec::new(),
            random: fastrand::Rng::with_seed(1),
        };
        for probe in 0..PROBES {
            let message = playing.records.probe()?;
            playing.multicast(PROBE_GAP * probe, &message);
        }
        if let Some(question) = playing.records.question()? {
            playing.multicast(PROBE_GAP * PROBES, &question);
        }
        playing.announce(PROBE_GAP * PROBES)?;
        Ok(playing)
    }

    fn play(mut self, orders: &Receiver<Order>) -> Result<()> {
        loop {
            match orders.try_recv() {
                Ok(Order::Leave) => return self.leave(),
                Ok(Order::Sleep) => self.sleep(),
                Ok(Order::Wake(device)) => self.wake(&device)?,
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
            self.cables[0].wait(WAIT_MS)?;
            for family in 0..self.cables.len() {
                while let Some(length) = self.cables[family].receive()? {
                    self.hear(family, length)?;
                }
            }
            self.send_due()?;
        }
    }

    fn sleep(&mut self) {
        self.is_asleep = true;
        // What it has announced before must not come after what it announces when it wakes.
        self.waiting.clear();
    }

    fn wake(&mut self, device: &Device) -> Result<()> {
        self.is_asleep = false;
        self.records = DeviceRecords::new(device, &self.port)?;
        self.announce(Duration::ZERO)
    }

    fn leave(mut self) -> Result<()> {
        self.waiting.clear();
        for message in self.records.goodbyes()? {
            self.multicast(Duration::ZERO, &message);
        }
        self.send_due()
    }

    fn announce(&mut self, after: Duration) -> Result<()> {
        for message in self.records.announcements()? {
            for gap in [Duration::ZERO, ANNOUNCE_GAP] {
                self.multicast(after + gap, &message);
            }
        }
        Ok(())
    }

    /// Sends a message to everybody, over both families.
    fn multicast(&mut self, after: Duration, message: &[u8]) {
        for is_v6 in [false, true] {
            self.waiting.push(Waiting {
                due: monotonic() + after,
                is_v6,
                to: None,
                message: message.to_vec(),
            });
        }
    }

    fn hear(&mut self, family: usize, length: usize) -> Result<()> {
        let Some(udp) = Udp::parse(self.cables[family].frame(length)) else {
            return Ok(());
        };
        if udp.destination.port() != MDNS_PORT || self.is_asleep {
            return Ok(());
        }
        let asker = (udp.source, udp.source_mac);
        let Ok(message) = Message::parse(udp.payload) else {
            return Ok(());
        };
        if message.header().flags.is_response() {
            return Ok(());
        }
        for is_unicast in [false, true] {
            let Some(answer) = self.records.answer(&message, is_unicast)? else {
                continue;
            };
            let delay = if answer.is_shared {
                self.random.u64(DELAY_MS)
            } else {
                0
            };
            self.waiting.push(Waiting {
                due: monotonic() + Duration::from_millis(delay),
                is_v6: family == 1,
                to: is_unicast.then_some(asker),
                message: answer.message,
            });
        }
        Ok(())
    }

    fn send_due(&mut self) -> Result<()> {
        let now = monotonic();
        let all = std::mem::take(&mut self.waiting).into_iter();
        let (due, later) = all.partition(|one: &Waiting| one.due <= now);
        self.waiting = later;
        let due: Vec<Waiting> = due;
        for one in due {
            self.send(&one)?;
        }
        Ok(())
    }

    fn send(&mut self, waiting: &Waiting) -> Result<()> {
        let (group, source): (IpAddr, Option<IpAddr>) = if waiting.is_v6 {
            (GROUP_V6.into(), self.port.link_local.map(IpAddr::V6))
        } else {
            (GROUP_V4.into(), self.port.ipv4.map(IpAddr::V4))
        };
        let Some(source) = source else { return Ok(()) };
        let everybody = (SocketAddr::new(group, MDNS_PORT), multicast_mac(group));
        let (destination, mac) = waiting.to.unwrap_or(everybody);
        let udp = Udp {
            source_mac: self.port.mac,
            source: SocketAddr::new(source, MDNS_PORT),
            destination,
            ttl: 255,
            payload: &waiting.message,
        };
        let outlet = &mut self.cables[0].outlet;
        outlet.queue(udp.build(mac));
        outlet.send().map(drop)
    }
}

/// An answer to a query.
struct DeviceAnswer {
    message: Vec<u8>,
    /// Whether other hosts may answer the same.
    is_shared: bool,
}

/// Returns the flags of a message.
const fn flags(is_response: bool) -> Flags {
    if is_response {
        Flags::RESPONSE
    } else {
        Flags::QUERY
    }
}

const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
/// How long it waits for a frame before it looks for other things to do.
const WAIT_MS: u64 = 5;
/// How often a name is probed for.
const PROBES: u32 = 3;
/// The time between two probes.
const PROBE_GAP: Duration = Duration::from_millis(250);
/// The time between two announcements.
const ANNOUNCE_GAP: Duration = Duration::from_secs(1);
/// The delay of answers that others may give too, in milliseconds.
const DELAY_MS: std::ops::RangeInclusive<u64> = 20..=120;
