//! Bodies of the cameras that sign in to send.

use serde::{Deserialize, Serialize};

/// `POST /api/admin/cameras`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateCamera {
    /// As people call it: `Z9 of Budi`.
    pub name: String,
    /// When it is let in no more (RFC 3339); never by default.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// Whether what is sent by FTP is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FtpTls {
    /// It is not.
    Off,
    /// When the camera asks for it: explicit FTPS.
    Explicit,
    /// Always: explicit FTPS, and nothing in the clear.
    Required,
}

impl FtpTls {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Explicit => "explicit",
            Self::Required => "required",
        }
    }
}

/// Where cameras send to by FTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FtpMenu {
    /// The address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it is encrypted.
    pub tls: FtpTls,
    /// The ports that photos go through, which a firewall must let in: `30100-30199`.
    pub passive_ports: String,
    /// The SHA-256 of the certificate of FTPS, to compare it by: `AB:CD:…`; absent where nothing is encrypted, and
    /// before the certificate is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// A new camera: the only time that its password is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewCameraAnswer {
    /// What it signs in with.
    pub user: String,
    /// Its password.
    pub password: String,
    /// What is known of it from now on.
    pub camera: SenderRow,
    /// Where it sends to by FTP; absent where FTP is off.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub ftp: Option<FtpMenu>,
}

/// A camera that signs in, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SenderRow {
    /// What it signs in with.
    pub user: String,
    /// As people call it.
    pub name: String,
    /// When it is let in no more (RFC 3339); absent when only a person ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Whether its time is over.
    pub expired: bool,
    /// Photos of the event in use that came from it.
    #[serde(default)]
    pub files: u64,
    /// When one came last, of whatever event (RFC 3339); absent before the first.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_file_at: Option<String>,
    /// Files of the event in use that were cut off on their way and wait for their re-send.
    #[serde(default)]
    pub cut_off: u64,
}
