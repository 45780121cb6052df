//! A large file in parts: sent side by side, counted as they arrive, gone on with after a crash.
//!
//! The file is read once, in order, whatever is sent already: its hash must be known before the object gets its
//! name, and a part that arrived before is checked against the bytes that stand in the file now.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use data_encoding::BASE64;
use kilat_core::{Class, Classify};
use kilat_objects::{Item, StoreError, Watch};
use ring::digest;
use serde::{Deserialize, Serialize};

use super::calls::{Ask, No, Sent, tag_of, text_of};
use super::object::Written;
use super::sign::Sha256;
use super::store::S3Store;
use super::tags::{self, Sum};
use crate::http::Line;
use crate::retry::again;
use crate::seed_of;
use crate::source::Source;

/// Every part but the last: all equal, as R2 wants; 10,000 of them hold 80 GB, more than a file may have.
pub(super) const PART_BYTES: usize = 8 * 1024 * 1024;
/// Parts of one file on their way at once: one connection alone does not fill a long line.
const PARTS_AT_ONCE: usize = 3;

/// An upload under way, as it is kept for the next attempt.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Upload {
    /// The whole key it was begun for.
    pub(super) key: String,
    id: String,
    part_bytes: usize,
    /// By number: the server's tag and the SHA-256 in Base64.
    parts: BTreeMap<usize, (String, String)>,
}

impl Upload {
    /// What an earlier attempt kept, where it is for this key and cut like this one.
    pub(super) fn of(item: &Item<'_>, key: &str) -> Option<Self> {
        let kept: Self = serde_json::from_str(item.resume?).ok()?;
        (kept.key == key && kept.part_bytes == PART_BYTES).then_some(kept)
    }

    /// Whether this part arrived already, with these bytes.
    fn has(&self, number: usize, checksum: &str, is_right: impl FnOnce(&str) -> bool) -> bool {
        self.parts.get(&number).is_some_and(|(tag, kept)| kept == checksum && is_right(tag))
    }
}

impl S3Store {
    /// Whether the tags of parts are what proves them.
    fn parts_by_tag(&self) -> bool {
        let found = self.found();
        found.part_tag_is_sum && !found.part_checksum_refused
    }
}

/// Parts as they come back, and the first thing that went wrong.
struct Progress<'a> {
    upload: Upload,
    failed: Option<No>,
    sent: u64,
    /// Of the whole file, once it was read.
    sum: Option<String>,
    watch: &'a dyn Watch,
}

/// Progress that does not go back when an upload begins anew.
struct Forward<'a> {
    watch: &'a dyn Watch,
    most: AtomicU64,
}

impl Watch for Forward<'_> {
    fn sent(&self, bytes: u64) {
        if self.most.fetch_max(bytes, Ordering::Relaxed) < bytes {
            self.watch.sent(bytes);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.watch.is_cancelled()
    }

    fn keep(&self, resume: &str) {
        self.watch.keep(resume);
    }
}

struct Part {
    number: usize,
    bytes: Vec<u8>,
}

impl S3Store {
    /// Goes on with what an earlier attempt began. Where the server forgot it, or calls it somebody else's, as some do
    /// with an upload that has ended, begins anew, which says whether it may not be written at all.
    pub(super) fn go_on(
        &self,
        line: Line<'_>,
        item: &Item<'_>,
        key: &str,
        kept: Upload,
    ) -> Result<(Written, bool), No> {
        let forward = Forward { watch: line.watch, most: AtomicU64::new(0) };
        let line = line.watched_by(&forward);
        match self.write_parts(line, item, key, Some(kept)) {
            Err(No::Forgotten | No::Fault(StoreError::Denied { .. })) => self.write_parts(line, item, key, None),
            other => other,
        }
    }

    /// Sends the file in parts and gives the object its name, where the server can: only if nothing has it.
    pub(super) fn write_parts(
        &self,
        line: Line<'_>,
        item: &Item<'_>,
        key: &str,
        kept: Option<Upload>,
    ) -> Result<(Written, bool), No> {
        let upload = match kept {
            Some(kept) => kept,
            None => {
                let id = again(line.watch, seed_of(item), |_| begin(self, line, key))?;
                Upload { key: key.to_owned(), id, part_bytes: PART_BYTES, parts: BTreeMap::new() }
            }
        };
        keep(line.watch, &upload);
        let progress = Mutex::new(Progress { upload, failed: None, sent: 0, sum: None, watch: line.watch });
        let read = self.send_parts(line, item, &progress);
        let Progress { upload, failed, sum, .. } = progress.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = read {
            // Nobody will go on with the upload of a file that changed.
            if matches!(error, StoreError::SourceChanged { .. }) {
                abort(self, line, key, &upload.id);
            }
            return Err(error.into());
        }
        if let Some(failed) = failed {
            return Err(failed);
        }
        let (written, is_lost) = self.complete(line, item, key, &upload)?;
        Ok((Written { sum, ..written }, is_lost))
    }

