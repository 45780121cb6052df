//! Addresses of destinations: what an operator types, parsed once. A secret in one is refused, unseen.

use kilat_core::Medium;

/// Parameters that look like secrets by their names.
const SECRET_WORDS: [&str; 6] = ["secret", "password", "passwd", "token", "access_key", "credential"];

/// Why an address is none. Texts never repeat an address that may hold a secret.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AddressError {
    /// A password or key stands in it.
    #[error(
        "an address must hold no secret, for it is shown and kept: leave {0} out, and give it when asked for, \
         or by the environment"
    )]
    Secret(String),
    /// No scheme that is known.
    #[error("{0:?} is no address of a destination: s3://, webdav://, webdavs://, sftp:// and gdrive:// are")]
    Scheme(String),
    /// A part is missing or cannot be.
    #[error("the address {address:?} {why}")]
    Part {
        /// As it was given.
        address: String,
        /// What is wrong, as "lacks …".
        why: String,
    },
}

/// Where a destination is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// `s3://bucket/prefix?endpoint=…&region=…&path_style=…`
    S3(S3Address),
    /// `webdav://host:port/path`, `webdavs://…`
    WebDav(WebDavAddress),
    /// `sftp://user@host:port/path`
    Sftp(SftpAddress),
    /// `gdrive://FOLDER-ID/path`; the id of the topmost folder is `root`. For tests, with `?endpoint=…` on this
    /// machine
    Drive(DriveAddress),
}

/// A prefix in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Address {
    /// The address as it was given.
    pub text: String,
    /// The bucket.
    pub bucket: String,
    /// What every key begins with; empty, or with a slash at its end.
    pub prefix: String,
    /// `http://…` or `https://…`, without a path.
    pub endpoint: String,
    /// As signatures name it.
    pub region: String,
    /// Whether the bucket stands in the path, and not before the host's name.
    pub is_path_style: bool,
}

/// A folder on a WebDAV server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebDavAddress {
    /// The address as it was given.
    pub text: String,
    /// `http://host:port` or `https://host:port`.
    pub origin: String,
    /// The folder's segments.
    pub path: Vec<String>,
}

/// A folder on an SSH server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SftpAddress {
    /// The address as it was given.
    pub text: String,
    /// The account.
    pub user: String,
    /// The machine.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The folder: from the root, or from where the account begins when it starts with `~/`.
    pub path: String,
}

/// A folder in Google Drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriveAddress {
    /// The address as it was given.
    pub text: String,
    /// Where the path begins: `root`, or a folder's id.
    pub top: String,
    /// Folders below it.
    pub path: Vec<String>,
    /// What stands for Google in a test: `http://` and a port of this machine. The secrets go there, so it can be
    /// nowhere else.
    pub endpoint: Option<String>,
}

impl Address {
    /// Parses an address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let parts = Parts::of(text)?;
        match parts.scheme {
            "s3" => parts.s3().map(Self::S3),
            "webdav" | "webdavs" => parts.webdav().map(Self::WebDav),
            "sftp" => parts.sftp().map(Self::Sftp),
            "gdrive" => parts.drive().map(Self::Drive),
            other => Err(AddressError::Scheme(other.to_owned())),
        }
    }

    /// What holds copies there.
    #[must_use]
    pub fn medium(&self) -> Medium {
        match self {
            Self::S3(_) => Medium::S3,
            Self::WebDav(_) => Medium::WebDav,
            Self::Sftp(_) => Medium::Sftp,
            Self::Drive(_) => Medium::Drive,
        }
    }

    /// The address as it was given; it holds no secret.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::S3(S3Address { text, .. })
            | Self::WebDav(WebDavAddress { text, .. })
            | Self::Sftp(SftpAddress { text, .. })
            | Self::Drive(DriveAddress { text, .. }) => text,
        }
    }
}

