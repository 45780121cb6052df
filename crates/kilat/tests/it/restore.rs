//! Copies come back: by a destination's name, or with nothing but the folder or the server that holds them.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use kilat_testkit::{Folders, Oracle, S3Server, Server, server_program};
use serde_json::Value;
use tempfile::TempDir;

use crate::destinations::{s3_secrets, shoot, with_secrets};
use crate::scene::{complaint, folders, kilat, run, text};

/// An event of some photos, backed up to a disk by a server that still runs.
struct Backed {
    folders: Folders,
    oracle: Oracle,
    server: Server,
    home: TempDir,
}

impl Backed {
    fn up(photos: u64) -> Self {
        let (folders, mut oracle, home) = (folders(), Oracle::default(), tempfile::tempdir().expect("a folder"));
        let server = Server::start(kilat(), &folders);
        shoot(&folders, &mut oracle, 0..photos);
        server.viewer().wait_safe(photos);
        let backed = Self { folders, oracle, server, home };
        backed.add("shelf", backed.shelf().to_str().expect("text"), &[]);
        backed.back_up();
        backed
    }

    fn shelf(&self) -> PathBuf {
        self.home.path().join("shelf")
    }

    fn add(&self, name: &str, url: &str, secrets: &[(&str, &str)]) {
        let added = with_secrets(&self.folders, &["destination", "add", name, url, "--kind", "backup"], secrets);
        assert!(added.status.success(), "{}", complaint(&added));
    }

    fn back_up(&self) {
        let done = run(&self.folders, &["backup", "start", "wedding", "--wait"]);
        assert!(done.status.success(), "{}\n{}", complaint(&done), self.folders.log());
    }

    /// The event's folder on the shelf.
    fn event(&self) -> PathBuf {
        let mut entries = std::fs::read_dir(self.shelf()).expect("read").map(|entry| entry.expect("an entry").path());
        entries.find(|path| path.join("ascmhl").is_dir()).expect("an event")
    }

    fn to(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn restore(&self, arguments: &[&str], to: &Path) -> Output {
        run(&self.folders, &[arguments, &["--to", to.to_str().expect("text"), "--json"]].concat())
    }

    fn assert_whole(&self, restored: &Output, to: &Path) {
        assert!(restored.status.success(), "{}", complaint(restored));
        let verdict = self.oracle.judge(to).expect("read");
        assert!(verdict.is_good(), "{verdict:#?}");
    }
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}{}", text(output), complaint(output)))
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

/// Pictures below a folder in which another program writes.
fn pictures(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |path: PathBuf| if path.is_dir() { pictures(&path) } else { usize::from(is_picture(&path)) };
    entries.map(|entry| count(entry.expect("an entry").path())).sum()
}

fn is_picture(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "JPG")
}

#[test]
fn an_event_comes_back_byte_for_byte_without_a_journal_from_a_disk_and_from_s3() {
    let backed = Backed::up(5);
    let bucket = tempfile::tempdir().expect("a folder");
    let s3 = S3Server::start(bucket.path());
    backed.add("cloud", &s3.url("studio"), &s3_secrets());
    backed.back_up();
    let (event, shelf) = (backed.event(), backed.shelf());
    let Backed { folders, oracle, server, home } = backed;
    server.kill();
    std::fs::remove_dir_all(&folders.data).expect("removed");
    let restore = |from: &str, event: &str, to: &Path, secrets: &[(&str, &str)]| {
        let restored =
            with_secrets(&folders, &["restore", event, "--from", from, "--to", to.to_str().expect("text")], secrets);
        assert!(restored.status.success(), "{}", complaint(&restored));
        let verdict = oracle.judge(to).expect("read");
        assert!(verdict.is_good(), "{verdict:#?}");
    };
    restore(shelf.to_str().expect("text"), "wedding", &home.path().join("of disk"), &[]);
    let name = event.file_name().and_then(|name| name.to_str()).expect("text");
    restore(&s3.url("studio"), name, &home.path().join("of s3"), &s3_secrets());
    assert!(!folders.data.exists(), "restoring made a data folder");
}

#[test]
fn a_destination_gives_copies_back_by_its_name_with_and_without_a_server() {
    let backed = Backed::up(3);
    let vault = format!("restic:{}", backed.to("vault").display());
    backed.add("vault", &vault, &[("password", "correct horse")]);
    backed.back_up();
    let one = backed.to("one");
    let restored = backed.restore(&["restore", "wedding", "--from", "shelf", "--photo", "DSC_0001.JPG"], &one);
    assert!(restored.status.success(), "{}", complaint(&restored));
    assert_eq!((report(&restored)["restored"].as_u64(), files_below(&one).len()), (Some(1), 1));
    let unknown = backed.restore(&["restore", "wedding", "--from", "shelf", "--photo", "nobody.jpg"], &one);
    assert_eq!(unknown.status.code(), Some(2), "{}", complaint(&unknown));
    for from in ["shelf", "vault"] {
        let to = backed.to(&format!("{from} with a server"));
        backed.assert_whole(&backed.restore(&["restore", "wedding", "--from", from], &to), &to);
    }
    let to = backed.to("twice");
    backed.assert_whole(&backed.restore(&["backup", "restore", "wedding", "--from", "shelf"], &to), &to);
    let again = backed.restore(&["backup", "restore", "wedding", "--from", "shelf"], &to);
    assert_eq!(report(&again)["wasThere"].as_u64(), Some(3), "{}", text(&again));
    let Backed { folders, oracle, server, home } = backed;
    assert!(server.stop().success());
    let to = home.path().join("alone");
    let restored = run(&folders, &["restore", "wedding", "--from", "vault", "--to", to.to_str().expect("text")]);
    assert!(restored.status.success(), "{}", complaint(&restored));
    assert!(oracle.judge(&to).expect("read").is_good());
}

