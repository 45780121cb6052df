//! Destinations: the places that must hold copies, what is copied there, and what holds it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::path_text;
use crate::{DestinationId, MarkId, Millis};

/// Name of the file by which a destination's folder is known again; an empty mount point has none.
pub const DESTINATION_MARK: &str = ".kilat-destination.json";

/// A place that must hold a copy of every photo due there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    /// Short id that people type.
    pub id: DestinationId,
    /// Where it is, as the operator gave it: a folder, or an address without secrets (`s3://…`).
    #[serde(with = "path_text")]
    pub root: PathBuf,
    /// What is copied there.
    #[serde(default)]
    pub kind: DestinationKind,
    /// Who named it.
    #[serde(default)]
    pub named_by: NamedBy,
    /// Whether it stands in another building, so that a fire or a thief takes one of them only.
    #[serde(default)]
    pub is_off_site: bool,
    /// Whether it takes copies now.
    pub health: DestinationHealth,
    /// What it says of itself; none before it was attached for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<MarkId>,
}

impl Destination {
    /// A destination of the settings that every photo is copied to.
    #[must_use]
    pub fn new(id: DestinationId, root: PathBuf, health: DestinationHealth) -> Self {
        let (kind, named_by) = (DestinationKind::Upload, NamedBy::Settings);
        Self { id, root, kind, named_by, is_off_site: false, health, mark: None }
    }

    /// Its folder on this machine; none when it is reached over a network by an address.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        (self.medium() == Medium::Disk).then_some(self.root.as_path())
    }

    /// The folder on a disk or share that holds its copies, be they plain files or a repository.
    #[must_use]
    pub fn disk_folder(&self) -> Option<&Path> {
        match self.medium() {
            Medium::Disk => Some(&self.root),
            Medium::Vault => self.root.to_str().and_then(|root| root.strip_prefix("restic:")).map(Path::new),
            Medium::S3 | Medium::WebDav | Medium::Sftp | Medium::Drive => None,
        }
    }

    /// What holds its copies, as its address says.
    #[must_use]
    pub fn medium(&self) -> Medium {
        let Some((scheme, _)) = self.root.to_str().and_then(|root| root.split_once(':')) else { return Medium::Disk };
        match scheme {
            "s3" => Medium::S3,
            "webdav" | "webdavs" => Medium::WebDav,
            "sftp" => Medium::Sftp,
            "gdrive" => Medium::Drive,
            "restic" => Medium::Vault,
            _ => Medium::Disk,
        }
    }
}

/// What is copied to a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DestinationKind {
    /// Every photo, as soon as it is filed.
    #[default]
    Upload,
    /// Whole events, by backup runs.
    Backup,
}

/// Who named a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NamedBy {
    /// The settings that Kilat was started with: gone from there, it is out of use.
    #[default]
    Settings,
    /// An operator, while Kilat ran: it stays until an operator removes it.
    Operator,
}

/// What holds copies. Copies on one kind of it tend to fail together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// A disk or a mounted share.
    Disk,
    /// An object store that speaks S3.
    S3,
    /// A server that speaks WebDAV.
    WebDav,
    /// A server reached by SSH.
    Sftp,
    /// Google Drive.
    Drive,
    /// An encrypted repository in restic's format.
    Vault,
}

/// Whether a destination takes copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DestinationHealth {
    /// It does.
    Up {
        /// Since when.
        since: Millis,
    },
    /// It does not; copies wait.
    Down {
        /// Since when.
        since: Millis,
        /// What happened and what to do, in words for a person.
        reason: String,
    },
}
