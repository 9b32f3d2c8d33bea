//! Opening a socket, step by step, so that an error names the failed step.
//!
//! In:  an interface, a family, options, and hooks for tests that simulate a refusing system.
//! Out: an open [`MulticastSocket`] that has joined its group, and warnings.

use std::io;
use std::net::{SocketAddr, SocketAddrV6};
use std::sync::atomic::{AtomicU32, AtomicU64};

use socket2::{Domain, Protocol, Socket, Type};

use super::sharing::any;
use super::{MulticastSocket, SocketOptions, os};
use crate::error::{OpenError, Operation, Warning};
use crate::interface::{Family, Interface};
#[cfg(windows)]
use crate::recv;

/// Hooks with which a test simulates an operating system that refuses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seams {
    pub(super) reuse_port: fn(&Socket) -> io::Result<()>,
}

impl Default for Seams {
    fn default() -> Self {
        Self {
            reuse_port: os::reuse_port,
        }
    }
}

/// A step that failed, and why.
pub(super) struct Failed(pub(super) Operation, pub(super) io::Error);

/// Names the step to which a result belongs.
pub(super) trait During<T> {
    fn during(self, operation: Operation) -> Result<T, Failed>;
}

impl<T> During<T> for io::Result<T> {
    fn during(self, operation: Operation) -> Result<T, Failed> {
        self.map_err(|source| Failed(operation, source))
    }
}

/// A socket that is being opened.
pub(super) struct Opening<'a> {
    interface: &'a Interface,
    family: Family,
    options: &'a SocketOptions,
    seams: &'a Seams,
    pub(super) warnings: Vec<Warning>,
}

impl<'a> Opening<'a> {
    pub(super) fn new(
        interface: &'a Interface,
        family: Family,
        options: &'a SocketOptions,
        seams: &'a Seams,
    ) -> Self {
        Self {
            interface,
            family,
            options,
            seams,
            warnings: Vec::new(),
        }
    }

    /// Performs all steps, and keeps the warnings of optional steps that were refused.
    pub(super) fn run(&mut self) -> Result<MulticastSocket, Failed> {
        let open = self.bind()?;
        open.join().during(Operation::Join)?;
        Ok(open)
    }

    /// Performs all steps but the last one: joining the group would send a packet.
    pub(super) fn bind(&mut self) -> Result<MulticastSocket, Failed> {
        let domain = match self.family {
            Family::V4 => Domain::IPV4,
            Family::V6 => Domain::IPV6,
        };
        let socket =
            Socket::new(domain, Type::DGRAM, Some(Protocol::UDP)).during(Operation::Create)?;
        self.before_bind(&socket)?;
        socket
            .bind(&any(self.family, self.options.port))
            .during(Operation::Bind)?;
        os::after_bind(&socket, self.family).during(Operation::ReusePort)?;
        Ok(MulticastSocket {
            #[cfg(windows)]
            receiver: recv::Receiver::of(&socket).during(Operation::PacketInfo)?,
            socket,
            interface: self.interface.name.clone(),
            index: self.interface.index,
            family: self.family,
            group: self.group(),
            address: self.interface.first_ipv4(),
            dropped_last: AtomicU32::new(0),
            dropped: AtomicU64::new(0),
        })
    }

    fn before_bind(&mut self, socket: &Socket) -> Result<(), Failed> {
        socket
            .set_nonblocking(true)
            .during(Operation::Nonblocking)?;
        self.share(socket)?;
        self.grow(socket)?;
        os::packet_info(socket, self.family).during(Operation::PacketInfo)?;
        if let Err(source) = os::received_ttl(socket, self.family) {
            self.refused(Operation::PacketInfo, source);
        }
        if let Err(source) = os::only_joined(socket, self.family) {
            self.refused(Operation::MulticastAll, source);
        }
        os::multicast_interface(socket, self.family, self.interface)
            .during(Operation::MulticastInterface)?;
        match self.family {
            Family::V4 => {
                socket
                    .set_multicast_loop_v4(true)
                    .during(Operation::MulticastLoop)?;
                socket
                    .set_multicast_ttl_v4(TIME_TO_LIVE)
                    .during(Operation::TimeToLive)?;
                socket
                    .set_ttl_v4(TIME_TO_LIVE)
                    .during(Operation::TimeToLive)
            }
            Family::V6 => {
                socket.set_only_v6(true).during(Operation::OnlyV6)?;
                socket
                    .set_multicast_loop_v6(true)
                    .during(Operation::MulticastLoop)?;
                socket
                    .set_multicast_hops_v6(TIME_TO_LIVE)
                    .during(Operation::TimeToLive)?;
                socket
                    .set_unicast_hops_v6(TIME_TO_LIVE)
                    .during(Operation::TimeToLive)
            }
        }
    }

    //= https://www.rfc-editor.org/rfc/rfc6762#section-15.1
    //# For this reason, all Multicast DNS implementations SHOULD use the
    //# SO_REUSEPORT and/or SO_REUSEADDR options (or equivalent as
    //# appropriate for the operating system in question) so they will all be
    //# able to bind to UDP port 5353 and receive incoming multicast packets
    //# addressed to that port.
    fn share(&mut self, socket: &Socket) -> Result<(), Failed> {
        socket
            .set_reuse_address(true)
            .during(Operation::ReuseAddress)?;
        if let Err(source) = (self.seams.reuse_port)(socket) {
            let interface = self.interface.name.clone();
            self.warnings
                .push(Warning::ReusePortRefused { interface, source });
        }
        Ok(())
    }

    fn grow(&mut self, socket: &Socket) -> Result<(), Failed> {
        let asked = self.options.receive_buffer_bytes;
        os::receive_buffer(socket, asked).during(Operation::ReceiveBuffer)?;
        let granted = socket.recv_buffer_size().during(Operation::ReceiveBuffer)?;
        if granted < asked {
            let interface = self.interface.name.clone();
            self.warnings.push(Warning::ReceiveBufferSmall {
                interface,
                asked,
                granted,
            });
        }
        Ok(())
    }

    fn refused(&mut self, operation: Operation, source: io::Error) {
        let interface = self.interface.name.clone();
        self.warnings.push(Warning::OptionRefused {
            interface,
            operation,
            source,
        });
    }

    /// Adds to a failed step where it failed.
    pub(super) fn failed(&self, failed: Failed) -> OpenError {
        let Failed(operation, cause) = failed;
        OpenError {
            interface: self.interface.name.clone(),
            index: self.interface.index,
            operation,
            group: self.group().ip(),
            port: self.options.port,
            cause,
        }
    }

    /// Returns the group and port, with the scope for IPv6.
    pub(super) fn group(&self) -> SocketAddr {
        let port = self.options.port;
        match self.family {
            Family::V4 => SocketAddr::from((self.options.group_v4, port)),
            Family::V6 => SocketAddr::V6(SocketAddrV6::new(
                self.options.group_v6,
                port,
                0,
                self.interface.index,
            )),
        }
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-11
//# All Multicast DNS responses (including responses sent via unicast)
//# SHOULD be sent with IP TTL set to 255.
const TIME_TO_LIVE: u32 = 255;
