//! What a failed call or a refusing answer means for a destination.

use std::io;
use std::path::Path;
use std::time::Duration;

use kilat_objects::StoreError;
use ureq::http::HeaderMap;
use ureq::{Error, Timeout};

/// An answer that refuses.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    /// When to come again, where it says so.
    pub(crate) after: Option<Duration>,
    pub(crate) text: String,
}

impl Refused {
    /// What it means by its status alone; `code` is a word that the server said, or nothing.
    pub(crate) fn fault(&self, place: &Path, what: &'static str, code: &str) -> StoreError {
        let place = place.to_owned();
        match self.status {
            401 => StoreError::Credentials { place, why: "they are wrong or expired".to_owned() },
            403 => StoreError::Denied { place },
            429 | 503 => StoreError::Busy { place, after: self.after },
            507 => StoreError::Full { place },
            301 | 302 | 307 | 308 => {
                StoreError::Unreachable { place, why: "it has moved to another address".to_owned() }
            }
            status => {
                let source = io::Error::other(format!("the server answered {status} {code}").trim_end());
                StoreError::Io { what, path: place, source }
            }
        }
    }
}

/// A header's text.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// `Retry-After` in seconds. Its other form, a date, is read as no wish: our clock may be the wrong one.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    header(headers, "retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

pub(crate) fn of_call(place: &Path, what: &'static str, error: Error) -> StoreError {
    let unreachable = |why: String| StoreError::Unreachable { place: place.to_owned(), why };
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library's lists are open")]
    match error {
        Error::HostNotFound | Error::Timeout(Timeout::Resolve) => {
            unreachable("no machine of that name is known".to_owned())
        }
        Error::Timeout(Timeout::Connect) => unreachable("it does not answer".to_owned()),
        Error::Rustls(error) => unreachable(format!("its certificate is not trusted: {error}")),
        Error::Tls(why) => unreachable(why.to_owned()),
        Error::Timeout(phase) => {
            let why = format!("the server was silent or slow for too long ({phase})");
            let source = io::Error::new(io::ErrorKind::TimedOut, why);
            StoreError::Io { what, path: place.to_owned(), source }
        }
        Error::Io(source) => match source.kind() {
            io::ErrorKind::ConnectionRefused => unreachable("nothing answers at its port".to_owned()),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
                unreachable("there is no way to it".to_owned())
            }
            _ if source.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
                unreachable(format!("its certificate is not trusted: {source}"))
            }
            _ => StoreError::Io { what, path: place.to_owned(), source },
        },
        other => StoreError::Io { what, path: place.to_owned(), source: io::Error::other(other) },
    }
}
