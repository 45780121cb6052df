//! What the repository holds of an event: its snapshots, and the photos in them.
//!
//! Of every photo its two hashes stand beside it, as extended attributes, so that a repository proves
//! itself without the journal, and a photo that is there already is known by what it is.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use jiff::Timestamp;
use kilat_core::{ContentHash, ObjectKey, ProofHash};
use rustic_core::repofile::{Metadata, Node, NodeType, SnapshotFile};
use serde_json::json;

use super::indexed::Indexed;
use super::place::Place;
use super::repository::judge;
use crate::lines::{FaultKind, FaultLine, PhotoLine};

/// On every snapshot of ours.
pub(crate) const TAG: &str = "kilat";
/// On a snapshot of some of an event's photos, written while the rest was under way.
pub(crate) const TAG_PART: &str = "kilat-part";
/// Before the id of the event.
pub(crate) const TAG_EVENT: &str = "event:";

const CONTENT: &str = "user.kilat.blake3";
const PROOF: &str = "user.kilat.xxh128";
/// A folder, as Go writes modes.
const GO_DIR: u32 = 1 << 31;

/// Photos by their path in the snapshot.
pub(crate) type Photos = BTreeMap<PathBuf, Node>;

/// The folder of an event is the first part of its photos' keys, and the path of its snapshots.
pub(crate) fn folder_of(key: &ObjectKey) -> &str {
    key.segments().next().unwrap_or_default()
}

/// An event's snapshots: the newest whole one, and the parts written since.
pub(crate) struct Snapshots {
    pub(crate) whole: Option<SnapshotFile>,
    pub(crate) parts: Vec<SnapshotFile>,
}

impl Snapshots {
    pub(crate) fn of_folder(place: &Place, repository: &Indexed, folder: &str) -> Result<Self, FaultLine> {
        let path = format!("/{folder}");
        let found = repository
            .library
            .get_matching_snapshots(|snapshot| snapshot.tags.contains(TAG) && snapshot.paths.contains(&path));
        let mut found = found.map_err(|error| judge(place, &error))?;
        found.sort_by_key(|snapshot| snapshot.time.timestamp());
        let (parts, whole): (Vec<_>, Vec<_>) = found.into_iter().partition(|snapshot| snapshot.tags.contains(TAG_PART));
        Ok(Self { whole: whole.into_iter().next_back(), parts })
    }

    /// All photos in them; a later snapshot's word counts.
    pub(crate) fn photos(&self, place: &Place, repository: &Indexed) -> Result<Photos, FaultLine> {
        let mut photos = Photos::new();
        for snapshot in self.whole.iter().chain(&self.parts) {
            photos.extend(repository.files_of(place, snapshot)?);
        }
        Ok(photos)
    }
}

/// Where a photo stands in a snapshot.
pub(crate) fn path_of(key: &str) -> PathBuf {
    Path::new("/").join(key)
}

/// Whether the node is this photo: by what it is, not by when it was written.
pub(crate) fn is_photo(node: &Node, photo: &PhotoLine) -> bool {
    node.meta.size == photo.size_bytes
        && proof_of(node) == Some(photo.proof)
        && photo.content.zip(content_of(node)).is_none_or(|(one, other)| one == other)
}

pub(crate) fn content_of(node: &Node) -> Option<ContentHash> {
    attribute(node, CONTENT)?.parse().ok()
}

pub(crate) fn proof_of(node: &Node) -> Option<ProofHash> {
    attribute(node, PROOF)?.parse().ok()
}

fn attribute<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    let attribute = node.meta.extended_attributes.iter().find(|attribute| attribute.name == name)?;
    std::str::from_utf8(attribute.value.as_deref()?).ok()
}

/// A photo's node, before its content is known. `other` is what stands at its path: a later time keeps
/// the library from taking that for this.
pub(crate) fn node_for(photo: &PhotoLine, other: Option<&Node>) -> Result<Node, FaultLine> {
    let mut mtime = Timestamp::from_nanosecond(photo.mtime_ns.into()).unwrap_or_default();
    if let Some(other) = other
        && other.meta.size == photo.size_bytes
        && other.meta.mtime == Some(mtime)
    {
        mtime = mtime.saturating_add(jiff::SignedDuration::from_nanos(1)).unwrap_or(mtime);
    }
    let mut meta = metadata(0o644, mtime);
    meta.size = photo.size_bytes;
    meta.links = 1;
    // The library does not name the type of an attribute: it is made from its JSON.
    let encode = |text: String| BASE64.encode(text.as_bytes());
    let content = photo.content.map(|content| json!({ "name": CONTENT, "value": encode(content.to_string()) }));
    let proof = json!({ "name": PROOF, "value": encode(photo.proof.to_string()) });
    let attributes = content.into_iter().chain([proof]).collect();
    meta.extended_attributes = serde_json::from_value(attributes).map_err(own_error_of)?;
    Ok(Node::new_node(OsStr::new(photo.key.name()), NodeType::File, meta))
}

fn own_error_of(error: serde_json::Error) -> FaultLine {
    FaultLine::new(FaultKind::Io, format!("describe a photo: {error}"))
}

/// A folder's node.
pub(crate) fn folder_node(path: &Path, newest: Timestamp) -> Node {
    let name = path.file_name().unwrap_or_default();
    Node::new_node(name, NodeType::Dir, metadata(GO_DIR | 0o755, newest))
}

fn metadata(mode: u32, mtime: Timestamp) -> Metadata {
    Metadata {
        mode: Some(mode),
        mtime: Some(mtime),
        atime: Some(mtime),
        ctime: Some(mtime),
        uid: Some(rustix::process::getuid().as_raw()),
        gid: Some(rustix::process::getgid().as_raw()),
        ..Metadata::default()
    }
}
