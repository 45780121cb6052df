//! One object: look, read, write under a condition, prove, withdraw.

use std::ops::ControlFlow;

use kilat_core::{ObjectKey, ProofHash, ReadBack};
use kilat_objects::{Entry, StoreError};

use super::calls::{Ask, No, Sent, small, tag_of};
use super::sign::Sha256;
use super::store::S3Store;
use super::tags;
use crate::http::{Line, hash, header};
use crate::xml;

/// What stands under a key.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) size_bytes: u64,
    /// Changes with the bytes.
    pub(super) tag: Option<String>,
    /// What the server computed over all of them, where it tells.
    pub(super) checksum: Option<String>,
}

/// What was written, by the answer to it.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) tag: Option<String>,
    /// The tag of servers that name an object in parts like any other, where that proves something.
    pub(super) sum: Option<String>,
    /// SHA-256 of the bytes as the server names it: of the whole, or of the hashes of the parts.
    pub(super) checksum: String,
    /// Whether damage to it would have shown: refused by the server, or by the sum that it named.
    pub(super) is_checked: bool,
}

impl Written {
    /// What is known when the answer was lost.
    pub(super) fn unknown() -> Self {
        Self { tag: None, sum: None, checksum: String::new(), is_checked: false }
    }
}

impl S3Store {
    /// What stands under a whole key, without reading it.
    pub(super) fn standing(&self, line: Line<'_>, key: &str) -> Result<Option<Standing>, StoreError> {
        let what = "look at an object in";
        let headers = vec![("x-amz-checksum-mode", "ENABLED".to_owned())];
        let ask = Ask { what, method: "HEAD", key, query: &[], headers, body: Sent::Nothing };
        let answer = match self.bucket.ask(line, ask) {
            Ok(answer) => answer,
            Err(No::NothingThere) => return Ok(None),
            Err(other) => return Err(other.fault(&line.place(), what)),
        };
        let length = header(answer.headers(), "content-length").and_then(|length| length.parse().ok());
        let Some(size_bytes) = length else {
            let source = std::io::Error::other("the server names no length");
            return Err(StoreError::Io { what, path: line.place(), source });
        };
        let checksum = header(answer.headers(), "x-amz-checksum-sha256").map(str::to_owned);
        Ok(Some(Standing { size_bytes, tag: tag_of(&answer), checksum }))
    }

    /// Reads an object and hashes what comes; none where nothing stands.
    pub(super) fn proof_of(
        &self,
        line: Line<'_>,
        key: &str,
        size_bytes: u64,
    ) -> Result<Option<(u64, ProofHash)>, StoreError> {
        let what = "read back from";
        let ask = Ask { what, method: "GET", key, query: &[], headers: Vec::new(), body: Sent::Nothing };
        let answer = match self.bucket.ask_within(line, ask, size_bytes) {
            Ok(answer) => answer,
            Err(No::NothingThere) => return Ok(None),
            Err(other) => return Err(other.fault(&line.place(), what)),
        };
        hash(line, what, line.body(answer)).map(Some)
    }

    /// Writes an object from memory; with `fresh`, only where nothing stands.
    pub(super) fn write(&self, line: Line<'_>, key: &str, bytes: &[u8], fresh: Fresh) -> Result<Written, No> {
        let hash = Sha256::of(bytes);
        let mut written = self.send(line, key, Sent::Bytes(bytes, hash), hash, fresh)?;
        if !written.is_checked && self.found().tag_is_sum {
            let tag = written.tag.as_deref().unwrap_or_default();
            written.is_checked = tags::is_sum_of(tag, bytes);
        }
        Ok(written)
    }

