//! Destinations that fill up, turn read-only, vanish and lie: nothing is called stored that is not,
//! everybody is told which place it is, and all goes on by itself once it is mended.

use std::io::Write;
use std::path::{Path, PathBuf};

use kilat_testkit::{Heard, Mount, MountError, Oracle, Server, Start, Viewer, has_program};
use serde_json::Value;

use crate::scene::{folders, kilat, photo};

/// Says why a test cannot be made here. Tests as root on Linux can.
fn skip(why: &MountError) {
    println!("skipped: {why}");
}

/// Photos that the server called stored.
fn completed(viewer: &Viewer) -> usize {
    let is_completed = |heard: &Heard| heard.kind() == "upload_progress" && heard.payload()["status"] == "completed";
    viewer.heard().iter().filter(|heard| is_completed(heard)).count()
}

fn put(oracle: &mut Oracle, hot: &Path, number: u64, size: usize) {
    let (path, bytes) = (hot.join(format!("DSC_{number:04}.JPG")), photo(number, size));
    std::fs::write(&path, &bytes).expect("written");
    oracle.closed(&path, &bytes);
}

fn down(now: &Value) -> bool {
    now["destinations"][0]["up"] == false
}

#[test]
fn a_full_destination_is_named_and_goes_on_by_itself_when_there_is_room() {
    let folders = folders();
    std::fs::create_dir(&folders.out).expect("made");
    let _disk = match Mount::memory(&folders.out, 40) {
        Ok(disk) => disk,
        Err(error) => return skip(&error),
    };
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let ballast = folders.out.join("films.bin");
    std::fs::write(&ballast, vec![1; 20_000_000]).expect("written");
    let mut oracle = Oracle::default();
    put(&mut oracle, &folders.hot, 1, 8_000_000);
    viewer.wait_alarm(&folders.out);
    viewer.wait_now(down);
    assert_eq!(completed(&viewer), 0, "nothing is called stored");
    std::fs::remove_file(&ballast).expect("removed");
    viewer.wait_safe(1);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
}

#[test]
fn a_read_only_destination_is_named_and_goes_on_by_itself_when_it_is_writable() {
    let folders = folders();
    std::fs::create_dir(&folders.out).expect("made");
    let disk = match Mount::memory(&folders.out, 100) {
        Ok(disk) => disk,
        Err(error) => return skip(&error),
    };
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let mut oracle = Oracle::default();
    put(&mut oracle, &folders.hot, 1, 100_000);
    viewer.wait_safe(1);
    if let Err(error) = disk.remount("ro") {
        return skip(&error);
    }
    put(&mut oracle, &folders.hot, 2, 100_000);
    let alarm = viewer.wait_alarm(&folders.out);
    assert!(alarm["message"].as_str().expect("words").contains("read-only"), "{alarm}");
    assert_eq!(completed(&viewer), 1);
    disk.remount("rw").expect("writable again");
    viewer.wait_safe(2);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
}

#[test]
fn a_destination_that_was_unplugged_is_never_filled_as_an_empty_folder() {
    let folders = folders();
    std::fs::create_dir(&folders.out).expect("made");
    let image = folders.path().join("disk.img");
    let mut disk = match Mount::ext4(&folders.out, &image, 64) {
        Ok(disk) => disk,
        Err(error) => return skip(&error),
    };
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let mut oracle = Oracle::default();
    put(&mut oracle, &folders.hot, 1, 100_000);
    viewer.wait_safe(1);
    disk.pull().expect("unplugged");
    put(&mut oracle, &folders.hot, 2, 100_000);
    viewer.wait_alarm(&folders.out);
    let left = std::fs::read_dir(&folders.out).expect("the empty mount point").count();
    assert_eq!(left, 0, "the mount point stays empty");
    let _again = Mount::of_image(&folders.out, &image).expect("plugged in again");
    viewer.wait_safe(2);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
}

#[test]
fn a_full_disk_below_the_journal_is_waited_for_and_loses_nothing() {
    let folders = folders();
    std::fs::create_dir(&folders.data).expect("made");
    let _disk = match Mount::memory(&folders.data, 20) {
        Ok(disk) => disk,
        Err(error) => return skip(&error),
    };
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let mut oracle = Oracle::default();
    put(&mut oracle, &folders.hot, 0, 100_000);
    viewer.wait_safe(1);
    // Every byte, so that not even the log of the journal grows.
    let mut ballast = std::fs::File::create(folders.data.join("ballast")).expect("made");
    while ballast.write_all(&[1; 4_096]).is_ok() {}
    for number in 1..200 {
        put(&mut oracle, &folders.hot, number, 50_000);
    }
    folders.wait_log("the journal");
    drop(ballast);
    std::fs::remove_file(folders.data.join("ballast")).expect("removed");
    viewer.wait_safe(200);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
    assert!(server.stop().success(), "{}", folders.log());
}

#[test]
fn an_fsync_that_fails_is_never_an_acknowledgement() {
    if !has_program("strace") {
        println!("skipped: strace is not installed");
        return;
    }
    let folders = folders();
    let mut oracle = Oracle::default();
    let healthy = Server::start(kilat(), &folders);
    let viewer = healthy.viewer();
    put(&mut oracle, &folders.hot, 0, 100_000);
    viewer.wait_safe(1);
    assert!(healthy.stop().success());
    // Of this folder only, so that the journal's own syncs are as ever; twice, then the disk is well.
    let folder = only_folder_with_files(&folders.out);
    let inject = ["-f", "-qq", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=1..2", "-P"];
    let mut under: Vec<String> = ["strace", "-o", "/dev/null"].into_iter().chain(inject).map(str::to_owned).collect();
    under.push(folder.to_string_lossy().into_owned());
    let server = Server::start_with(kilat(), &folders, &Start { under, ..Start::default() });
    let viewer = server.viewer();
    for number in 1..4 {
        put(&mut oracle, &folders.hot, number, 100_000);
    }
    viewer.wait_safe(4);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
    assert_eq!(completed(&viewer), 3, "each is announced once, after it was durable");
    assert!(folders.log().contains("Input/output error"), "the failures were met: {}", folders.log());
}

/// The folder in which the copies stand.
fn only_folder_with_files(out: &Path) -> PathBuf {
    let mut folder = out.to_owned();
    loop {
        let is_visible =
            |path: &PathBuf| !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let entries = std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let first = entries.into_iter().find(is_visible).expect("not empty");
        if first.is_file() {
            return folder;
        }
        folder = first;
    }
}
