//! What a server does about conditions and checksums, found by trying once per run: servers of one name differ.

use kilat_objects::{Capability, Found, StoreError};

use super::calls::{Ask, No, text_of};
use super::object::Fresh;
use super::sign::sha256_base64;
use super::store::S3Store;
use crate::http::Line;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct S3Found {
    /// A second write under a condition is refused.
    pub(super) conditional_put: bool,
    /// So is the completion of a multipart upload.
    pub(super) conditional_complete: bool,
    /// Bytes that do not fit their checksum are refused, whole and in parts.
    pub(super) checksum_refused: bool,
}

impl S3Found {
    pub(super) fn capabilities(self) -> Vec<Capability> {
        let found = |is_so: bool| if is_so { Found::Yes } else { Found::No };
        vec![
            Capability { name: "conditional_put", found: found(self.conditional_put) },
            Capability { name: "conditional_complete", found: found(self.conditional_complete) },
            Capability { name: "checksum_refused", found: found(self.checksum_refused) },
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
        let is_whole_refused = is_refused(wrong_sum(store, line, &key, &[])).map_err(fault)?;
        let upload = begin(store, line, &key)?;
        let parts = [("partNumber", "1"), ("uploadId", upload.as_str())];
        let is_part_refused = is_refused(wrong_sum(store, line, &key, &parts)).map_err(fault)?;
        let conditional_complete = is_completion_refused(store, line, &key, &upload).map_err(fault)?;
        Ok(S3Found {
            conditional_put,
            conditional_complete,
            checksum_refused: is_whole_refused && is_part_refused,
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

/// Writes bytes with the checksum of others.
fn wrong_sum(store: &S3Store, line: Line<'_>, key: &str, query: &[(&str, &str)]) -> Result<(), No> {
    let headers = vec![("x-amz-checksum-sha256", sha256_base64(b"other bytes"))];
    let ask = Ask { what: "try", method: "PUT", key, query, headers, body: Some(b"kilat") };
    match store.bucket.ask(line, ask) {
        Ok(_) => Ok(()),
        // Some name another reason; that they refused is what counts, and credentials were taken before.
        Err(No::Fault(StoreError::Io { .. })) => Err(No::BadChecksum),
        Err(other) => Err(other),
    }
}

fn begin(store: &S3Store, line: Line<'_>, key: &str) -> Result<String, StoreError> {
    super::parts::begin(store, line, key)
}

/// Completes an upload where something stands already, under the condition that nothing does.
fn is_completion_refused(store: &S3Store, line: Line<'_>, key: &str, upload: &str) -> Result<bool, No> {
    let checksum = sha256_base64(b"kilat");
    let query = [("partNumber", "1"), ("uploadId", upload)];
    let headers = vec![("x-amz-checksum-sha256", checksum.clone())];
    let ask = Ask { what: "try", method: "PUT", key, query: &query, headers, body: Some(b"kilat") };
    let answer = store.bucket.ask(line, ask)?;
    let tag = super::calls::tag_of(&answer).unwrap_or_default();
    let body = super::parts::completion(&[(1, &tag, &checksum)]);
    let headers = vec![("if-none-match", "*".to_owned())];
    let query = [("uploadId", upload)];
    let ask = Ask { what: "try", method: "POST", key, query: &query, headers, body: Some(body.as_bytes()) };
    let completed = store.bucket.ask(line, ask).and_then(|answer| {
        Ok(text_of(line, "try", answer, &["CompleteMultipartUploadResult", "ETag"])?)
    });
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
