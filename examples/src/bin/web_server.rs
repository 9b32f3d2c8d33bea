//! A web server that can be found by name: `cargo run -p cooee-examples --bin web_server "Front
//! Door"`.
//!
//! It registers itself when it listens. When it is told to stop, it withdraws itself first, so that
//! nobody finds a server that answers no more.
//!
//! In:  a name. Out: the name under which it is found, until Ctrl-C or SIGTERM; then the goodbyes.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;
use std::io;

use axum::Router;
use axum::routing::get;
use cooee::{Mdns, Registration};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).unwrap_or("Front Door".to_owned());
    let app = Router::new().route("/", get(async || "Hello from the local network.\n"));
    // Port 0 lets the system choose a free port.
    let listener = TcpListener::bind(("0.0.0.0", 0)).await?;
    let port = listener.local_addr()?.port();
    let server = tokio::spawn(async { axum::serve(listener, app).await });

    let mdns = Mdns::new()?;
    let web = Registration::new("_http._tcp", name, port).txt(("path", "/"));
    let web = mdns.register(web).await?;
    println!("found as {}", web.instance());

    stopped().await?;
    println!("{}", web.unregister().await?);
    server.abort();
    Ok(())
}

/// Waits until somebody wants this program to end.
#[cfg(unix)]
async fn stopped() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

/// Waits until somebody wants this program to end.
#[cfg(not(unix))]
async fn stopped() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
