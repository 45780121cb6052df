//! What a server does about conditions and checksums, found by trying once per run: servers of one name differ.

use kilat_objects::{Capability, Found, StoreError};

use super::calls::{Ask, No, Sent, text_of};
use super::object::Fresh;
use super::sign::Sha256;
use super::store::S3Store;
use super::tags;
use crate::http::Line;

/// What is tried with.
const BYTES: &[u8] = b"kilat";

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct S3Found {
    /// A second write under a condition is refused.
    pub(super) conditional_put: bool,
    /// So is the completion of a multipart upload.
    pub(super) conditional_complete: bool,
    /// Bytes of an object that do not fit their checksum, or their hash in the signature, are refused.
    pub(super) checksum_refused: bool,
    /// So are those of a part.
    pub(super) part_checksum_refused: bool,
    /// The tag of an object is the MD5 of what the server received.
    pub(super) tag_is_sum: bool,
    /// So is that of a part.
    pub(super) part_tag_is_sum: bool,
}

impl S3Found {
    pub(super) fn capabilities(self) -> Vec<Capability> {
        let found = |is_so: bool| if is_so { Found::Yes } else { Found::No };
        vec![
            Capability { name: "conditional_put", found: found(self.conditional_put) },
            Capability { name: "conditional_complete", found: found(self.conditional_complete) },
            Capability { name: "checksum_refused", found: found(self.checksum_refused) },
            Capability { name: "part_checksum_refused", found: found(self.part_checksum_refused) },
            Capability { name: "tag_is_sum", found: found(self.tag_is_sum) },
            Capability { name: "part_tag_is_sum", found: found(self.part_tag_is_sum) },
            Capability { name: "resume", found: Found::Yes },
            Capability { name: "free_room", found: Found::No },
        ]
    }
}

/// Tries, with objects of its own among the temporaries, and removes them.
pub(super) fn find(store: &S3Store, line: Line<'_>, name: &str) -> Result<S3Found, StoreError> {
    let place = line.place();
    let key = format!("{}.kilat-parts/probe-{name}", store.prefix);
    let fault = |refused: No| refused.fault(&place, "try");
    let found = (|| {
        let (written, conditional_put) = match store.write(line, &key, BYTES, Fresh::Conditional) {
            Ok(written) => (written, is_refused(store.write(line, &key, BYTES, Fresh::Conditional)).map_err(fault)?),
            // A server that does not know the condition at all; what stands there now is ours.
            Err(No::NotImplemented) => (store.write(line, &key, BYTES, Fresh::Whatever).map_err(fault)?, false),
            Err(other) => return Err(fault(other)),
        };
        let tag_is_sum = tags::is_sum_of(written.tag.as_deref().unwrap_or_default(), BYTES);
        let checksum_refused = is_damage_refused(store, line, &key, &[]).map_err(fault)?;
        let upload = begin(store, line, &key)?;
        let parts = [("partNumber", "1"), ("uploadId", upload.as_str())];
        let part_checksum_refused = is_damage_refused(store, line, &key, &parts).map_err(fault)?;
        let tag = send_part(store, line, &key, &upload).map_err(fault)?;
        let part_tag_is_sum = tags::is_sum_of(&tag, BYTES);
        let conditional_complete = is_completion_refused(store, line, &key, &upload, &tag).map_err(fault)?;
        Ok(S3Found {
            conditional_put,
            conditional_complete,
            checksum_refused,
            part_checksum_refused,
            tag_is_sum,
            part_tag_is_sum,
        })
    })();
    store.withdraw(line, &key);
    let found = found?;
    tracing::info!(place = %place.display(), ?found, "found what the server does");
    Ok(found)
}

fn is_refused<T>(result: Result<T, No>) -> Result<bool, No> {
    match result {
        Ok(_) => Ok(false),
        Err(No::Taken | No::BadChecksum) => Ok(true),
        Err(No::NotImplemented) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Whether bytes that are not what was announced are refused. Both announcements are made with every write, so
/// either check finds damage on the way.
fn is_damage_refused(store: &S3Store, line: Line<'_>, key: &str, query: &[(&str, &str)]) -> Result<bool, No> {
    let others = &b"other bytes"[..];
    for (checksum_of, announced) in [(BYTES, others), (others, BYTES)] {
        let headers = vec![("x-amz-checksum-sha256", Sha256::of(checksum_of).base64())];
        let body = Sent::Bytes(BYTES, Sha256::of(announced));
        let ask = Ask { what: "try", method: "PUT", key, query, headers, body };
        let refused = match store.bucket.ask(line, ask) {
            // Some name another reason; that they refused is what counts, and the credentials were taken before.
            Err(No::Fault(StoreError::Io { .. } | StoreError::Denied { .. } | StoreError::Credentials { .. })) => true,
            other => is_refused(other)?,
        };
        if refused {
            return Ok(true);
        }
    }
    Ok(false)
}

fn begin(store: &S3Store, line: Line<'_>, key: &str) -> Result<String, StoreError> {
    super::parts::begin(store, line, key)
}

fn send_part(store: &S3Store, line: Line<'_>, key: &str, upload: &str) -> Result<String, No> {
    let query = [("partNumber", "1"), ("uploadId", upload)];
    let headers = vec![("x-amz-checksum-sha256", Sha256::of(BYTES).base64())];
    let body = Sent::bytes(BYTES);
    let answer = store.bucket.ask(line, Ask { what: "try", method: "PUT", key, query: &query, headers, body })?;
    Ok(super::calls::tag_of(&answer).unwrap_or_default())
}

/// Completes an upload where something stands already, under the condition that nothing does.
fn is_completion_refused(store: &S3Store, line: Line<'_>, key: &str, upload: &str, tag: &str) -> Result<bool, No> {
    let body = super::parts::completion(&[(1, tag, &Sha256::of(BYTES).base64())]);
    let headers = vec![("if-none-match", "*".to_owned())];
    let query = [("uploadId", upload)];
    let ask = Ask { what: "try", method: "POST", key, query: &query, headers, body: Sent::bytes(body.as_bytes()) };
    let completed = store.bucket.ask(line, ask).and_then(|answer| Ok(text_of(line, "try", answer, "ETag")?));
    let is_refused = match completed {
        // A 200 that says PreconditionFailed in its text.
        Err(No::Fault(StoreError::Io { .. })) => true,
        other => is_refused(other)?,
    };
    if is_refused {
        super::parts::abort(store, line, key, upload);
    }
    Ok(is_refused)
}
