//! Brings a body to the disk: half a megabyte is gathered while the half before it is written and hashed.
//!
//! A body that stands still is ended; so is one of a server that stops. What the end means is the caller's to say.

use std::io;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use kilat_core::Stop;
use kilat_ingest::{IntakeError, Receiving};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::digest::Sums;

/// Written at once.
const BLOCK: usize = 512 * 1024;
/// Within [`PATIENCE`], so much must come: 1 KB a second, which no network that carries photos falls below for long.
const LEAST: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);

/// A part, and what is summed up beside it.
pub(super) struct Work {
    pub(super) part: Receiving,
    pub(super) sums: Sums,
    spare: Vec<u8>,
}

impl Work {
    pub(super) fn new(part: Receiving, sums: Sums) -> Self {
        Self { part, sums, spare: Vec::new() }
    }

    fn write(mut self, block: Vec<u8>) -> Result<Self, IntakeError> {
        self.part.write(&block)?;
        self.sums.update(&block);
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

/// Writes all of `body`.
///
/// # Errors
/// When it became too large, or the disk has no room or fails.
pub(super) async fn pour(body: Body, work: Work, stop: &Stop) -> Result<(Work, End), IntakeError> {
    let mut pieces = body.into_data_stream();
    let mut spare = Vec::with_capacity(BLOCK);
    let mut writing: JoinHandle<Result<Work, IntakeError>> = tokio::task::spawn_blocking(|| Ok(work));
    loop {
        let (block, end) = gather(&mut pieces, spare, stop).await;
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
async fn gather(pieces: &mut BodyDataStream, mut block: Vec<u8>, stop: &Stop) -> (Vec<u8>, Option<End>) {
    let mut deadline = Instant::now() + PATIENCE;
    let mut due = LEAST;
    while block.len() < BLOCK {
        let piece = tokio::select! {
            biased;
            piece = tokio::time::timeout_at(deadline, pieces.next()) => piece,
            () = stop.asked() => return (block, Some(End::Stopping)),
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
