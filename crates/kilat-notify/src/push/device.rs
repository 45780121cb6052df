//! A device that a person signed up: where it is told, and the keys that its browser made.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use kilat_core::{Lang, Millis, Priority, TokenId, UserName};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// Devices of one studio's people.
pub const MAX_DEVICES: usize = 64;
/// Longest address of a push service that was seen is half of this.
const MAX_ENDPOINT: usize = 1_000;

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The push service's address for it. Whoever knows it can disturb the device: never shown.
    pub endpoint: String,
    /// Its browser's public key, base64url.
    pub p256dh: String,
    /// Its browser's secret, base64url.
    pub auth: String,
    /// Whose it is, for people.
    pub by: String,
    /// Their account, if they signed in with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserName>,
    /// The token or session that signed it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// Since when.
    pub at: Millis,
    /// In which language it is told.
    pub lang: Lang,
    /// Of which loudness and above.
    pub at_least: Priority,
}

/// Why a device cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// Its address.
    #[error("the endpoint is no https address of at most {MAX_ENDPOINT} characters")]
    Endpoint,
    /// Its keys.
    #[error("the keys are not what a browser makes: p256dh has 65 bytes, auth 16, in base64url")]
    Keys,
}

impl Device {
    /// Names it: the same address is the same device.
    #[must_use]
    pub fn id(&self) -> String {
        HEXLOWER.encode(&digest(&SHA256, self.endpoint.as_bytes()).as_ref()[..8])
    }

    /// The push service's host, which may be shown.
    #[must_use]
    pub fn service(&self) -> &str {
        let rest = self.endpoint.split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?', '#']).next().unwrap_or("")
    }

    /// Checks what a browser gave.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, may_be_http: bool) -> Result<(), DeviceError> {
        let is_https = self.endpoint.starts_with("https://") || (may_be_http && self.endpoint.starts_with("http://"));
        let is_plain = self.endpoint.chars().all(|c| c.is_ascii_graphic()) && !self.endpoint.contains('@');
        if !is_https || !is_plain || self.endpoint.len() > MAX_ENDPOINT {
            return Err(DeviceError::Endpoint);
        }
        self.keys().map(|_| ())
    }

    /// Its keys as bytes.
    pub(super) fn keys(&self) -> Result<(Vec<u8>, [u8; 16]), DeviceError> {
        let read = |text: &str| BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok();
        let key = read(&self.p256dh).filter(|key| key.len() == 65 && key[0] == 4).ok_or(DeviceError::Keys)?;
        let secret = read(&self.auth).and_then(|secret| secret.try_into().ok()).ok_or(DeviceError::Keys)?;
        Ok((key, secret))
    }
}
