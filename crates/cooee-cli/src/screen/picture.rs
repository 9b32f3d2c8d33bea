//! The picture in the README: a small network on a simulated link, as the screen shows it.
//!
//! In:  a script, in virtual time, with a fixed seed.
//! Out: `docs/picture.svg`, always the same for the same code. `COOEE_PICTURE=write` renews it.
#![allow(
    clippy::unwrap_used,
    reason = "the script is fixed, and a test plays it"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use cooee::Ttl;
use cooee_proto::dnssd::event::{DiscoveryEvent, News};
use cooee_proto::dnssd::service::Service as Found;
use cooee_proto::dnssd::{BrowseOptions, HostSpec, ServiceSpec, Ttls};
use cooee_proto::transmit::Datagram;
use cooee_sim::World;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::records::{Sighting, of_message};
use super::state::{KeyPress, Motion, ScreenState};
use super::view::draw;
use crate::escape::exact;
use crate::output::{Instance, Named, Report, Service, hex, txt_strings};
use crate::virtual_host::{Listener, VirtualHost};

type Filmed = VirtualHost<Vec<Received>>;

enum Received {
    Report(Box<Report>),
    Records(Vec<Sighting>),
}

impl Listener for Vec<Received> {
    fn datagram(&mut self, datagram: &Datagram<'_>) {
        let records = of_message(datagram.bytes, datagram.source.ip());
        self.push(Received::Records(records));
    }

    fn news(&mut self, news: News) {
        if let News::Discovery(news) = news {
            let report = report(&news).map(Box::new);
            self.extend(report.map(Received::Report));
        }
    }
}

fn report(news: &DiscoveryEvent) -> Option<Report> {
    Some(match news {
        DiscoveryEvent::Found(name) => Report::Found(Instance::new(name, None)),
        DiscoveryEvent::Added(service) => Report::Resolved(converted(service)),
        DiscoveryEvent::Updated(service, _) => Report::Updated {
            service: converted(service),
            changed: Vec::new(),
        },
        DiscoveryEvent::Lost(name, _) => Report::Lost {
            instance: Instance::new(name, None),
            why: "goodbye",
        },
        DiscoveryEvent::Removed(..)
        | DiscoveryEvent::Unavailable(_)
        | DiscoveryEvent::Host(_)
        | DiscoveryEvent::TypeFound(_)
        | DiscoveryEvent::TypeLost(_)
        | DiscoveryEvent::HostNames(_)
        | DiscoveryEvent::RecordAdded(..)
        | DiscoveryEvent::RecordRemoved(..)
        | DiscoveryEvent::Denied(..) => return None,
    })
}

fn converted(found: &Found) -> Service {
    let (txt, txt_hex) = txt_strings(&found.txt);
    let host = Named::new(&found.host);
    let addresses = found.addresses.iter();
    let addresses: Vec<String> = addresses.map(|linked| linked.ip.to_string()).collect();
    let on = addresses.iter();
    Service {
        instance: Instance::new(&found.instance, None),
        host: host.name,
        host_exact: host.name_exact,
        port: found.port,
        txt,
        txt_shown: found.txt.strings().map(exact).collect(),
        txt_hex,
        txt_raw: found.txt.exact_strings().map(hex).collect(),
        on: on.map(|text| (LINK.to_owned(), text.clone())).collect(),
        addresses,
        interfaces: vec![LINK.to_owned()],
    }
}

/// The network, and the screen that listens to it.
struct Film {
    world: World,
    state: ScreenState,
    frames: Vec<(Duration, Buffer)>,
    received: u64,
}

impl Film {
    fn new() -> Self {
        let mut world = World::new(SEED);
        world.link(LINK);
        world.host(LISTENER, Filmed::new).on(LINK);
        world.with(LISTENER, |host: &mut Filmed, now| {
            for kind in KINDS {
                let options = BrowseOptions {
                    resolve: true,
                    ..BrowseOptions::default()
                };
                host.agent.browse(now, &kind.parse().unwrap(), options);
            }
        });
        Self {
            world,
            state: ScreenState::new(None, LINK),
            frames: Vec::new(),
            received: 0,
        }
    }

