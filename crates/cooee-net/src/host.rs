//! The machine's own host name.
//!
//! In:  `gethostname`, `GetComputerNameExW`.
//! Out: its first label, which a responder can publish as `<label>.local`.

/// Returns the first label of the machine's host name, or `None` if it has none that is text.
pub fn system_host_name() -> Option<String> {
    first_label(&os_host_name()?)
}

fn first_label(name: &str) -> Option<String> {
    let label = name.trim().split('.').next().unwrap_or_default();
    (!label.is_empty()).then(|| label.to_owned())
}

#[cfg(unix)]
fn os_host_name() -> Option<String> {
    let mut buffer = [0_u8; 256];
    // SAFETY: the pointer and the length describe `buffer`, except its last byte, so that the name
    // always ends with a zero.
    let result = unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len() - 1) };
    if result != 0 {
        return None;
    }
    let name = std::ffi::CStr::from_bytes_until_nul(&buffer).ok()?;
    name.to_str().ok().map(str::to_owned)
}

#[cfg(windows)]
fn os_host_name() -> Option<String> {
    use windows_sys::Win32::System::SystemInformation::{
        ComputerNamePhysicalDnsHostname, GetComputerNameExW,
    };
    let mut buffer = [0_u16; 256];
    let mut length = buffer.len() as u32;
    // SAFETY: the pointer and `length` (in UTF-16 units) describe `buffer`; the call writes at
    // most that many and stores the number written, without the final zero, in `length`.
    let done = unsafe {
        GetComputerNameExW(
            ComputerNamePhysicalDnsHostname,
            buffer.as_mut_ptr(),
            &mut length,
        )
    };
    if done == 0 {
        return None;
    }
    String::from_utf16(buffer.get(..length as usize)?).ok()
}

#[cfg(test)]
mod tests;
