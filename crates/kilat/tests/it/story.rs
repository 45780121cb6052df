//! The whole story of a wedding's photos: to a disk and to an S3 server at once, through ten deaths, and back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use kilat_testkit::{Folders, Oracle, S3Server, Server, pause, server_program};

use crate::scene::{complaint, folders, kilat, photo, pipe, run, standing, text};

const PHOTOS: u64 = 500;
const DEATHS: usize = 10;

/// `kilat tail`, whose lines go into a file.
fn tail(folders: &Folders, log: &Path) -> std::process::Child {
    let out = fs::OpenOptions::new().create(true).append(true).open(log).expect("a log");
    Command::new(kilat())
        .args(["tail", "--json", "--data"])
        .arg(&folders.data)
        .stdout(out)
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs")
}

#[test]
fn five_hundred_photos_reach_a_disk_and_a_server_through_ten_deaths_and_come_back_from_the_manifest_alone() {
    let (folders, mut oracle) = (folders(), Oracle::default());
    fs::create_dir_all(&folders.data).expect("made");
    let shelf = folders.path().join("shelf");
    let settings = format!(
        "[[destination]]\nname = \"shelf\"\nurl = \"{}\"\nkind = \"backup\"\n\n[backup]\nparallel = 2\n",
        shelf.display()
    );
    fs::write(folders.data.join("kilat.toml"), settings).expect("written");
    let bucket = tempfile::tempdir().expect("a folder");
    let s3 = S3Server::start(bucket.path());
    let mut server = Server::start(kilat(), &folders);
    let secrets =
        format!("access_key_id={}\nsecret_access_key={}\n", S3Server::ACCESS_KEY_ID, S3Server::SECRET_ACCESS_KEY);
    let added = pipe(&folders, &["destination", "add", "cloud", &s3.url("studio"), "--kind", "backup"], &secrets);
    assert!(added.status.success(), "{}", complaint(&added));
    let mut photos = BTreeMap::new();
    for number in 0..PHOTOS {
        let (path, bytes) = (folders.hot.join(format!("DSC_{number:04}.JPG")), photo(number, 60_000));
        fs::write(&path, &bytes).expect("written");
        oracle.closed(&path, &bytes);
        photos.insert(path.file_name().expect("a name").to_owned(), bytes);
    }
    server.viewer().wait_safe(PHOTOS);

    let log = folders.path().join("tail.log");
    let mut tailing = tail(&folders, &log);
    let begun = run(&folders, &["backup", "start", "wedding"]);
    assert!(begun.status.success(), "{}", complaint(&begun));
    let cloud = bucket.path().join(S3Server::BUCKET).join("studio");
    for death in 1..=DEATHS {
        let enough = death * PHOTOS as usize / (DEATHS + 2);
        while standing(&shelf) + standing(&cloud) < 2 * enough {
            pause(Duration::from_millis(2));
        }
        server.kill();
        server = Server::start(kilat(), &folders);
    }
    // What goes on by itself needs no second order; asking again answers the runs that go.
    let done = run(&folders, &["backup", "start", "wedding", "--wait"]);
    assert!(done.status.success(), "{}\n{}", complaint(&done), folders.log());
    tailing.kill().expect("killed");
    tailing.wait().expect("over");
    let heard = fs::read_to_string(&log).expect("a log");
    assert!(heard.contains("backup_progress") && heard.contains("backup_status"), "live in the terminal: {heard}");
    for place in [&shelf, &cloud] {
        let verdict = oracle.judge(place).expect("read");
        assert!(verdict.is_good(), "{}: {verdict:#?}\n{}", place.display(), folders.log());
        let mut events = fs::read_dir(place).expect("read").map(|entry| entry.expect("an entry").path());
        let event = events.find(|path| path.join("ascmhl").is_dir()).expect("an event with manifests");
        let verify = Command::new(server_program("ascmhl-debug")).arg("verify").arg(&event).output().expect("runs");
        assert!(verify.status.success(), "{}{}", text(&verify), complaint(&verify));
    }
    assert!(server.stop().success());

    fs::remove_dir_all(&folders.data).expect("removed");
    fs::remove_dir_all(&folders.hot).expect("removed");
    let to = folders.path().join("restored");
    let (from, to_text) = (shelf.display().to_string(), to.display().to_string());
    let restored = run(&folders, &["restore", "wedding", "--from", &from, "--to", &to_text]);
    assert!(restored.status.success(), "{}", complaint(&restored));
    let mut found = 0;
    let mut left = vec![to];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).expect("read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                left.push(path);
                continue;
            }
            found += 1;
            let bytes = fs::read(&path).expect("read");
            assert!(photos[path.file_name().expect("a name")] == bytes, "{}", path.display());
        }
    }
    assert_eq!(found, PHOTOS);
}
