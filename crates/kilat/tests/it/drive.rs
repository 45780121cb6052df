//! A whole event to Google Drive, which a stand-in is here, killed in the middle of a file.

use std::path::Path;

use kilat_testkit::{DriveServer, Folders, Oracle, Server};

use crate::backup::{ask, wait_phase};
use crate::scene::{complaint, folders, kilat, photo, pipe, run, text};

/// Three chunks of an upload.
const SIZE: usize = 20_000_000;
/// What one chunk, the probes and the lists come to.
const A_CHUNK_AND_SMALL_THINGS: u64 = 9 * 1024 * 1024;

fn added(folders: &Folders, drive: &DriveServer) -> String {
    let secrets: String = DriveServer::SECRETS.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    let arguments = ["destination", "add", "drive", &drive.url("studio"), "--kind", "backup", "--off-site"];
    let added = pipe(folders, &arguments, &secrets);
    assert!(added.status.success(), "{}", complaint(&added));
    format!("{}{}", text(&added), complaint(&added))
}

/// Fails when anything below a folder shows a secret, a token or the address of a session.
fn shows_no_secret(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            shows_no_secret(&path);
            continue;
        }
        let bytes = std::fs::read(&path).expect("read");
        let secret = DriveServer::SECRET.as_bytes();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{}", path.display());
    }
}

#[test]
fn an_event_reaches_google_drive_once_and_whole_though_killed_in_the_middle_of_a_file() {
    let (folders, mut oracle, drive) = (folders(), Oracle::default(), DriveServer::start());
    std::fs::create_dir_all(&folders.data).expect("made");
    // One file after the other, so that the fifth chunk is the second one's second.
    std::fs::write(folders.data.join("kilat.toml"), "[backup]\nparallel = 1\n").expect("written");
    let server = Server::start(kilat(), &folders);
    let told = added(&folders, &drive);
    let mut photos = 0;
    for number in 0..3 {
        let (path, bytes) = (folders.hot.join(format!("DSC_{number:04}.JPG")), photo(number, SIZE));
        std::fs::write(&path, &bytes).expect("written");
        oracle.closed(&path, &bytes);
        photos += bytes.len() as u64;
    }
    server.viewer().wait_safe(3);
    let before = drive.received();
    drive.hold_after(4);
    let id = ask(&server);
    drive.wait_held();
    server.kill();
    drive.release();
    shows_no_secret(&folders.data);
    // Nobody asks again.
    let server = Server::start(kilat(), &folders);
    let ended = wait_phase(&server.viewer(), &id, "completed");
    assert_eq!(ended["successfulUploads"], 3, "{ended}");
    let twice = drive.received() - before - photos;
    assert!(twice < A_CHUNK_AND_SMALL_THINGS, "{twice} bytes were sent twice, more than the chunk that was cut off");
    let verified = run(&folders, &["backup", "verify", "wedding"]);
    assert!(verified.status.success(), "{}", complaint(&verified));
    let copy = tempfile::tempdir().expect("a folder");
    for (path, bytes) in drive.files() {
        assert!(!path.contains(".kilat-parts/"), "{path} stayed");
        let path = copy.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }
    let verdict = oracle.judge(copy.path()).expect("read");
    assert!(verdict.is_good(), "{verdict:#?}\n{}", folders.log());
    assert!(server.stop().success());
    let told = format!("{told}{}{}", text(&run(&folders, &["destination", "list", "--json"])), folders.log());
    assert!(told.contains("drive") && !told.contains(DriveServer::SECRET), "{told}");
    shows_no_secret(&folders.data);
}
