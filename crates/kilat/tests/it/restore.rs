//! Events brought back: from destinations, from a bare disk with nothing but its manifests, from damaged places.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use kilat_testkit::{Folders, S3Server, Server, SshServer, WebDavServer, pause};
use serde_json::Value;

use crate::scene::{complaint, folders, kilat, photo, pipe, run, standing, text};

const PHOTOS: u64 = 8;

/// An event with a backup on a disk and one on an S3 server, and every photo's bytes by name.
struct Event {
    folders: Folders,
    bucket: tempfile::TempDir,
    s3: S3Server,
    photos: BTreeMap<String, Vec<u8>>,
}

impl Event {
    fn backed_up() -> Self {
        let folders = folders();
        fs::create_dir_all(&folders.data).expect("made");
        let shelf = folders.path().join("shelf");
        let settings = format!("[[destination]]\nname = \"shelf\"\nurl = \"{}\"\nkind = \"backup\"\n", shelf.display());
        fs::write(folders.data.join("kilat.toml"), settings).expect("written");
        let bucket = tempfile::tempdir().expect("a folder");
        let s3 = S3Server::start(bucket.path());
        let server = Server::start(kilat(), &folders);
        let secrets =
            format!("access_key_id={}\nsecret_access_key={}\n", S3Server::ACCESS_KEY_ID, S3Server::SECRET_ACCESS_KEY);
        let added = pipe(&folders, &["destination", "add", "cloud", &s3.url("studio"), "--kind", "backup"], &secrets);
        assert!(added.status.success(), "{}", complaint(&added));
        let mut photos = BTreeMap::new();
        for number in 0..PHOTOS {
            let (name, bytes) = (format!("DSC_{number:04}.JPG"), photo(number, 300_000));
            fs::write(folders.hot.join(&name), &bytes).expect("written");
            photos.insert(name, bytes);
        }
        server.viewer().wait_safe(PHOTOS);
        let done = run(&folders, &["backup", "start", "wedding", "--wait"]);
        assert!(done.status.success(), "{}", complaint(&done));
        assert!(server.stop().success());
        Self { folders, bucket, s3, photos }
    }

    fn shelf(&self) -> PathBuf {
        self.folders.path().join("shelf")
    }

    /// The event's folder on the shelf.
    fn on_shelf(&self) -> PathBuf {
        let mut all = fs::read_dir(self.shelf()).expect("read").map(|entry| entry.expect("an entry").path());
        all.find(|path| path.join("ascmhl").is_dir()).expect("an event with manifests")
    }

    fn restore(&self, more: &[&str]) -> (Output, PathBuf) {
        let to = self.folders.path().join(format!("restored-{}", more.join("").len()));
        let to_text = to.display().to_string();
        let mut arguments = vec!["restore", "wedding", "--to", &to_text];
        arguments.extend(more);
        (run(&self.folders, &arguments), to)
    }

    /// Exactly the event's photos stand below a folder, byte for byte.
    fn is_whole(&self, folder: &Path) {
        assert_eq!(files(folder), self.photos);
    }
}

/// Names and bytes of all files below a folder.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                assert!(found.insert(name, fs::read(&path).expect("read")).is_none(), "{} twice", path.display());
            }
        }
    }
    found
}

/// The file of that name below a folder.
pub(crate) fn find(folder: &Path, name: &str) -> PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("read") {
            let path = entry.expect("an entry").path();
            if path.file_name().is_some_and(|found| found == name) {
                return path;
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    panic!("{name} is not below {}", folder.display())
}

pub(crate) fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("read");
    bytes[at] ^= 1;
    fs::write(path, bytes).expect("written");
}

