//! Secrets by name: wiped when dropped, never shown.

use std::collections::BTreeMap;
use std::fmt;

use kilat_core::Medium;
use zeroize::Zeroizing;

use crate::OpenError;

/// Whether a destination works without a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It does not.
    Always,
    /// It may.
    Sometimes,
}

/// A secret that a kind of destination takes.
#[derive(Debug, Clone, Copy)]
pub struct SecretSpec {
    /// Its name, as in `KILAT_SECRET_NAME_…` and in the questions that are asked.
    pub name: &'static str,
    /// Whether it must be there.
    pub need: Need,
    /// What it is, for the person who is asked.
    pub says: &'static str,
}

const fn always(name: &'static str, says: &'static str) -> SecretSpec {
    SecretSpec { name, need: Need::Always, says }
}

const fn sometimes(name: &'static str, says: &'static str) -> SecretSpec {
    SecretSpec { name, need: Need::Sometimes, says }
}

const S3: [SecretSpec; 3] = [
    always("access_key_id", "the access key's id"),
    always("secret_access_key", "the access key's secret"),
    sometimes("session_token", "for keys that are lent for a time"),
];
const WEBDAV: [SecretSpec; 2] =
    [sometimes("user", "the account's name"), sometimes("password", "its password, or an app's password")];
const SFTP: [SecretSpec; 3] = [
    sometimes("password", "the account's password"),
    sometimes("key", "a private key in OpenSSH's format"),
    sometimes("passphrase", "of the private key"),
];
const DRIVE: [SecretSpec; 3] = [
    always("client_id", "the OAuth client's id"),
    always("client_secret", "the OAuth client's secret"),
    always("refresh_token", "what lets Kilat in without asking again"),
];

/// The secrets that a kind of destination takes.
#[must_use]
pub fn needed_secrets(medium: Medium) -> &'static [SecretSpec] {
    match medium {
        Medium::S3 => &S3,
        Medium::WebDav => &WEBDAV,
        Medium::Sftp => &SFTP,
        Medium::Drive => &DRIVE,
        Medium::Disk | Medium::Vault => &[],
    }
}

/// Secrets of one destination, by name.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, Zeroizing<String>>);

impl Secrets {
    /// Keeps one, in the place of an older one.
    pub fn insert(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), Zeroizing::new(value));
    }

    /// One of them; none that is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn check(&self, specs: &[SecretSpec]) -> Result<(), OpenError> {
        match specs.iter().find(|spec| spec.need == Need::Always && self.get(spec.name).is_none()) {
            Some(spec) => Err(OpenError::Secret { name: spec.name, says: spec.says }),
            None => Ok(()),
        }
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Secrets {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let mut secrets = Self::default();
        for (name, value) in pairs {
            secrets.insert(name, value.to_owned());
        }
        secrets
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let secrets = Secrets::from([("access_key_id", "AKIA"), ("secret_access_key", "hunter2")]);
        assert_eq!(format!("{secrets:?}"), r#"{"access_key_id", "secret_access_key"}"#);
    }

    #[test]
    fn a_missing_secret_is_named() {
        let error = Secrets::from([("access_key_id", "AKIA"), ("secret_access_key", "")]).check(&S3);
        assert!(error.expect_err("it is empty").to_string().contains("secret_access_key"));
    }
}
