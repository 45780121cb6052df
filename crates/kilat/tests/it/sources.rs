//! The photographer's side: what Kilat reads is never changed, and a disk that is away is not an empty one.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use kilat_testkit::{Folders, Mount, MountError, Oracle, Server};
use serde_json::Value;

use crate::scene::{folders, kilat, photo};

/// Says why a test cannot be made here. Tests as root on Linux can.
fn skip(why: &MountError) {
    println!("skipped: {why}");
}

/// All that would tell that somebody touched a file: its name, content, times, rights, place.
fn fingerprint(hot: &Path) -> Vec<(PathBuf, Vec<u8>, i64, i64, u32, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![hot.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let meta = path.symlink_metadata().expect("there");
            let content = if meta.is_dir() { Vec::new() } else { fs::read(&path).expect("readable") };
            if meta.is_dir() {
                folders.push(path.clone());
            }
            found.push((path, content, meta.mtime(), meta.mtime_nsec(), meta.mode(), meta.ino()));
        }
    }
    found.sort();
    found
}

#[test]
fn nothing_in_a_hot_folder_is_ever_changed_moved_or_removed() {
    let folders = folders();
    fs::create_dir(folders.hot.join("DCIM")).expect("made");
    let whole = photo(1, 50_000);
    for (name, bytes) in [
        ("DSC_0001.JPG", &whole[..]),
        ("DCIM/again.JPG", &whole),
        ("DCIM/cut-off.JPG", &whole[..20_000]),
        ("empty.JPG", b""),
        ("notes.txt", b"mine"),
        (".hidden.JPG", &whole),
    ] {
        fs::write(folders.hot.join(name), bytes).expect("written");
    }
    fs::set_permissions(folders.hot.join("DSC_0001.JPG"), Permissions::from_mode(0o444)).expect("read-only");
    let before = fingerprint(&folders.hot);
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    viewer.wait_safe(1);
    viewer.wait_now(|now| now["counts"]["incomplete"] == 1);
    assert!(server.stop().success());
    assert!(fingerprint(&folders.hot) == before, "something in the hot folder was touched");
}

fn is_offline(now: &Value) -> bool {
    now["sources"][0]["online"] == false
}

/// A card or disk as the hot folder.
fn card(folders: &Folders) -> Result<(Mount, PathBuf), MountError> {
    let image = folders.path().join("card.img");
    Mount::ext4(&folders.hot, &image, 64).map(|card| (card, image))
}

#[test]
fn a_card_that_is_pulled_is_offline_and_brings_only_what_is_new_when_it_is_back() {
    let folders = folders();
    let (mut card, image) = match card(&folders) {
        Ok(card) => card,
        Err(error) => return skip(&error),
    };
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let mut oracle = Oracle::default();
    let mut shoot = |number: u64| {
        let (path, bytes) = (folders.hot.join(format!("DSC_{number:04}.JPG")), photo(number, 50_000));
        fs::write(&path, &bytes).expect("written");
        oracle.closed(&path, &bytes);
    };
    for number in 1..4 {
        shoot(number);
    }
    viewer.wait_safe(3);
    card.pull().expect("pulled");
    let now = viewer.wait_now(is_offline);
    assert_eq!(now["counts"]["safe"], 3, "an empty mount point is never 'all deleted': {now}");
    assert_eq!(now["problems"][0]["kind"], "source_offline", "{now}");

    let _again = Mount::of_image(&folders.hot, &image).expect("put in again");
    shoot(4);
    viewer.wait_safe(4);
    let announced = |name: &str| {
        let is_start = |payload: &Value| payload["status"] == "starting" && payload["fileName"] == name;
        viewer.heard().iter().filter(|heard| heard.kind() == "upload_progress" && is_start(heard.payload())).count()
    };
    for number in 1..5 {
        assert_eq!(announced(&format!("DSC_{number:04}.JPG")), 1, "what was taken in is not taken in again");
    }
    assert!(oracle.judge(&folders.out).expect("read").is_good());
}

#[test]
fn a_cut_off_file_is_a_problem_until_it_is_deleted_at_the_source() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let cut = folders.hot.join("DSC_1.JPG");
    fs::write(&cut, &photo(1, 50_000)[..20_000]).expect("written");
    let now = viewer.wait_now(|now| now["counts"]["incomplete"] == 1);
    assert_eq!(now["problems"][0]["kind"], "incomplete", "{now}");
    // Sent again under another name; the half of it is still there, and still named.
    fs::write(folders.hot.join("DSC_1-again.JPG"), photo(1, 50_000)).expect("written");
    let now = viewer.wait_safe(1);
    assert_eq!(now["counts"]["incomplete"], 1, "{now}");
    fs::remove_file(&cut).expect("deleted");
    let heard = viewer.heard().len();
    let mut place = 0;
    let now = viewer.wait(|heard_now| {
        place += 1;
        let now = heard_now.payload();
        (place > heard && heard_now.kind() == "now" && now["counts"]["incomplete"] == 0).then(|| now.clone())
    });
    assert_eq!(now["problems"].as_array().map(Vec::len), Some(0), "{now}");
}