/// An address, taken apart.
struct Parts<'a> {
    text: &'a str,
    scheme: &'a str,
    user: Option<String>,
    host: &'a str,
    port: Option<u16>,
    path: Vec<String>,
    query: Vec<(String, String)>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, AddressError> {
        let Some((scheme, rest)) = text.split_once("://") else {
            let head = text.split(['/', ':', '@', '?']).next().unwrap_or_default();
            return Err(AddressError::Scheme(head.to_owned()));
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        // First of all: no later error may repeat it.
        if user.is_some_and(|user| user.contains(':')) {
            return Err(AddressError::Secret("the password before the @".to_owned()));
        }
        let query: Vec<(String, String)> = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
        if let Some((name, _)) =
            query.iter().find(|(name, _)| SECRET_WORDS.iter().any(|word| name.to_lowercase().contains(word)))
        {
            return Err(AddressError::Secret(name.clone()));
        }
        let wrong = |why: &str| AddressError::Part { address: text.to_owned(), why: why.to_owned() };
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, Some(port.parse().map_err(|_error| wrong("has a port that is no number"))?))
            }
            _ => (host, None),
        };
        if host.is_empty() {
            return Err(wrong("names no host or bucket after ://"));
        }
        if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_[]:".contains(&byte)) {
            return Err(wrong("has a host or bucket with characters that none has"));
        }
        let path: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(percent_decoded).collect();
        if path.iter().any(|part| part == "." || part == ".." || part.contains(['/', '\0', '\n', '\r'])) {
            return Err(wrong("has a path that no destination can hold"));
        }
        Ok(Self { text, scheme, user: user.map(percent_decoded), host, port, path, query })
    }

    fn wrong(&self, why: impl Into<String>) -> AddressError {
        AddressError::Part { address: self.text.to_owned(), why: why.into() }
    }

    /// The parameter's value; refuses parameters that are not in `known`.
    fn parameters<const N: usize>(&self, known: [&str; N]) -> Result<[Option<&str>; N], AddressError> {
        if let Some((name, _)) = self.query.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            return Err(self.wrong(format!("has the parameter {name:?}, which it cannot have")));
        }
        Ok(known.map(|wanted| self.query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())))
    }

    fn no_user(&self) -> Result<(), AddressError> {
        if self.user.is_some() { Err(self.wrong("names a user: give it as the secret user")) } else { Ok(()) }
    }

    fn s3(&self) -> Result<S3Address, AddressError> {
        self.no_user()?;
        if self.port.is_some() {
            return Err(self.wrong("has a port after the bucket: the server goes into ?endpoint=http://host:port"));
        }
        let [endpoint, region, path_style] = self.parameters(["endpoint", "region", "path_style"])?;
        let region = region.unwrap_or("us-east-1");
        if !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(self.wrong("has a region that none can be"));
        }
        let is_path_style = match path_style {
            Some("true") => true,
            Some("false") => false,
            // Every S3-compatible server takes it; AWS wants the other for new buckets.
            None => endpoint.is_some(),
            Some(_) => return Err(self.wrong("has a path_style that is neither true nor false")),
        };
        let endpoint = match endpoint {
            None => format!("https://s3.{region}.amazonaws.com"),
            Some(given) => {
                let host = given.strip_prefix("https://").or_else(|| given.strip_prefix("http://"));
                match host.map(|host| host.trim_end_matches('/')) {
                    Some(host) if !host.is_empty() && !host.contains(['/', '@', '?', '#']) => {
                        given.trim_end_matches('/').to_owned()
                    }
                    _ => return Err(self.wrong("has an endpoint that is not http://host:port or https://host")),
                }
            }
        };
        let prefix = self.path.iter().map(|part| format!("{part}/")).collect();
        let (text, bucket, region) = (self.text.to_owned(), self.host.to_owned(), region.to_owned());
        Ok(S3Address { text, bucket, prefix, endpoint, region, is_path_style })
    }

    fn webdav(&self) -> Result<WebDavAddress, AddressError> {
        self.no_user()?;
        let [] = self.parameters([])?;
        let scheme = if self.scheme == "webdavs" { "https" } else { "http" };
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        let origin = format!("{scheme}://{}{port}", self.host);
        Ok(WebDavAddress { text: self.text.to_owned(), origin, path: self.path.clone() })
    }

    fn sftp(&self) -> Result<SftpAddress, AddressError> {
        let [] = self.parameters([])?;
        let Some(user) = self.user.clone().filter(|user| !user.is_empty()) else {
            return Err(self.wrong("names no user: sftp://user@host/path"));
        };
        let joined = self.path.join("/");
        let path = if joined.is_empty() || joined == "~" || joined.starts_with("~/") {
            format!("./{}", joined.trim_start_matches('~').trim_start_matches('/'))
        } else {
            format!("/{joined}")
        };
        let host = self.host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(SftpAddress { text: self.text.to_owned(), user, host, port: self.port.unwrap_or(22), path })
    }

    fn drive(&self) -> Result<DriveAddress, AddressError> {
        self.no_user()?;
        if self.port.is_some() {
            return Err(self.wrong("has a port after the folder's id"));
        }
        let [endpoint] = self.parameters(["endpoint"])?;
        let is_here = |given: &str| {
            let here = given.strip_prefix("http://").and_then(|at| at.parse::<std::net::SocketAddr>().ok());
            here.is_some_and(|here| here.ip().is_loopback())
        };
        if endpoint.is_some_and(|given| !is_here(given)) {
            return Err(self.wrong("has an endpoint that is not http://127.0.0.1:port: secrets would go there"));
        }
        let (text, top) = (self.text.to_owned(), self.host.to_owned());
        Ok(DriveAddress { text, top, path: self.path.clone(), endpoint: endpoint.map(str::to_owned) })
    }
}

