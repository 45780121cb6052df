//! A viewer on a connection that only this task can write to: TLS, and the simulator's network.

use std::time::Duration;

use bytes::BytesMut;
use kilat_hub::{Flush, Viewer, What};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::conversation::{Conversation, GOODBYE, GOODBYE_BYTES, Told, published};
use crate::app::App;

/// Bytes read at once.
const READ: usize = 4 * 1024;
/// A write that takes longer means that nobody reads.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);

/// Serves one viewer to the end.
pub(super) async fn serve(connection: impl AsyncRead + AsyncWrite + Unpin, viewer: Viewer, app: App) {
    let (mut reading, mut writing) = tokio::io::split(connection);
    let mut bytes = vec![0; READ];
    let mut talk = Conversation::begin(viewer, app);
    loop {
        let (frames, flush) = talk.viewer.take();
        if !frames.is_empty() {
            let is_last = frames.iter().any(|frame| frame.what == What::Close);
            let mut joined = BytesMut::new();
            frames.iter().for_each(|frame| joined.extend_from_slice(frame.wire()));
            talk.viewer.writing(Some(talk.now()));
            let written = tokio::time::timeout(WRITE_DEADLINE, write(&mut writing, &joined)).await;
            talk.viewer.writing(None);
            if is_last || !matches!(written, Ok(Ok(()))) {
                break;
            }
            continue;
        }
        match flush {
            Flush::Ended | Flush::Gone => break,
            Flush::Lagged => {
                talk.resync().await;
                continue;
            }
            Flush::Done | Flush::Blocked => {
                if talk.go_on().await || talk.read().await {
                    continue;
                }
            }
        }
        match wait(&mut talk, &mut reading, &mut bytes).await {
            Woken::Read(0) | Woken::Failed => break,
            Woken::Read(read) => talk.heard(&bytes[..read]),
            Woken::Published(told) => talk.tell(told),
            Woken::Other => {}
        }
    }
    // The other side may be gone already: then there is nobody to say goodbye to.
    if let Err(error) = writing.shutdown().await {
        return tracing::debug!(client = talk.viewer.id(), %error, "a connection ended without a goodbye");
    }
    // Closing with something unread would take the last frame back.
    let left = async {
        let mut heard = 0;
        while let Ok(read @ 1..) = reading.read(&mut bytes).await
            && heard < GOODBYE_BYTES
        {
            heard += read;
        }
    };
    if tokio::time::timeout(GOODBYE, left).await.is_err() {
        tracing::debug!(client = talk.viewer.id(), "a viewer did not end its side in time");
    }
}

enum Woken {
    Read(usize),
    Failed,
    Published(Told),
    Other,
}

async fn wait(talk: &mut Conversation, reading: &mut (impl AsyncRead + Unpin), bytes: &mut [u8]) -> Woken {
    let listens = talk.listens();
    let (viewer, publishing) = talk.parts();
    tokio::select! {
        () = viewer.woken() => Woken::Other,
        read = reading.read(bytes), if listens => read.map_or(Woken::Failed, Woken::Read),
        told = published(publishing) => Woken::Published(told),
    }
}

async fn write(writing: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    writing.write_all(bytes).await?;
    writing.flush().await
}
