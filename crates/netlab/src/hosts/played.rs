//! The hosts in a thread of their own.
//!
//! In:  the node whose interface they are heard on, and their configuration.
//! Out: a handle, once they listen; a [`HostsReport`] when they are stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;

use super::{Config, Hosts, HostsReport};
use crate::error::{Error, Result};
use crate::lab::Node;

/// Hosts that are being played.
#[derive(Debug)]
pub struct Played {
    stop: Arc<AtomicBool>,
    leaves: Arc<AtomicBool>,
    thread: JoinHandle<Result<Result<HostsReport>>>,
}

impl Played {
    /// Starts to play hosts in `node`. Returns when they listen and their frames are made.
    pub fn start(node: &Node, config: Config) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let leaves = Arc::new(AtomicBool::new(false));
        let (ready, listening) = mpsc::channel();
        let (node, stop_too, leaves_too) = (node.clone(), Arc::clone(&stop), Arc::clone(&leaves));
        let play = move || {
            let hosts = Hosts::new(&config)?;
            // It has a receiver: `start` waits.
            let _ = ready.send(());
            hosts.play(&stop_too, &leaves_too)
        };
        let thread = std::thread::spawn(move || node.enter(play));
        let played = Self {
            stop,
            leaves,
            thread,
        };
        if listening.recv().is_ok() {
            return Ok(played);
        }
        let why = played.stop().err();
        Err(why.unwrap_or_else(|| Error::new("the hosts ended before they listened")))
    }

    /// Lets every host send a goodbye for its records, and stops them. Returns what they did.
    pub fn leave(self) -> Result<HostsReport> {
        self.leaves.store(true, Ordering::Relaxed);
        self.stop()
    }

    /// Stops the hosts without a goodbye. Returns what they did.
    pub fn stop(self) -> Result<HostsReport> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .join()
            .map_err(|_| Error::new("the generator panicked"))??
    }
}