fn pair(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (percent_decoded(name), percent_decoded(value))
}

/// Takes `%41` for `A`; what is no such pair, or makes no UTF-8, stays as it is.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let decoded = match (byte, after) {
            (b'%', [high, low, ..]) => char::from(*high).to_digit(16).zip(char::from(*low).to_digit(16)),
            _ => None,
        };
        match decoded {
            Some((high, low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_error| text.to_owned())
}

/// Escapes everything that is not unreserved, as URLs and signatures want it; a slash stays when it may.
pub fn percent_encoded(text: &str, keep_slash: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (keep_slash && byte == b'/') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s3(text: &str) -> S3Address {
        match Address::parse(text) {
            Ok(Address::S3(address)) => address,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn an_s3_address_names_bucket_prefix_server_and_region() {
        let own = s3("s3://photos/2026/weddings/?endpoint=http://nas.local:9000/&region=garage");
        assert_eq!((own.bucket.as_str(), own.prefix.as_str()), ("photos", "2026/weddings/"));
        assert_eq!((own.endpoint.as_str(), own.region.as_str()), ("http://nas.local:9000", "garage"));
        assert!(own.is_path_style);
        let aws = s3("s3://photos?region=ap-southeast-3");
        assert_eq!(aws.endpoint, "https://s3.ap-southeast-3.amazonaws.com");
        assert!(!aws.is_path_style && aws.prefix.is_empty());
        let escaped = s3("s3://photos/Ayu%20%26%20Bima?endpoint=https%3A%2F%2Fr2.example&path_style=false");
        assert_eq!((escaped.prefix.as_str(), escaped.endpoint.as_str()), ("Ayu & Bima/", "https://r2.example"));
    }

    #[test]
    fn a_secret_in_an_address_is_refused_and_not_repeated() {
        for text in [
            "s3://AKIA:hunter2@bucket/x",
            "sftp://me:hunter2@host/x",
            "webdavs://me:hunter2@host",
            "s3://bucket?secret_access_key=hunter2",
            "gdrive://root?refresh_token=hunter2",
            "webdav://host:x?password=hunter2",
        ] {
            let error = Address::parse(text).expect_err(text);
            assert!(matches!(error, AddressError::Secret(_)), "{text}: {error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_other_kinds_are_parsed_too() {
        let Ok(Address::WebDav(dav)) = Address::parse("webdavs://cloud.example:8443/dav/Fotos%20A") else { panic!() };
        assert_eq!(
            (dav.origin.as_str(), dav.path),
            ("https://cloud.example:8443", vec!["dav".into(), "Fotos A".into()])
        );
        let Ok(Address::Sftp(ssh)) = Address::parse("sftp://ayu@[::1]:2222/srv/photos") else { panic!() };
        assert_eq!(
            (ssh.user.as_str(), ssh.host.as_str(), ssh.port, ssh.path.as_str()),
            ("ayu", "::1", 2222, "/srv/photos")
        );
        let Ok(Address::Sftp(home)) = Address::parse("sftp://ayu@nas/~/photos") else { panic!() };
        assert_eq!((home.port, home.path.as_str()), (22, "./photos"));
        let Ok(Address::Drive(drive)) = Address::parse("gdrive://1AbC-d_E/Weddings/2026") else { panic!() };
        assert_eq!((drive.top.as_str(), drive.path.len()), ("1AbC-d_E", 2));
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, word) in [
            ("/media/disk", "s3://"),
            ("ftp://host/x", "ftp"),
            ("s3:///x", "names no host"),
            ("s3://bucket?endpoint=ftp://x", "endpoint"),
            ("s3://bucket?colour=red", "colour"),
            ("s3://bucket/../x", "path"),
            ("sftp://host/x", "names no user"),
            ("webdav://host:99999/x", "port"),
            ("gdrive://root/x?endpoint=https://elsewhere.example", "endpoint"),
            ("gdrive://root/x?endpoint=http://127.0.0.1.example:80", "endpoint"),
            ("s3://buc ket/x", "characters"),
        ] {
            let error = Address::parse(text).expect_err(text).to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn escaping_comes_back() {
        for text in ["a b+c%d#e?f", "Ayu & Bima/ÄÖ 婚.JPG", "~-_."] {
            assert_eq!(percent_decoded(&percent_encoded(text, true)), text);
        }
        assert_eq!(percent_encoded("a/b", false), "a%2Fb");
    }
}
