//! Bodies about destinations. A secret is in a request when it is given, and in no answer.

use std::collections::BTreeMap;

use kilat_core::{DestinationKind, Medium, NamedBy};
use serde::{Deserialize, Serialize};

/// A destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DestinationRow {
    /// Its name.
    pub id: String,
    /// Its address: a folder or a URL without secrets.
    pub url: String,
    /// What is copied there.
    pub kind: DestinationKind,
    /// What holds the copies.
    pub medium: Medium,
    /// Whether it stands in another building.
    pub off_site: bool,
    /// Who named it.
    pub named_by: NamedBy,
    /// Whether it takes copies, as far as was seen.
    pub up: bool,
    /// Since when (RFC 3339).
    pub since: String,
    /// Why it takes none, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `POST /api/admin/destinations`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateDestination {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// Its address: a folder of the server's machine or a URL without secrets.
    pub url: String,
    /// What is copied there.
    #[serde(default)]
    pub kind: DestinationKind,
    /// Whether it stands in another building.
    #[serde(default)]
    pub off_site: bool,
    /// What lets Kilat in there, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// Whether it is added without having answered.
    #[serde(default)]
    pub untested: bool,
}

/// `POST /api/admin/destinations/{id}/test`: it answered, as the one that is known, and can be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DestinationTested {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// Which.
    pub id: String,
    /// How long it took to answer.
    pub took_ms: u64,
    /// Bytes that may still be written, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<u64>,
    /// What it was found to do, by trying.
    pub capabilities: Vec<CapabilityView>,
}

/// Something that places differ in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CapabilityView {
    /// Short and stable.
    pub name: String,
    /// Whether it was seen to; absent where it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<bool>,
}