#[test]
fn an_event_comes_back_byte_for_byte_from_every_place_and_from_the_manifest_alone() {
    let event = Event::backed_up();
    let (done, to) = event.restore(&["--from", "shelf"]);
    assert!(done.status.success() && text(&done).contains("8 files restored"), "{}{}", text(&done), complaint(&done));
    event.is_whole(&to);
    let (done, to) = event.restore(&["--from", "cloud", "--json"]);
    assert!(done.status.success(), "{}", complaint(&done));
    event.is_whole(&to);
    // The same again keeps what is there.
    let (again, _) = event.restore(&["--from", "cloud", "--json"]);
    let again: Value = serde_json::from_str(&text(&again)).expect("JSON");
    assert_eq!((&again["restored"], &again["wasThere"]), (&0.into(), &PHOTOS.into()), "{again}");
    event.is_whole(&to);

    // No journal, no key, no Kilat that ever knew the event: only what stands on the disk.
    fs::remove_dir_all(&event.folders.data).expect("removed");
    let moved = event.folders.path().join("disk of another machine");
    fs::rename(event.shelf(), &moved).expect("moved");
    let (done, to) = event.restore(&["--from", &moved.display().to_string()]);
    assert!(done.status.success(), "{}", complaint(&done));
    event.is_whole(&to);
    // And from the server by its address; the folder there is called as on the disk.
    let folder = fs::read_dir(event.bucket.path().join(S3Server::BUCKET).join("studio")).expect("read");
    let folder = folder.map(|entry| entry.expect("an entry").path()).find(|path| path.join("ascmhl").is_dir());
    let folder = folder.expect("the event").file_name().expect("a name").to_string_lossy().into_owned();
    let to = event.folders.path().join("from-address");
    let secrets =
        format!("access_key_id={}\nsecret_access_key={}\n", S3Server::ACCESS_KEY_ID, S3Server::SECRET_ACCESS_KEY);
    let (to_text, url) = (to.display().to_string(), event.s3.url("studio"));
    let done = pipe(&event.folders, &["restore", &folder, "--from", &url, "--to", &to_text], &secrets);
    assert!(done.status.success(), "{}", complaint(&done));
    event.is_whole(&to);
}

#[test]
fn while_the_server_runs_one_photo_comes_back_and_nothing_is_overwritten() {
    let event = Event::backed_up();
    let server = Server::start(kilat(), &event.folders);
    let (done, to) = event.restore(&["--from", "shelf", "--photo", "dsc_0003.jpg"]);
    assert!(done.status.success(), "{}", complaint(&done));
    let found = files(&to);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["DSC_0003.JPG"]);
    // Somebody's own file has its name.
    let path = find(&to, "DSC_0003.JPG");
    fs::write(&path, b"edited").expect("written");
    let (done, _) = event.restore(&["--from", "shelf", "--photo", "dsc_0003.jpg"]);
    assert!(done.status.success(), "{}", complaint(&done));
    assert_eq!(fs::read(&path).expect("there"), b"edited");
    assert!(files(&to).values().any(|bytes| *bytes == event.photos["DSC_0003.JPG"]));
    let (none, _) = event.restore(&["--from", "shelf", "--photo", "DSC_9999.JPG"]);
    assert!(!none.status.success() && complaint(&none).contains("DSC_9999"), "{}", complaint(&none));
    let (none, _) = event.restore(&["--from", "attic"]);
    assert!(complaint(&none).contains("shelf"), "the ones that there are: {}", complaint(&none));
    assert!(server.stop().success());
}

#[test]
fn a_damaged_copy_is_never_restored_and_comes_from_the_next_place() {
    let event = Event::backed_up();
    flip(&find(&event.on_shelf(), "DSC_0002.JPG"), 150_000);
    fs::remove_file(find(&event.on_shelf(), "DSC_0005.JPG")).expect("removed");
    let (part, to) = event.restore(&["--from", "shelf"]);
    assert_eq!(part.status.code(), Some(5), "{}", complaint(&part));
    assert!(complaint(&part).contains("DSC_0002.JPG") && complaint(&part).contains("DSC_0005.JPG"));
    let found = files(&to);
    assert_eq!(found.len(), 6);
    assert!(found.iter().all(|(name, bytes)| event.photos[name] == *bytes));
    let (done, to) = event.restore(&["--from", "shelf", "--from", "cloud"]);
    assert!(done.status.success(), "{}", complaint(&done));
    event.is_whole(&to);
}

