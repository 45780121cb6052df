//! Why a session ended, read from what the library answered and from what stands at the other end.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::library::Fault;
use crate::lines::LeftLine;

/// How long a camera's network may take to answer a knock.
const KNOCK: Duration = Duration::from_secs(2);

/// The library waits half a second longer for what a camera on a network says next.
const SILENCE: Duration = Duration::from_secs(2);

const NOT_SUPPORTED: i32 = -6;
const UNKNOWN_PORT: i32 = -5;
const GENERAL: i32 = -1;
const IO: i32 = -7;
const TIMEOUT: i32 = -10;
const FIND: i32 = -52;
const CLAIM: i32 = -53;
const LOCK: i32 = -60;
const NO_MODEL: i32 = -105;
const NO_FILE: i32 = -108;

/// What a fault of this camera means.
pub(super) fn judge(port: &str, fault: &Fault) -> LeftLine {
    match fault.code {
        TIMEOUT => LeftLine::Stalled,
        // Over a network the library does not always tell silence from a refusal.
        IO | GENERAL if fault.after >= SILENCE && is_there(port) => LeftLine::Stalled,
        CLAIM | LOCK => LeftLine::Held { by: holder(port) },
        NO_MODEL | UNKNOWN_PORT | NOT_SUPPORTED if is_there(port) => LeftLine::Unsupported,
        FIND | NO_MODEL | NO_FILE | UNKNOWN_PORT => LeftLine::Gone,
        _ if is_there(port) => LeftLine::Asleep,
        _ => LeftLine::Gone,
    }
}

/// Whether something stands at the port, without talking to it.
fn is_there(port: &str) -> bool {
    match address(port) {
        Some(address) => TcpStream::connect_timeout(&address, KNOCK).is_ok(),
        None => device(port).is_some_and(|device| device.exists()),
    }
}

/// `ptpip:127.0.0.1:15740:15740`.
fn address(port: &str) -> Option<SocketAddr> {
    let rest = port.strip_prefix("ptpip:")?;
    let mut parts = rest.split(':');
    format!("{}:{}", parts.next()?, parts.next()?).parse().ok()
}

/// `usb:001,004` is `/dev/bus/usb/001/004`.
fn device(port: &str) -> Option<PathBuf> {
    let (bus, number) = port.strip_prefix("usb:")?.split_once(',')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(bus) && is_number(number)).then(|| Path::new("/dev/bus/usb").join(bus).join(number))
}

/// The program that has the device open, as far as this user may see.
fn holder(port: &str) -> Option<String> {
    let device = device(port)?;
    let own = std::process::id().to_string();
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let path = process.path();
        if path.file_name().is_some_and(|name| name == own.as_str()) {
            continue;
        }
        let Ok(files) = fs::read_dir(path.join("fd")) else { continue };
        let has_it = files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|to| to == device));
        if has_it {
            return fs::read_to_string(path.join("comm")).ok().map(|name| name.trim().to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: i32) -> Fault {
        Fault { code, text: String::new(), after: Duration::ZERO }
    }

    #[test]
    fn a_camera_that_answers_the_network_and_gives_no_session_is_asleep_and_one_that_refuses_is_gone() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let named = format!("ptpip:127.0.0.1:{port}:{port}");
        assert_eq!(judge(&named, &fault(-1)), LeftLine::Asleep);
        assert_eq!(judge(&named, &fault(TIMEOUT)), LeftLine::Stalled);
        assert_eq!(judge(&named, &Fault { after: SILENCE, ..fault(IO) }), LeftLine::Stalled);
        drop(listener);
        assert_eq!(judge(&named, &fault(-7)), LeftLine::Gone);
    }

    #[test]
    fn a_usb_port_names_its_device_and_nothing_else() {
        assert_eq!(device("usb:001,004"), Some(PathBuf::from("/dev/bus/usb/001/004")));
        assert_eq!(device("usb:../..,/etc"), None);
        assert_eq!(judge("usb:999,999", &fault(-7)), LeftLine::Gone);
    }
}
