//! Watching on Windows: the IP Helper's change notifications.
//!
//! In:  callbacks on threads of the system, which write one byte to a loopback socket.
//! Out: whether the list changed.

use std::ffi::c_void;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use socket2::Socket;
use windows_sys::Win32::Foundation::{HANDLE, NO_ERROR};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    CancelMibChangeNotify2, MIB_IPINTERFACE_ROW, MIB_NOTIFICATION_TYPE, MIB_UNICASTIPADDRESS_ROW,
    NotifyIpInterfaceChange, NotifyUnicastIpAddressChange,
};
use windows_sys::Win32::Networking::WinSock::AF_UNSPEC;

use super::Known;

#[derive(Debug)]
pub(super) struct Events {
    // Dropped first: this ends the callbacks, which use the bell.
    _notices: Notices,
    socket: Socket,
}

/// The two subscriptions, and the socket to which their callbacks write.
#[derive(Debug)]
struct Notices {
    handles: Vec<HANDLE>,
    bell: Box<UdpSocket>,
}

// SAFETY: the handles are names for subscriptions that any thread may cancel, and the bell is only
// written to, which is safe from any number of threads.
unsafe impl Send for Notices {}
// SAFETY: as above; nothing is changed through a shared reference.
unsafe impl Sync for Notices {}

impl Events {
    pub(super) fn open() -> io::Result<Self> {
        let listener = UdpSocket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        listener.set_nonblocking(true)?;
        let bell = UdpSocket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        bell.set_nonblocking(true)?;
        bell.connect(listener.local_addr()?)?;
        listener.connect(bell.local_addr()?)?;
        Ok(Self {
            _notices: Notices::subscribe(Box::new(bell))?,
            socket: listener.into(),
        })
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    pub(super) fn drain(&mut self, known: &mut Known) -> bool {
        let mut rung = false;
        let mut byte = [0; 1];
        for _ in 0..READS_MAX {
            match (&self.socket).read(&mut byte) {
                Ok(_) => rung = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        rung && known.refresh()
    }
}

impl Notices {
    fn subscribe(bell: Box<UdpSocket>) -> io::Result<Self> {
        let mut notices = Self {
            handles: Vec::new(),
            bell,
        };
        let context = std::ptr::from_ref::<UdpSocket>(&notices.bell).cast::<c_void>();
        let mut handle: HANDLE = std::ptr::null_mut();
        // SAFETY: the callback has the signature asked for; its context is the boxed bell, which
        // stays where it is and outlives the subscription (see Drop); `handle` takes the result.
        let result = unsafe {
            NotifyIpInterfaceChange(
                AF_UNSPEC,
                Some(interface_changed),
                context,
                false,
                &mut handle,
            )
        };
        notices.keep(result, handle)?;
        // SAFETY: as above.
        let result = unsafe {
            NotifyUnicastIpAddressChange(
                AF_UNSPEC,
                Some(address_changed),
                context,
                false,
                &mut handle,
            )
        };
        notices.keep(result, handle)?;
        Ok(notices)
    }

    fn keep(&mut self, result: u32, handle: HANDLE) -> io::Result<()> {
        if result != NO_ERROR {
            return Err(io::Error::from_raw_os_error(result as i32));
        }
        if handle.is_null() {
            // Wine 8 accepts subscriptions that it cannot serve.
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "no change notifications",
            ));
        }
        self.handles.push(handle);
        Ok(())
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        for handle in &self.handles {
            // SAFETY: the handle is of a subscription that was not cancelled before. The call
            // waits for callbacks that are running, so none uses the bell afterwards.
            unsafe { CancelMibChangeNotify2(*handle) };
        }
    }
}

// SAFETY: only the system calls it, with the context it was given in `subscribe`.
unsafe extern "system" fn interface_changed(
    context: *const c_void,
    _row: *const MIB_IPINTERFACE_ROW,
    _kind: MIB_NOTIFICATION_TYPE,
) {
    // SAFETY: the context is the bell, alive until the subscription is cancelled.
    unsafe { ring(context) }
}

// SAFETY: only the system calls it, with the context it was given in `subscribe`.
unsafe extern "system" fn address_changed(
    context: *const c_void,
    _row: *const MIB_UNICASTIPADDRESS_ROW,
    _kind: MIB_NOTIFICATION_TYPE,
) {
    // SAFETY: the context is the bell, alive until the subscription is cancelled.
    unsafe { ring(context) }
}

/// # Safety
/// `context` must point at a live `UdpSocket`.
unsafe fn ring(context: *const c_void) {
    // SAFETY: by the contract of this function.
    let bell = unsafe { &*context.cast::<UdpSocket>() };
    // A full buffer means that a ring is already waiting to be read.
    let _ = bell.send(&[1]);
}

/// A safety net besides the system's events.
pub(super) const RECHECK_INTERVAL: Duration = Duration::from_secs(60);

/// Further rings wait for the next wake-up.
const READS_MAX: usize = 1_000;
