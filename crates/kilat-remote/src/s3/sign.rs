//! Signature Version 4: a call proves that its sender knows the secret, without sending it.
//!
//! After "Authenticating Requests: Using the Authorization Header" of the Amazon S3 API reference; the tests are
//! its examples.

use std::io::{self, Read};

use data_encoding::{BASE64, HEXLOWER};
use kilat_core::Millis;
use ring::{digest, hmac};
use zeroize::Zeroizing;

use crate::address::percent_encoded;

/// Read at once when a whole file is hashed.
const BLOCK: usize = 256 * 1024;

/// Who calls.
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) secret: Zeroizing<String>,
    pub(crate) token: Option<Zeroizing<String>>,
    pub(crate) region: String,
}

/// What is signed.
pub(crate) struct Unsigned<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    /// Escaped.
    pub(crate) path: &'a str,
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) headers: &'a [(&'static str, String)],
    /// SHA-256 of the body, in hexadecimal.
    pub(crate) body: &'a str,
}

impl Keys {
    /// The headers that a call carries beside its own.
    pub(crate) fn sign(&self, call: &Unsigned<'_>, now: Millis) -> Vec<(&'static str, String)> {
        let stamp = stamp(now);
        let mut added = vec![("x-amz-date", stamp.clone()), ("x-amz-content-sha256", call.body.to_owned())];
        if let Some(token) = &self.token {
            added.push(("x-amz-security-token", token.to_string()));
        }
        let mut headers: Vec<(&str, &str)> = vec![("host", call.host)];
        headers.extend(call.headers.iter().chain(&added).map(|(name, value)| (*name, value.trim())));
        headers.sort_unstable();
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let query = query_text(call.query);
        let canonical = [call.method, call.path, &query, &lines, &names, call.body].join("\n");
        let scope = format!("{}/{}/s3/aws4_request", &stamp[..8], self.region);
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", Sha256::of(canonical.as_bytes()).hex());
        let signature = HEXLOWER.encode(mac(&self.signing_key(&stamp[..8]), text.as_bytes()).as_ref());
        let credential = format!("{}/{scope}", self.id);
        added.push((
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={signature}"),
        ));
        added
    }

    fn signing_key(&self, day: &str) -> hmac::Tag {
        let first = Zeroizing::new(format!("AWS4{}", self.secret.as_str()));
        let keyed = hmac::Key::new(hmac::HMAC_SHA256, first.as_bytes());
        let mut tag = hmac::sign(&keyed, day.as_bytes());
        for step in [self.region.as_str(), "s3", "aws4_request"] {
            tag = mac(&tag, step.as_bytes());
        }
        tag
    }
}

/// The query as it is signed and sent: sorted by name, escaped.
pub(crate) fn query_text(query: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(String, String)> =
        query.iter().map(|(name, value)| (percent_encoded(name, false), percent_encoded(value, false))).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// A SHA-256, computed once and spelled twice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sha256(digest::Digest);

impl Sha256 {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(digest::digest(&digest::SHA256, bytes))
    }

    /// Of all that a reader has left.
    pub(crate) fn of_all(mut reader: impl Read) -> io::Result<Self> {
        let (mut context, mut block) = (digest::Context::new(&digest::SHA256), vec![0; BLOCK]);
        loop {
            match reader.read(&mut block) {
                Ok(0) => return Ok(Self(context.finish())),
                Ok(read) => context.update(&block[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// As signatures carry it.
    pub(crate) fn hex(self) -> String {
        HEXLOWER.encode(self.0.as_ref())
    }

    /// As checksums are carried.
    pub(crate) fn base64(self) -> String {
        BASE64.encode(self.0.as_ref())
    }
}

fn mac(key: &hmac::Tag, text: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), text)
}

fn stamp(now: Millis) -> String {
    let now = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn signature(call: &Unsigned<'_>) -> String {
        let keys = Keys {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: Zeroizing::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
            token: None,
            region: "us-east-1".to_owned(),
        };
        let now = Millis::from_rfc3339("2013-05-24T00:00:00Z").expect("a time");
        let headers = keys.sign(call, now);
        let (_, value) = headers.last().expect("the signature");
        value.rsplit('=').next().expect("its value").to_owned()
    }

    #[test]
    fn the_examples_of_the_reference_come_out() {
        let host = "examplebucket.s3.amazonaws.com";
        let get = signature(&Unsigned {
            method: "GET",
            host,
            path: "/test.txt",
            query: &[],
            headers: &[("range", "bytes=0-9".to_owned())],
            body: EMPTY,
        });
        assert_eq!(get, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
        let put = signature(&Unsigned {
            method: "PUT",
            host,
            path: "/test%24file.text",
            query: &[],
            headers: &[
                ("date", "Fri, 24 May 2013 00:00:00 GMT".to_owned()),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY".to_owned()),
            ],
            body: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        });
        assert_eq!(put, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
        let list = signature(&Unsigned {
            method: "GET",
            host,
            path: "/",
            query: &[("max-keys", "2"), ("prefix", "J")],
            headers: &[],
            body: EMPTY,
        });
        assert_eq!(list, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    }
}
