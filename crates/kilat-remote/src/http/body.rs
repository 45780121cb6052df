//! Bytes under the limit of the line, in both directions.

use std::io::{self, Read};
use std::sync::Arc;

use kilat_core::ProofHash;
use kilat_objects::{Proving, RateLimit, StoreError, Watch};

use super::Line;

/// Read at once: small enough that a slow limit is felt evenly, large enough for a fast line.
const PIECE: usize = 64 * 1024;

/// Read at once while a copy is read back.
const BLOCK: usize = 128 * 1024;

/// Watches for nobody.
pub(crate) struct Nobody;

impl Watch for Nobody {
    fn sent(&self, _bytes: u64) {}
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// A reader that waits for its turn.
pub(crate) struct Metered<'a, R> {
    inner: R,
    limit: &'a RateLimit,
    watch: &'a dyn Watch,
}

impl<'a, R: Read> Metered<'a, R> {
    pub(crate) fn new(inner: R, limit: &'a RateLimit, watch: &'a dyn Watch) -> Self {
        Self { inner, limit, watch }
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        metered(&mut self.inner, buffer, self.limit, self.watch)
    }
}

/// The same for somebody who keeps it.
pub(crate) struct Owned<R> {
    inner: R,
    limit: Arc<RateLimit>,
}

impl<R: Read> Owned<R> {
    pub(crate) fn new(inner: R, limit: Arc<RateLimit>) -> Self {
        Self { inner, limit }
    }
}

impl<R: Read> Read for Owned<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        metered(&mut self.inner, buffer, &self.limit, &Nobody)
    }
}

fn metered(inner: &mut impl Read, buffer: &mut [u8], limit: &RateLimit, watch: &dyn Watch) -> io::Result<usize> {
    let most = buffer.len().min(PIECE);
    let read = inner.read(&mut buffer[..most])?;
    if watch.is_cancelled() {
        return Err(io::Error::other("the copy was cancelled"));
    }
    limit.take(read as u64, watch).map_err(io::Error::other)?;
    Ok(read)
}

/// The length and hash of bytes as they come.
pub(crate) fn hash(line: Line<'_>, what: &'static str, mut body: impl Read) -> Result<(u64, ProofHash), StoreError> {
    let (mut proving, mut length, mut block) = (Proving::default(), 0, vec![0; BLOCK]);
    loop {
        let read = body.read(&mut block).map_err(|error| line.cut(what, error))?;
        if read == 0 {
            return Ok((length, proving.proof()));
        }
        proving.update(&block[..read]);
        length += read as u64;
    }
}
