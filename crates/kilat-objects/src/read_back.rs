//! Reading a copy back from the device, past the page cache, and hashing what comes.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use kilat_core::{ProofHash, ReadBack};
use rustix::fs::{Advice, OFlags, fcntl_getfl, fcntl_setfl};
use xxhash_rust::xxh3::Xxh3;

use crate::direct::Aligned;

/// Read at once.
const BLOCK: usize = 2 * 1024 * 1024;

/// Hashes the file at `path` as its device has it.
pub(crate) fn prove(path: &Path, size_bytes: u64, buffer: &mut Aligned) -> io::Result<(ProofHash, ReadBack)> {
    let flag = i32::try_from(OFlags::DIRECT.bits()).unwrap_or(0);
    let direct = OpenOptions::new().read(true).custom_flags(flag).open(path);
    if let Ok(file) = direct {
        match hash(&file, size_bytes, buffer) {
            Ok(proof) => return Ok((proof, ReadBack::Device)),
            Err(error) if error.raw_os_error() == Some(22) => {}
            Err(error) => return Err(error),
        }
    }
    let file = File::open(path)?;
    rustix::fs::fadvise(&file, 0, None, Advice::DontNeed)?;
    hash(&file, size_bytes, buffer).map(|proof| (proof, ReadBack::Cache))
}

fn hash(file: &File, size_bytes: u64, buffer: &mut Aligned) -> io::Result<ProofHash> {
    let mut proof = Xxh3::new();
    read(file, size_bytes, buffer, &mut |block| proof.update(block))?;
    Ok(ProofHash(proof.digest128().to_be_bytes()))
}

fn read(file: &File, size_bytes: u64, buffer: &mut Aligned, each: &mut dyn FnMut(&[u8])) -> io::Result<u64> {
    let mut at = 0;
    while at < size_bytes {
        let read = match file.read_at(buffer.as_mut(), at) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        each(&buffer.as_ref()[..read]);
        at += read as u64;
    }
    Ok(at)
}

/// Reads files of any folder as their device has them; keeps its buffer for the next one.
#[derive(Debug)]
pub struct DeviceReader {
    buffer: Aligned,
}

impl DeviceReader {
    /// # Errors
    /// When there is no memory.
    pub fn new() -> io::Result<Self> {
        Ok(Self { buffer: Aligned::new(BLOCK)? })
    }

    /// Tells `each` of every block of a file that nobody else reads through the same handle; answers how it was read.
    ///
    /// # Errors
    /// The system's.
    pub fn read(&mut self, file: &File, each: &mut dyn FnMut(&[u8])) -> io::Result<ReadBack> {
        let size_bytes = file.metadata()?.len();
        let flags = fcntl_getfl(file)?;
        if fcntl_setfl(file, flags | OFlags::DIRECT).is_ok() {
            let mut began = false;
            let mut told = |block: &[u8]| {
                began = true;
                each(block);
            };
            match read(file, size_bytes, &mut self.buffer, &mut told) {
                Ok(_) => return Ok(ReadBack::Device),
                // Some file systems accept the flag and refuse the first read.
                Err(error) if error.raw_os_error() == Some(22) && !began => {}
                Err(error) => return Err(error),
            }
        }
        fcntl_setfl(file, flags)?;
        rustix::fs::fadvise(file, 0, None, Advice::DontNeed)?;
        read(file, size_bytes, &mut self.buffer, each)?;
        Ok(ReadBack::Cache)
    }
}
