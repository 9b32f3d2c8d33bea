//! `cooee decode`: messages as text or JSON.
//!
//! In:  hexadecimal, base64, a pcap or pcapng file, or the bytes of one message.
//! Out: the messages in the form of the codec, or an object for each. The first fault, with its
//!      offset, is an error.

use std::io::{Read, Write};
use std::path::Path;
use std::time::SystemTime;

use cooee::observe::{MessageKind, Observer, Sighting};
use cooee_capture::Capture;

use crate::args::DecodeArgs;
use crate::escape::escape;
use crate::failure::Failure;
use crate::out::Out;
use crate::traffic::{ShownMessage, clock, dig, sighting};

mod input;

use input::Recognized;

/// Executes the command. Returns whether everything was decoded.
pub(crate) fn run<W: Write>(args: &DecodeArgs, out: &mut Out<W>) -> Result<bool, Failure> {
    let bytes = match args.input.as_deref() {
        None | Some("-") => stdin()?,
        Some(text) if Path::new(text).is_file() => {
            let unread = |error| Failure::Argument(format!("cannot read {text}: {error}"));
            std::fs::read(text).map_err(unread)?
        }
        Some(text) => match input::from_text(text) {
            Ok(bytes) => bytes,
            Err(reason) => {
                let message = format!("`{text}` is no file, and {reason}");
                return Err(Failure::Argument(message));
            }
        },
    };
    match input::recognize(bytes).map_err(Failure::Argument)? {
        Recognized::Capture(capture) => decode_capture(&capture, out),
        Recognized::Message(bytes) => decode_message(&bytes, out),
    }
}

fn stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let unread = |error| Failure::Argument(format!("cannot read standard input: {error}"));
    let mut stdin = std::io::stdin().lock();
    stdin.read_to_end(&mut bytes).map_err(unread)?;
    Ok(bytes)
}

/// Prints one message of which nothing else is known.
fn decode_message<W: Write>(bytes: &[u8], out: &mut Out<W>) -> Result<bool, Failure> {
    let sighting = Sighting {
        at: SystemTime::UNIX_EPOCH,
        source: ANYBODY,
        destination: ANYBODY,
        interface: 0,
        hop_limit: None,
        bytes,
    };
    let mut observation = Observer::new().observe(&sighting);
    if observation.kind == MessageKind::Announcement {
        // Whether somebody asked for it is unknown.
        observation.kind = MessageKind::Response;
    }
    let fault = observation.fault;
    let seen = ShownMessage {
        sighting,
        interface: "",
        observation,
    };
    if out.is_json() {
        out.object(&seen.contents())?;
    } else {
        out.writer().write_all(dig(bytes, "").as_bytes())?;
    }
    out.flush()?;
    match fault {
        Some(fault) => Err(Failure::NotFound(format!(
            "the message is malformed: {fault}"
        ))),
        None => Ok(true),
    }
}

/// Prints all messages of a capture.
fn decode_capture<W: Write>(capture: &Capture, out: &mut Out<W>) -> Result<bool, Failure> {
    let mut observer = Observer::new();
    let mut first = None;
    for (number, datagram) in (1_usize..).zip(&capture.datagrams) {
        let (sighting, interface) = sighting(capture, datagram);
        let observation = observer.observe(&sighting);
        first = first.or(observation.fault.map(|fault| (number, fault)));
        let seen = ShownMessage {
            sighting,
            interface,
            observation,
        };
        if out.is_json() {
            out.object(&seen.report())?;
            continue;
        }
        let (source, destination) = (sighting.source, sighting.destination);
        writeln!(
            out.writer(),
            ";; {number} {} on {}: {source} -> {destination}, {} bytes, {}",
            clock(sighting.at),
            escape(interface),
            sighting.bytes.len(),
            seen.observation.kind,
        )?;
        out.writer().write_all(dig(sighting.bytes, "").as_bytes())?;
    }
    out.flush()?;
    if capture.datagrams.is_empty() {
        let frames = capture.frames;
        return Err(Failure::NotFound(format!(
            "no Multicast DNS in the capture: {frames} frames, {} of unknown kinds of link",
            capture.unknown_links
        )));
    }
    match first {
        Some((number, fault)) => {
            let message = format!("message {number} is malformed: {fault}");
            Err(Failure::NotFound(message))
        }
        None => Ok(true),
    }
}

/// The address of a message of which nothing is known.
const ANYBODY: std::net::SocketAddr = std::net::SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(224, 0, 0, 251)),
    5353,
);
