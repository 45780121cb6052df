//! What is known of an upload: told when it is begun, noted beside its bytes.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use data_encoding::BASE64;
use kilat_core::{ContentHash, Millis, Via};
use kilat_ingest::Offer;
use serde::{Deserialize, Serialize};

use super::METADATA;
use crate::refusal::Refusal;

/// An upload that nobody goes on with is kept so long.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Longest `Upload-Metadata`; it is given back as it came.
const MAX_METADATA: usize = 8 * 1024;

/// What is noted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct About {
    /// Whoever began it: nobody else may go on.
    pub(super) owner: String,
    pub(super) via: Via,
    pub(super) sender: String,
    pub(super) name: String,
    pub(super) size_bytes: u64,
    pub(super) written: Option<Millis>,
    pub(super) hash: Option<ContentHash>,
    pub(super) begun_at: Millis,
    pub(super) metadata: Option<String>,
}

impl About {
    pub(super) fn expires_at(&self) -> Millis {
        self.begun_at.plus(KEPT)
    }

    pub(super) fn offer(&self) -> Offer {
        Offer {
            via: self.via.clone(),
            sender: self.sender.clone(),
            name: self.name.clone(),
            size_bytes: Some(self.size_bytes),
            written: self.written.map(Millis::to_system_time),
            hash: self.hash,
        }
    }
}

/// What `Upload-Metadata` says that Kilat understands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) raw: Option<String>,
    pub(super) name: Option<String>,
    pub(super) written: Option<Millis>,
    pub(super) hash: Option<ContentHash>,
}

impl Metadata {
    /// Of these headers. Keys that are not known are given back and not read.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let Some(raw) = headers.get(METADATA) else { return Ok(Self::default()) };
        let raw = raw.to_str().ok().filter(|raw| raw.len() <= MAX_METADATA).ok_or_else(|| bad("it is too long"))?;
        let mut metadata = Self { raw: Some(raw.to_owned()), ..Self::default() };
        for pair in raw.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
            let text = || {
                let bytes = BASE64.decode(value.trim().as_bytes()).map_err(|_why| bad("a value is no base 64"))?;
                String::from_utf8(bytes).map_err(|_why| bad("a value is no UTF-8"))
            };
            match key {
                "filename" | "name" => metadata.name = Some(text()?),
                "lastModified" => metadata.written = instant(&text()?),
                "hash" => {
                    let hash = text()?.parse();
                    metadata.hash = Some(hash.map_err(|_why| bad("hash is not 64 hexadecimal digits of BLAKE3"))?);
                }
                _ => {}
            }
        }
        Ok(metadata)
    }

    /// As it came.
    pub(super) fn header(raw: Option<&str>) -> Option<HeaderValue> {
        HeaderValue::from_str(raw?).ok()
    }
}

/// Milliseconds since 1970 as browsers tell them, or RFC 3339; none for anything else, which is no reason to refuse.
fn instant(text: &str) -> Option<Millis> {
    text.parse().ok().map(Millis).or_else(|| Millis::from_rfc3339(text))
}

fn bad(why: &str) -> Refusal {
    let remedy = "write it as tus does: filename and its value in base 64";
    Refusal::bad("bad_metadata", format!("Upload-Metadata cannot be read: {why}"), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(raw: &str) -> Result<Metadata, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(METADATA, HeaderValue::from_str(raw).expect("a header"));
        Metadata::of(&headers)
    }

    #[test]
    fn what_clients_tell_of_a_file_is_read() {
        let hash = "ab".repeat(32);
        let raw = format!(
            "filename {},is_confidential, filetype aW1hZ2UvanBlZw==,lastModified {},hash {}",
            BASE64.encode("café.JPG".as_bytes()),
            BASE64.encode(b"1764100000123"),
            BASE64.encode(hash.as_bytes()),
        );
        let metadata = of(&raw).expect("read");
        assert_eq!(metadata.name.as_deref(), Some("café.JPG"));
        assert_eq!(metadata.written, Some(Millis(1_764_100_000_123)));
        assert_eq!(metadata.hash.expect("told").to_string(), hash);
        assert_eq!(metadata.raw, Some(raw));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for raw in ["filename ???", "filename /w==", "hash YWI="] {
            of(raw).expect_err(raw);
        }
        assert_eq!(of("filename").expect("read").name.as_deref(), Some(""));
    }
}
