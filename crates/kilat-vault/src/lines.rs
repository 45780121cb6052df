//! What crosses the pipes between Kilat and the vault's process: one JSON line each.
//!
//! Down: one [`JobLine`], then an [`ItemLine`] for each photo, then [`ItemLine::End`]. Up: any number of
//! [`AnswerLine`]s, the last of them `Done` or `Failed`. A session takes photos and an [`ItemLine::Ask`] for
//! them, and answers `Ready`, again and again. [`AnswerLine::Pay`] comes at any time, and [`ItemLine::Paid`] after
//! it. The end of the input means that whoever asked is gone.

use kilat_core::{ContentHash, ObjectKey, ProofHash, path_text};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::VaultPhoto;

/// Longest line: a path of 4 KiB, each byte escaped, a key of 900 bytes, and the words around them.
pub(crate) const MAX_LINE_BYTES: u64 = 64 * 1024;
/// Photos in one job: ten times a large wedding, about 600 bytes each.
pub(crate) const MAX_ITEMS: usize = 200_000;

/// What to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct JobLine {
    /// The repository's folder, as `path_text` writes it.
    pub(crate) place: String,
    pub(crate) password: String,
    /// Whether bytes are asked for before they move ([`AnswerLine::Pay`]).
    pub(crate) is_metered: bool,
    pub(crate) job: Job,
}

impl Zeroize for JobLine {
    fn zeroize(&mut self) {
        self.password.zeroize();
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Job {
    /// Opens the repository; makes it where there is none and that is allowed.
    Open { may_make: bool },
    /// Stores photos of an event and proves them.
    Backup { event: Option<String>, folder: String },
    /// Reads photos of an event back and compares them.
    Verify { folder: String },
    /// Writes photos into a folder.
    Restore { from: From, dest: String },
    /// Reads the whole repository.
    Check,
    /// Tells of its snapshots.
    List,
    /// Answers one question after the other.
    Session,
}

/// What a session is asked; the photos that it is about came before.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Ask {
    /// Store and prove them, under other numbers where other files have their names.
    Put,
    /// Store them in the place of what has their names.
    Replace,
    /// Read them back and compare.
    Verify,
    /// The length of what stands under a key.
    Look { key: ObjectKey },
    /// All that stands below a folder.
    Entries { folder: ObjectKey },
    /// Write what stands under a key into a file.
    Fetch { key: ObjectKey, into: String },
    /// One snapshot of all that was stored.
    Complete,
}

/// Which snapshots are meant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum From {
    /// All that Kilat stored of the event with this folder.
    Folder(String),
    /// One snapshot, by its id or the beginning of it.
    Snapshot(String),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ItemLine {
    Photo(PhotoLine),
    Ask(Ask),
    /// So many bytes that were asked for may move.
    Paid {
        bytes: u64,
    },
    End,
}

/// A photo, as the journal knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PhotoLine {
    pub(crate) key: ObjectKey,
    /// Where its bytes are, as `path_text` writes it; empty when it is only read from the repository.
    pub(crate) file: String,
    pub(crate) size_bytes: u64,
    pub(crate) mtime_ns: i64,
    pub(crate) content: Option<ContentHash>,
    pub(crate) proof: ProofHash,
    /// The journal says that this copy was proven before.
    pub(crate) is_proven: bool,
}

impl std::convert::From<VaultPhoto> for PhotoLine {
    fn from(photo: VaultPhoto) -> Self {
        Self {
            key: photo.key,
            file: path_text::encode(&photo.file),
            size_bytes: photo.stamp.size_bytes,
            mtime_ns: photo.stamp.mtime_ns,
            content: Some(photo.content),
            proof: photo.proof,
            is_proven: photo.is_proven,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub(crate) enum AnswerLine {
    /// Something moved: bytes read and written so far.
    Beat {
        read_bytes: u64,
        written_bytes: u64,
    },
    /// So many bytes are about to move: answered with [`ItemLine::Paid`] when they may.
    Pay {
        bytes: u64,
    },
    /// How many of a photo's bytes were read and written so far; it is not proven by that.
    Sent {
        key: String,
        bytes: u64,
    },
    /// What became of one photo.
    Photo {
        key: String,
        outcome: PhotoOutcome,
    },
    /// Something stands there.
    Entry {
        key: String,
        size_bytes: u64,
    },
    /// The question is answered.
    Ready,
    /// A snapshot of the repository.
    Snapshot(SnapshotLine),
    /// Something worth a line in the log.
    Note {
        text: String,
    },
    /// Something that `check` found.
    Finding {
        text: String,
    },
    Done(DoneLine),
    Failed(FaultLine),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum PhotoOutcome {
    /// Stored and proven: read back and compared, now or at an earlier time that the journal knows of.
    Kept {
        was_there: bool,
        /// Under which key, where it is another than was asked for.
        stands_as: Option<String>,
    },
    /// Read back, and as expected.
    Proven,
    /// Written to a file, and as expected; without an expectation it was hashed nevertheless.
    Restored {
        size_bytes: u64,
        proof: ProofHash,
        content: ContentHash,
    },
    Failed(FaultLine),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SnapshotLine {
    pub(crate) id: String,
    /// RFC 3339.
    pub(crate) time: String,
    pub(crate) hostname: String,
    pub(crate) tags: String,
    pub(crate) paths: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DoneLine {
    /// The snapshot that was written.
    pub(crate) snapshot: Option<String>,
    /// Whether the repository was made.
    pub(crate) was_made: bool,
    /// Largest resident memory of the process.
    pub(crate) peak_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FaultLine {
    pub(crate) what: FaultKind,
    pub(crate) detail: String,
}

/// What is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FaultKind {
    Full,
    ReadOnly,
    Denied,
    Gone,
    WrongPassword,
    Locked,
    NoRepository,
    Damaged,
    SourceChanged,
    SourceGone,
    Missing,
    Corrupt,
    Io,
}

impl FaultLine {
    pub(crate) fn new(what: FaultKind, detail: impl Into<String>) -> Self {
        Self { what, detail: shorten(detail.into()) }
    }
}

/// Errors of the library can quote a whole tree; a line is bounded.
pub(crate) fn shorten(mut text: String) -> String {
    const MOST: usize = 1_000;
    if text.len() > MOST {
        let cut = (0..=MOST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(cut);
        text.push('…');
    }
    text
}
