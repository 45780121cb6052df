//! BLAKE3 and XXH128 in one pass, and the stamps that tell whether a file changed meanwhile.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use kilat_core::{ContentHash, FileStamp, ProofHash};
use xxhash_rust::xxh3::Xxh3;

/// Read at once: stays in the second-level cache between the two hashes.
const BLOCK: usize = 256 * 1024;

/// What one pass over a file gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashed {
    /// Its identity.
    pub content: ContentHash,
    /// What copies are checked by.
    pub proof: ProofHash,
    /// Bytes read.
    pub size_bytes: u64,
}

/// Reads a file to its end.
///
/// # Errors
/// The system's.
pub fn hash_file(file: &File) -> io::Result<Hashed> {
    let (mut content, mut proof, mut size_bytes) = (blake3::Hasher::new(), Xxh3::new(), 0);
    let mut reader = file;
    let mut block = vec![0; BLOCK];
    loop {
        let read = match reader.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        content.update(&block[..read]);
        proof.update(&block[..read]);
        size_bytes += read as u64;
    }
    Ok(Hashed {
        content: ContentHash(*content.finalize().as_bytes()),
        proof: ProofHash(proof.digest128().to_be_bytes()),
        size_bytes,
    })
}

/// Computes what copies are proven by, over bytes as they pass.
#[derive(Default, Clone)]
pub struct Proving(Xxh3);

impl Proving {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all bytes so far.
    #[must_use]
    pub fn proof(&self) -> ProofHash {
        ProofHash(self.0.digest128().to_be_bytes())
    }
}

impl fmt::Debug for Proving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proving")
    }
}

/// The state of the file at a path; symbolic links are followed.
///
/// # Errors
/// The system's.
pub fn stamp_of(path: &Path) -> io::Result<FileStamp> {
    std::fs::metadata(path).map(|meta| stamp(&meta))
}

/// The state of an open file.
///
/// # Errors
/// The system's.
pub fn stamp_of_open(file: &File) -> io::Result<FileStamp> {
    file.metadata().map(|meta| stamp(&meta))
}

fn stamp(meta: &Metadata) -> FileStamp {
    let mtime_ns = meta.mtime().saturating_mul(1_000_000_000).saturating_add(meta.mtime_nsec());
    FileStamp { size_bytes: meta.len(), mtime_ns, ino: meta.ino() }
}

/// The first `digits` hexadecimal digits of the BLAKE3 of some bytes: a stable short name for them.
#[must_use]
pub fn short_hash(bytes: &[u8], digits: usize) -> String {
    blake3::hash(bytes).to_hex().chars().take(digits).collect()
}
