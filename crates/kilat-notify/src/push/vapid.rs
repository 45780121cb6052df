//! VAPID (RFC 8292): says to push services who calls, by a key that is made once and kept outside the journal.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use kilat_core::Millis;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;
use zeroize::Zeroizing;

/// How long a signature is good for: at most a day, the RFC says; clocks differ.
const VALID_S: i64 = 12 * 3_600;

/// The server's key.
pub struct Vapid {
    pair: EcdsaKeyPair,
    subject: Option<String>,
}

impl std::fmt::Debug for Vapid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vapid").field("public", &self.public_key()).finish_non_exhaustive()
    }
}

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VapidError {
    /// The file holds something else.
    #[error("the push key is damaged")]
    Key,
    /// The system gives no randomness.
    #[error("the system gives no random numbers")]
    Random,
    /// The address to sign for.
    #[error("the push address is no https address")]
    Address,
}

impl Vapid {
    /// Makes a key, as it is kept: PKCS #8 in base64.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn make() -> Result<Zeroizing<String>, VapidError> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        made.map(|made| BASE64.encode(made.as_ref()).into()).map_err(|_unspecified| VapidError::Random)
    }

    /// A key that was made; `subject` is a `mailto:` or `https:` address of whoever runs this server, which some
    /// services insist on.
    ///
    /// # Errors
    /// When it is no key.
    pub fn read(key: &str, subject: Option<&str>) -> Result<Self, VapidError> {
        let pkcs8 = BASE64.decode(key.as_bytes()).map(Zeroizing::new).map_err(|_not_base64| VapidError::Key)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &SystemRandom::new())
            .map_err(|_rejected| VapidError::Key)?;
        Ok(Self { pair, subject: subject.map(str::to_owned) })
    }

    /// The key that browsers subscribe with.
    #[must_use]
    pub fn public_key(&self) -> String {
        BASE64URL_NOPAD.encode(self.pair.public_key().as_ref())
    }

    /// The value of `Authorization` for a call to `endpoint`.
    ///
    /// # Errors
    /// When the address has no origin.
    pub fn authorization(&self, endpoint: &str, now: Millis) -> Result<String, VapidError> {
        let origin = origin(endpoint).ok_or(VapidError::Address)?;
        let mut claims = json!({ "aud": origin, "exp": now.0.div_euclid(1_000) + VALID_S });
        if let Some(subject) = &self.subject {
            claims["sub"] = json!(subject);
        }
        let head = BASE64URL_NOPAD.encode(br#"{"typ":"JWT","alg":"ES256"}"#);
        let signed = format!("{head}.{}", BASE64URL_NOPAD.encode(claims.to_string().as_bytes()));
        let signature =
            self.pair.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_unspecified| VapidError::Random)?;
        let signature = BASE64URL_NOPAD.encode(signature.as_ref());
        Ok(format!("vapid t={signed}.{signature}, k={}", self.public_key()))
    }
}

/// Scheme and host of an address.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
    Some(format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_signature_is_for_one_service_and_half_a_day() {
        let vapid = Vapid::read(&Vapid::make().unwrap(), Some("mailto:studio@example.org")).unwrap();
        let value = vapid.authorization("https://push.example.net/send/abc?x", Millis(1_000_000)).unwrap();
        let (token, key) = value.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let key = BASE64URL_NOPAD.decode(key.as_bytes()).unwrap();
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(signed.as_bytes(), &signature).unwrap();
        let claims = BASE64URL_NOPAD.decode(signed.split_once('.').unwrap().1.as_bytes()).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["aud"], "https://push.example.net");
        assert_eq!(claims["exp"], 1_000 + VALID_S);
        assert_eq!(claims["sub"], "mailto:studio@example.org");
        assert!(Vapid::read("no key", None).is_err());
    }
}
