//! Settings of who may come in, from where, and how many.

use std::path::PathBuf;

use kilat_core::Role;
use serde::Deserialize;

use super::origin::{Origin, Picker};
use super::{ServeFlags, Sourced, split_texts};
use crate::fail::Fail;

/// Connections of one address unless the settings say otherwise: a venue's guests share one, so it is
/// half of what a server takes; a house without guests may set it far lower.
const DEFAULT_PER_ADDRESS: u64 = 12_000;

/// `[access]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileAccess {
    anonymous: Option<String>,
    url_token: Option<bool>,
    hosts: Option<Vec<String>>,
    origins: Option<Vec<String>>,
}

/// `[limits]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileLimits {
    per_address: Option<u64>,
}

/// Who may come in, from where, and how many.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub(crate) anonymous: Sourced<Option<Role>>,
    pub(crate) url_token: Sourced<bool>,
    pub(crate) hosts: Sourced<Vec<String>>,
    pub(crate) origins: Sourced<Vec<String>>,
    pub(crate) per_address: Sourced<usize>,
    pub(crate) tls_cert: Sourced<Option<PathBuf>>,
    pub(crate) tls_key: Sourced<Option<PathBuf>>,
}

/// What the settings file says about it.
pub(super) struct InFile {
    pub(super) access: FileAccess,
    pub(super) limits: FileLimits,
    pub(super) tls_cert: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
}

impl Door {
    pub(super) fn load(
        serve: &ServeFlags,
        file: InFile,
        pick: &Picker<'_>,
        from: &dyn Fn(&'static str) -> Origin,
    ) -> Result<Self, Fail> {
        let InFile { access, limits, tls_cert, tls_key } = file;
        let list = |name| -> Result<Option<Vec<String>>, Fail> { Ok((pick.env)(name)?.map(|list| split_texts(&list))) };
        let path = |name| -> Result<Option<PathBuf>, Fail> { Ok((pick.env)(name)?.map(PathBuf::from)) };
        let door = Self {
            anonymous: pick
                .text(
                    serve.anonymous.clone(),
                    "--anonymous",
                    "KILAT_ANONYMOUS",
                    access.anonymous,
                    from("access.anonymous"),
                )?
                .or_default(|| "none".to_owned())
                .try_map("access.anonymous", |text| anonymous(text))?,
            url_token: pick
                .flag(None, "", "KILAT_URL_TOKEN", access.url_token, from("access.url_token"))?
                .or_default(|| false),
            hosts: pick
                .any(None, "", list("KILAT_HOSTS")?, "KILAT_HOSTS", access.hosts, from("access.hosts"))
                .or_default(Vec::new)
                .try_map("access.hosts", |list| list.iter().map(|text| host(text)).collect())?,
            origins: pick
                .any(None, "", list("KILAT_ORIGINS")?, "KILAT_ORIGINS", access.origins, from("access.origins"))
                .or_default(Vec::new)
                .try_map("access.origins", |list| list.iter().map(|text| origin(text)).collect())?,
            per_address: pick
                .number(None, "", "KILAT_PER_ADDRESS", limits.per_address, from("limits.per_address"))?
                .or_default(|| DEFAULT_PER_ADDRESS)
                .try_map("limits.per_address", |n| per_address(*n))?,
            tls_cert: pick
                .any(
                    serve.tls_cert.clone(),
                    "--tls-cert",
                    path("KILAT_TLS_CERT")?,
                    "KILAT_TLS_CERT",
                    tls_cert,
                    from("tls_cert"),
                )
                .optional(),
            tls_key: pick
                .any(
                    serve.tls_key.clone(),
                    "--tls-key",
                    path("KILAT_TLS_KEY")?,
                    "KILAT_TLS_KEY",
                    tls_key,
                    from("tls_key"),
                )
                .optional(),
        };
        match (&door.tls_cert.value, &door.tls_key.value) {
            (Some(_), None) => Err(Fail::setting("tls_cert is set and tls_key is not", "name the key's file as well")),
            (None, Some(_)) => {
                Err(Fail::setting("tls_key is set and tls_cert is not", "name the certificate's file as well"))
            }
            (Some(_), Some(_)) | (None, None) => Ok(door),
        }
    }

    /// Whether the server answers with TLS.
    pub(crate) fn is_tls(&self) -> bool {
        self.tls_cert.value.is_some()
    }

    /// Name, value and origin of each setting.
    pub(super) fn rows(&self) -> Vec<(&'static str, String, String)> {
        fn row<T>(name: &'static str, setting: &Sourced<T>, value: String) -> (&'static str, String, String) {
            (name, value, setting.origin.to_string())
        }
        let path = |setting: &Sourced<Option<PathBuf>>| format!("{:?}", setting.value.clone().unwrap_or_default());
        let role = self.anonymous.value.map_or("none", Role::as_str);
        vec![
            row("tls_cert", &self.tls_cert, path(&self.tls_cert)),
            row("tls_key", &self.tls_key, path(&self.tls_key)),
            row("access.anonymous", &self.anonymous, format!("\"{role}\"")),
            row("access.url_token", &self.url_token, self.url_token.value.to_string()),
            row("access.hosts", &self.hosts, format!("{:?}", self.hosts.value)),
            row("access.origins", &self.origins, format!("{:?}", self.origins.value)),
            row("limits.per_address", &self.per_address, self.per_address.value.to_string()),
        ]
    }
}

fn anonymous(text: &str) -> Result<Option<Role>, Fail> {
    match text {
        "none" => Ok(None),
        "viewer" => Ok(Some(Role::Viewer)),
        "operator" => Ok(Some(Role::Operator)),
        _ => Err(Fail::setting(format!("{text:?} cannot be let in without a word"), "use none, viewer or operator")),
    }
}

fn host(text: &str) -> Result<String, Fail> {
    let is_name = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    let has_port = text.rsplit_once(':').is_some_and(|(name, port)| !name.contains(':') && port.parse::<u16>().is_ok());
    if is_name && !has_port {
        return Ok(text.to_owned());
    }
    Err(Fail::setting(
        format!("{text:?} is not a name"),
        "use a name or an address without port and scheme, for example studio.local",
    ))
}

fn origin(text: &str) -> Result<String, Fail> {
    let text = text.trim_end_matches('/');
    let is_origin = text
        .split_once("://")
        .is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && !rest.is_empty() && !rest.contains('/'));
    if is_origin && !text.contains('*') {
        return Ok(text.to_owned());
    }
    let remedy = "use scheme, name and port as the browser shows them, for example https://studio.example";
    Err(Fail::setting(format!("{text:?} is not a page's origin"), remedy))
}

fn per_address(n: u64) -> Result<usize, Fail> {
    match usize::try_from(n) {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(Fail::setting(format!("limits.per_address = {n} lets nobody in"), "use a number above 0")),
    }
}
