//! One copy on its way into a folder: temporary, fsync, read back, a name that nothing has.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::PoisonError;

use kilat_core::ReadBack;
use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use super::{BLOCK, DiskStore, KEEP_BUFFERS, MAX_NUMBERED};
use crate::direct::{ALIGN, Aligned, create, read_full, rename_new, write_block};
use crate::read_back::prove;
use crate::share::pay;
use crate::{Item, RateLimit, Receipt, StoreError, Watch, hash_file, stamp_of_open};

impl DiskStore {
    /// Works with a buffer that an earlier copy used: fresh memory costs more than the hashing.
    pub(super) fn with_buffer<T>(
        &self,
        work: impl FnOnce(&mut Aligned) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let kept = self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut buffer = match kept {
            Some(buffer) => buffer,
            None => Aligned::new(BLOCK).map_err(self.fault("get memory for", &self.root))?,
        };
        let result = work(&mut buffer);
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < KEEP_BUFFERS {
            buffers.push(buffer);
        }
        result
    }

    /// Writes and proves the temporary.
    pub(super) fn fill(&self, part: &Path, item: &Item<'_>, watch: &dyn Watch) -> Result<ReadBack, StoreError> {
        let source = File::open(item.file).map_err(|error| StoreError::of_source(item.file, error))?;
        let before = stamp_of_open(&source).map_err(|error| StoreError::of_source(item.file, error))?;
        let changed = || StoreError::SourceChanged { file: item.file.to_owned() };
        if before != item.stamp {
            return Err(changed());
        }
        let (proof, read_back) = self.with_buffer(|buffer| {
            let limit = self.limit();
            self.write(part, &source, item, (watch, limit.as_deref()), buffer)?;
            if stamp_of_open(&source).map_err(|error| StoreError::of_source(item.file, error))? != before {
                return Err(changed());
            }
            pay(limit.as_deref(), item.stamp.size_bytes, watch)?;
            prove(part, item.stamp.size_bytes, buffer).map_err(self.fault("read back", part))
        })?;
        if proof == item.proof {
            return Ok(read_back);
        }
        // Who is at fault: hash the source once more.
        let again = File::open(item.file).and_then(|file| hash_file(&file));
        match again {
            Ok(hashed) if hashed.proof == item.proof => Err(StoreError::Corrupt { place: self.root.clone() }),
            Ok(_) => Err(changed()),
            Err(error) => Err(StoreError::of_source(item.file, error)),
        }
    }

    fn write(
        &self,
        part: &Path,
        mut source: &File,
        item: &Item<'_>,
        (watch, limit): (&dyn Watch, Option<&RateLimit>),
        buffer: &mut Aligned,
    ) -> Result<(), StoreError> {
        let size = item.stamp.size_bytes;
        let out = create(part).map_err(self.fault("create", part))?;
        if size > 0 {
            match rustix::fs::fallocate(&out, FallocateFlags::empty(), 0, size) {
                Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
                Err(error) => return Err(self.fault("reserve", part)(error.into())),
            }
        }
        let mut at = 0;
        loop {
            if watch.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            let filled =
                read_full(&mut source, buffer.as_mut()).map_err(|error| StoreError::of_source(item.file, error))?;
            if filled == 0 {
                break;
            }
            let padded = filled.next_multiple_of(ALIGN);
            buffer.as_mut()[filled..padded].fill(0);
            pay(limit, filled as u64, watch)?;
            write_block(&out, part, &buffer.as_ref()[..padded], at).map_err(self.fault("write", part))?;
            at += filled as u64;
            watch.sent(at);
            if filled < BLOCK {
                break;
            }
        }
        if at != size {
            return Err(StoreError::SourceChanged { file: item.file.to_owned() });
        }
        out.set_len(size).map_err(self.fault("write", part))?;
        out.sync_all().map_err(self.fault("sync", part))
    }

    /// Gives the temporary its name; never another file's.
    pub(super) fn place(&self, root: &File, part: &Path, item: &Item<'_>) -> Result<Receipt, StoreError> {
        for n in 1..=MAX_NUMBERED {
            let key = if n == 1 { item.key.clone() } else { item.key.numbered(n) };
            let path = self.path(&key);
            let folder = path.parent().unwrap_or(&self.root);
            self.make_folders(root, folder)?;
            match rename_new(part, &path) {
                Ok(()) => {
                    self.sync_folders(folder)?;
                    return Ok(Receipt { key, read_back: ReadBack::Device, was_there: false });
                }
                Err(Errno::EXIST) => {
                    if let Some(read_back) = self.is_there(&path, item)? {
                        fs::remove_file(part).map_err(self.fault("remove", part))?;
                        return Ok(Receipt { key, read_back, was_there: true });
                    }
                }
                Err(error) => return Err(self.fault("name", &path)(error.into())),
            }
        }
        Err(self.fault("name", part)(io::Error::other("too many files of one name")))
    }

    /// Whether the bytes stand there already, durably.
    fn is_there(&self, path: &Path, item: &Item<'_>) -> Result<Option<ReadBack>, StoreError> {
        let meta = fs::symlink_metadata(path).map_err(self.fault("look at", path))?;
        if !meta.is_file() || meta.len() != item.stamp.size_bytes {
            return Ok(None);
        }
        // A crash may have come between its rename and the fsync of its folder.
        File::open(path).and_then(|file| file.sync_all()).map_err(self.fault("sync", path))?;
        self.sync_folders(path.parent().unwrap_or(&self.root))?;
        let (proof, read_back) =
            self.with_buffer(|buffer| prove(path, meta.len(), buffer).map_err(self.fault("read back", path)))?;
        Ok((proof == item.proof).then_some(read_back))
    }
}
