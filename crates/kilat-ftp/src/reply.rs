//! What a client is answered: a code that its program reads, and words for whoever reads its log.

use std::fmt;

/// Codes of RFC 959, 2389, 3659 and 4217 that are used.
pub(crate) mod code {
    pub(crate) const OPENING: u16 = 150;
    pub(crate) const OK: u16 = 200;
    pub(crate) const NOT_NEEDED: u16 = 202;
    pub(crate) const SYSTEM: u16 = 211;
    pub(crate) const FILE: u16 = 213;
    pub(crate) const HELP: u16 = 214;
    pub(crate) const KIND: u16 = 215;
    pub(crate) const WELCOME: u16 = 220;
    pub(crate) const BYE: u16 = 221;
    pub(crate) const NO_TRANSFER: u16 = 225;
    pub(crate) const DONE: u16 = 226;
    pub(crate) const PASSIVE: u16 = 227;
    pub(crate) const PASSIVE_PORT: u16 = 229;
    pub(crate) const SIGNED_IN: u16 = 230;
    pub(crate) const SECURE: u16 = 234;
    pub(crate) const FILE_OK: u16 = 250;
    pub(crate) const PATH: u16 = 257;
    pub(crate) const PASSWORD: u16 = 331;
    pub(crate) const MORE: u16 = 350;
    pub(crate) const CLOSING: u16 = 421;
    pub(crate) const NO_DATA: u16 = 425;
    pub(crate) const CUT: u16 = 426;
    pub(crate) const TRY_LATER: u16 = 451;
    pub(crate) const NO_TLS: u16 = 431;
    pub(crate) const NO_ROOM: u16 = 452;
    pub(crate) const UNKNOWN: u16 = 500;
    pub(crate) const ARGUMENT: u16 = 501;
    pub(crate) const NOT_HERE: u16 = 502;
    pub(crate) const ORDER: u16 = 503;
    pub(crate) const PARAMETER: u16 = 504;
    pub(crate) const CLEAR_DATA: u16 = 521;
    pub(crate) const NOT_SIGNED_IN: u16 = 530;
    pub(crate) const POLICY: u16 = 534;
    pub(crate) const PROTECTION: u16 = 536;
    pub(crate) const NO_FILE: u16 = 550;
    pub(crate) const TOO_LARGE: u16 = 552;
    pub(crate) const NAME: u16 = 553;
}

/// An answer of one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    text: String,
    /// Lines between the first and the last.
    inner: Vec<String>,
    last: Option<&'static str>,
}

impl Reply {
    pub(crate) fn new(code: u16, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), inner: Vec::new(), last: None }
    }

    pub(crate) fn several(code: u16, text: &str, inner: Vec<String>, last: &'static str) -> Self {
        Self { code, text: text.to_owned(), inner, last: Some(last) }
    }

    /// As it goes over the line. What came from outside starts no line of its own.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let tame = |text: &str| text.replace(['\r', '\n', '\0'], " ");
        let (code, text) = (self.code, tame(&self.text));
        let Some(last) = self.last else { return format!("{code} {text}\r\n").into_bytes() };
        let inner: String = self.inner.iter().map(|line| format!(" {}\r\n", tame(line))).collect();
        format!("{code}-{text}\r\n{inner}{code} {last}\r\n").into_bytes()
    }
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    why: String,
}

impl Refusal {
    pub(crate) fn new(code: u16, why: impl Into<String>) -> Self {
        Self { code, why: why.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sent_cannot_start_a_line_of_the_answer() {
        let reply = Reply::new(code::PATH, "\"/a\r\n226 done\" is here");
        assert_eq!(reply.bytes(), b"257 \"/a  226 done\" is here\r\n");
        let reply = Reply::several(code::FILE_OK, "It is", vec!["type=file; 250 x\r\n250 y".to_owned()], "End");
        assert_eq!(reply.bytes(), b"250-It is\r\n type=file; 250 x  250 y\r\n250 End\r\n");
    }
}
