//! Writing one generation: entry by entry, in the memory of a few bytes a file.

use std::collections::HashSet;
use std::io::{self, Write};

use kilat_core::{Millis, ProofHash};
use quick_xml::escape::partial_escape;
use xxhash_rust::xxh3::xxh3_128;

use crate::c4::{C4Id, C4Writer};
use crate::{RelPath, chain};

/// The program's name in `creatorinfo`.
pub(crate) const TOOL: &str = "kilat";
/// What a reader passes over: what the standard asks for, what systems leave behind, and Kilat's own.
const IGNORED: [&str; 7] = [".DS_Store", "ascmhl", "ascmhl/", "._*", "Thumbs.db", "desktop.ini", ".kilat-*"];
/// Longest folder name in a manifest's name, in bytes: its key stays one that every storage takes.
const MAX_FOLDER_BYTES: usize = 120;

/// What a generation says of itself.
#[derive(Debug, Clone)]
pub struct About {
    /// When it was begun.
    pub created_at: Millis,
    /// The machine.
    pub hostname: String,
    /// The program's version.
    pub version: String,
    /// How its files came to be there.
    pub process: Process,
    /// For people.
    pub comment: Option<String>,
}

/// How the files of a generation came to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// They were copied there.
    Transfer,
    /// They stood there and were verified.
    InPlace,
}

/// What was done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Listed for the first time.
    Original,
    /// Read again: its hash is the one that was listed first.
    Verified,
    /// Read again: its hash, the one given here, is another than was listed first.
    Failed,
}

/// One file of a generation.
#[derive(Debug, Clone)]
pub struct FileEntry {
    /// Where it stands below the folder.
    pub path: RelPath,
    /// Its length.
    pub size_bytes: u64,
    /// When it was last changed, where that is known.
    pub modified_at: Option<Millis>,
    /// Its hash as it was read.
    pub hash: ProofHash,
    /// What was done.
    pub action: Action,
    /// When it was read.
    pub hashed_at: Millis,
}

/// Why an entry cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The generation lists that path already.
    #[error("{0:?} is listed twice in one manifest")]
    Twice(RelPath),
    /// The system's.
    #[error("write a manifest: {0}")]
    Io(#[from] io::Error),
}

/// A generation as it is written. Give it a buffered writer.
#[derive(Debug)]
pub struct ManifestWriter<W> {
    out: C4Writer<W>,
    /// 16 bytes a file, so that a path cannot be listed twice.
    listed: HashSet<u128>,
}

impl<W: Write> ManifestWriter<W> {
    /// Writes what stands before the files.
    ///
    /// # Errors
    /// The system's.
    pub fn begin(out: W, about: &About) -> io::Result<Self> {
        let mut out = C4Writer::new(out);
        out.write_all(
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hashlist version=\"2.0\" xmlns=\"urn:ASC:MHL:v2.0\">\n",
        )?;
        writeln!(out, "  <creatorinfo>")?;
        writeln!(out, "    <creationdate>{}</creationdate>", about.created_at.to_rfc3339())?;
        writeln!(out, "    <hostname>{}</hostname>", text(&about.hostname))?;
        writeln!(out, "    <tool version=\"{}\">{TOOL}</tool>", attribute(&about.version))?;
        if let Some(comment) = &about.comment {
            writeln!(out, "    <comment>{}</comment>", text(comment))?;
        }
        let process = match about.process {
            Process::Transfer => "transfer",
            Process::InPlace => "in-place",
        };
        writeln!(out, "  </creatorinfo>\n  <processinfo>\n    <process>{process}</process>\n    <ignore>")?;
        for pattern in IGNORED {
            writeln!(out, "      <pattern>{pattern}</pattern>")?;
        }
        writeln!(out, "    </ignore>\n  </processinfo>")?;
        Ok(Self { out, listed: HashSet::new() })
    }

    /// Writes a file.
    ///
    /// # Errors
    /// When it was listed before, or the system's.
    pub fn add(&mut self, entry: &FileEntry) -> Result<(), WriteError> {
        if self.listed.is_empty() {
            writeln!(self.out, "  <hashes>")?;
        }
        if !self.listed.insert(xxh3_128(entry.path.as_str().as_bytes())) {
            return Err(WriteError::Twice(entry.path.clone()));
        }
        let out = &mut self.out;
        write!(out, "    <hash>\n      <path size=\"{}\"", entry.size_bytes)?;
        if let Some(modified_at) = entry.modified_at {
            write!(out, " lastmodificationdate=\"{}\"", modified_at.to_rfc3339())?;
        }
        writeln!(out, ">{}</path>", text(entry.path.as_str()))?;
        let action = match entry.action {
            Action::Original => "original",
            Action::Verified => "verified",
            Action::Failed => "failed",
        };
        let (hash, hashed_at) = (entry.hash, entry.hashed_at.to_rfc3339());
        writeln!(out, "      <xxh128 action=\"{action}\" hashdate=\"{hashed_at}\">{hash}</xxh128>\n    </hash>")?;
        Ok(())
    }

    /// Files so far.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.listed.len() as u64
    }

    /// Writes what stands behind the files; answers the C4 id that the chain names it by.
    ///
    /// # Errors
    /// The system's.
    pub fn finish(mut self) -> io::Result<(W, C4Id)> {
        // The schema has no empty list.
        if !self.listed.is_empty() {
            writeln!(self.out, "  </hashes>")?;
        }
        writeln!(self.out, "</hashlist>")?;
        self.out.flush()?;
        Ok(self.out.finish())
    }
}

/// `0002_2026-11-21 Ayu & Bima_2026-11-21_140405Z.mhl`.
#[must_use]
pub(crate) fn generation_name(number: u32, folder: &str, created_at: Millis) -> String {
    let mut end = folder.len().min(MAX_FOLDER_BYTES);
    while !folder.is_char_boundary(end) {
        end -= 1;
    }
    // `2026-11-21T14:04:05.007Z`
    let at = created_at.to_rfc3339();
    let (date, time) = at.split_once('T').unwrap_or((&at, ""));
    let time: String = time.chars().take_while(|c| *c != '.').filter(char::is_ascii_digit).collect();
    format!("{number:04}_{}_{date}_{time}Z.{}", &folder[..end], chain::EXTENSION)
}

/// Text between tags. Control characters cannot stand in XML, nor do they help anybody.
pub(crate) fn text(text: &str) -> String {
    let clean: String = text.chars().map(|c| if is_xml(c) { c } else { '\u{fffd}' }).collect();
    partial_escape(clean).into_owned()
}

fn attribute(value: &str) -> String {
    text(value).replace('"', "&quot;")
}

fn is_xml(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')
}
