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

/// Both hashes of bytes that come piece by piece.
#[derive(Default, Clone)]
pub struct Hashing {
    content: blake3::Hasher,
    proof: Xxh3,
    size_bytes: u64,
}

impl fmt::Debug for Hashing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashing").field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}

impl Hashing {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.content.update(bytes);
        self.proof.update(bytes);
        self.size_bytes += bytes.len() as u64;
    }

    /// How many bytes it was given.
    #[must_use]
    pub fn hashed_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// What the bytes so far are.
    #[must_use]
    pub fn hashed(&self) -> Hashed {
        Hashed {
            content: ContentHash(*self.content.finalize().as_bytes()),
            proof: ProofHash(self.proof.digest128().to_be_bytes()),
            size_bytes: self.size_bytes,
        }
    }
}

/// Reads a file to its end.
///
/// # Errors
/// The system's.
pub fn hash_file(file: &File) -> io::Result<Hashed> {
    let mut hashing = Hashing::default();
    let mut reader = file;
    let mut block = vec![0; BLOCK];
    loop {
        match reader.read(&mut block) {
            Ok(0) => return Ok(hashing.hashed()),
            Ok(read) => hashing.update(&block[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
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
