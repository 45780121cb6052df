//! The ceremony: while it is on, copies over the network leave the line to others.

use serde::{Deserialize, Serialize};

/// `POST /api/admin/ceremony`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SetCeremony {
    /// How long it lasts from now, at most 720; 0 ends it.
    pub minutes: u64,
}

/// Whether a ceremony is on, and what copies may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CeremonyAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// When the ceremony that is on ends; none when none is on.
    pub until: Option<String>,
    /// Bytes a second that all copies over the network take together now, at most; none means no limit.
    pub limit_bytes_per_second: Option<u64>,
    /// The same while a ceremony is on.
    pub ceremony_bytes_per_second: u64,
}
