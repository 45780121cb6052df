//! A certificate of Kilat's own for FTPS, where the studio names none; and what people compare a certificate by.
//!
//! Made once and kept: a camera that accepted or imported it meets the same one again. Bodies either ask whether to
//! trust it or take it as a root, so it says that it may sign itself.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};

/// Where the certificate stands, and its key.
const FILES: [&str; 2] = ["ftp-certificate.pem", "ftp-key.pem"];
/// From before any camera's clock to the last year that old software can write: nobody renews it during a wedding.
const YEARS: [i32; 2] = [2020, 2049];

/// The paths of Kilat's own certificate and key in the data folder, whether or not they are there.
#[must_use]
pub fn own_certificate(data: &Path) -> (PathBuf, PathBuf) {
    let [certificate, key] = FILES.map(|name| data.join(name));
    (certificate, key)
}

/// Makes them unless they are there; `names` are those that cameras may come to this machine by.
///
/// # Errors
/// When they cannot be made or written.
pub fn make_certificate(data: &Path, names: Vec<String>) -> io::Result<()> {
    let (certificate, key) = own_certificate(data);
    if certificate.exists() && key.exists() {
        return Ok(());
    }
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, "Kilat");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages =
        vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment, KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let [first, last] = YEARS;
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(first, 1, 1), rcgen::date_time_ymd(last, 12, 31));
    let pair = KeyPair::generate().map_err(io::Error::other)?;
    let made = params.self_signed(&pair).map_err(io::Error::other)?;
    // The certificate last: where it stands, its key does.
    keep(&key, &pair.serialize_pem())?;
    keep(&certificate, &made.pem())
}

/// Writes a file that only its owner may read; whole or not at all.
fn keep(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

/// The SHA-256 of the first certificate of a PEM file, as people compare it: `AB:CD:…`.
///
/// # Errors
/// When there is none.
pub fn fingerprint(certificate: &Path) -> io::Result<String> {
    let text = std::fs::read_to_string(certificate)?;
    let body = text.split_once("-----BEGIN CERTIFICATE-----").and_then(|(_, rest)| rest.split_once("-----END"));
    let no_certificate = || io::Error::new(io::ErrorKind::InvalidData, "there is no certificate in it");
    let (body, _) = body.ok_or_else(no_certificate)?;
    let body: String = body.split_whitespace().collect();
    let der = BASE64.decode(body.as_bytes()).map_err(|error| io::Error::other(error.to_string()))?;
    let hash = ring::digest::digest(&ring::digest::SHA256, &der);
    Ok(hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_made_once_and_is_its_owners() {
        let folder = tempfile::tempdir().expect("a folder");
        let names = || vec!["kilat.local".to_owned(), "192.168.1.10".to_owned()];
        make_certificate(folder.path(), names()).expect("made");
        let (certificate, key) = own_certificate(folder.path());
        let before = fingerprint(&certificate).expect("a certificate");
        assert_eq!(before.len(), 32 * 3 - 1, "{before}");
        for path in [&certificate, &key] {
            assert_eq!(path.metadata().expect("it is there").permissions().mode() & 0o777, 0o600);
        }
        make_certificate(folder.path(), names()).expect("it is there");
        assert_eq!(fingerprint(&certificate).expect("a certificate"), before, "a camera meets the same again");
        // Without its key it is of no use.
        std::fs::remove_file(&key).expect("removed");
        make_certificate(folder.path(), names()).expect("made");
        assert_ne!(fingerprint(&certificate).expect("a certificate"), before);
        assert!(fingerprint(&key).is_err());
    }
}
