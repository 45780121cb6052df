//! Scrubs of the whole program: what is neither a photo nor a sidecar is read back too.

use std::fs;
use std::path::{Path, PathBuf};

use kilat_testkit::{Folders, Server};
use serde_json::Value;

use crate::scene::{complaint, folders, kilat, photo, run, text};

const PHOTOS: u64 = 4;
const MARK: &str = ".kilat-destination.json";

/// An event that was backed up to a disk named `shelf`, and the server that did it.
fn backed_up() -> (Folders, PathBuf, Server) {
    let folders = folders();
    let shelf = folders.path().join("shelf");
    fs::create_dir_all(&folders.data).expect("made");
    let settings = format!("[[destination]]\nname = \"shelf\"\nurl = \"{}\"\nkind = \"backup\"\n", shelf.display());
    fs::write(folders.data.join("kilat.toml"), settings).expect("written");
    let server = Server::start(kilat(), &folders);
    for number in 0..PHOTOS {
        fs::write(folders.hot.join(format!("DSC_{number:04}.JPG")), photo(number, 80_000)).expect("written");
    }
    server.viewer().wait_safe(PHOTOS);
    let done = run(&folders, &["backup", "start", "wedding", "--wait"]);
    assert!(done.status.success(), "{}", complaint(&done));
    (folders, shelf, server)
}

/// What stands in the folder of manifests.
fn lists(shelf: &Path) -> Vec<PathBuf> {
    let mut events = fs::read_dir(shelf).expect("read").map(|entry| entry.expect("an entry").path());
    let event = events.find(|path| path.join("ascmhl").is_dir()).expect("an event with manifests");
    fs::read_dir(event.join("ascmhl")).expect("read").map(|entry| entry.expect("an entry").path()).collect()
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).expect("written");
}

/// The exit status of a scrub, and how it saw the shelf.
fn scrub(folders: &Folders) -> (Option<i32>, Value) {
    let scrubbed = run(folders, &["scrub", "--to", "shelf", "--wait", "--json"]);
    (scrubbed.status.code(), serde_json::from_str(&text(&scrubbed)).expect("JSON"))
}

#[test]
fn a_damaged_manifest_is_found_by_the_scrub_and_told_until_it_is_sound_again() {
    let (folders, shelf, server) = backed_up();
    let viewer = server.viewer();
    assert_eq!(scrub(&folders).0, Some(0));
    for list in lists(&shelf) {
        let (whole, name) = (fs::read(&list).expect("read"), list.file_name().expect("a name").to_string_lossy());
        flip(&list);
        let (code, view) = scrub(&folders);
        assert_eq!((code, &view["sound"]), (Some(1), &PHOTOS.into()), "{view}");
        assert!(view["flaws"].to_string().contains(&*name), "{view}");
        viewer.wait(|heard| (heard.payload()["title"] == "A manifest is damaged").then_some(()));
        fs::write(&list, whole).expect("as before");
        assert_eq!(scrub(&folders).0, Some(0));
        let about = |heard: &kilat_testkit::Heard| heard.payload()["about"] == "lists:shelf";
        viewer.wait(|heard| (about(heard) && heard.payload()["state"] == "resolved").then_some(()));
    }
}

#[test]
fn a_chain_that_is_gone_is_found_by_the_scrub_and_made_again_by_the_next_backup() {
    let (folders, shelf, _server) = backed_up();
    let chain = lists(&shelf).into_iter().find(|path| path.ends_with("ascmhl_chain.xml")).expect("a chain");
    fs::remove_file(&chain).expect("removed");
    let (code, view) = scrub(&folders);
    assert!(code == Some(1) && view["flaws"].to_string().contains("is missing"), "{view}");
    let done = run(&folders, &["backup", "start", "wedding", "--wait"]);
    assert!(done.status.success(), "{}", complaint(&done));
    assert_eq!(scrub(&folders).0, Some(0));
    let verified = run(&folders, &["verify", &shelf.display().to_string()]);
    assert!(verified.status.success(), "{}{}", text(&verified), complaint(&verified));
    let folder = chain.parent().and_then(Path::parent).expect("the event's folder");
    let tool = kilat_testkit::server_program("ascmhl-debug");
    let public = std::process::Command::new(tool).arg("verify").arg(folder).output().expect("runs");
    assert!(public.status.success(), "{}{}", text(&public), complaint(&public));
}

#[test]
fn a_damaged_mark_is_found_and_mended_and_one_that_is_gone_ends_the_waiting_with_its_reason() {
    let (folders, shelf, _server) = backed_up();
    let mark = shelf.join(MARK);
    let whole = fs::read(&mark).expect("read");
    flip(&mark);
    let verified = run(&folders, &["verify", &shelf.display().to_string()]);
    assert!(verified.status.code() == Some(1) && text(&verified).contains(MARK), "{}", text(&verified));
    let (code, view) = scrub(&folders);
    assert!(code == Some(1) && view["flaws"].to_string().contains(MARK), "{view}");
    assert!(fs::read(&mark).expect("read") == whole, "it is written anew");
    fs::remove_file(&mark).expect("removed");
    let verified = run(&folders, &["verify", &shelf.display().to_string()]);
    assert!(verified.status.code() == Some(1) && text(&verified).contains(MARK), "{}", text(&verified));
    let (code, view) = scrub(&folders);
    assert!(code == Some(1) && view["waits"].to_string().contains(MARK), "{view}");
    fs::write(&mark, whole).expect("put back");
    assert_eq!(scrub(&folders).0, Some(0), "it goes on by itself");
}
