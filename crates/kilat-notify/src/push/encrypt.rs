//! Encrypts for one browser: `aes128gcm` (RFC 8188) with keys as RFC 8291 derives them. One record.

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::SecureRandom;

/// Size of a record; push services take 4,096 bytes of body.
const RECORD: u32 = 4_096;
/// Longest text: what is left of a body without its head (86), the mark of the end and the tag.
pub(super) const MAX_TEXT: usize = 4_096 - 86 - 1 - 16;

/// Why something cannot be encrypted for a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this cannot be encrypted for that browser: its key is none, or the text is longer than {MAX_TEXT} bytes")]
pub struct EncryptError;

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// The body of a push message for the browser with this public key and secret.
///
/// # Errors
/// When the key is no point of P-256, or the text is too long.
pub fn encrypt(text: &[u8], key: &[u8], secret: &[u8; 16], random: &dyn SecureRandom) -> Result<Vec<u8>, EncryptError> {
    if text.len() > MAX_TEXT {
        return Err(EncryptError);
    }
    seal(text, key, secret, random).map_err(|_unspecified| EncryptError)
}

fn seal(
    text: &[u8],
    key: &[u8],
    secret: &[u8; 16],
    random: &dyn SecureRandom,
) -> Result<Vec<u8>, ring::error::Unspecified> {
    let own = EphemeralPrivateKey::generate(&ECDH_P256, random)?;
    let own_public = own.compute_public_key()?;
    let mut salt = [0; 16];
    random.fill(&mut salt)?;
    agree_ephemeral(own, &UnparsedPublicKey::new(&ECDH_P256, key), |agreed| {
        seal_agreed(text, (key, secret), (own_public.as_ref(), agreed), &salt)
    })?
}

/// What follows once both sides have agreed: nothing in it is random any more.
fn seal_agreed(
    text: &[u8],
    (key, secret): (&[u8], &[u8; 16]),
    (own_public, agreed): (&[u8], &[u8]),
    salt: &[u8; 16],
) -> Result<Vec<u8>, ring::error::Unspecified> {
    let mut shared = [0; 32];
    derive(secret, agreed, &[b"WebPush: info\0", key, own_public], &mut shared)?;
    let (mut content, mut nonce) = ([0; 16], [0; 12]);
    derive(salt, &shared, &[b"Content-Encoding: aes128gcm\0"], &mut content)?;
    derive(salt, &shared, &[b"Content-Encoding: nonce\0"], &mut nonce)?;

    let mut record = text.to_vec();
    // The last record.
    record.push(2);
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &content)?);
    cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record)?;

    let mut body = salt.to_vec();
    body.extend(RECORD.to_be_bytes());
    body.push(65);
    body.extend(own_public);
    body.extend(record);
    Ok(body)
}

/// HKDF-SHA-256 to the length of `out`.
fn derive(salt: &[u8], key: &[u8], about: &[&[u8]], out: &mut [u8]) -> Result<(), ring::error::Unspecified> {
    let length = Length(out.len());
    Salt::new(HKDF_SHA256, salt).extract(key).expand(about, length)?.fill(out)
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    /// Reads it as the browser does.
    fn decrypt(body: &[u8], own: EphemeralPrivateKey, own_public: &[u8], secret: &[u8; 16]) -> Vec<u8> {
        let (salt, rest) = body.split_at(16);
        let (head, rest) = rest.split_at(5);
        assert_eq!(head, [0, 0, 16, 0, 65]);
        let (peer, record) = rest.split_at(65);
        let mut shared = [0; 32];
        agree_ephemeral(own, &UnparsedPublicKey::new(&ECDH_P256, peer), |agreed| {
            derive(secret, agreed, &[b"WebPush: info\0", own_public, peer], &mut shared).unwrap();
        })
        .unwrap();
        let (mut content, mut nonce) = ([0; 16], [0; 12]);
        derive(salt, &shared, &[b"Content-Encoding: aes128gcm\0"], &mut content).unwrap();
        derive(salt, &shared, &[b"Content-Encoding: nonce\0"], &mut nonce).unwrap();
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &content).unwrap());
        let mut record = record.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let text = cipher.open_in_place(nonce, Aad::empty(), &mut record).unwrap();
        let (end, text) = text.split_last().unwrap();
        assert_eq!(*end, 2);
        text.to_vec()
    }

    /// RFC 8291, section 5 and appendix A.
    #[test]
    fn the_example_of_the_standard_comes_out_byte_for_byte() {
        let read = |text: &str| data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
        let own = read("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let own_public =
            read("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
        let key = read("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4");
        let secret: [u8; 16] = read("BTBZMqHH6r4Tts7J_aSIgg").try_into().unwrap();
        let salt: [u8; 16] = read("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let peer = p256::PublicKey::from_sec1_bytes(&key).unwrap();
        let own = p256::SecretKey::from_slice(&own).unwrap();
        let agreed = p256::ecdh::diffie_hellman(own.to_nonzero_scalar(), peer.as_affine());
        let text = b"When I grow up, I want to be a watermelon";
        let agreed = agreed.raw_secret_bytes();
        let body = seal_agreed(text, (&key, &secret), (&own_public, agreed.as_slice()), &salt).unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(data_encoding::BASE64URL_NOPAD.encode(&body), expected);
    }

    #[test]
    fn only_the_browser_reads_it_and_a_body_is_never_longer_than_services_take() {
        let random = SystemRandom::new();
        let secret = [7; 16];
        for text in [&b"hello"[..], &[b'x'; MAX_TEXT]] {
            let own = EphemeralPrivateKey::generate(&ECDH_P256, &random).unwrap();
            let public = own.compute_public_key().unwrap();
            let body = encrypt(text, public.as_ref(), &secret, &random).unwrap();
            assert!(body.len() <= 4_096);
            assert_eq!(decrypt(&body, own, public.as_ref(), &secret), text);
        }
        assert!(encrypt(b"x", &[4; 65], &secret, &random).is_err(), "no point of the curve");
        assert!(encrypt(&[b'x'; MAX_TEXT + 1], &[4; 65], &secret, &random).is_err());
    }
}
