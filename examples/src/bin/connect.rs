//! Resolves a web server by name and connects to it:
//! `cargo run -p cooee-examples --bin connect "Front Door" _http._tcp`.
//!
//! A service often has several addresses, and not all of them work. So connections to them race
//! (RFC 8305): the next address is tried when the last one has failed, or has not answered within
//! 250 ms. The first connection wins.
//!
//! In:  an instance's name and its type. Out: the address that won, and the first line of the
//!      server's response.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use cooee::Mdns;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The "Connection Attempt Delay" of RFC 8305 section 5.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(name), Some(service_type)) = (words.next(), words.next()) else {
        return Err("usage: connect NAME TYPE".into());
    };
    let mdns = Mdns::new()?;
    let service = mdns.resolve(service_type, name).await?;
    let connected = connect(service.socket_addrs()).await;
    if connected.is_err() {
        // Perhaps the service is gone: this asks for it again.
        mdns.reconfirm(&service)?;
    }
    let mut stream = connected?;
    println!("connected to {}", stream.peer_addr()?);

    let request = format!("GET / HTTP/1.0\r\nHost: {}\r\n\r\n", service.host());
    stream.write_all(request.as_bytes()).await?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await?;
    println!("{}", line.trim_end());
    Ok(())
}

/// Connects to the first of these addresses that answers.
async fn connect(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut untried = addresses.into_iter();
    let mut attempts = JoinSet::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "no address");
    loop {
        match untried.next() {
            Some(address) => {
                attempts.spawn(TcpStream::connect(address));
            }
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        tokio::select! {
            Some(ended) = attempts.join_next() => match ended? {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error,
            },
            () = sleep(ATTEMPT_DELAY), if untried.len() > 0 => {}
        }
    }
}