    fn announce(&mut self, label: &str, kind: &str, host: &str, port: u16, txt: &[&str]) {
        let name = format!("{host}.local").parse().unwrap();
        let mut spec = ServiceSpec::new(label, kind.parse().unwrap(), port, HostSpec::own(name));
        spec.ttls = Ttls {
            host: Ttl(120),
            other: Ttl(4_500),
        };
        spec.txt = cooee::Txt::from_strings(txt.iter().map(|text| text.as_bytes())).unwrap();
        self.world.host(host, Filmed::new).on(LINK);
        self.world.with(host, |host: &mut Filmed, now| {
            host.agent.publish_service(now, spec).unwrap();
        });
    }

    /// Lets time pass, second by second, and takes a frame.
    fn wait(&mut self, time: Duration) {
        let end = self.world.age() + time;
        while self.world.age() < end {
            self.world.run_for(STEP);
            let now = self.world.age();
            let take = |host: &mut Filmed, _| std::mem::take(&mut host.heard);
            for heard in self.world.with(LISTENER, take) {
                match heard {
                    Received::Report(report) => self.state.take(*report, now),
                    Received::Records(records) => {
                        self.received += 1;
                        self.state.hear(records, now);
                    }
                }
            }
            if now.as_millis() % 1_000 == 0 {
                self.state.tick(now, self.received);
            }
        }
        self.shoot();
    }

    fn press(&mut self, keys: &[KeyPress]) {
        for key in keys {
            self.state.key(*key);
            self.shoot();
        }
    }

    fn shoot(&mut self) {
        let area = Rect::new(0, 0, COLUMNS, ROWS);
        let mut buffer = Buffer::empty(area);
        draw(&self.state, area, &mut buffer);
        let shown = self.frames.iter().map(|(time, _)| *time).sum::<Duration>();
        self.frames.push((FRAME_TIME, buffer));
        assert!(shown < Duration::from_secs(60), "the film is too long");
    }
}

fn film() -> Film {
    let mut film = Film::new();
    film.announce(
        "Office LaserJet",
        "_ipp._tcp",
        "printer",
        631,
        &["rp=ipp/print", "Color=T"],
    );
    film.wait(Duration::from_secs(2));
    film.announce(
        "Front Door",
        "_http._tcp",
        "gate",
        8080,
        &["path=/", "version=2"],
    );
    film.announce(
        "Weather Station",
        "_http._tcp",
        "weather",
        80,
        &["path=/today"],
    );
    film.wait(Duration::from_secs(2));
    film.announce("nas", "_ssh._tcp", "nas", 22, &[]);
    film.announce("\u{6771}\u{4eac}", "_http._tcp", "tokyo", 80, &[]);
    film.wait(Duration::from_secs(3));
    film.press(&[
        KeyPress::Move(Motion::Down),
        KeyPress::Move(Motion::Down),
        KeyPress::Move(Motion::Up),
        KeyPress::Move(Motion::Up),
        KeyPress::Char('/'),
    ]);
    film.press(&[
        KeyPress::Char('l'),
        KeyPress::Char('a'),
        KeyPress::Char('s'),
    ]);
    film.wait(Duration::from_secs(2));
    film.press(&[KeyPress::Escape]);
    film.wait(Duration::from_secs(2));
    film
}

/// Writes the frames as one picture, which shows one after another.
fn svg(frames: &[(Duration, Buffer)]) -> String {
    let total: f64 = frames.iter().map(|(time, _)| time.as_secs_f64()).sum();
    let (width, height) = (
        f64::from(COLUMNS) * CELL_WIDTH,
        f64::from(ROWS) * CELL_HEIGHT,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-8 -8 {:.1} {:.1}\" \
         font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" \
         font-size=\"14\">\n<title>cooee browse</title>\n\
         <rect x=\"-8\" y=\"-8\" width=\"{:.1}\" height=\"{:.1}\" rx=\"6\" fill=\"{BACKGROUND}\"/>\n",
        width + 16.0,
        height + 16.0,
        width + 16.0,
        height + 16.0,
    );
    let mut begun = 0.0;
    for (at, (time, buffer)) in frames.iter().enumerate() {
        let end = begun + time.as_secs_f64();
        let (from, to) = (begun / total, end / total);
        // Without animation, the last frame is what is seen.
        let is_last = at + 1 == frames.len();
        let first = if is_last { "visible" } else { "hidden" };
        let (values, times) = match (at, is_last) {
            (0, _) => ("visible;hidden".to_owned(), format!("0;{to:.4}")),
            (_, true) => ("hidden;visible".to_owned(), format!("0;{from:.4}")),
            _ => (
                "hidden;visible;hidden".to_owned(),
                format!("0;{from:.4};{to:.4}"),
            ),
        };
        let _ = writeln!(
            out,
            "<g visibility=\"{first}\"><animate attributeName=\"visibility\" calcMode=\"discrete\" \
             dur=\"{total:.1}s\" repeatCount=\"indefinite\" values=\"{values}\" keyTimes=\"{times}\"/>"
        );
        frame(&mut out, buffer);
        out.push_str("</g>\n");
        begun = end;
    }
    out.push_str("</svg>\n");
    out
}

