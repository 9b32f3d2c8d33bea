//! Follows the services of a type: `cargo run --example browse -- _http._tcp`.
//!
//! In:  a service type. Out: a line for each service that appears, changes or disappears, until
//!      Ctrl-C.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;

use cooee::{Mdns, ServiceEvent};

fn main() -> Result<(), Box<dyn Error>> {
    let wanted = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "_http._tcp".to_owned());
    let mdns = Mdns::new()?;
    // Any executor will do; the library needs none.
    pollster(follow(&mdns, &wanted))
}

async fn follow(mdns: &Mdns, wanted: &str) -> Result<(), Box<dyn Error>> {
    let mut services = mdns.browse(wanted).start()?;
    while let Some(event) = services.next().await {
        match event {
            ServiceEvent::Added(service) => {
                println!("+ {} at {:?}", service.name(), service.socket_addrs());
            }
            ServiceEvent::Updated { service, diff } => println!("~ {} {diff:?}", service.name()),
            ServiceEvent::Removed { last, why } => println!("- {} ({why:?})", last.name()),
            ServiceEvent::Lagged { missed } => {
                println!("! {missed} events were dropped; starting anew")
            }
            ServiceEvent::Unavailable(instance) => println!("{instance} is not available"),
            _ => {}
        }
    }
    Ok(())
}

/// Returns a minimal executor.
fn pollster<F: Future>(future: F) -> F::Output {
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};

    struct Unpark(std::thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let mut future = std::pin::pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
