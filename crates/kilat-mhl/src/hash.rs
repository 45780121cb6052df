//! The hashes that a manifest may carry, and computing several of them in one pass.

use std::fmt;
use std::io::{self, Read};

use kilat_core::ProofHash;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha512};
use xxhash_rust::xxh3::Xxh3;
use xxhash_rust::xxh64::Xxh64;

use crate::C4Id;

/// Read at once: stays in the second-level cache between the hashes.
const BLOCK: usize = 256 * 1024;

/// Kinds of hashes. Kilat writes XXH128 and checks all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HashFormat {
    /// XXH128, canonical bytes.
    Xxh128,
    /// SHA-512 in base 58.
    C4,
    /// SHA-1.
    Sha1,
    /// MD5.
    Md5,
    /// XXH3 of 64 bits.
    Xxh3,
    /// XXH64.
    Xxh64,
}

impl HashFormat {
    /// All, the one to check first first: quick and long before slow or short.
    pub const ALL: [Self; 6] = [Self::Xxh128, Self::C4, Self::Sha1, Self::Md5, Self::Xxh3, Self::Xxh64];

    /// Its element in a manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Xxh128 => "xxh128",
            Self::C4 => "c4",
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
            Self::Xxh3 => "xxh3",
            Self::Xxh64 => "xxh64",
        }
    }

    /// The kind that an element names.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// A hash of a file.
#[derive(Clone, PartialEq, Eq)]
pub enum FileHash {
    /// XXH128.
    Xxh128(ProofHash),
    /// C4, on the heap: it is the only long one.
    C4(Box<C4Id>),
    /// SHA-1.
    Sha1([u8; 20]),
    /// MD5.
    Md5([u8; 16]),
    /// XXH3 of 64 bits, big-endian.
    Xxh3([u8; 8]),
    /// XXH64, big-endian.
    Xxh64([u8; 8]),
}

impl FileHash {
    /// The hash that a manifest writes so; none for what is not one.
    #[must_use]
    pub fn parse(format: HashFormat, text: &str) -> Option<Self> {
        match format {
            HashFormat::Xxh128 => hex(text).map(|bytes| Self::Xxh128(ProofHash(bytes))),
            HashFormat::C4 => text.parse().ok().map(|id| Self::C4(Box::new(id))),
            HashFormat::Sha1 => hex(text).map(Self::Sha1),
            HashFormat::Md5 => hex(text).map(Self::Md5),
            HashFormat::Xxh3 => hex(text).map(Self::Xxh3),
            HashFormat::Xxh64 => hex(text).map(Self::Xxh64),
        }
    }

    /// Its kind.
    #[must_use]
    pub fn format(&self) -> HashFormat {
        match self {
            Self::Xxh128(_) => HashFormat::Xxh128,
            Self::C4(_) => HashFormat::C4,
            Self::Sha1(_) => HashFormat::Sha1,
            Self::Md5(_) => HashFormat::Md5,
            Self::Xxh3(_) => HashFormat::Xxh3,
            Self::Xxh64(_) => HashFormat::Xxh64,
        }
    }
}

impl fmt::Display for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: &[u8] = match self {
            Self::Xxh128(hash) => &hash.0,
            Self::C4(id) => return id.fmt(f),
            Self::Sha1(bytes) => bytes,
            Self::Md5(bytes) => bytes,
            Self::Xxh3(bytes) | Self::Xxh64(bytes) => bytes,
        };
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {self}", self.format().name())
    }
}

/// Bytes from hexadecimal of exactly their length, in either case: tools differ.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != N * 2 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

/// Reads to the end, telling `each` of every block.
pub(crate) fn read_all(from: &mut dyn Read, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<u64> {
    let mut block = vec![0; BLOCK];
    let mut size_bytes = 0;
    loop {
        let read = match from.read(&mut block) {
            Ok(0) => return Ok(size_bytes),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        each(&block[..read])?;
        size_bytes += read as u64;
    }
}

/// Several hashes of one pass.
pub(crate) struct Hashers(Vec<Hasher>);

enum Hasher {
    Xxh128(Box<Xxh3>),
    C4(Box<Sha512>),
    Sha1(Sha1),
    Md5(Md5),
    Xxh3(Box<Xxh3>),
    Xxh64(Xxh64),
}

impl Hashers {
    pub(crate) fn new(formats: &[HashFormat]) -> Self {
        let hasher = |format: &HashFormat| match format {
            HashFormat::Xxh128 => Hasher::Xxh128(Box::default()),
            HashFormat::C4 => Hasher::C4(Box::default()),
            HashFormat::Sha1 => Hasher::Sha1(Sha1::new()),
            HashFormat::Md5 => Hasher::Md5(Md5::new()),
            HashFormat::Xxh3 => Hasher::Xxh3(Box::default()),
            HashFormat::Xxh64 => Hasher::Xxh64(Xxh64::new(0)),
        };
        Self(formats.iter().map(hasher).collect())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        for hasher in &mut self.0 {
            match hasher {
                Hasher::Xxh128(hasher) | Hasher::Xxh3(hasher) => hasher.update(bytes),
                Hasher::C4(hasher) => hasher.update(bytes),
                Hasher::Sha1(hasher) => hasher.update(bytes),
                Hasher::Md5(hasher) => hasher.update(bytes),
                Hasher::Xxh64(hasher) => hasher.update(bytes),
            }
        }
    }

    pub(crate) fn finish(self) -> Vec<FileHash> {
        let hash = |hasher| match hasher {
            Hasher::Xxh128(hasher) => FileHash::Xxh128(ProofHash(hasher.digest128().to_be_bytes())),
            Hasher::C4(hasher) => FileHash::C4(Box::new(C4Id(hasher.finalize().into()))),
            Hasher::Sha1(hasher) => FileHash::Sha1(hasher.finalize().into()),
            Hasher::Md5(hasher) => FileHash::Md5(hasher.finalize().into()),
            Hasher::Xxh3(hasher) => FileHash::Xxh3(hasher.digest().to_be_bytes()),
            Hasher::Xxh64(hasher) => FileHash::Xxh64(hasher.digest().to_be_bytes()),
        };
        self.0.into_iter().map(hash).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the public `ascmhl` writes them for the three bytes `hi` and a line feed.
    #[test]
    fn every_hash_is_written_as_the_public_tool_writes_it() {
        let known = [
            "f4d0497cf9394caab34d1a3ab2bece70",
            "c45JwjSStebbqWE4Ukh496L9zUAZE7EbVveaDe4yzmnP5kow3C9JStUszZv73GPusuodQALjBedm4GWKA6f7zrBaKu",
            "55ca6286e3e4f4fba5d0448333fa99fc5a404a73",
            "764efa883dda1e11db47671c4a3bbd9e",
            "b34d1a3ab2bece70",
            "d50463dd92503d34",
        ];
        let mut hashers = Hashers::new(&HashFormat::ALL);
        hashers.update(b"h");
        hashers.update(b"i\n");
        for (hash, known) in hashers.finish().iter().zip(known) {
            assert_eq!(hash.to_string(), known);
            assert_eq!(FileHash::parse(hash.format(), known).as_ref(), Some(hash));
        }
    }

    #[test]
    fn a_hash_of_another_length_or_alphabet_is_none() {
        for format in HashFormat::ALL {
            for text in ["", "zz", "+1+1+1+1", "é", &"0".repeat(31), &"é".repeat(8)] {
                assert_eq!(FileHash::parse(format, text), None);
            }
        }
    }
}
