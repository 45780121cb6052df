//! Secrets: made of true randomness, shown once, kept as a hash.
//!
//! They are long and random, so one fast hash is enough; passwords, which people choose, are not
//! secrets in this sense.

use std::fmt;

use kilat_core::TokenHash;
use rand::RngCore;

use crate::CAMERA_PASSWORD_CHARS;

/// How every token begins, so that people and scanners recognise one.
const PREFIX: &str = "klt_";
/// Letters of RFC 4648 in lower case: nothing to confuse, nothing to escape.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Without l, o, 0 and 1.
const TYPED: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A secret. It shows itself only when asked by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A token: 256 bits in 52 letters after `klt_`.
    pub(crate) fn token(rng: &mut impl RngCore) -> Self {
        Self(format!("{PREFIX}{}", letters::<32>(rng)))
    }

    /// A code or ticket that lives for minutes: 128 bits in 26 letters.
    pub(crate) fn short(rng: &mut impl RngCore) -> Self {
        Self(letters::<16>(rng))
    }

    /// What is typed into a camera's menu: 50 bits in 10 letters and digits, none of which looks like another.
    pub(crate) fn typed(rng: &mut impl RngCore) -> Self {
        let mut bytes = [0; CAMERA_PASSWORD_CHARS];
        rng.fill_bytes(&mut bytes);
        Self(bytes.iter().map(|byte| char::from(TYPED[usize::from(byte & 31)])).collect())
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// All that is kept of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        hash_of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The hash under which a presented secret is looked up.
///
/// Whoever does not know the secret cannot steer its hash, so how long a look-up by hash takes tells nothing.
#[must_use]
pub fn hash_of(text: &str) -> TokenHash {
    TokenHash(*blake3::hash(text.as_bytes()).as_bytes())
}

/// Whether two hashes are the same, in a time that does not depend on where they differ.
pub(crate) fn same(a: &TokenHash, b: &TokenHash) -> bool {
    // blake3 compares in constant time.
    blake3::Hash::from_bytes(a.0) == blake3::Hash::from_bytes(b.0)
}

/// Salt of one password.
pub fn fresh_salt(rng: &mut impl RngCore) -> [u8; 16] {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    salt
}

fn letters<const BYTES: usize>(rng: &mut impl RngCore) -> String {
    let mut bytes = [0; BYTES];
    rng.fill_bytes(&mut bytes);
    let mut text = String::with_capacity((BYTES * 8).div_ceil(5));
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter(held >> bits));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(letter(held << (5 - bits)));
    }
    text
}

fn letter(five_bits: u32) -> char {
    char::from(LETTERS[(five_bits & 31) as usize])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_token_is_recognised_and_no_two_are_alike() {
        let mut rng = StdRng::seed_from_u64(7);
        let made: HashSet<String> = (0..1_000).map(|_| Secret::token(&mut rng).0).collect();
        assert_eq!(made.len(), 1_000);
        assert!(made.iter().all(|token| token.starts_with("klt_") && token.len() == 56));
        assert_eq!(Secret::short(&mut rng).expose().len(), 26);
    }

    #[test]
    fn letters_are_those_of_the_bytes() {
        struct Fixed;
        impl RngCore for Fixed {
            fn next_u32(&mut self) -> u32 {
                0
            }
            fn next_u64(&mut self) -> u64 {
                0
            }
            fn fill_bytes(&mut self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&b"foobar"[..bytes.len()]);
            }
        }
        // The test vectors of RFC 4648.
        assert_eq!(letters::<3>(&mut Fixed), "mzxw6");
        assert_eq!(letters::<6>(&mut Fixed), "mzxw6ytboi");
    }

    #[test]
    fn a_secret_is_not_told_by_accident() {
        let secret = Secret::token(&mut StdRng::seed_from_u64(7));
        assert!(!format!("{secret:?}").contains("klt_"));
    }
}
