//! Serves the metrics of Cooee to Prometheus:
//! `cargo run -p cooee-examples --bin prometheus 127.0.0.1:9464`.
//!
//! It needs the feature `metrics` of `cooee`. Any other exporter for the crate `metrics` works too.
//!
//! In:  the address to listen on. Out: the URL of the metrics, until Ctrl-C.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;

use axum::Router;
use axum::routing::get;
use cooee::Mdns;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listen = std::env::args()
        .nth(1)
        .unwrap_or("127.0.0.1:9464".to_owned());
    let prometheus = PrometheusBuilder::new().install_recorder()?;
    let mdns = Mdns::new()?;
    let _services = mdns.browse_all().start()?;

    let scrape = async move || {
        mdns.metrics().export();
        prometheus.render()
    };
    let app = Router::new().route("/metrics", get(scrape));
    let listener = TcpListener::bind(listen).await?;
    println!("http://{}/metrics", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
