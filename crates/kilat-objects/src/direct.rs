//! The system calls below a copy: direct writes with their buffers, renames that never replace, folder syncs.
//!
//! Each falls back where a file system lacks it, and never to something weaker than it promises.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use memmap2::{Advice, MmapMut};
use rustix::fs::{CWD, OFlags, RenameFlags};
use rustix::io::Errno;

/// What direct writes must be aligned to on every disk of this century.
pub(crate) const ALIGN: usize = 4096;

/// A page of this size reaches the device as one piece; small pages as hundreds, at half the speed.
const HUGE_PAGE: usize = 2 * 1024 * 1024;

/// A buffer for direct reads and writes, on huge pages where the system has them.
#[derive(Debug)]
pub(crate) struct Aligned {
    // Twice as long, so that a huge page begins within it; what is not touched takes no memory.
    bytes: MmapMut,
    start: usize,
    len: usize,
}

impl Aligned {
    pub(crate) fn new(len: usize) -> io::Result<Self> {
        let bytes = MmapMut::map_anon(len.next_multiple_of(HUGE_PAGE) + HUGE_PAGE)?;
        let start = bytes.as_ptr().align_offset(HUGE_PAGE).min(HUGE_PAGE);
        if let Err(error) = bytes.advise(Advice::HugePage) {
            tracing::debug!(%error, "copies go on with small pages");
        }
        Ok(Self { bytes, start, len })
    }

    pub(crate) fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.len]
    }

    pub(crate) fn as_ref(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }
}

/// Direct where the file system can, else buffered.
pub(crate) fn create(part: &Path) -> io::Result<File> {
    let open = |flags: i32| {
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).custom_flags(flags).open(part)
    };
    let direct = i32::try_from(OFlags::DIRECT.bits()).unwrap_or(0);
    match open(direct) {
        Err(error) if error.raw_os_error() == Some(22) => open(0),
        result => result,
    }
}

pub(crate) fn write_block(out: &File, part: &Path, block: &[u8], at: u64) -> io::Result<()> {
    match out.write_all_at(block, at) {
        // Some file systems accept the flag and refuse the write.
        Err(error) if error.raw_os_error() == Some(22) => {
            OpenOptions::new().write(true).open(part)?.write_all_at(block, at)
        }
        result => result,
    }
}

/// Renames unless something has the name.
///
/// # Errors
/// The system's; `EXIST` when something has it.
pub fn rename_new(from: &Path, to: &Path) -> Result<(), Errno> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // File systems without the flag: a link refuses a name that is taken, too.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            rustix::fs::link(from, to)?;
            rustix::fs::unlink(from)
        }
        result => result,
    }
}

pub(crate) fn read_full(source: &mut &File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Makes the names in a folder durable.
///
/// # Errors
/// The system's.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
