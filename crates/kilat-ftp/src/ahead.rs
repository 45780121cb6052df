//! How far a client may be ahead of the answers: a bound for lines without an end, which libunftp keeps at any length.
//!
//! FTP is asked and answered in turns, in the clear and inside TLS alike, so the bytes both ways tell enough. The system
//! counts them at the socket; nobody stands in between, so libunftp sees the addresses as they are. Deliberately absent:
//! what is said.

use std::os::fd::{AsFd, AsRawFd as _};

/// Bytes that may wait for their answer. The longest that is sent without one is a TLS greeting, of some 2 KB.
pub(crate) const MOST_AHEAD_BYTES: u64 = 8 * 1_024;
/// What each byte of an answer allows again. Answers have 20 bytes and more, commands at most a path of 1 KB.
const PER_BYTE_ANSWERED: u64 = 64;

/// Bytes of a connection so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

/// What a client may still send.
#[derive(Debug)]
pub(crate) struct Ahead {
    left: u64,
    seen: Traffic,
}

impl Ahead {
    pub(crate) fn new() -> Self {
        Self { left: MOST_AHEAD_BYTES, seen: Traffic::default() }
    }

    /// Whether it has sent more than it may.
    pub(crate) fn is_too_far(&mut self, now: Traffic) -> bool {
        let came = now.received.saturating_sub(self.seen.received);
        let went = now.sent.saturating_sub(self.seen.sent);
        self.seen = now;
        let may = self.left.saturating_add(went.saturating_mul(PER_BYTE_ANSWERED));
        self.left = may.saturating_sub(came).min(MOST_AHEAD_BYTES);
        came > may
    }
}

/// What the system counts; none where it does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn traffic(socket: &impl AsFd) -> Option<Traffic> {
    let mut length = libc::socklen_t::try_from(size_of::<libc::tcp_info>()).ok()?;
    // SAFETY: all of its fields are numbers, for which zeroes are values.
    #[expect(unsafe_code, reason = "TCP_INFO has no safe wrapper")]
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes at most `length` bytes to a place that has so many, and keeps no reference.
    #[expect(unsafe_code, reason = "as above; it only reads")]
    let answer = unsafe {
        let (place, fd) = ((&raw mut info).cast(), socket.as_fd().as_raw_fd());
        libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, place, &raw mut length)
    };
    // Kernels before 4.19 count less.
    let known = std::mem::offset_of!(libc::tcp_info, tcpi_bytes_retrans) + size_of::<u64>();
    if answer != 0 || usize::try_from(length).is_ok_and(|length| length < known) {
        return None;
    }
    let sent = info.tcpi_bytes_sent.saturating_sub(info.tcpi_bytes_retrans);
    Some(Traffic { received: info.tcpi_bytes_received, sent })
}

/// Other systems are not asked: there the time to sign in bounds strangers, and nothing a camera that is let in.
#[cfg(not(target_os = "linux"))]
pub(crate) fn traffic(_: &impl AsFd) -> Option<Traffic> {
    None
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn whoever_waits_for_answers_is_never_too_far_ahead_and_whoever_does_not_is() {
        let mut ahead = Ahead::new();
        let mut now = Traffic { received: 0, sent: 24 };
        // A day of the longest commands, and of the shortest answers.
        for _ in 0..100_000 {
            now.received += 1_060;
            now.sent += 20;
            assert!(!ahead.is_too_far(now));
        }
        // Of many answers only so much may be saved up.
        now.received += MOST_AHEAD_BYTES;
        assert!(!ahead.is_too_far(now));
        now.received += 1;
        assert!(ahead.is_too_far(now));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_counts_what_went_both_ways() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut client = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
        let (mut server, _) = listener.accept().expect("accepted");
        client.write_all(&[1; 700]).expect("sent");
        server.read_exact(&mut [0; 700]).expect("came");
        server.write_all(&[2; 30]).expect("sent");
        client.read_exact(&mut [0; 30]).expect("came");
        assert_eq!(traffic(&server), Some(Traffic { received: 700, sent: 30 }));
    }
}
