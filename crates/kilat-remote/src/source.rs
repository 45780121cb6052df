//! The file that is copied: read once from its beginning, hashed on the way, and known to be what was hashed before.

use std::fs::File;
use std::io::{self, Read};

use kilat_core::FileStamp;
use kilat_objects::{Item, Proving, StoreError, Watch, stamp_of_open};

/// An item's file, as far as it was read.
pub(crate) struct Source<'a> {
    item: &'a Item<'a>,
    file: File,
    before: FileStamp,
    proving: Proving,
    at: u64,
    /// It ended before its length.
    is_short: bool,
}

impl<'a> Source<'a> {
    /// Opens it; refuses one that is not as it was when it was hashed.
    pub(crate) fn open(item: &'a Item<'a>) -> Result<Self, StoreError> {
        let file = File::open(item.file).map_err(|error| StoreError::of_source(item.file, error))?;
        let before = stamp_of_open(&file).map_err(|error| StoreError::of_source(item.file, error))?;
        let source = Self { item, file, before, proving: Proving::default(), at: 0, is_short: false };
        if before == item.stamp { Ok(source) } else { Err(source.changed()) }
    }

    /// Reads the next part, at most `most` bytes; less only at the end. What the buffer held is gone.
    pub(crate) fn part(&mut self, buffer: &mut Vec<u8>, most: usize) -> Result<(), StoreError> {
        buffer.clear();
        let left = self.item.stamp.size_bytes - self.at;
        let most = left.min(most as u64);
        let read = (&mut self.file).take(most).read_to_end(buffer);
        read.map_err(|error| StoreError::of_source(self.item.file, error))?;
        if (buffer.len() as u64) < most {
            return Err(self.changed());
        }
        self.proving.update(buffer);
        self.at += most;
        Ok(())
    }

    /// Whether all was read, and is what was hashed.
    pub(crate) fn finish(&self) -> Result<(), StoreError> {
        let after = stamp_of_open(&self.file).map_err(|error| StoreError::of_source(self.item.file, error))?;
        let is_whole = self.at == self.item.stamp.size_bytes && after == self.before;
        if is_whole && self.proving.proof() == self.item.proof { Ok(()) } else { Err(self.changed()) }
    }

    fn changed(&self) -> StoreError {
        StoreError::SourceChanged { file: self.item.file.to_owned() }
    }

    /// What a call that streamed it came to: a file that changed is the reason of whatever went wrong.
    pub(crate) fn after<T>(&self, sent: Result<T, StoreError>) -> Result<T, StoreError> {
        if self.is_short {
            return Err(self.changed());
        }
        let sent = sent?;
        self.finish()?;
        Ok(sent)
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.item.stamp.size_bytes - self.at).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let read = self.file.read(&mut buffer[..most])?;
        if read == 0 && most > 0 {
            self.is_short = true;
            return Err(io::Error::other("the file became shorter"));
        }
        self.proving.update(&buffer[..read]);
        self.at += read as u64;
        Ok(read)
    }
}

/// A source whose progress is told, which never goes back when it is read again.
pub(crate) struct Told<'a, 'b> {
    source: &'a mut Source<'b>,
    watch: &'a dyn Watch,
    high: &'a mut u64,
}

impl<'a, 'b> Told<'a, 'b> {
    pub(crate) fn new(source: &'a mut Source<'b>, watch: &'a dyn Watch, high: &'a mut u64) -> Self {
        Self { source, watch, high }
    }
}

impl Read for Told<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        if self.source.at > *self.high {
            *self.high = self.source.at;
            self.watch.sent(self.source.at);
        }
        Ok(read)
    }
}