    /// Reads the file and hands its parts to a few threads; ends when all are sent, or one failed.
    fn send_parts(&self, line: Line<'_>, item: &Item<'_>, progress: &Mutex<Progress<'_>>) -> Result<(), StoreError> {
        let (mut source, mut sum) = (Source::open(item)?, self.parts_by_tag().then(Sum::default));
        let (hand, queue) = sync_channel::<Part>(0);
        let queue = Mutex::new(queue);
        thread::scope(|scope| {
            // Owned here, so that the threads hear of it when reading ends early.
            let hand = hand;
            for _ in 0..PARTS_AT_ONCE {
                scope.spawn(|| self.work(line, item, &queue, progress));
            }
            let parts = item.stamp.size_bytes.div_ceil(PART_BYTES as u64);
            for number in 1..=usize::try_from(parts).unwrap_or(usize::MAX) {
                if lock(progress).failed.is_some() {
                    return Ok(());
                }
                let mut bytes = self.buffers.take(line.watch)?;
                if let Err(error) = source.part(&mut bytes, PART_BYTES) {
                    self.buffers.give_back(bytes);
                    return Err(error);
                }
                if let Some(sum) = &mut sum {
                    sum.update(&bytes);
                }
                let Err(lost) = hand.send(Part { number, bytes }) else { continue };
                self.buffers.give_back(lost.0.bytes);
                return Ok(());
            }
            lock(progress).sum = sum.map(Sum::tag);
            source.finish()
        })
    }

    fn work(&self, line: Line<'_>, item: &Item<'_>, queue: &Mutex<Receiver<Part>>, progress: &Mutex<Progress<'_>>) {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Part { number, bytes }) = next else { return };
            let done = self.send_part(line, item, progress, number, &bytes);
            let size = bytes.len() as u64;
            self.buffers.give_back(bytes);
            let mut progress = lock(progress);
            match done {
                Ok(()) => {
                    progress.sent += size;
                    progress.watch.sent(progress.sent);
                }
                Err(error) => {
                    progress.failed.get_or_insert(error);
                }
            }
        }
    }

    fn send_part(
        &self,
        line: Line<'_>,
        item: &Item<'_>,
        progress: &Mutex<Progress<'_>>,
        number: usize,
        bytes: &[u8],
    ) -> Result<(), No> {
        let hash = Sha256::of(bytes);
        let checksum = hash.base64();
        let is_right = |tag: &str| !self.parts_by_tag() || tags::is_sum_of(tag, bytes);
        let id = {
            let progress = lock(progress);
            if progress.failed.is_some() || progress.upload.has(number, &checksum, is_right) {
                return Ok(());
            }
            progress.upload.id.clone()
        };
        let (what, text) = ("store a part in", number.to_string());
        let query = [("partNumber", text.as_str()), ("uploadId", id.as_str())];
        let mut gone = false;
        let tag = again(line.watch, seed_of(item).wrapping_add(number as u64), |_| {
            let headers = vec![("x-amz-checksum-sha256", checksum.clone())];
            let key = &lock(progress).upload.key.clone();
            let begun = Instant::now();
            let body = Sent::Bytes(bytes, hash);
            let answer = self.bucket.ask(line, Ask { what, method: "PUT", key, query: &query, headers, body });
            match answer.map(|answer| tag_of(&answer)) {
                Ok(Some(tag)) if !is_right(&tag) => Err(No::BadChecksum.fault(&line.place(), what)),
                Ok(tag) => {
                    self.pace.sent(bytes.len() as u64, begun.elapsed());
                    Ok(tag)
                }
                Err(No::Forgotten) => {
                    gone = true;
                    Ok(None)
                }
                Err(refused) => Err(refused.fault(&line.place(), what)),
            }
        })?;
        if gone {
            return Err(No::Forgotten);
        }
        let missing = || StoreError::Io { what, path: line.place(), source: std::io::Error::other("it named no tag") };
        let tag = tag.ok_or_else(missing)?;
        let mut progress = lock(progress);
        progress.upload.parts.insert(number, (tag, checksum));
        keep(progress.watch, &progress.upload);
        Ok(())
    }

    /// Answers also whether an answer was lost on the way, so that the object may be ours already.
    fn complete(&self, line: Line<'_>, item: &Item<'_>, key: &str, upload: &Upload) -> Result<(Written, bool), No> {
        let parts: Vec<(usize, &str, &str)> =
            upload.parts.iter().map(|(number, (tag, sum))| (*number, tag.as_str(), sum.as_str())).collect();
        let (what, body) = ("complete an upload to", completion(&parts));
        let query = [("uploadId", upload.id.as_str())];
        let mut refused_late = None;
        let tag = again(line.watch, seed_of(item), |attempt| {
            let mut headers = Vec::new();
            if self.found().conditional_complete {
                headers.push(("if-none-match", "*".to_owned()));
            }
            let ask = Ask { what, method: "POST", key, query: &query, headers, body: Sent::bytes(body.as_bytes()) };
            match self.bucket.ask(line, ask) {
                Ok(answer) => text_of(line, what, answer, "ETag"),
                Err(refused) => {
                    // The first answer may have been lost: what stands there says whether it was carried out,
                    // whatever the server calls an upload that has ended.
                    let is_late = attempt > 1 && !matches!(&refused, No::Fault(error) if may_pass(error));
                    if is_late || matches!(refused, No::Forgotten | No::Taken) {
                        refused_late = Some((refused, is_late));
                        return Ok(None);
                    }
                    Err(refused.fault(&line.place(), what))
                }
            }
        })?;
        // What the server named for the parts was compared; that it put these together, its last word says.
        let is_summed = || {
            let said = tag.as_deref().unwrap_or_default();
            self.parts_by_tag() && tags::is_sum_of_parts(said, parts.iter().map(|(_, tag, _)| *tag))
        };
        let is_checked = self.found().part_checksum_refused || is_summed();
        let written = Written { tag, sum: None, checksum: composite(&parts), is_checked };
        match refused_late {
            None => Ok((written, false)),
            Some((_, true)) => Ok((Written { tag: None, ..written }, true)),
            Some((refused, false)) => {
                if matches!(refused, No::Taken) {
                    abort(self, line, key, &upload.id);
                }
                Err(refused)
            }
        }
    }
}

