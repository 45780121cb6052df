//! Reading one generation, entry by entry, whoever wrote it.

use std::io::Read;

use kilat_core::Millis;

use crate::xml::{Token, Xml, XmlFault};
use crate::{C4Id, FileHash, HashFormat, PathError, RelPath};

/// Longest manifest: 100,000 photos take 40 MB.
const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// Patterns of files to pass over.
const MAX_PATTERNS: usize = 256;

/// A file as a generation lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) path: RelPath,
    pub(crate) size_bytes: Option<u64>,
    pub(crate) modified_at: Option<Millis>,
    /// What it is now, best kind first; what it was found to be instead is left out.
    pub(crate) hashes: Vec<FileHash>,
    /// Where it stood before.
    pub(crate) previous: Option<RelPath>,
}

/// Why an entry cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// Its path.
    #[error("it lists {path:?}, and {why}")]
    Path {
        /// As it is written.
        path: String,
        /// What is wrong with it.
        why: PathError,
    },
    /// It has no path.
    #[error("it has an entry without a path")]
    NoPath,
    /// Its size or a hash.
    #[error("it gives {path} a {what} that is none")]
    Value {
        /// Of which file.
        path: RelPath,
        /// `size`, or the hash's kind.
        what: &'static str,
    },
    /// It has no hash that is known.
    #[error("it gives {0} no hash that Kilat knows")]
    NoHash(RelPath),
}

/// What a generation says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) tool: String,
    pub(crate) ignored: Vec<String>,
    /// Manifests of folders inside that list themselves.
    pub(crate) references: Vec<String>,
}

/// Why a manifest cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ManifestFault {
    /// Not XML that is read.
    #[error(transparent)]
    Xml(#[from] XmlFault),
    /// Another document, or another version of the standard.
    #[error("it is no manifest of ASC MHL 2.0")]
    NotAManifest,
}

/// What reading a manifest gave.
pub(crate) struct Manifest {
    pub(crate) header: Header,
    /// Why it ended early, and where; what was told before holds nevertheless.
    pub(crate) fault: Option<(u64, ManifestFault)>,
    /// Of all its bytes; an error when they could not be read to the end.
    pub(crate) c4: Result<C4Id, XmlFault>,
}

/// Tells `each` of every file that is listed.
pub(crate) fn read(inner: impl Read, each: &mut dyn FnMut(Result<Entry, EntryFault>)) -> Manifest {
    let mut xml = Xml::new(inner, MAX_BYTES);
    let mut header = Header::default();
    let fault = entries(&mut xml, &mut header, each).err().map(|fault| (xml.position(), fault));
    Manifest { header, fault, c4: xml.finish() }
}

/// An entry of which the end was not read yet.
#[derive(Default)]
struct Open {
    path: Option<Result<RelPath, EntryFault>>,
    /// As it is written.
    size: Option<String>,
    modified_at: Option<Millis>,
    hashes: Vec<(HashFormat, Option<FileHash>)>,
    has_failed: bool,
    previous: Option<RelPath>,
}

fn entries<R: Read>(
    xml: &mut Xml<R>,
    header: &mut Header,
    each: &mut dyn FnMut(Result<Entry, EntryFault>),
) -> Result<(), ManifestFault> {
    const HASH: &str = "hashlist/hashes/hash";
    let mut is_manifest = false;
    let mut open = Open::default();
    let mut is_failed = false;
    loop {
        let token = xml.next()?;
        let below = xml.at().strip_prefix(HASH).and_then(|rest| rest.strip_prefix('/'));
        match (token, xml.at()) {
            (Token::Open(attributes), "hashlist") => {
                is_manifest = attributes.iter().any(|(key, value)| key == "version" && value == "2.0");
                if !is_manifest {
                    return Err(ManifestFault::NotAManifest);
                }
            }
            (Token::Open(_), HASH) => open = Open::default(),
            (Token::Open(attributes), _) => match below {
                Some("path") => {
                    for (key, value) in attributes {
                        match key.as_str() {
                            "size" => open.size = Some(value),
                            "lastmodificationdate" => open.modified_at = Millis::from_rfc3339(&value),
                            _ => {}
                        }
                    }
                }
                Some(_) => is_failed = attributes.iter().any(|(key, value)| key == "action" && value == "failed"),
                None => {}
            },
            (Token::Close(_), HASH) => {
                if let Some(entry) = std::mem::take(&mut open).close() {
                    each(entry);
                }
            }
            (Token::Close(text), "hashlist/creatorinfo/tool") => header.tool = text,
            (Token::Close(text), "hashlist/processinfo/ignore/pattern") if header.ignored.len() < MAX_PATTERNS => {
                header.ignored.push(text);
            }
            (Token::Close(text), "hashlist/references/hashlistreference/path")
                if header.references.len() < MAX_PATTERNS =>
            {
                header.references.push(text);
            }
            (Token::Close(text), _) => match below {
                Some("path") => {
                    open.path = Some(text.parse().map_err(|why| EntryFault::Path { path: brief(&text), why }));
                }
                Some("previousPath") => open.previous = text.parse().ok(),
                Some(name) => {
                    if let Some(format) = HashFormat::of(name) {
                        open.has_failed |= is_failed;
                        if !is_failed {
                            open.hashes.push((format, FileHash::parse(format, text.trim())));
                        }
                    }
                }
                None => {}
            },
            (Token::End, _) if is_manifest => return Ok(()),
            (Token::End, _) => return Err(ManifestFault::NotAManifest),
        }
    }
}

impl Open {
    /// The entry; none for one that only says that the file was found to be another.
    fn close(self) -> Option<Result<Entry, EntryFault>> {
        let path = match self.path {
            Some(Ok(path)) => path,
            Some(Err(fault)) => return Some(Err(fault)),
            None => return Some(Err(EntryFault::NoPath)),
        };
        let size_bytes = match self.size.as_deref().map(str::parse) {
            Some(Err(_)) => return Some(Err(EntryFault::Value { path, what: "size" })),
            Some(Ok(size)) => Some(size),
            None => None,
        };
        let mut hashes = Vec::new();
        for (format, hash) in self.hashes {
            let Some(hash) = hash else { return Some(Err(EntryFault::Value { path, what: format.name() })) };
            hashes.push(hash);
        }
        if hashes.is_empty() {
            return (!self.has_failed).then_some(Err(EntryFault::NoHash(path)));
        }
        hashes.sort_by_key(FileHash::format);
        Some(Ok(Entry { path, size_bytes, modified_at: self.modified_at, hashes, previous: self.previous }))
    }
}

/// Enough of a stranger's text to know it by.
fn brief(text: &str) -> String {
    text.chars().take(100).collect()
}
