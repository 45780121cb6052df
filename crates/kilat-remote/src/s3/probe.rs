//! What a server does about conditions and checksums, found by trying once per run: servers of one name differ.

use kilat_objects::{Capability, Found, StoreError};

use super::calls::{Ask, No, text_of};
use super::object::Fresh;
use super::sign::sha256_base64;
use super::store::S3Store;
use crate::http::Line;

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
}

impl S3Found {
    pub(super) fn capabilities(self) -> Vec<Capability> {
        let found = |is_so: bool| if is_so { Found::Yes } else { Found::No };
        vec![
            Capability { name: "conditional_put", found: found(self.conditional_put) },
            Capability { name: "conditional_complete", found: found(self.conditional_complete) },
            Capability { name: "checksum_refused", found: found(self.checksum_refused) },
            Capability { name: "part_checksum_refused", found: found(self.part_checksum_refused) },
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
        let conditional_put = match store.write(line, &key, b"kilat", Fresh::Conditional) {
            Ok(_) => is_refused(store.write(line, &key, b"kilat", Fresh::Conditional)).map_err(fault)?,
            // A server that does not know the condition at all; what stands there now is ours.
            Err(No::NotImplemented) => {
                store.write(line, &key, b"kilat", Fresh::Whatever).map_err(fault)?;
                false
            }
            Err(other) => return Err(fault(other)),
        };
        let checksum_refused = is_damage_refused(store, line, &key, &[]).map_err(fault)?;
        let upload = begin(store, line, &key)?;
        let parts = [("partNumber", "1"), ("uploadId", upload.as_str())];
        let part_checksum_refused = is_damage_refused(store, line, &key, &parts).map_err(fault)?;
        let conditional_complete = is_completion_refused(store, line, &key, &upload).map_err(fault)?;
        Ok(S3Found { conditional_put, conditional_complete, checksum_refused, part_checksum_refused })
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
    let others = b"other bytes";
    for (checksum_of, announced) in [(&b"kilat"[..], Some(&others[..])), (&others[..], None)] {
        let headers = vec![("x-amz-checksum-sha256", sha256_base64(checksum_of))];
        let ask = Ask { what: "try", method: "PUT", key, query, headers, body: Some(b"kilat"), announced };
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

/// Completes an upload where something stands already, under the condition that nothing does.
fn is_completion_refused(store: &S3Store, line: Line<'_>, key: &str, upload: &str) -> Result<bool, No> {
    let checksum = sha256_base64(b"kilat");
    let query = [("partNumber", "1"), ("uploadId", upload)];
    let headers = vec![("x-amz-checksum-sha256", checksum.clone())];
    let ask = Ask { what: "try", method: "PUT", key, query: &query, headers, body: Some(b"kilat"), announced: None };
    let answer = store.bucket.ask(line, ask)?;
    let tag = super::calls::tag_of(&answer).unwrap_or_default();
    let body = super::parts::completion(&[(1, &tag, &checksum)]);
    let headers = vec![("if-none-match", "*".to_owned())];
    let query = [("uploadId", upload)];
    let ask =
        Ask { what: "try", method: "POST", key, query: &query, headers, body: Some(body.as_bytes()), announced: None };
    let completed = store
        .bucket
        .ask(line, ask)
        .and_then(|answer| Ok(text_of(line, "try", answer, &["CompleteMultipartUploadResult", "ETag"])?));
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