fn may_pass(error: &StoreError) -> bool {
    matches!(error.class(), Class::Retry { .. })
}

fn lock<'a, 'b>(progress: &'a Mutex<Progress<'b>>) -> MutexGuard<'a, Progress<'b>> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(watch: &dyn Watch, upload: &Upload) {
    match serde_json::to_string(upload) {
        Ok(text) => watch.keep(&text),
        Err(error) => tracing::warn!(%error, "an upload cannot be kept, and would begin anew after a crash"),
    }
}

/// Begins an upload in parts.
pub(super) fn begin(store: &S3Store, line: Line<'_>, key: &str) -> Result<String, StoreError> {
    let what = "begin an upload to";
    let headers = vec![("x-amz-checksum-algorithm", "SHA256".to_owned())];
    let ask = Ask { what, method: "POST", key, query: &[("uploads", "")], headers, body: Sent::bytes(b"") };
    let answer = store.bucket.ask(line, ask).map_err(|refused| refused.fault(&line.place(), what))?;
    let id = text_of(line, what, answer, "UploadId")?;
    let missing = || StoreError::Io { what, path: line.place(), source: std::io::Error::other("it named no upload") };
    id.filter(|id| !id.is_empty()).ok_or_else(missing)
}

/// Ends an upload whose parts nobody will want.
pub(super) fn abort(store: &S3Store, line: Line<'_>, key: &str, upload: &str) {
    let what = "abort an upload to";
    let query = [("uploadId", upload)];
    let ask = Ask { what, method: "DELETE", key, query: &query, headers: Vec::new(), body: Sent::Nothing };
    match store.bucket.ask(line, ask) {
        Ok(_) | Err(No::Forgotten | No::NothingThere) => {}
        Err(refused) => {
            let error = refused.fault(&line.place(), what);
            tracing::debug!(%error, "an upload's parts stay until the next sweep");
        }
    }
}

/// The list of parts that completes an upload.
pub(super) fn completion(parts: &[(usize, &str, &str)]) -> String {
    let mut body = String::from("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (number, tag, checksum) in parts {
        let tag = tag.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        body.push_str(&format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag><ChecksumSHA256>{checksum}</ChecksumSHA256></Part>"
        ));
    }
    body.push_str("</CompleteMultipartUpload>");
    body
}

/// The checksum of an object in parts: of the checksums of its parts, and how many they are.
fn composite(parts: &[(usize, &str, &str)]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for (_, _, checksum) in parts {
        context.update(&BASE64.decode(checksum.as_bytes()).unwrap_or_default());
    }
    format!("{}-{}", BASE64.encode(context.finish().as_ref()), parts.len())
}
