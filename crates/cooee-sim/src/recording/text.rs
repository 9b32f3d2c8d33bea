//! One transmission or event as text.

use std::fmt::Write as _;

use cooee_proto::time::Instant;
use cooee_wire::Message;
use cooee_wire::dig::Dig;

use crate::recording::{Event, Recording, Transmission};

pub(crate) fn transmission(out: &mut String, recording: &Recording, transmission: &Transmission) {
    let host = transmission.host.as_deref().unwrap_or("(injected)");
    let bytes = transmission.bytes();
    clock(out, recording, transmission.at);
    let _ = write!(out, " {} {host}", transmission.link);
    for packet in &transmission.packets {
        let _ = write!(out, " {} > {}", packet.source, packet.destination);
    }
    let _ = writeln!(out, " {} bytes", bytes.len());
    body(out, bytes);
}

pub(crate) fn event(out: &mut String, recording: &Recording, event: &Event) {
    clock(out, recording, event.at);
    let _ = writeln!(out, " {}: {}", event.host, event.text);
}

fn clock(out: &mut String, recording: &Recording, at: Instant) {
    let age = recording.age(at);
    let _ = write!(out, "+{}.{:09}", age.as_secs(), age.subsec_nanos());
}

/// The message decoded, each line indented; what is no message, in hex.
fn body(out: &mut String, bytes: &[u8]) {
    let Ok(message) = Message::parse(bytes) else {
        let _ = write!(out, "    ; no message:");
        for byte in bytes {
            let _ = write!(out, " {byte:02x}");
        }
        out.push('\n');
        return;
    };
    for line in Dig(&message).to_string().lines() {
        let _ = writeln!(out, "    {line}");
    }
}
