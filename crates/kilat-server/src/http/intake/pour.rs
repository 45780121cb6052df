//! Brings a body to the disk: half a megabyte is gathered while the half before it is written and hashed.
//!
//! A body that stands still is ended; so is one when the caller says so. What the end means is the caller's to say too.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use kilat_ingest::{IntakeError, Receiving};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::digest::Sums;

/// Written at once.
const BLOCK: usize = 512 * 1024;
/// Within [`PATIENCE`], so much must come: 1 KB a second, which no network that carries photos falls below for long.
const LEAST: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes between two moments at which all that came is made durable, where somebody may go on with it: so much is sent
/// twice after the worst end.
const KEEP_EVERY: u64 = 16 << 20;

/// Whether what comes is made durable before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Now and then.
    SoFar,
    /// Not before it was compared with what was announced, or not at all.
    AtTheEnd,
}

/// A part, and what is summed up beside it.
pub(super) struct Work {
    pub(super) part: Receiving,
    pub(super) sums: Sums,
    keep: Keep,
    next_keep: u64,
    spare: Vec<u8>,
}

impl Work {
    pub(super) fn new(part: Receiving, sums: Sums, keep: Keep) -> Self {
        let next_keep = part.size_bytes() + KEEP_EVERY;
        Self { part, sums, keep, next_keep, spare: Vec::new() }
    }

    fn write(mut self, block: Vec<u8>) -> Result<Self, IntakeError> {
        self.part.write(&block)?;
        self.sums.update(&block);
        if self.keep == Keep::SoFar && self.part.size_bytes() >= self.next_keep {
            self.part.keep_so_far()?;
            self.next_keep = self.part.size_bytes() + KEEP_EVERY;
        }
        self.spare = block;
        self.spare.clear();
        Ok(self)
    }
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// As its sender said.
    Whole,
    /// Its sender went away.
    Cut,
    /// It stood still.
    Slow,
    /// This server stops.
    Stopping,
}

/// Writes all of `body`, or until `stop` ends.
///
/// # Errors
/// When it became too large, or the disk has no room or fails.
pub(super) async fn pour(body: Body, work: Work, stop: impl Future<Output = End>) -> Result<(Work, End), IntakeError> {
    let mut stop = std::pin::pin!(stop);
    let mut pieces = body.into_data_stream();
    let mut spare = Vec::with_capacity(BLOCK);
    let mut writing: JoinHandle<Result<Work, IntakeError>> = tokio::task::spawn_blocking(|| Ok(work));
    loop {
        let (block, end) = gather(&mut pieces, spare, stop.as_mut()).await;
        let mut work = joined(writing.await)?;
        spare = std::mem::take(&mut work.spare);
        writing = tokio::task::spawn_blocking(|| work.write(block));
        if let Some(end) = end {
            return Ok((joined(writing.await)?, end));
        }
    }
}

fn joined(ended: Result<Result<Work, IntakeError>, tokio::task::JoinError>) -> Result<Work, IntakeError> {
    ended.unwrap_or_else(|panic| Err(IntakeError::Io { path: "a part".into(), source: io::Error::other(panic) }))
}

/// The next block; with the end where there is no further one.
async fn gather(
    pieces: &mut BodyDataStream,
    mut block: Vec<u8>,
    mut stop: Pin<&mut impl Future<Output = End>>,
) -> (Vec<u8>, Option<End>) {
    let mut deadline = Instant::now() + PATIENCE;
    let mut due = LEAST;
    while block.len() < BLOCK {
        let piece = tokio::select! {
            biased;
            piece = tokio::time::timeout_at(deadline, pieces.next()) => piece,
            end = stop.as_mut() => return (block, Some(end)),
        };
        match piece {
            Ok(Some(Ok(piece))) => block.extend_from_slice(&piece),
            Ok(None) => return (block, Some(End::Whole)),
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "a body was cut off");
                return (block, Some(End::Cut));
            }
            Err(_elapsed) => return (block, Some(End::Slow)),
        }
        if block.len() >= due {
            due = block.len() + LEAST;
            deadline = Instant::now() + PATIENCE;
        }
    }
    (block, None)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::stream;

    use super::*;

    /// How a body ends that brings so much every second, for ever; how much of it came, and how long it took.
    async fn ends(bytes: usize) -> (usize, Option<End>, Duration) {
        let tick = tokio::time::interval(Duration::from_secs(1));
        let drops = stream::unfold(tick, move |mut tick| async move {
            tick.tick().await;
            Some((Ok::<_, io::Error>(Bytes::from(vec![0; bytes])), tick))
        });
        let mut pieces = Body::from_stream(drops).into_data_stream();
        let began = Instant::now();
        let never = std::pin::pin!(std::future::pending());
        let (block, end) = gather(&mut pieces, Vec::new(), never).await;
        (block.len(), end, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_ended_and_one_that_is_only_slow_is_not() {
        let (came, end, took) = ends(100).await;
        assert_eq!((end, took.as_secs()), (Some(End::Slow), 60));
        assert!(came > 0, "what came is not lost");
        let (came, end, _) = ends(2_000).await;
        assert_eq!(end, None, "{came} bytes are a block");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_ends_when_its_caller_says_so() {
        let mut pieces = Body::from_stream(stream::pending::<Result<Bytes, io::Error>>()).into_data_stream();
        let soon = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            End::Stopping
        };
        let (block, end) = gather(&mut pieces, vec![1], std::pin::pin!(soon)).await;
        assert_eq!((block, end), (vec![1], Some(End::Stopping)));
    }
}