#[test]
fn a_flipped_bit_in_any_kind_of_file_is_found() {
    let event = Event::backed_up();
    let folder = event.on_shelf();
    let verify = |path: &Path| run(&event.folders, &["verify", &path.display().to_string(), "--json"]);
    let good = verify(&event.shelf());
    assert!(good.status.success(), "{}{}", text(&good), complaint(&good));
    let report: Value = serde_json::from_str(&text(&good)).expect("JSON");
    assert_eq!(report["sound"], PHOTOS);
    let lists = fs::read_dir(folder.join("ascmhl")).expect("read").map(|entry| entry.expect("an entry").path());
    let mut victims: Vec<PathBuf> = lists.collect();
    assert!(victims.len() >= 2, "a manifest and its chain: {victims:?}");
    victims.push(find(&folder, "DSC_0001.JPG"));
    for victim in victims {
        let length = fs::metadata(&victim).expect("there").len() as usize;
        for at in [0, length / 3, length / 2, length - 1] {
            flip(&victim, at);
            let bad = verify(&folder);
            assert!(!bad.status.success(), "bit at {at} of {}: {}", victim.display(), text(&bad));
            // Whatever the manifests say now, no wrong byte comes back.
            let (restored, to) = event.restore(&["--from", &folder.display().to_string()]);
            if to.exists() {
                for (name, bytes) in files(&to) {
                    assert!(event.photos[&name] == bytes, "{name} with a bit at {at} of {}", victim.display());
                }
                fs::remove_dir_all(&to).expect("removed");
            }
            drop(restored);
            flip(&victim, at);
        }
    }
    assert!(verify(&folder).status.success());
    fs::write(folder.join("stranger.jpg"), b"who put that here").expect("written");
    let report: Value = serde_json::from_str(&text(&verify(&folder))).expect("JSON");
    assert_eq!((&report["unlisted"], &report["success"]), (&1.into(), &true.into()), "{report}");
}

#[test]
fn a_folder_that_the_public_tool_listed_is_verified_and_restored() {
    let folders = folders();
    let folder = folders.path().join("A001");
    fs::create_dir_all(folder.join("Clips/day 1")).expect("made");
    let mut all = BTreeMap::new();
    for (name, below) in [("one.mov", "Clips"), ("two.mov", "Clips/day 1"), ("notes.txt", ".")] {
        let bytes = photo(name.len() as u64, 100_000);
        fs::write(folder.join(below).join(name), &bytes).expect("written");
        all.insert(name.to_owned(), bytes);
    }
    for format in ["md5", "xxh128"] {
        let tool = kilat_testkit::server_program("ascmhl");
        let made = std::process::Command::new(tool).args(["create", "-h", format]).arg(&folder).output().expect("runs");
        assert!(made.status.success(), "{}{}", text(&made), complaint(&made));
    }
    let path = folder.display().to_string();
    let verified = run(&folders, &["verify", &path]);
    assert!(verified.status.success(), "{}{}", text(&verified), complaint(&verified));
    let to = folders.path().join("back");
    let done = run(&folders, &["restore", "A001", "--from", &path, "--to", &to.display().to_string()]);
    assert!(done.status.success(), "{}", complaint(&done));
    assert_eq!(files(&to), all);
}

#[test]
fn a_restore_that_is_killed_goes_on_when_it_is_run_again() {
    let event = Event::backed_up();
    let to = event.folders.path().join("killed");
    let (to_text, shelf) = (to.display().to_string(), event.on_shelf().display().to_string());
    let arguments = ["restore", "wedding", "--from", &shelf, "--to", &to_text];
    for whole in 0..PHOTOS as usize {
        let mut child = std::process::Command::new(kilat())
            .args(arguments)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("it runs");
        // As soon as one more photo stands, while the next is being written.
        let is_there = || standing(&to) > whole;
        while !is_there() && child.try_wait().expect("asked").is_none() {
            pause(Duration::from_millis(1));
        }
        child.kill().expect("killed");
        child.wait().expect("over");
    }
    let done = run(&event.folders, &arguments);
    assert!(done.status.success(), "{}", complaint(&done));
    event.is_whole(&to);
}

/// Secrets as lines of standard input, the ends of a key's lines written as `\n`.
fn lines(secrets: &[(&str, &str)]) -> String {
    secrets.iter().map(|(name, value)| format!("{name}={}\n", value.trim_end().replace('\n', "\\n"))).collect()
}

