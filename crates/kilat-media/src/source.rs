//! Bounded positioned reads of one open file.
//!
//! Invariant: a source never reads past the length it was made with and never reads more than
//! [`BUDGET_BYTES`], whatever the file says about itself. There is no memory map: a file that
//! shrinks under one would kill the process.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// One read: directories and headers lie close together, a page or two holds most of them.
const BLOCK_BYTES: usize = 8 * 1024;

/// All that may be read for one question. The directories of the largest RAW files known take
/// under 1 MiB with their maker notes; more than this is a file made to keep us busy.
const BUDGET_BYTES: usize = 8 * 1024 * 1024;

/// Why reading stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The system could not read the file.
    Io(io::Error),
    /// The file asks for more reading than any honest one needs.
    Exhausted,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The outcome of a read; `Ok(None)` means that it would have left the file.
pub(crate) type Read<T> = Result<T, Stop>;

/// An open file and the block of it that was read last.
#[derive(Debug)]
pub(crate) struct Source<'f> {
    file: &'f File,
    len: u64,
    block: Vec<u8>,
    block_at: u64,
    budget: usize,
}

impl<'f> Source<'f> {
    /// Sees the first `len` bytes of the file and nothing after.
    pub(crate) fn new(file: &'f File, len: u64) -> Self {
        Self { file, len, block: Vec::new(), block_at: 0, budget: BUDGET_BYTES }
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Fills `into` from `at`; false when that range is not all inside the file.
    pub(crate) fn fill(&mut self, at: u64, into: &mut [u8]) -> Read<bool> {
        if !inside(at, into.len() as u64, self.len) {
            return Ok(false);
        }
        if into.len() > BLOCK_BYTES {
            self.spend(into.len())?;
            self.file.read_exact_at(into, at)?;
            return Ok(true);
        }
        let held = at.checked_sub(self.block_at).and_then(|from| usize::try_from(from).ok());
        if let Some(bytes) = held.and_then(|from| self.block.get(from..from + into.len())) {
            into.copy_from_slice(bytes);
            return Ok(true);
        }
        self.load(at)?;
        match self.block.get(..into.len()) {
            Some(bytes) => into.copy_from_slice(bytes),
            None => return Ok(false),
        }
        Ok(true)
    }

    /// The `N` bytes at `at`.
    pub(crate) fn array<const N: usize>(&mut self, at: u64) -> Read<Option<[u8; N]>> {
        let mut bytes = [0; N];
        Ok(self.fill(at, &mut bytes)?.then_some(bytes))
    }

    /// The `len` bytes at `at`; the caller bounds `len`.
    pub(crate) fn bytes(&mut self, at: u64, len: usize) -> Read<Option<Vec<u8>>> {
        if !inside(at, len as u64, self.len) {
            return Ok(None);
        }
        let mut bytes = vec![0; len];
        Ok(self.fill(at, &mut bytes)?.then_some(bytes))
    }

    /// The last bytes of `from..to`, at most `most` of them.
    pub(crate) fn tail(&mut self, from: u64, to: u64, most: usize) -> Read<Option<Vec<u8>>> {
        let len = to.saturating_sub(from).min(most as u64);
        self.bytes(to.saturating_sub(len), usize::try_from(len).unwrap_or(most))
    }

    fn load(&mut self, at: u64) -> Read<()> {
        let len = usize::try_from(self.len - at).unwrap_or(BLOCK_BYTES).min(BLOCK_BYTES);
        self.spend(len)?;
        self.block.resize(len, 0);
        self.block_at = at;
        if let Err(error) = self.file.read_exact_at(&mut self.block, at) {
            self.block.clear();
            return Err(error.into());
        }
        Ok(())
    }

    fn spend(&mut self, bytes: usize) -> Read<()> {
        self.budget = self.budget.checked_sub(bytes).ok_or(Stop::Exhausted)?;
        Ok(())
    }
}

/// Whether `len` bytes at `at` lie inside a file of `whole` bytes.
pub(crate) fn inside(at: u64, len: u64, whole: u64) -> bool {
    at.checked_add(len).is_some_and(|end| end <= whole)
}