    /// The same from anywhere, with its hash known.
    pub(super) fn send<'a>(
        &self,
        line: Line<'_>,
        key: &'a str,
        body: Sent<'a>,
        hash: Sha256,
        fresh: Fresh,
    ) -> Result<Written, No> {
        let checksum = hash.base64();
        let mut headers = vec![("x-amz-checksum-sha256", checksum.clone())];
        if fresh == Fresh::Conditional {
            headers.push(("if-none-match", "*".to_owned()));
        }
        let answer = self.bucket.ask(line, Ask { what: "store in", method: "PUT", key, query: &[], headers, body })?;
        Ok(Written { tag: tag_of(&answer), sum: None, checksum, is_checked: self.found().checksum_refused })
    }

    /// Proves what was just written; withdraws it when it is not right.
    pub(super) fn prove(
        &self,
        line: Line<'_>,
        key: &str,
        (size_bytes, proof): (u64, ProofHash),
        written: Option<&Written>,
    ) -> Result<ReadBack, StoreError> {
        let corrupt = || StoreError::Corrupt { place: line.place() };
        let standing = self.standing(line, key)?.ok_or_else(corrupt)?;
        let is_ours = written.is_some_and(|written| {
            standing.tag.is_some() && (written.tag == standing.tag || written.sum == standing.tag)
        });
        let is_said_right = written.is_none_or(|written| {
            standing.checksum.as_ref().is_none_or(|said| said.split('-').next() == written.checksum.split('-').next())
        });
        if standing.size_bytes == size_bytes && is_said_right {
            if is_ours && written.is_some_and(|written| written.is_checked) {
                return Ok(ReadBack::Checksum);
            }
            // A server that takes any checksum, or whose answer was lost: the bytes themselves must say it.
            if self.proof_of(line, key, size_bytes)? == Some((size_bytes, proof)) {
                return Ok(ReadBack::Download);
            }
        }
        if is_ours {
            self.withdraw(line, key);
        }
        Err(corrupt())
    }

    /// Removes what this call just wrote, or a temporary.
    pub(super) fn withdraw(&self, line: Line<'_>, key: &str) {
        let what = "remove from";
        let ask = Ask { what, method: "DELETE", key, query: &[], headers: Vec::new(), body: Sent::Nothing };
        if let Err(refused) = self.bucket.ask(line, ask) {
            let error = refused.fault(&line.place(), what);
            tracing::warn!(%error, "a damaged or temporary object stays; it is not counted as a copy");
        }
    }

    /// The bytes of a small object.
    pub(super) fn read_small(&self, line: Line<'_>, key: &str, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let what = "read from";
        let ask = Ask { what, method: "GET", key, query: &[], headers: Vec::new(), body: Sent::Nothing };
        match self.bucket.ask(line, ask) {
            Ok(answer) => small(line, what, answer, most).map(Some),
            Err(No::NothingThere) => Ok(None),
            Err(other) => Err(other.fault(&line.place(), what)),
        }
    }

    /// Tells of every object below a prefix, a page of 1,000 at a time.
    pub(super) fn pages(
        &self,
        line: Line<'_>,
        prefix: &str,
        each: &mut dyn FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let what = "list";
        let mut token: Option<String> = None;
        loop {
            // Without `encoding-type`: some servers say that they escape and do not, and no key of ours needs it.
            let mut query = vec![("list-type", "2"), ("prefix", prefix)];
            query.extend(token.as_deref().map(|token| ("continuation-token", token)));
            let ask = Ask { what, method: "GET", key: "", query: &query, headers: Vec::new(), body: Sent::Nothing };
            let answer = self.bucket.ask(line, ask).map_err(|refused| refused.fault(&line.place(), what))?;
            let mut page = Page::default();
            xml::walk(line.body(answer), |element| page.take(element)).map_err(|error| line.cut(what, error))?;
            for (key, size_bytes) in page.objects {
                let Some(below) = key.strip_prefix(&self.prefix) else { continue };
                let Ok(key) = ObjectKey::try_from(below.to_owned()) else { continue };
                if each(Entry { key, size_bytes }).is_break() {
                    return Ok(());
                }
            }
            match page.next {
                Some(next) if page.is_truncated => token = Some(next),
                _ => return Ok(()),
            }
        }
    }
}

/// Whether something may stand under the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fresh {
    /// The server refuses when something does.
    Conditional,
    /// It is written whatever stands there.
    Whatever,
}

/// A page of a list: at most 1,000 objects.
#[derive(Debug, Default)]
struct Page {
    objects: Vec<(String, u64)>,
    key: String,
    size_bytes: Option<u64>,
    next: Option<String>,
    is_truncated: bool,
}

impl Page {
    fn take(&mut self, element: &xml::Element<'_>) {
        match (element.parent(), element.name()) {
            ("Contents", "Key") => self.key = element.text.to_owned(),
            ("Contents", "Size") => self.size_bytes = element.text.trim().parse().ok(),
            (_, "Contents") => {
                if let Some(size_bytes) = self.size_bytes.take() {
                    self.objects.push((std::mem::take(&mut self.key), size_bytes));
                }
            }
            (_, "NextContinuationToken") => self.next = Some(element.text.to_owned()),
            (_, "IsTruncated") => self.is_truncated = element.text.trim() == "true",
            _ => {}
        }
    }
}