#[test]
fn an_event_comes_back_from_webdav_sftp_and_an_encrypted_repository_by_name_and_by_address() {
    let (folders, place) = (folders(), tempfile::tempdir().expect("a folder"));
    let (shared, account) = (place.path().join("dav"), place.path().join("ssh"));
    for folder in [&shared, &account] {
        fs::create_dir(folder).expect("made");
    }
    let (dav, ssh) = (WebDavServer::start(&shared), SshServer::start());
    let server = Server::start(kilat(), &folders);
    let dav_secrets = lines(&[("user", WebDavServer::USER), ("password", WebDavServer::PASSWORD)]);
    let places = [
        ("share", dav.url("studio"), dav_secrets),
        ("server", ssh.url(&account.join("studio")), lines(&[("key", &ssh.key)])),
        ("vault", format!("restic:{}", place.path().join("vault").display()), lines(&[("password", "correct horse")])),
    ];
    for (name, url, secrets) in &places {
        let added = pipe(&folders, &["destination", "add", name, url, "--kind", "backup"], secrets);
        assert!(added.status.success(), "{name}: {}", complaint(&added));
    }
    let mut photos = BTreeMap::new();
    for number in 0..PHOTOS {
        let (name, bytes) = (format!("DSC_{number:04}.JPG"), photo(number, 300_000));
        fs::write(folders.hot.join(&name), &bytes).expect("written");
        photos.insert(name, bytes);
    }
    server.viewer().wait_safe(PHOTOS);
    for command in ["start", "verify"] {
        let mut arguments = vec!["backup", command, "wedding"];
        // A verification waits by itself.
        arguments.extend((command == "start").then_some("--wait"));
        let done = run(&folders, &arguments);
        assert!(done.status.success(), "{command}: {}\n{}", complaint(&done), folders.log());
    }
    assert!(server.stop().success());

    let restore = |event: &str, from: &[&str], secrets: &str| {
        let to = tempfile::tempdir_in(place.path()).expect("a folder");
        let to_text = to.path().display().to_string();
        let mut arguments = vec!["restore", event, "--to", &to_text];
        arguments.extend(from.iter().flat_map(|from| ["--from", from]));
        (pipe(&folders, &arguments, secrets), to)
    };
    for (name, _, _) in &places {
        let (done, to) = restore("wedding", &[name], "");
        assert!(done.status.success(), "{name}: {}", complaint(&done));
        assert_eq!(files(to.path()), photos, "{name}");
    }
    // One copy rots on the share, its file is gone from the other server: each gives what the other has not.
    let folder = fs::read_dir(shared.join("studio")).expect("read").map(|entry| entry.expect("an entry").path());
    let folder = folder.into_iter().find(|path| path.join("ascmhl").is_dir()).expect("the event");
    flip(&find(&folder, "DSC_0002.JPG"), 150_000);
    fs::remove_file(find(&account.join("studio"), "DSC_0005.JPG")).expect("removed");
    for (name, lost) in [("share", "DSC_0002.JPG"), ("server", "DSC_0005.JPG")] {
        let (part, to) = restore("wedding", &[name], "");
        assert_eq!(part.status.code(), Some(5), "{name}: {}", complaint(&part));
        assert!(complaint(&part).contains(lost), "{name}: {}", complaint(&part));
        let found = files(to.path());
        assert_eq!(found.len() as u64, PHOTOS - 1, "{name}");
        assert!(found.iter().all(|(name, bytes)| photos[name] == *bytes), "{name}");
    }
    let (done, to) = restore("wedding", &["share", "server"], "");
    assert!(done.status.success(), "{}", complaint(&done));
    assert_eq!(files(to.path()), photos);

    // Without a journal, by address; nothing is written to any of them.
    fs::remove_dir_all(&folders.data).expect("removed");
    let event = folder.file_name().expect("a name").to_string_lossy().into_owned();
    let before = (standing(&shared), standing(&account));
    for ((name, url, secrets), lost) in places.iter().zip([Some("DSC_0002.JPG"), Some("DSC_0005.JPG"), None]) {
        let (done, to) = restore(&event, &[url], secrets);
        assert_eq!(done.status.code(), Some(if lost.is_some() { 5 } else { 0 }), "{name}: {}", complaint(&done));
        let found = files(to.path());
        let wanted = photos.iter().filter(|(photo, _)| lost != Some(photo.as_str()));
        assert_eq!(found, wanted.map(|(name, bytes)| (name.clone(), bytes.clone())).collect(), "{name}");
    }
    assert_eq!((standing(&shared), standing(&account)), before);
    let (wrong, _) = restore(&event, &[&places[0].1], &lines(&[("user", WebDavServer::USER), ("password", "wrong")]));
    assert!(!wrong.status.success() && complaint(&wrong).contains("credentials"), "{}", complaint(&wrong));
}
