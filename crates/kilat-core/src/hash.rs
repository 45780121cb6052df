//! Hashes. Two of a photo: BLAKE3 says what it is, XXH128 proves its copies. One of a token.
//!
//! Both are computed in the one pass over an arrival. Copies are read back and proven by XXH128,
//! which costs a third of BLAKE3 per byte and is what ASC MHL manifests carry; against deliberate
//! forgery only the BLAKE3 counts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is not a hash of the expected length in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a hash in hexadecimal")]
pub struct ParseHashError;

macro_rules! hash {
    ($(#[$doc:meta])* $name:ident, $len:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub [u8; $len]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseHashError;
            fn from_str(text: &str) -> Result<Self, ParseHashError> {
                let mut bytes = [0; $len];
                if text.len() != $len * 2 || !text.is_ascii() {
                    return Err(ParseHashError);
                }
                for (i, byte) in bytes.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(&text[i * 2..i * 2 + 2], 16).map_err(|_why| ParseHashError)?;
                }
                Ok(Self(bytes))
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseHashError;
            fn try_from(text: String) -> Result<Self, ParseHashError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(hash: $name) -> String {
                hash.to_string()
            }
        }
    };
}

hash!(
    /// BLAKE3 of the whole file: a photo's identity.
    ContentHash,
    32
);
hash!(
    /// XXH128 (seed 0, canonical big-endian bytes) of the whole file: what a copy is checked by.
    ProofHash,
    16
);
hash!(
    /// BLAKE3 of a token: all that is kept of it.
    TokenHash,
    32
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_as_it_was_written() {
        let hash = ProofHash([0xab; 16]);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("zz".repeat(16).parse::<ProofHash>(), Err(ParseHashError));
        assert_eq!("é".repeat(16).parse::<ProofHash>(), Err(ParseHashError));
    }
}
