use std::sync::Arc;

use super::*;
use crate::worker::moved::Moved;
use crate::worker::place::PARTS;
use crate::worker::toll::Toll;

fn scene() -> (tempfile::TempDir, Place, MasterKey) {
    let home = tempfile::tempdir().expect("a folder");
    for folder in ["locks", PARTS] {
        fs::create_dir(home.path().join(folder)).expect("made");
    }
    let place = Place::new(home.path().to_owned(), Arc::new(Moved::default()), Arc::new(Toll::new(None)));
    (home, place, MasterKey::new())
}

fn other() -> LockFile {
    LockFile {
        time: Timestamp::now(),
        exclusive: true,
        hostname: "another".to_owned(),
        username: "ayu".to_owned(),
        pid: 4_711,
        uid: Some(1_000),
        gid: None,
    }
}

fn put(place: &Place, key: &MasterKey, lock: &LockFile) {
    let sealed = cipher::seal(key, &serde_json::to_vec(lock).expect("JSON")).expect("sealed");
    fs::write(place.root().join("locks").join("aa"), sealed).expect("written");
}

fn locks(place: &Place) -> usize {
    fs::read_dir(place.root().join("locks")).expect("listed").count()
}

#[test]
fn another_computers_exclusive_lock_is_respected_and_names_its_remedy() {
    let (_home, place, key) = scene();
    put(&place, &key, &other());
    let fault = Lock::take(&place, &key, Strength::Shared).expect_err("it is locked");
    assert_eq!(fault.what, FaultKind::Locked);
    assert!(fault.detail.contains("another") && fault.detail.contains("restic unlock"), "{}", fault.detail);
    assert_eq!(locks(&place), 1, "theirs stays, ours is not left");
}

#[test]
fn two_who_only_add_do_not_keep_each_other_out() {
    let (_home, place, key) = scene();
    put(&place, &key, &LockFile { exclusive: false, ..other() });
    let lock = Lock::take(&place, &key, Strength::Shared).expect("both add");
    assert_eq!(locks(&place), 2);
    drop(lock);
    assert_eq!(locks(&place), 1);
    assert!(Lock::take(&place, &key, Strength::Exclusive).is_err(), "who removes waits for who adds");
}

#[test]
fn a_lock_of_a_process_of_ours_that_is_gone_is_removed() {
    let (_home, place, key) = scene();
    // Above what Linux gives to any process.
    put(&place, &key, &LockFile { hostname: host_name(), pid: 4_194_305, ..other() });
    let lock = Lock::take(&place, &key, Strength::Exclusive).expect("nobody holds it");
    assert_eq!(locks(&place), 1);
    drop(lock);
    assert_eq!(locks(&place), 0);
}

#[test]
fn a_lock_that_cannot_be_read_is_nobodys_to_remove() {
    let (_home, place, key) = scene();
    put(&place, &MasterKey::new(), &other());
    let fault = Lock::take(&place, &key, Strength::Shared).expect_err("whose is it");
    assert_eq!(fault.what, FaultKind::Locked);
    assert_eq!(locks(&place), 1);
}
