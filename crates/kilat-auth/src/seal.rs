//! Secrets that must be shown again to somebody else (a store's key, a target's token): sealed for the journal.
//!
//! The key stands outside the journal, so a copy of the journal alone opens nothing. ChaCha20-Poly1305 with
//! a random nonce; what a box is about is part of what it proves, so that no box can be put in another's place.

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::BASE64;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

/// Length of the key.
pub const KEY_BYTES: usize = 32;

/// Secrets of one thing, by name.
pub type Secrets = BTreeMap<String, Zeroizing<String>>;

/// Why a box cannot be made or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Another key, another thing's box, or a damaged one.
    #[error("the secrets of {about} were sealed with another key: give them again")]
    Opened {
        /// What they are about.
        about: String,
    },
    /// The system gives no randomness.
    #[error("the secrets of {about} cannot be sealed: the system gives no randomness")]
    Sealed {
        /// What they are about.
        about: String,
    },
}

/// Seals and opens with one key.
pub struct Sealer(LessSafeKey);

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// With this key.
    #[must_use]
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        // A key of the algorithm's length is always taken.
        #[expect(clippy::expect_used, reason = "the length is in the type")]
        Self(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).expect("32 bytes")))
    }

    /// A key that nobody can guess.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn fresh_key() -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        SystemRandom::new().fill(key.as_mut()).map_err(|_why| SealError::Sealed { about: "this Kilat".to_owned() })?;
        Ok(key)
    }

    /// The secrets of `about`, sealed, as text.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal(&self, about: &str, secrets: &Secrets) -> Result<String, SealError> {
        let cannot = || SealError::Sealed { about: about.to_owned() };
        let plain: BTreeMap<&str, &str> = secrets.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_why| cannot())?;
        // Grown in place once, so that no copy of the plain text is left behind.
        let mut sealed = Zeroizing::new(serde_json::to_vec(&plain).map_err(|_why| cannot())?);
        let tag = self.0.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad(about), &mut sealed);
        let tag = tag.map_err(|_why| cannot())?;
        Ok(BASE64.encode(&[nonce.as_slice(), &sealed, tag.as_ref()].concat()))
    }

    /// What was sealed for `about`.
    ///
    /// # Errors
    /// [`SealError::Opened`] when it was sealed with another key or for something else, or was changed.
    pub fn open(&self, about: &str, sealed: &str) -> Result<Secrets, SealError> {
        let cannot = || SealError::Opened { about: about.to_owned() };
        let mut bytes = Zeroizing::new(BASE64.decode(sealed.as_bytes()).map_err(|_why| cannot())?);
        let (nonce, sealed) = bytes.split_first_chunk_mut::<NONCE_LEN>().ok_or_else(cannot)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.0.open_in_place(nonce, aad(about), sealed).map_err(|_why| cannot())?;
        let secrets: BTreeMap<String, String> = serde_json::from_slice(plain).map_err(|_why| cannot())?;
        Ok(secrets.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect())
    }
}

fn aad(about: &str) -> Aad<&[u8]> {
    Aad::from(about.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        [("secret_access_key".to_owned(), Zeroizing::new("geheim".to_owned()))].into()
    }

    #[test]
    fn what_was_sealed_comes_back_and_shows_nothing_on_the_way() {
        let sealer = Sealer::new(&[7; KEY_BYTES]);
        let (first, second) =
            (sealer.seal("a", &secrets()).expect("sealed"), sealer.seal("a", &secrets()).expect("sealed"));
        assert_eq!(sealer.open("a", &first).expect("opened"), secrets());
        assert_ne!(first, second, "two boxes of one secret do not show that they are alike");
        let plain = BASE64.decode(first.as_bytes()).expect("text");
        assert!(!plain.windows(6).any(|window| window == b"geheim" || window == b"secret"));
    }

    #[test]
    fn another_key_another_thing_and_any_flipped_bit_open_nothing() {
        let sealer = Sealer::new(&[7; KEY_BYTES]);
        let sealed = sealer.seal("a", &secrets()).expect("sealed");
        assert!(Sealer::new(&[8; KEY_BYTES]).open("a", &sealed).is_err());
        assert!(sealer.open("b", &sealed).is_err());
        let bytes = BASE64.decode(sealed.as_bytes()).expect("text");
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(sealer.open("a", &BASE64.encode(&flipped)).is_err(), "byte {at}");
        }
        assert!(sealer.open("a", "").is_err() && sealer.open("a", "not a box").is_err());
    }
}
