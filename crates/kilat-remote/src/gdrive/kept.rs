//! A session's address while it waits in the journal, sealed: it lives for a week, and where Google uses the same
//! protocol elsewhere (Cloud Storage), whoever has the address needs no token.
//!
//! The key comes of the refresh token, which the journal does not hold in plain text either. Under another token
//! nothing opens, and an upload begins anew. What a session is for is part of what is proven.

use data_encoding::BASE64;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom, SystemRandom};

/// Seals and opens the addresses of one account's sessions.
pub(super) struct Keeper(LessSafeKey);

impl Keeper {
    pub(super) fn new(refresh_token: &str) -> Self {
        let secret = Salt::new(HKDF_SHA256, b"kilat: Google Drive").extract(refresh_token.as_bytes());
        // Only a key of thousands of bytes is refused.
        #[expect(clippy::expect_used, reason = "the algorithm says the length")]
        Self(LessSafeKey::new(UnboundKey::from(
            secret.expand(&[b"sessions"], &CHACHA20_POLY1305).expect("32 bytes can be had"),
        )))
    }

    /// An address as text that shows nothing; none where the system gives no randomness.
    pub(super) fn seal(&self, about: &str, url: &str) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let mut sealed = url.as_bytes().to_vec();
        self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad(about), &mut sealed).ok()?;
        Some(BASE64.encode(&[nonce.as_slice(), &sealed].concat()))
    }

    /// What was sealed for `about` under this account's token; none for anything else.
    pub(super) fn open(&self, about: &str, text: &str) -> Option<String> {
        let mut bytes = BASE64.decode(text.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk_mut::<NONCE_LEN>()?;
        let url = self.0.open_in_place(Nonce::assume_unique_for_key(*nonce), aad(about), sealed).ok()?;
        String::from_utf8(url.to_vec()).ok()
    }
}

fn aad(about: &str) -> Aad<&[u8]> {
    Aad::from(about.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_opens_for_its_item_and_token_only() {
        let keeper = Keeper::new("refresh");
        let sealed = keeper.seal("a.JPG", "https://upload_id=abc").expect("sealed");
        assert!(!sealed.contains("upload_id"));
        assert_eq!(keeper.open("a.JPG", &sealed).as_deref(), Some("https://upload_id=abc"));
        assert_eq!(Keeper::new("refresh").open("a.JPG", &sealed).as_deref(), Some("https://upload_id=abc"));
        assert_eq!(keeper.open("b.JPG", &sealed), None);
        assert_eq!(Keeper::new("another").open("a.JPG", &sealed), None);
        for nonsense in ["", "{}", "https://upload_id=abc"] {
            assert_eq!(keeper.open("a.JPG", nonsense), None);
        }
    }
}
