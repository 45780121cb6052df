//! The single calls of S3, signed; what a refusal means.

use std::io::Read;
use std::path::Path;

use kilat_core::Clock;
use kilat_objects::StoreError;
use ureq::Body;
use ureq::http::Response;
use zeroize::Zeroizing;

use super::sign::{Keys, Sha256, Unsigned, query_text};
use crate::address::percent_encoded;
use crate::http::{Call, Line, Payload, Refused, header};
use crate::{S3Address, xml};

/// A bucket and who calls it.
pub(crate) struct Bucket {
    scheme: &'static str,
    host: String,
    /// What stands before every key in a URL's path.
    base: String,
    keys: Keys,
    clock: std::sync::Arc<dyn Clock>,
}

/// A call, before it is signed.
pub(crate) struct Ask<'a> {
    pub(crate) what: &'static str,
    pub(crate) method: &'static str,
    /// The whole key; empty for the bucket itself.
    pub(crate) key: &'a str,
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Sent<'a>,
}

/// What a call sends.
pub(crate) enum Sent<'a> {
    Nothing,
    /// These bytes, with what the signature calls their hash.
    Bytes(&'a [u8], Sha256),
    /// So many bytes from there.
    Stream(&'a mut dyn Read, u64, Sha256),
}

impl<'a> Sent<'a> {
    /// These bytes, as they are.
    pub(crate) fn bytes(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes, Sha256::of(bytes))
    }
}

/// Why a call was refused.
#[derive(Debug)]
pub(crate) enum No {
    /// Something stands under the key already.
    Taken,
    /// Nothing stands under the key.
    NothingThere,
    /// The upload has ended, or never was.
    Forgotten,
    /// The server does not know what was asked for.
    NotImplemented,
    /// The bytes do not fit their checksum.
    BadChecksum,
    /// Anything else.
    Fault(StoreError),
}

impl From<StoreError> for No {
    fn from(error: StoreError) -> Self {
        Self::Fault(error)
    }
}

impl No {
    /// For callers to whom every refusal is a failure.
    pub(crate) fn fault(self, place: &Path, what: &'static str) -> StoreError {
        let says = match self {
            Self::Fault(error) => return error,
            Self::Taken => "something stands there already",
            Self::NothingThere => "nothing stands there",
            Self::Forgotten => "the server forgot the upload",
            Self::NotImplemented => "the server cannot do that",
            Self::BadChecksum => "the bytes were damaged on their way",
        };
        StoreError::Io { what, path: place.to_owned(), source: std::io::Error::other(says) }
    }
}

impl Bucket {
    pub(crate) fn new(address: &S3Address, keys: Keys, clock: std::sync::Arc<dyn Clock>) -> Self {
        let (scheme, host) = match address.endpoint.strip_prefix("http://") {
            Some(host) => ("http", host),
            None => ("https", address.endpoint.trim_start_matches("https://")),
        };
        let (host, base) = if address.is_path_style {
            (host.to_owned(), format!("/{}", address.bucket))
        } else {
            (format!("{}.{host}", address.bucket), String::new())
        };
        Self { scheme, host, base, keys, clock }
    }

    pub(crate) fn now(&self) -> kilat_core::Millis {
        self.clock.now()
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.scheme == "https"
    }

    /// Makes a call that succeeds with a status of 2xx.
    pub(crate) fn ask(&self, line: Line<'_>, ask: Ask<'_>) -> Result<Response<Body>, No> {
        self.ask_within(line, ask, 0)
    }

    /// The same for an answer as long as `size_bytes`.
    pub(crate) fn ask_within(&self, line: Line<'_>, ask: Ask<'_>, size_bytes: u64) -> Result<Response<Body>, No> {
        let path = match ask.key {
            "" => format!("{}/", self.base),
            key => format!("{}/{}", self.base, percent_encoded(key, true)),
        };
        let (payload, hash) = match ask.body {
            Sent::Nothing => (Payload::Empty, Sha256::of(&[])),
            Sent::Bytes(bytes, hash) => (Payload::Bytes(bytes), hash),
            Sent::Stream(reader, size, hash) => (Payload::Stream(reader, size), hash),
        };
        let host = self.host.strip_suffix(if self.is_tls() { ":443" } else { ":80" }).unwrap_or(&self.host);
        let (method, query) = (ask.method, ask.query);
        let unsigned = Unsigned { method, host, path: &path, query, headers: &ask.headers, body: &hash.hex() };
        let mut headers = self.keys.sign(&unsigned, self.clock.now());
        headers.extend(ask.headers);
        let query = query_text(query);
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}://{}{path}{mark}{query}", self.scheme, self.host);
        let answer = line.fetch(Call { what: ask.what, method, url, headers, payload }, size_bytes)?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        // An answer to HEAD has no body: its status says all that is known.
        Err(refusal(&line.place(), ask.what, &line.complaint(answer)))
    }
}

