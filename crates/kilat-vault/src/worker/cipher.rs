//! The repository's cipher, for what the library leaves to us: AES-256 in counter mode, sealed with Poly1305, after a
//! nonce that stands before it.

use std::io;

use aes256ctr_poly1305aes::aead::Aead;
use aes256ctr_poly1305aes::{Aes256CtrPoly1305Aes, Key};
use rand::TryRngCore;
use rand::rngs::OsRng;
use rustic_core::repofile::MasterKey;

const NONCE_BYTES: usize = 16;

fn cipher(key: &MasterKey) -> Option<Aes256CtrPoly1305Aes> {
    let bytes = [key.encrypt.as_slice(), &key.mac.k, &key.mac.r].concat();
    (bytes.len() == 64).then(|| Aes256CtrPoly1305Aes::new(Key::from_slice(&bytes)))
}

pub(crate) fn seal(key: &MasterKey, text: &[u8]) -> io::Result<Vec<u8>> {
    let mut nonce = [0; NONCE_BYTES];
    OsRng.try_fill_bytes(&mut nonce).map_err(io::Error::other)?;
    let sealed = cipher(key).and_then(|cipher| cipher.encrypt(&nonce.into(), text).ok());
    let sealed = sealed.ok_or_else(|| io::Error::other("the key is not as expected"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// What was sealed; none when it is not as it was.
pub(crate) fn open(key: &MasterKey, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    cipher(key)?.decrypt(&nonce.into(), sealed).ok()
}