fn frame(out: &mut String, buffer: &Buffer) {
    for y in 0..ROWS {
        let mut x = 0;
        while x < COLUMNS {
            let look = Look::of(&buffer[(x, y)]);
            let (start, mut text) = (x, String::new());
            while x < COLUMNS && Look::of(&buffer[(x, y)]) == look {
                let symbol = buffer[(x, y)].symbol();
                text.push_str(symbol);
                x += u16::try_from(symbol.width()).unwrap().max(1);
            }
            run(out, &look, &text, start, y, x - start);
        }
    }
}

fn run(out: &mut String, look: &Look, text: &str, x: u16, y: u16, cells: u16) {
    let (left, top) = (f64::from(x) * CELL_WIDTH, f64::from(y) * CELL_HEIGHT);
    let width = f64::from(cells) * CELL_WIDTH;
    if look.back != BACKGROUND {
        let back = look.back;
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{CELL_HEIGHT:.1}\" fill=\"{back}\"/>"
        );
    }
    let trimmed = text.trim_end();
    if trimmed.is_empty() {
        return;
    }
    let begin = trimmed.len() - trimmed.trim_start().len();
    let trimmed = trimmed.trim_start();
    let left = left + f64::from(u16::try_from(begin).unwrap()) * CELL_WIDTH;
    let width = f64::from(u16::try_from(trimmed.width()).unwrap()) * CELL_WIDTH;
    let (fore, bold) = (
        look.fore,
        if look.is_bold {
            " font-weight=\"bold\""
        } else {
            ""
        },
    );
    let escaped = trimmed
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace(' ', "\u{a0}");
    let _ = writeln!(
        out,
        "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fore}\"{bold}>{escaped}</text>",
        top + BASELINE
    );
}

/// What cells that are written together have in common.
#[derive(PartialEq)]
struct Look {
    fore: &'static str,
    back: &'static str,
    is_bold: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let known = [
            (Color::Black, BACKGROUND),
            (Color::Cyan, "#4fc1d9"),
            (Color::DarkGray, "#8b949e"),
            (Color::Yellow, "#d9b44f"),
        ];
        let colour = |colour, default| {
            let found = known.iter().find(|(name, _)| *name == colour);
            found.map_or(default, |(_, shown)| *shown)
        };
        let (mut fore, mut back) = (colour(cell.fg, FOREGROUND), colour(cell.bg, BACKGROUND));
        if cell.modifier.contains(Modifier::REVERSED) {
            (fore, back) = (BACKGROUND, FOREGROUND);
        }
        Self {
            fore,
            back,
            is_bold: cell.modifier.contains(Modifier::BOLD),
        }
    }
}

#[test]
fn the_picture_in_the_readme_is_what_the_screen_shows() {
    let shown = svg(&film().frames);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/picture.svg");
    if std::env::var("COOEE_PICTURE").as_deref() == Ok("write") {
        std::fs::write(&path, &shown).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let is_same = shown == committed.replace("\r\n", "\n");
    assert!(
        is_same,
        "docs/picture.svg is old: run `cargo xtask picture`"
    );
}

const LINK: &str = "eth0";
const LISTENER: &str = "listener";
const KINDS: [&str; 3] = ["_http._tcp", "_ipp._tcp", "_ssh._tcp"];
const SEED: u64 = 6_762;
const STEP: Duration = Duration::from_millis(50);
const FRAME_TIME: Duration = Duration::from_millis(900);

const COLUMNS: u16 = 80;
const ROWS: u16 = 24;
const CELL_WIDTH: f64 = 8.4;
const CELL_HEIGHT: f64 = 18.0;
const BASELINE: f64 = 13.5;
const FOREGROUND: &str = "#e6edf3";
const BACKGROUND: &str = "#0d1117";
