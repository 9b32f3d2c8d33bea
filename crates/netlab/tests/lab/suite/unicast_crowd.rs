//! The DNS server of `cooeed` under a crowd: many who ask the same, and some who send anything.
//!
//! In:  datagrams and connections from one asker.
//! Out: how many questions pass to the link, and whether others are served meanwhile.

use std::io::Write;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use cooee_wire::{Class, Flags, Message, MessageBuilder, Name, Rcode, RecordType};
use netlab::capture::{Capture, Seen};
use netlab::clock::{monotonic, wait_until};
use netlab::error::Context;
use netlab::{Result, cooee, ensure};

use super::setup::ONCE_LIMIT;
use super::unicast_dns::Pod;

/// How long all answers together may take.
const ANSWERS_LIMIT: Duration = Duration::from_secs(10);

/// How many ask at once.
const ASKERS: u16 = 200;

pub(crate) fn one_question() -> Result<()> {
    let pod = Pod::new()?;
    let daemon = pod.start("")?;
    let capture = Capture::start(&pod.pair.here)?;
    let codes = ask_all(&pod, "nobody.local", ASKERS)?;
    // What nobody has answered is not asked again, although it is remembered.
    std::thread::sleep(AFTERWARDS);
    let again = ask_all(&pod, "nobody.local", 1)?;
    ensure!(again == [Rcode::NX_DOMAIN], "asked again: {again:?}");
    let seen = capture.stop();
    let missing = codes
        .iter()
        .filter(|code| **code == Rcode::NX_DOMAIN)
        .count();
    ensure!(missing == usize::from(ASKERS), "the answers are {codes:?}");
    let mut count = 0;
    for seen in seen
        .iter()
        .filter(|seen| seen.outgoing && seen.destination.is_ipv4())
    {
        count += usize::from(asks_for(seen, "nobody.local")?);
    }
    // At once, and a second and two later.
    ensure!((1..=3).contains(&count), "asked {count} times on the link");
    let status = daemon.run(&["status", "--json"])?.success()?.stdout_text();
    ensure!(status.contains("\"on_links\":2}"), "status: {status}");
    Ok(())
}

/// Longer than the driver waits before it asks for the third and the fourth time.
const AFTERWARDS: Duration = Duration::from_secs(6);

pub(crate) fn others_are_served() -> Result<()> {
    let pod = Pod::new()?;
    let web = ["register", "Web", "_http._tcp", "80", "--host", "peer"];
    let web = cooee::start(&pod.pair.peer, &web)?;
    web.wait_stdout(ONCE_LIMIT, |line| line.contains("\"registered\""))?;
    let daemon = pod.start("requests-per-second = 50\n")?;
    let server = SocketAddr::from((pod.server, 53));
    let idle = pod.asker.enter(move || hostile(server))??;
    // Other askers have a budget of their own, and connections.
    let from_here = || {
        let tcp = pod.dig(&pod.pair.here, &["+tcp", "peer.local", "A"]);
        let udp = pod.dig(&pod.pair.here, &["peer.local", "A"]);
        [tcp, udp]
            .iter()
            .all(|got| got.as_ref().is_ok_and(|got| got.status == "NOERROR"))
    };
    ensure!(from_here(), "nobody else is served");
    let codes = ask_all(&pod, "peer.local", ASKERS)?;
    ensure!(
        codes.len() < usize::from(ASKERS),
        "all of {ASKERS} were answered"
    );
    drop(idle);
    let again = || {
        let got = pod.dig(&pod.asker, &["+tcp", "peer.local", "A"]);
        got.is_ok_and(|got| got.status == "NOERROR")
    };
    ensure!(
        wait_until(ONCE_LIMIT, again),
        "the asker is not served any more"
    );
    let status = daemon.run(&["status", "--json"])?.success()?.stdout_text();
    let status: serde_json::Value = serde_json::from_str(&status).context("status")?;
    for counted in ["malformed", "rate_limited", "failed"] {
        let count = status["dns"][counted].as_u64().unwrap_or_default();
        ensure!(count > 0, "{counted} is not counted: {status}");
    }
    Ok(())
}

/// Sends what is no question, and opens connections that say nothing, or too little.
fn hostile(server: SocketAddr) -> Result<Vec<TcpStream>> {
    let socket = UdpSocket::bind("0.0.0.0:0").context("socket")?;
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..2_000 {
        let len = random.usize(0..1_400);
        let mut bytes: Vec<u8> = (0..len).map(|_| random.u8(..)).collect();
        if let [_, _, flags, ..] = bytes.as_mut_slice() {
            // Half of them look like queries.
            *flags &= if random.bool() { 0x01 } else { 0xff };
        }
        // A full buffer of the kernel is no matter.
        let _ = socket.send_to(&bytes, server);
    }
    let mut open = Vec::new();
    for number in 0..100 {
        let mut stream = TcpStream::connect(server).context(server)?;
        // The ones beyond its share are closed.
        let _ = match number % 3 {
            0 => stream.write_all(&[0xff, 0xff, 0]),
            1 => stream.write_all(&[0, 12]),
            _ => Ok(()),
        };
        open.push(stream);
    }
    Ok(open)
}

/// Sends one question many times at once. Returns the response codes of the answers.
fn ask_all(pod: &Pod, name: &str, count: u16) -> Result<Vec<Rcode>> {
    let (server, name) = (SocketAddr::from((pod.server, 53)), name.to_owned());
    let name: Name = name.parse().context(name)?;
    pod.asker.enter(move || {
        let socket = UdpSocket::bind("0.0.0.0:0").context("socket")?;
        socket.connect(server).context(server)?;
        for id in 0..count {
            let mut query = Vec::new();
            let mut builder = MessageBuilder::new(&mut query, id, Flags::QUERY, 512);
            builder
                .question(&name, RecordType::A, Class::IN, false)
                .context("question")?;
            builder.finish();
            socket.send(&query).context(server)?;
        }
        answers(&socket, count)
    })?
}

fn answers(socket: &UdpSocket, count: u16) -> Result<Vec<Rcode>> {
    let mut codes = Vec::new();
    let end = monotonic() + ANSWERS_LIMIT;
    let mut buffer = [0; 2_048];
    while codes.len() < usize::from(count) && monotonic() < end {
        let pause = Duration::from_secs(3);
        socket.set_read_timeout(Some(pause)).context("limit")?;
        let Ok(len) = socket.recv(&mut buffer) else {
            break;
        };
        let message = Message::parse(&buffer[..len]).context("answer")?;
        codes.push(message.header().flags.rcode());
    }
    Ok(codes)
}

/// Returns whether a message asks for addresses of a name.
fn asks_for(seen: &Seen, wanted: &str) -> Result<bool> {
    let message = Message::parse(&seen.payload).context("message")?;
    if message.header().flags.is_response() {
        return Ok(false);
    }
    for question in message.questions() {
        let question = question.context("question")?;
        let name = question.name.to_name().context("name")?.to_string();
        if name == wanted && question.rtype == RecordType::A {
            return Ok(true);
        }
    }
    Ok(false)
}
