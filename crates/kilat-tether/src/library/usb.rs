//! A USB socket that is switched off and on by the system: what is left to try before a battery is taken out.

#![expect(unsafe_code, reason = "the system call has no safe wrapper")]

#[cfg(target_os = "linux")]
use std::fs::File;
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
use std::path::Path;

/// `USBDEVFS_RESET` of Linux: `_IO('U', 20)`.
#[cfg(target_os = "linux")]
const RESET: u64 = 0x5514;

/// Resets what is plugged in there, `/dev/bus/usb/001/004`.
///
/// # Errors
/// The system's: nothing is there, or it may not be written to.
#[cfg(target_os = "linux")]
pub(crate) fn reset_usb(device: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(device)?;
    // SAFETY: the descriptor is open, and this request takes no argument.
    let done = unsafe { libc::ioctl(file.as_raw_fd(), RESET as _, 0) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Nowhere else.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub(crate) fn reset_usb(_device: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_usb_device_is_not_reset() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        assert!(reset_usb(file.path()).is_err());
        assert!(reset_usb(Path::new("/dev/bus/usb/999/999")).is_err());
    }
}
