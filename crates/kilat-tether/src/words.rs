//! What a photographer is told, and how a camera's address on the network is written.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};

use kilat_core::CameraState;

/// The port of PTP/IP.
const PTPIP: u16 = 15_740;

/// Why it stands so and what to do; nothing where all is well.
pub(crate) fn sentence(name: &str, state: &CameraState, detail: &str) -> Option<String> {
    match state {
        CameraState::Ready | CameraState::Unseen => None,
        CameraState::Asleep => Some(format!("{name} is asleep: touch its shutter. Kilat goes on by itself.")),
        CameraState::Held { by } if by.contains("gvfs") || by.contains("gphoto2-volume") => Some(format!(
            "{name} is held by the desktop ({by}): eject it in the file manager, or run gio mount -s gphoto2"
        )),
        CameraState::Held { by } => {
            Some(format!("{name} is held by {by}: close that program. Kilat goes on by itself."))
        }
        CameraState::Wedged => Some(format!(
            "{name} answers no more: turn it off and on; if that does not help, take its battery out for a moment"
        )),
        CameraState::Unsupported => Some(format!("{name} cannot be pulled from: {detail}")),
        CameraState::Gone => Some(format!(
            "{name} is gone: look at its cable, its battery, its Wi-Fi. What was shot since is on its card, and comes when it is back."
        )),
    }
}

/// A camera's address as people write it (`ptpip:192.168.1.1`, `ptpip:camera.local:15740`), as libgphoto2 takes it: it
/// knows no names, and looks for events at the usual port unless it is told. Waits for the resolver.
///
/// # Errors
/// A sentence about what is wrong with it.
pub fn port_of(address: &str) -> Result<String, String> {
    let wrong = || format!("{address} is no address of a camera: write ptpip:HOST or ptpip:HOST:PORT");
    let rest = address.strip_prefix("ptpip:").filter(|rest| !rest.is_empty()).ok_or_else(wrong)?;
    let mut parts = rest.split(':');
    let host = parts.next().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    let port = |text: Option<&str>, usual: u16| text.map_or(Ok(usual), |text| text.parse().map_err(|_why| wrong()));
    let commands = port(parts.next(), PTPIP)?;
    let events = port(parts.next(), commands)?;
    if parts.next().is_some() {
        return Err(wrong());
    }
    let ip = match host.parse::<Ipv4Addr>() {
        Ok(ip) => ip,
        Err(_) => resolve(host, commands).ok_or_else(|| format!("the camera {host} is not known in this network"))?,
    };
    Ok(format!("ptpip:{ip}:{commands}:{events}"))
}

fn resolve(host: &str, port: u16) -> Option<Ipv4Addr> {
    (host, port).to_socket_addrs().ok()?.find_map(|address| match address {
        SocketAddr::V4(address) => Some(*address.ip()),
        SocketAddr::V6(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_both_ports() {
        assert_eq!(port_of("ptpip:192.168.1.1").as_deref(), Ok("ptpip:192.168.1.1:15740:15740"));
        assert_eq!(port_of("ptpip:127.0.0.1:4000").as_deref(), Ok("ptpip:127.0.0.1:4000:4000"));
        assert_eq!(port_of("ptpip:127.0.0.1:4000:4001").as_deref(), Ok("ptpip:127.0.0.1:4000:4001"));
        for wrong in ["127.0.0.1", "ptpip:", "ptpip::1", "ptpip:1.1.1.1:x", "ptpip:1.1.1.1:1:2:3", "usb:001,004"] {
            assert!(port_of(wrong).is_err(), "{wrong}");
        }
    }
}
