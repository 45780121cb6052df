//! What a sender says that its bytes are, and the sums that are compared with it.
//!
//! `Repr-Digest` and `Content-Digest` (RFC 9530) with SHA-256, `X-Kilat-Hash` with BLAKE3. Algorithms that are not known
//! are passed over, as the standard says; a known one that cannot be read is refused.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use data_encoding::BASE64;
use kilat_core::ContentHash;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::refusal::Refusal;

const DIGESTS: [HeaderName; 2] = [HeaderName::from_static("repr-digest"), HeaderName::from_static("content-digest")];
/// BLAKE3 in hexadecimal.
pub(super) const KILAT_HASH: HeaderName = HeaderName::from_static("x-kilat-hash");

/// A hash of the whole body in another algorithm than Kilat's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Expected {
    /// Of SHA-256.
    Sha256(Vec<u8>),
    /// Of SHA-1.
    Sha1(Vec<u8>),
}

/// Sums a body up as it passes.
#[derive(Debug, Default)]
pub(super) struct Sums {
    expected: Vec<Expected>,
    sha256: Option<Sha256>,
    sha1: Option<Sha1>,
}

impl Sums {
    /// Only what is compared is summed up.
    pub(super) fn comparing(expected: Vec<Expected>) -> Self {
        let mut sums = Self { expected, ..Self::default() };
        for expected in &sums.expected {
            match expected {
                Expected::Sha256(_) => sums.sha256 = Some(Sha256::new()),
                Expected::Sha1(_) => sums.sha1 = Some(Sha1::new()),
            }
        }
        sums
    }

    pub(super) fn is_comparing(&self) -> bool {
        !self.expected.is_empty()
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        if let Some(sum) = &mut self.sha256 {
            sum.update(bytes);
        }
        if let Some(sum) = &mut self.sha1 {
            sum.update(bytes);
        }
    }

    /// Whether all that came is what was announced.
    pub(super) fn agree(&self) -> bool {
        let sha256 = self.sha256.clone().map(|sum| sum.finalize().to_vec());
        let sha1 = self.sha1.clone().map(|sum| sum.finalize().to_vec());
        self.expected.iter().all(|expected| match expected {
            Expected::Sha256(wanted) => sha256.as_ref() == Some(wanted),
            Expected::Sha1(wanted) => sha1.as_ref() == Some(wanted),
        })
    }
}

/// What the headers of a whole file announce.
pub(super) fn announced(headers: &HeaderMap) -> Result<(Option<ContentHash>, Vec<Expected>), Refusal> {
    let content = match headers.get(KILAT_HASH) {
        None => None,
        Some(value) => Some(content_hash(value)?),
    };
    let mut expected = Vec::new();
    for value in DIGESTS.iter().flat_map(|name| headers.get_all(name)) {
        let value = value.to_str().map_err(|_why| bad("it is no text"))?;
        for (algorithm, digest) in value.split(',').filter_map(|entry| entry.trim().split_once('=')) {
            if algorithm.eq_ignore_ascii_case("sha-256") {
                let inner = digest.trim().strip_prefix(':').and_then(|rest| rest.strip_suffix(':'));
                let bytes = inner.and_then(|inner| BASE64.decode(inner.as_bytes()).ok());
                let bytes = bytes.filter(|bytes| bytes.len() == <Sha256 as Digest>::output_size());
                expected
                    .push(Expected::Sha256(bytes.ok_or_else(|| bad("sha-256 is 32 bytes in base 64 between colons"))?));
            }
        }
    }
    Ok((content, expected))
}

/// A hash of Kilat's own, as a header says it.
pub(super) fn content_hash(value: &HeaderValue) -> Result<ContentHash, Refusal> {
    let parsed = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    parsed.ok_or_else(|| bad("the hash is 64 hexadecimal digits of BLAKE3"))
}

fn bad(why: &str) -> Refusal {
    Refusal::bad("bad_digest", format!("the digest cannot be read: {why}"), "docs/cameras.md shows how it is written")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header")));
        pairs.collect()
    }

    #[test]
    fn a_digest_is_read_as_the_standard_writes_it() {
        let sum = Sha256::digest(b"photo").to_vec();
        let written = format!("sha-512=:AAAA:, SHA-256=:{}:", BASE64.encode(&sum));
        let (content, expected) = announced(&headers(&[("repr-digest", &written)])).expect("read");
        assert_eq!((content, expected), (None, vec![Expected::Sha256(sum)]));
        let hash = "ab".repeat(32);
        let (content, _) = announced(&headers(&[("x-kilat-hash", &hash)])).expect("read");
        assert_eq!(content.expect("a hash").to_string(), hash);
    }

    #[test]
    fn what_cannot_be_compared_is_refused_and_never_passed_over() {
        for (name, value) in
            [("repr-digest", "sha-256=:AAAA:"), ("content-digest", "sha-256=aGVsbG8="), ("x-kilat-hash", "abcd")]
        {
            announced(&headers(&[(name, value)])).expect_err(value);
        }
        assert!(announced(&HeaderMap::new()).expect("nothing").1.is_empty());
    }

    #[test]
    fn sums_agree_with_what_came_and_nothing_else() {
        let wanted =
            vec![Expected::Sha256(Sha256::digest(b"photo").to_vec()), Expected::Sha1(Sha1::digest(b"photo").to_vec())];
        let mut sums = Sums::comparing(wanted);
        sums.update(b"pho");
        assert!(!sums.agree());
        sums.update(b"to");
        assert!(sums.agree());
    }
}