#[test]
fn without_its_manifests_an_event_comes_back_by_the_hashes_of_the_journal() {
    let backed = Backed::up(3);
    std::fs::remove_dir_all(backed.event().join("ascmhl")).expect("removed");
    let to = backed.to("back");
    backed.assert_whole(&backed.restore(&["restore", "wedding", "--from", "shelf"], &to), &to);
    let shelf = backed.shelf();
    let refused = backed.restore(&["restore", "wedding", "--from", shelf.to_str().expect("text")], &backed.to("none"));
    assert_eq!(refused.status.code(), Some(1), "{}", complaint(&refused));
}

#[test]
fn a_flipped_bit_in_any_file_of_a_backup_is_found_by_restore_and_by_verify() {
    let backed = Backed::up(2);
    let event = backed.event();
    let path = event.to_str().expect("text");
    let verified = run(&backed.folders, &["verify", path]);
    assert!(verified.status.success(), "{}{}", text(&verified), complaint(&verified));
    for (number, file) in files_below(&event).into_iter().enumerate() {
        let whole = std::fs::read(&file).expect("read");
        let mut damaged = whole.clone();
        damaged[whole.len() / 2] ^= 1;
        std::fs::write(&file, damaged).expect("written");
        let verified = run(&backed.folders, &["verify", path]);
        assert_eq!(verified.status.code(), Some(1), "{}: {}", file.display(), text(&verified));
        let to = backed.to(&format!("to {number}"));
        let restored = backed.restore(&["restore", "--from", path], &to);
        assert_eq!(restored.status.code(), Some(5), "{}: {}", file.display(), text(&restored));
        let name = file.strip_prefix(&event).expect("below").display().to_string();
        let told = report(&restored);
        // What is wrong with the lists may name another of them: a chain that names another manifest.
        let is_told = if name.starts_with("ascmhl/") {
            told["flaws"].as_array().is_some_and(|flaws| !flaws.is_empty())
        } else {
            told["damaged"][0]["path"] == name
        };
        assert!(is_told, "{name}: {told}");
        std::fs::write(&file, whole).expect("as before");
    }
    // Another destination helps out where the journal knows one.
    let upload = backed.server.get("/api/admin/destinations");
    assert!(upload.as_array().is_some_and(|all| all.len() == 2), "{upload}");
    let photo = files_below(&event).into_iter().find(|path| is_picture(path));
    std::fs::write(photo.expect("a photo"), "damaged").expect("written");
    let to = backed.to("mended");
    let restored = backed.restore(&["restore", "wedding", "--from", "shelf"], &to);
    backed.assert_whole(&restored, &to);
    assert_eq!(report(&restored)["damaged"][0]["isRestored"].as_bool(), Some(true), "{}", text(&restored));
}

#[test]
fn a_restore_that_is_killed_goes_on_where_it_was() {
    let backed = Backed::up(60);
    let (to, shelf) = (backed.to("back"), backed.shelf());
    let mut command = Command::new(kilat());
    command.env_clear().current_dir(backed.folders.path()).stderr(Stdio::null()).stdout(Stdio::null());
    command.args(["restore", "wedding", "--from"]).arg(&shelf).arg("--to").arg(&to);
    let mut child = command.spawn().expect("it runs");
    while pictures(&to) < 2 {
        assert_eq!(child.try_wait().expect("asked"), None, "it ended by itself");
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    let status = child.wait().expect("it ended");
    assert_eq!(status.signal(), Some(9), "it was done before it could be killed");
    let again = backed.restore(&["restore", "wedding", "--from", shelf.to_str().expect("text")], &to);
    backed.assert_whole(&again, &to);
    let told = report(&again);
    assert!(told["wasThere"].as_u64() >= Some(2) && told["restored"].as_u64() >= Some(1), "{told}");
    assert!(!to.join(".kilat-restore").exists());
}

#[test]
fn what_the_public_tool_wrote_is_verified_and_restored() {
    let (folders, home) = (folders(), tempfile::tempdir().expect("a folder"));
    let (card, to) = (home.path().join("card"), home.path().join("to"));
    std::fs::create_dir_all(card.join("DCIM")).expect("made");
    for name in ["one.jpg", "DCIM/two.jpg"] {
        std::fs::write(card.join(name), name).expect("written");
    }
    for format in ["xxh128", "md5"] {
        let create =
            Command::new(server_program("ascmhl")).args(["create", "-h", format]).arg(&card).output().expect("it runs");
        assert!(create.status.success(), "{}{}", text(&create), complaint(&create));
    }
    let path = card.to_str().expect("text");
    let verified = run(&folders, &["verify", path, "--json"]);
    assert!(verified.status.success(), "{}{}", text(&verified), complaint(&verified));
    assert_eq!((report(&verified)["good"].as_u64(), report(&verified)["generations"].as_u64()), (Some(2), Some(2)));
    let restored = run(&folders, &["restore", "--from", path, "--to", to.to_str().expect("text")]);
    assert!(restored.status.success(), "{}", complaint(&restored));
    assert_eq!(std::fs::read(to.join("card/DCIM/two.jpg")).expect("restored"), b"DCIM/two.jpg");
    std::fs::write(card.join("new.jpg"), "new").expect("written");
    std::fs::remove_file(card.join("one.jpg")).expect("removed");
    let verified = run(&folders, &["verify", path]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(text(&verified).contains("one.jpg\tit is not there") && text(&verified).contains("new.jpg\tno manifest"));
}
