//! A viewer on a plain socket: publishing writes to it without waking this task, which reads, answers, and
//! finishes what the kernel did not take at once.
//!
//! While the kernel takes nothing, nothing is read either, so a client that only talks cannot fill its queue.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use bytes::Bytes;
use kilat_hub::{Flush, Viewer};
use tokio::io::Interest;

use super::conversation::{Conversation, Told, published};
use crate::app::App;

/// Bytes read at once, on the stack: no viewer holds a buffer while it waits.
const READ: usize = 8 * 1024;

/// How long the other side may take to end after the last frame.
const GOODBYE: Duration = Duration::from_secs(2);
/// What it may still send meanwhile: the rest of its largest message. One that talks on is cut off.
const GOODBYE_BYTES: usize = 4 * 1024 * 1024;
/// Read at once then; on the heap, because only those who leave need it.
const GOODBYE_READ: usize = 64 * 1024;

/// Serves one viewer to the end.
pub(super) async fn serve(viewer: Viewer, app: App, early: Bytes) {
    tracing::debug!(client = viewer.id(), "viewer connected");
    let mut talk = Conversation::begin(viewer, app);
    if !early.is_empty() {
        talk.heard(&early);
    }
    // Even when empty it holds the handshake's whole buffer.
    drop(early);
    loop {
        let flush = talk.viewer.flush(talk.now());
        match flush {
            Flush::Gone => break,
            Flush::Ended => {
                Box::pin(goodbye(&talk.viewer)).await;
                break;
            }
            Flush::Lagged => {
                talk.resync().await;
                continue;
            }
            Flush::Done => {
                if talk.go_on().await || talk.read().await {
                    continue;
                }
            }
            Flush::Blocked => {}
        }
        if wait(&mut talk, flush == Flush::Blocked).await.is_err() {
            break;
        }
    }
    tracing::debug!(client = talk.viewer.id(), "viewer gone");
}

/// Waits for something to do, and reads what came. An error is the other side's end.
async fn wait(talk: &mut Conversation, is_blocked: bool) -> io::Result<()> {
    enum Woken {
        Readable,
        Writable,
        Published(Told),
        Other,
    }
    let listens = talk.listens() && !is_blocked;
    let woken = {
        let (viewer, publishing) = talk.parts();
        let socket = viewer.socket().ok_or(io::ErrorKind::NotConnected)?;
        tokio::select! {
            () = viewer.woken() => Woken::Other,
            ready = socket.readable(), if listens => ready.map(|()| Woken::Readable)?,
            ready = socket.writable(), if is_blocked => ready.map(|()| Woken::Writable)?,
            told = published(publishing) => Woken::Published(told),
        }
    };
    match woken {
        Woken::Readable => read(talk)?,
        Woken::Writable => write(talk)?,
        Woken::Published(told) => talk.tell(told),
        Woken::Other => {}
    }
    Ok(())
}

/// Lets the last frame arrive: closing with something unread would take it back.
async fn goodbye(viewer: &Viewer) {
    let Some(socket) = viewer.socket() else { return };
    if rustix::net::shutdown(socket.as_fd(), rustix::net::Shutdown::Write).is_err() {
        return;
    }
    let left = async {
        let mut bytes = vec![0; GOODBYE_READ];
        let mut heard = 0;
        while heard < GOODBYE_BYTES && socket.readable().await.is_ok() {
            match socket.try_read(&mut bytes) {
                Ok(0) => return,
                Ok(read) => heard += read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    };
    if tokio::time::timeout(GOODBYE, left).await.is_err() {
        tracing::debug!(client = viewer.id(), "a viewer did not end its side in time");
    }
}

fn read(talk: &mut Conversation) -> io::Result<()> {
    let mut bytes = [0; READ];
    let socket = talk.viewer.socket().ok_or(io::ErrorKind::NotConnected)?;
    match socket.try_read(&mut bytes) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(read) => {
            talk.heard(&bytes[..read]);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes on. Publishing writes past the runtime, which therefore learns only here that the kernel takes nothing.
fn write(talk: &Conversation) -> io::Result<()> {
    let socket = talk.viewer.socket().ok_or(io::ErrorKind::NotConnected)?;
    let flushed = socket.try_io(Interest::WRITABLE, || match talk.viewer.flush(talk.now()) {
        Flush::Blocked => Err(io::ErrorKind::WouldBlock.into()),
        Flush::Gone => Err(io::ErrorKind::NotConnected.into()),
        // Looked at again by the loop.
        Flush::Done | Flush::Lagged | Flush::Ended => Ok(()),
    });
    match flushed {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten thousand of these wait at once.
    #[test]
    fn an_idle_viewer_holds_no_buffers_and_no_room_for_what_is_rare() {
        fn size<A, B, C, F: Future>(_: impl Fn(A, B, C) -> F) -> usize {
            size_of::<F>()
        }
        assert!(size(serve) <= 1_024, "{} bytes", size(serve));
        assert!(size_of::<Conversation>() <= 300, "{} bytes", size_of::<Conversation>());
    }
}
