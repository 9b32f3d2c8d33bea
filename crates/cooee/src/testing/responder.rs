//! A host on this machine that answers for its offers.
//!
//! In:  offers; queries on the wire. Out: responses on the wire.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use cooee_net::{Family, MulticastSocket, RecvBatch, SocketOptions};
use cooee_wire::Message;

use super::Offer;

/// Answers until it is dropped.
pub(crate) struct Responder {
    offers: Arc<Mutex<Vec<Offer>>>,
    ends: Arc<AtomicBool>,
    socket: Arc<MulticastSocket>,
    thread: Option<JoinHandle<()>>,
}

impl Responder {
    /// Starts to answer for these offers on `lo`.
    pub(crate) fn new(offers: impl IntoIterator<Item = Offer>) -> Self {
        Self::on("lo", Family::V4, offers)
    }

    /// Starts to answer for these offers on an interface.
    pub(crate) fn on(name: &str, family: Family, offers: impl IntoIterator<Item = Offer>) -> Self {
        let interfaces = cooee_net::interfaces().expect("interfaces can be listed");
        let interface = interfaces.iter().find(|interface| interface.name == name);
        let interface = interface.expect("the interface is there");
        let (socket, _) = MulticastSocket::open(interface, family, &SocketOptions::default())
            .expect("a socket can be opened");
        let socket = Arc::new(socket);
        let offers = Arc::new(Mutex::new(offers.into_iter().collect::<Vec<_>>()));
        let ends = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (offers, ends, socket) = (offers.clone(), ends.clone(), socket.clone());
            move || serve(&socket, &offers, &ends)
        });
        Self {
            offers,
            ends,
            socket,
            thread: Some(thread),
        }
    }

    /// Adds an offer, and announces it.
    pub(crate) fn announce(&self, offer: Offer) {
        self.send(&offer);
        self.offers.lock().expect("no test panics here").push(offer);
    }

    /// Sends something, and continues to answer as before.
    pub(crate) fn send(&self, offer: &Offer) {
        self.socket
            .send_multicast(&offer.response())
            .expect("the interface takes everything");
    }

    /// Withdraws everything of that label, with goodbyes.
    pub(crate) fn withdraw(&self, label: &str) {
        let mut offers = self.offers.lock().expect("no test panics here");
        for offer in offers.extract_if_label(label) {
            self.send(&offer.goodbye());
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

trait ExtractIfLabel {
    fn extract_if_label(&mut self, label: &str) -> Vec<Offer>;
}

impl ExtractIfLabel for Vec<Offer> {
    fn extract_if_label(&mut self, label: &str) -> Vec<Offer> {
        let (gone, kept) = self.drain(..).partition(|offer| offer.label == label);
        *self = kept;
        gone
    }
}

fn serve(socket: &MulticastSocket, offers: &Mutex<Vec<Offer>>, ends: &AtomicBool) {
    let mut batch = RecvBatch::new();
    while !ends.load(Ordering::Relaxed) {
        // Fails while the test has switched the interface off.
        if !matches!(socket.recv_batch(&mut batch), Ok(1..)) {
            thread::sleep(Duration::from_millis(1));
            continue;
        }
        for received in batch.iter() {
            // Locked while answering, so that no answer about an offer follows its goodbye.
            let offers = offers.lock().expect("no test panics here");
            for offer in offers
                .iter()
                .filter(|offer| is_asked_for(received.bytes, offer))
            {
                let _ = socket.send_multicast(&offer.response());
            }
        }
    }
}

fn is_asked_for(bytes: &[u8], offer: &Offer) -> bool {
    let Ok(message) = Message::parse(bytes) else {
        return false;
    };
    if message.header().flags.is_response() {
        return false;
    }
    let names = message
        .questions()
        .flatten()
        .flat_map(|question| question.name.to_name());
    names.into_iter().any(|name| offer.answers(&name))
}
