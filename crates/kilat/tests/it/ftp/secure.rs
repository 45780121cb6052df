//! FTPS without a certificate of the studio's: Kilat has one of its own, which a camera can import.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use kilat_testkit::{Folders, Oracle};

use super::{Login, address, start};
use crate::scene::{complaint, folders, photo, run, text};

/// A body that imported Kilat's certificate as a root and trusts no other.
const BODY: &str = "
import ftplib, hashlib, ssl, sys
host, port, user, password, root, path, name = sys.argv[1:]
context = ssl.create_default_context(cafile=root)
with ftplib.FTP_TLS(context=context) as ftp:
    ftp.connect(host, int(port), timeout=30)
    ftp.login(user, password)
    ftp.prot_p()
    data = ftp.transfercmd('STOR ' + name)
    data.sendall(open(path, 'rb').read())
    data.close()
    print(ftp.voidresp())
    print(':'.join('%02X' % byte for byte in hashlib.sha256(ftp.sock.getpeercert(True)).digest()))
";

fn send(folders: &Folders, login: &Login, root: &Path, name: &str, bytes: &[u8]) -> String {
    let (at, path) = (address(folders).expect("ready"), folders.path().join(name));
    std::fs::write(&path, bytes).expect("written");
    let mut body = Command::new("python3");
    body.args(["-c", BODY, &at.ip().to_string(), &at.port().to_string(), &login.user, &login.password]);
    let output = body.arg(root).arg(&path).arg(name).output().expect("python3 is installed");
    let said = text(&output);
    assert!(said.starts_with("226"), "{said}{}", complaint(&output));
    said.lines().last().expect("a fingerprint").to_owned()
}

#[test]
fn ftps_without_a_certificate_of_the_studios_is_trusted_by_whoever_imported_kilats_own() {
    let folders = folders();
    let server = start(&folders, &[], &[("KILAT_FTP_TLS", "required")]);
    let login = Login::make(&folders, "Z9 of Budi");
    let (certificate, key) = (folders.data.join("ftp-certificate.pem"), folders.data.join("ftp-key.pem"));
    assert_eq!(key.metadata().expect("made").permissions().mode() & 0o777, 0o600);
    let mut oracle = Oracle::default();
    let bytes = [photo(1, 200_000), photo(2, 200_000)];
    oracle.closed(Path::new("1"), &bytes[0]);
    oracle.closed(Path::new("2"), &bytes[1]);
    let fingerprint = send(&folders, &login, &certificate, "DSC_0001.JPG", &bytes[0]);
    let added = run(&folders, &["camera", "add", "R5 of Ani"]);
    let typed = text(&added);
    assert!(typed.contains(&format!("SHA-256 {fingerprint}")) && typed.contains("ftp-certificate.pem"), "{typed}");
    assert!(typed.contains("FTPS (explicit)"), "{typed}");
    assert!(server.stop().success());
    // Kept, so that nobody imports it again.
    let server = start(&folders, &[], &[("KILAT_FTP_TLS", "required")]);
    assert_eq!(send(&folders, &login, &certificate, "DSC_0002.JPG", &bytes[1]), fingerprint);
    server.viewer().wait_safe(oracle.count());
    assert!(oracle.judge(&folders.out).expect("read").is_good());
    let listed = text(&run(&folders, &["camera", "list"]));
    assert!(
        listed.contains("Z9 of Budi\tno end\t2 files, last ") && listed.contains("R5 of Ani\tno end\t0 files\n"),
        "{listed}"
    );
    assert!(server.stop().success());
    let listed = text(&run(&folders, &["camera", "list"]));
    assert!(listed.contains("2 files, last "), "also without a server: {listed}");
}
