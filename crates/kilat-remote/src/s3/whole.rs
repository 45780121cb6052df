//! A file in one call: a small one from memory, a larger one read twice, because its hash goes ahead of it.

use std::io::Read;
use std::time::Instant;

use kilat_objects::{Item, StoreError, Watch};

use super::calls::{No, Sent};
use super::object::{Fresh, Written};
use super::parts::PART_BYTES;
use super::sign::Sha256;
use super::store::S3Store;
use crate::http::Line;
use crate::retry::again;
use crate::seed_of;
use crate::source::{Source, Told};

/// Longest file that goes in one call however fast the line is.
const MOST_BYTES: u64 = 128 * 1024 * 1024;

/// Whether something has the key already when the first answer was refused; ours perhaps, when one was lost before.
pub(super) type Lost = bool;

impl S3Store {
    /// Whether a file of this length goes in one call.
    pub(super) fn goes_whole(&self, size_bytes: u64) -> bool {
        size_bytes <= PART_BYTES as u64
            // Where damage is not refused, parts are cheaper to prove.
            || (self.found().checksum_refused && size_bytes <= MOST_BYTES && self.pace.is_brief(size_bytes))
    }

    /// Sends it; answers also whether the object may be ours although the server says that the key is taken.
    pub(super) fn write_whole(&self, line: Line<'_>, item: &Item<'_>, key: &str) -> Result<(Written, Lost), No> {
        let begun = Instant::now();
        let sent = if item.stamp.size_bytes <= PART_BYTES as u64 {
            self.write_small(line, item, key)
        } else {
            self.write_streamed(line, item, key)
        };
        match sent {
            Ok(_) => self.pace.sent(item.stamp.size_bytes, begun.elapsed()),
            Err(_) => self.pace.failed(),
        }
        sent
    }

    fn write_small(&self, line: Line<'_>, item: &Item<'_>, key: &str) -> Result<(Written, Lost), No> {
        let mut bytes = self.buffers.take(line.watch)?;
        let sent = (|| {
            let mut source = Source::open(item)?;
            source.part(&mut bytes, PART_BYTES)?;
            source.finish()?;
            self.insist(line, item, key, |fresh| self.write(line, key, &bytes, fresh))
        })();
        self.buffers.give_back(bytes);
        if sent.is_ok() {
            line.watch.sent(item.stamp.size_bytes);
        }
        sent
    }

    fn write_streamed(&self, line: Line<'_>, item: &Item<'_>, key: &str) -> Result<(Written, Lost), No> {
        let hash = hash_of(line, item)?;
        let (size, mut high) = (item.stamp.size_bytes, 0);
        self.insist(line, item, key, |fresh| {
            let mut source = Source::open(item)?;
            let mut told = Told::new(&mut source, line.watch, &mut high);
            let sent = self.send(line, key, Sent::Stream(&mut told, size, hash), hash, fresh);
            // Whatever went wrong: a file that changed meanwhile is the reason.
            match sent {
                Ok(written) => source.after(Ok(written)).map_err(No::Fault),
                Err(No::Fault(error)) => source.after(Err(error)).map_err(No::Fault),
                Err(refused) => Err(refused),
            }
        })
    }

    /// Makes the call until it has an answer that counts.
    fn insist(
        &self,
        line: Line<'_>,
        item: &Item<'_>,
        key: &str,
        mut write: impl FnMut(Fresh) -> Result<Written, No>,
    ) -> Result<(Written, Lost), No> {
        let fresh = if self.found().conditional_put { Fresh::Conditional } else { Fresh::Whatever };
        let mut is_lost = false;
        let written = again(line.watch, seed_of(item), |attempt| {
            // The answer to an earlier try may have been lost: looked for before the bytes go again, because a server
            // that refuses them at once closes the line in the middle of a large file.
            is_lost = attempt > 1 && self.standing(line, key)?.is_some();
            if is_lost {
                return Ok(None);
            }
            match write(fresh) {
                Ok(written) => Ok(Some(written)),
                Err(No::Taken) => {
                    is_lost = attempt > 1;
                    Ok(None)
                }
                Err(refused) => Err(refused.fault(&line.place(), "store in")),
            }
        })?;
        match written {
            Some(written) => Ok((written, false)),
            None if is_lost => Ok((Written::unknown(), true)),
            None => Err(No::Taken),
        }
    }
}

/// Hashes the file for the call's head; that it is what was filed is seen on the way.
fn hash_of(line: Line<'_>, item: &Item<'_>) -> Result<Sha256, StoreError> {
    let mut source = Source::open(item)?;
    let hash = Sha256::of_all(Stoppable { inner: &mut source, watch: line.watch });
    if line.watch.is_cancelled() {
        return Err(StoreError::Cancelled);
    }
    source.after(hash.map_err(|error| StoreError::of_source(item.file, error)))
}

/// A reader that ends with an error when the copy is cancelled.
struct Stoppable<'a, R> {
    inner: R,
    watch: &'a dyn Watch,
}

impl<R: Read> Read for Stoppable<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.watch.is_cancelled() {
            return Err(std::io::Error::other("the copy was cancelled"));
        }
        self.inner.read(buffer)
    }
}
