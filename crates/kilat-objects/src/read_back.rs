//! Reading a copy back from the device, past the page cache, and hashing what comes.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use kilat_core::{ProofHash, ReadBack};
use rustix::fs::{Advice, OFlags};
use xxhash_rust::xxh3::Xxh3;

use crate::direct::Aligned;

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
    let mut at = 0;
    while at < size_bytes {
        let read = match file.read_at(buffer.as_mut(), at) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        proof.update(&buffer.as_ref()[..read]);
        at += read as u64;
    }
    Ok(ProofHash(proof.digest128().to_be_bytes()))
}
