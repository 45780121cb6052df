//! Ports of data connections: the next of the range each time, so that two sessions never want one at once.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::net::TcpSocket;

/// Hands out ports; clones share where they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ports(Arc<AtomicU32>);

impl Ports {
    /// A socket on the next port that is free.
    pub(crate) fn bind(&self, address: IpAddr, range: &RangeInclusive<u16>) -> io::Result<TcpSocket> {
        let (first, last) = (u32::from(*range.start()), u32::from(*range.end()));
        let count = (last + 1).saturating_sub(first).max(1);
        let mut failed = None;
        for _ in 0..count {
            let port = first + self.0.fetch_add(1, Ordering::Relaxed) % count;
            let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            socket.set_reuseaddr(true)?;
            match socket.bind(SocketAddr::new(address, u16::try_from(port).unwrap_or(*range.end()))) {
                Ok(()) => return Ok(socket),
                Err(error) => failed = Some(error),
            }
        }
        let error = failed.unwrap_or_else(|| io::ErrorKind::AddrInUse.into());
        tracing::warn!(%error, first, last, "FTP: no port is free for a data connection: name more ports in ftp.passive_ports");
        Err(error)
    }
}