/// Reads the code of an answer; servers that name none are judged by their status.
fn refusal(place: &Path, what: &'static str, refused: &Refused) -> No {
    let code = code_of(&refused.text);
    let owned = place.to_owned();
    let credentials = |why: &str| StoreError::Credentials { place: place.to_owned(), why: why.to_owned() };
    match (refused.status, code.as_str()) {
        (412, _) | (409, "ConditionalRequestConflict" | "PreconditionFailed") => No::Taken,
        (_, "NoSuchBucket") => StoreError::Gone { place: owned, why: "there is no bucket of that name" }.into(),
        (_, "NoSuchUpload") => No::Forgotten,
        (404, _) => No::NothingThere,
        (501, _) | (_, "NotImplemented") => No::NotImplemented,
        (
            400,
            "BadDigest"
            | "InvalidDigest"
            | "XAmzContentSHA256Mismatch"
            | "XAmzContentChecksumMismatch"
            | "ContentSHA256Mismatch",
        ) => No::BadChecksum,
        (_, "RequestTimeTooSkewed") => StoreError::ClockSkew { place: owned }.into(),
        (_, "ExpiredToken" | "TokenRefreshRequired" | "InvalidToken") => credentials("they are expired").into(),
        (_, "InvalidAccessKeyId") => credentials("it does not know the access key").into(),
        (_, "SignatureDoesNotMatch") => credentials("the secret does not fit the access key").into(),
        (_, "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError") => {
            credentials("its region may be another one").into()
        }
        (_, "SlowDown" | "Throttling" | "ThrottlingException" | "TooManyRequests" | "RequestLimitExceeded") => {
            StoreError::Busy { place: owned, after: refused.after }.into()
        }
        (
            _,
            "QuotaExceeded"
            | "XMinioAdminBucketQuotaExceeded"
            | "XMinioStorageFull"
            | "InsufficientStorage"
            | "InsufficientCapacity"
            | "ServiceQuotaExceeded",
        ) => StoreError::Full { place: owned }.into(),
        _ => No::Fault(refused.fault(place, what, &code)),
    }
}

fn code_of(text: &str) -> String {
    let mut code = String::new();
    let walked = xml::walk(text.as_bytes(), |element| {
        if element.path == ["Error", "Code"] {
            code = element.text.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
        }
    });
    if let Err(error) = walked
        && !text.is_empty()
    {
        tracing::debug!(%error, "a refusal is no XML");
    }
    code
}

/// The text of one element of an answer, whatever the servers call what stands around it; none where it is missing.
pub(crate) fn text_of(
    line: Line<'_>,
    what: &'static str,
    answer: Response<Body>,
    name: &str,
) -> Result<Option<String>, StoreError> {
    let mut found = None;
    let mut is_error = None;
    xml::walk(line.body(answer), |element| {
        if element.path.len() == 2 && element.name() == name {
            found = Some(element.text.to_owned());
        }
        // Calls that take long answer 200 first, and may fail in their text.
        if element.path == ["Error", "Code"] {
            is_error = Some(element.text.to_owned());
        }
    })
    .map_err(|error| line.cut(what, error))?;
    match is_error {
        Some(code) => {
            let said = code.chars().filter(char::is_ascii_alphanumeric).take(64).collect::<String>();
            let source = std::io::Error::other(format!("the server answered {said}"));
            Err(StoreError::Io { what, path: line.place(), source })
        }
        None => Ok(found),
    }
}

/// An answer's tag for the bytes of an object, as opaque as it is.
pub(crate) fn tag_of(answer: &Response<Body>) -> Option<String> {
    header(answer.headers(), "etag").map(str::to_owned)
}

/// Reads an answer that is small.
pub(crate) fn small(
    line: Line<'_>,
    what: &'static str,
    answer: Response<Body>,
    most: u64,
) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    line.body(answer).take(most).read_to_end(&mut bytes).map_err(|error| line.cut(what, error))?;
    Ok(bytes)
}

/// The keys of an address and its secrets.
pub(crate) fn keys(address: &S3Address, secrets: &crate::Secrets) -> Keys {
    let owned = |name| secrets.get(name).unwrap_or_default().to_owned();
    Keys {
        id: owned("access_key_id"),
        secret: Zeroizing::new(owned("secret_access_key")),
        token: secrets.get("session_token").map(|token| Zeroizing::new(token.to_owned())),
        region: address.region.clone(),
    }
}

#[cfg(test)]
mod tests {
    use kilat_core::{Class, Classify};

    use super::*;

    fn meaning(status: u16, code: &str) -> No {
        let text = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>x</Message></Error>");
        refusal(Path::new("s3://b"), "store", &Refused { status, after: None, text })
    }

    #[test]
    fn what_an_operator_must_do_is_told_apart() {
        for (status, code, word) in [
            (403, "RequestTimeTooSkewed", "clock"),
            (400, "ExpiredToken", "expired"),
            (403, "InvalidAccessKeyId", "access key"),
            (403, "SignatureDoesNotMatch", "secret"),
            (403, "AccessDenied", "may not be written"),
            (404, "NoSuchBucket", "no bucket"),
            (507, "XMinioStorageFull", "full"),
            (403, "QuotaExceeded", "full"),
        ] {
            let No::Fault(error) = meaning(status, code) else { panic!("{code}") };
            assert_eq!(error.class(), Class::NeedsOperator, "{code}");
            assert!(error.to_string().contains(word), "{code}: {error}");
        }
    }

    #[test]
    fn what_passes_by_itself_is_tried_again() {
        for (status, code) in [(503, "SlowDown"), (500, "InternalError"), (503, ""), (400, "Strange")] {
            let No::Fault(error) = meaning(status, code) else { panic!("{code}") };
            assert_eq!(error.class(), Class::Retry { after: None }, "{code}");
        }
        assert!(matches!(meaning(412, "PreconditionFailed"), No::Taken));
        assert!(matches!(meaning(404, "NoSuchUpload"), No::Forgotten));
        assert!(matches!(meaning(400, "BadDigest"), No::BadChecksum));
    }
}
