//! Disks: the contract, and what is true of folders only.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use kilat_core::{Class, Classify, IdSource, ReadBack, SystemClock};
use kilat_objects::contract::{self, Original, key, visible};
use kilat_objects::{DiskStore, Known, ObjectStore, StoreError};
use kilat_testkit::{Mount, has_program};

/// Nothing is known of a place; it is made, with a mark that no other has.
fn fresh() -> Known {
    Known::Nothing { fresh: IdSource::new(Arc::new(SystemClock::new())).mark() }
}

fn attached(root: &Path) -> DiskStore {
    let store = DiskStore::new(root.to_owned(), fresh());
    store.attach().expect("a new place");
    store
}

#[test]
fn a_folder_holds_the_contract() {
    let parent = tempfile::tempdir().expect("a folder");
    let mut number = 0;
    contract::holds_for(|| {
        number += 1;
        Arc::new(DiskStore::new(parent.path().join(number.to_string()), fresh()))
    });
}

#[test]
fn a_folder_in_memory_holds_it_too_and_says_how_it_was_read_back() {
    let parent = tempfile::tempdir().expect("a folder");
    let _memory = match Mount::memory(parent.path(), 200) {
        Ok(memory) => memory,
        Err(error) => return println!("skipped: {error}"),
    };
    let mut number = 0;
    contract::holds_for(|| {
        number += 1;
        Arc::new(DiskStore::new(parent.path().join(number.to_string()), fresh()))
    });
}

#[test]
fn a_disk_is_read_back_from_the_device() {
    let parent = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let receipt = Original::new(1, 50_000).put(&attached(&parent.path().join("out")), &key("a.JPG")).expect("stored");
    // The build folder lies on a disk, unless somebody builds in memory.
    let is_memory = rustix::fs::statfs(parent.path()).expect("asked").f_type == 0x0102_1994;
    assert_eq!(receipt.read_back, if is_memory { ReadBack::Cache } else { ReadBack::Device });
}

#[test]
fn nothing_but_copies_is_visible_and_no_part_of_a_file_ever() {
    let parent = tempfile::tempdir().expect("a folder");
    let root = parent.path().join("out");
    let store = attached(&root);
    Original::new(1, 50_000).put(&store, &key("Wedding/a.JPG")).expect("stored");
    let changed = Original::new(2, 50_000);
    fs::write(&changed.path, b"x").expect("written");
    changed.put(&store, &key("Wedding/b.JPG")).expect_err("it changed");
    assert_eq!(visible(&root), [root.join("Wedding/a.JPG")]);
    assert_eq!(fs::read_dir(root.join(".kilat-parts")).expect("there").count(), 0, "no temporary stays");
}

#[test]
fn a_folder_is_no_copy() {
    let parent = tempfile::tempdir().expect("a folder");
    let store = attached(&parent.path().join("out"));
    Original::new(1, 50_000).put(&store, &key("Wedding/a.JPG")).expect("stored");
    assert_eq!(store.look(&key("Wedding")).expect("looked"), None);
}

#[test]
fn a_place_without_its_mark_is_never_filled() {
    let parent = tempfile::tempdir().expect("a folder");
    let root = parent.path().join("out");
    let store = attached(&root);
    // The disk is unplugged: its mount point is an empty folder.
    fs::rename(&root, parent.path().join("away")).expect("moved");
    fs::create_dir(&root).expect("made");
    let error = Original::new(1, 50_000).put(&store, &key("a.JPG")).expect_err("it is gone");
    assert!(matches!(error, StoreError::Gone { .. }), "{error}");
    assert_eq!(error.class(), Class::NeedsOperator);
    assert!(store.attach().is_err() && fs::read_dir(&root).expect("there").next().is_none());
    fs::remove_dir(&root).expect("removed");
    fs::rename(parent.path().join("away"), &root).expect("plugged in");
    store.attach().expect("back");
    Original::new(1, 50_000).put(&store, &key("a.JPG")).expect("stored");
}

#[test]
fn a_place_of_an_earlier_run_is_not_made_again() {
    let parent = tempfile::tempdir().expect("a folder");
    let root = parent.path().join("out");
    let mark = attached(&root).attach().expect("attached twice");
    let later = || DiskStore::new(root.clone(), Known::Place(mark.clone()));
    assert_eq!(later().attach().expect("the same place"), mark);
    fs::remove_file(root.join(".kilat-destination.json")).expect("removed");
    assert!(matches!(later().attach(), Err(StoreError::Gone { .. })));
    fs::remove_dir_all(&root).expect("removed");
    assert!(matches!(later().attach(), Err(StoreError::Gone { .. })) && !root.exists());
}

#[test]
fn a_place_that_another_kilat_made_keeps_its_mark() {
    let parent = tempfile::tempdir().expect("a folder");
    let root = parent.path().join("out");
    let first = attached(&root).attach().expect("attached");
    assert_eq!(attached(&root).attach().expect("attached"), first);
}

#[test]
fn a_damaged_mark_of_a_place_that_is_not_known_is_said_and_stays_as_it_is() {
    let parent = tempfile::tempdir().expect("a folder");
    let root = parent.path().join("out");
    attached(&root);
    let whole = fs::read(root.join(".kilat-destination.json")).expect("read");
    let mut flipped: Vec<Vec<u8>> = vec![whole.clone(); whole.len()];
    for (at, damaged) in flipped.iter_mut().enumerate() {
        damaged[at] ^= 1;
    }
    let cut: Vec<&[u8]> = (0..whole.len()).map(|at| &whole[..at]).collect();
    let flipped = flipped.iter().map(Vec::as_slice);
    let others = [&b"{\"kilat\":"[..], b"[]", b"{\"id\":\"../x\"}", &[0xff; 10_000]];
    for damaged in others.into_iter().chain(flipped).chain(cut) {
        fs::write(root.join(".kilat-destination.json"), damaged).expect("written");
        let error = DiskStore::new(root.clone(), fresh()).attach().expect_err("damaged");
        assert!(error.to_string().contains("is damaged"), "{error}");
        assert_eq!(fs::read(root.join(".kilat-destination.json")).expect("read"), damaged);
    }
}

#[test]
fn a_damaged_mark_of_a_known_place_is_written_anew_and_no_others_is() {
    let parent = tempfile::tempdir().expect("a folder");
    let root = parent.path().join("out");
    let mark = attached(&root).attach().expect("attached");
    let path = root.join(".kilat-destination.json");
    let whole = fs::read(&path).expect("read");
    let known = DiskStore::new(root, Known::Place(mark.clone()));
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&path, &damaged).expect("written");
        let Err(StoreError::Gone { .. }) = known.look(&key("a.JPG")) else { panic!("a flip at {at} was not seen") };
        assert_eq!(known.attach().expect("it is known again"), mark);
        assert!(fs::read(&path).expect("read") == whole);
    }
    let parent = tempfile::tempdir().expect("a folder");
    attached(&parent.path().join("other"));
    let other = fs::read(parent.path().join("other/.kilat-destination.json")).expect("read");
    for foreign in [&other[..], &other[1..], b"", b"{}"] {
        fs::write(&path, foreign).expect("written");
        assert!(matches!(known.attach(), Err(StoreError::Gone { .. })));
        assert!(fs::read(&path).expect("read") == foreign);
    }
}

#[test]
fn the_folders_around_a_new_place_are_never_made() {
    let parent = tempfile::tempdir().expect("a folder");
    let error = DiskStore::new(parent.path().join("media/disk/photos"), fresh()).attach().expect_err("no such disk");
    assert!(matches!(error, StoreError::Gone { .. }), "{error}");
    assert_eq!(fs::read_dir(parent.path()).expect("there").count(), 0);
}

#[test]
fn another_disk_in_the_same_place_is_noticed_before_anything_is_written() {
    let parent = tempfile::tempdir().expect("a folder");
    let root = parent.path().join("out");
    let store = attached(&root);
    let _other = match Mount::memory(&root, 10) {
        Ok(other) => other,
        Err(error) => return println!("skipped: {error}"),
    };
    attached(&root);
    let error = Original::new(1, 50_000).put(&store, &key("a.JPG")).expect_err("another disk");
    assert!(matches!(error, StoreError::Gone { why: "another disk is mounted there", .. }), "{error}");
}

#[test]
fn a_link_among_the_folders_never_leads_a_copy_out_of_the_place() {
    let parent = tempfile::tempdir().expect("a folder");
    let (root, outside) = (parent.path().join("out"), parent.path().join("outside"));
    fs::create_dir(&outside).expect("made");
    let store = attached(&root);
    std::os::unix::fs::symlink(&outside, root.join("Wedding")).expect("a link");
    Original::new(1, 50_000).put(&store, &key("Wedding/a.JPG")).expect_err("it would lead out");
    assert_eq!(fs::read_dir(&outside).expect("there").count(), 0);
}

/// What the system was asked to sync while one file was stored, by path.
fn synced(root: &Path, original: &Original, trace: &Path) -> String {
    let tests = std::env::current_exe().expect("this program");
    let example = tests.ancestors().nth(2).expect("a build folder").join("examples/put_one");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-y", "-e", "trace=fsync", "-o"]).arg(trace);
    let output = strace.arg(example).arg(&original.path).arg(root).output().expect("strace runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(trace).expect("a trace")
}

#[test]
fn a_folder_that_another_process_made_is_made_durable_too() {
    if !has_program("strace") {
        return println!("skipped: strace is not installed");
    }
    let parent = tempfile::tempdir().expect("a folder");
    let root = parent.path().canonicalize().expect("there").join("out");
    attached(&root);
    // Somebody made it and died before it was synced: nobody can tell.
    let calls = synced(&root, &Original::new(1, 50_000), &parent.path().join("trace"));
    assert!(calls.contains(&format!("<{}>", root.display())), "{calls}");
}

#[test]
fn a_full_disk_is_known_before_the_copy_and_keeps_room_for_the_machine() {
    let parent = tempfile::tempdir().expect("a folder");
    let _memory = match Mount::memory(parent.path(), 20) {
        Ok(memory) => memory,
        Err(error) => return println!("skipped: {error}"),
    };
    let store = attached(&parent.path().join("out"));
    let error = Original::new(1, 8_000_000).put(&store, &key("a.JPG")).expect_err("full");
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert_eq!(error.class(), Class::NeedsOperator);
    assert!(visible(parent.path()).is_empty());
    Original::new(2, 1_000_000).put(&store, &key("b.JPG")).expect("what fits is stored");
}

#[test]
fn a_read_only_disk_is_named_as_that() {
    let parent = tempfile::tempdir().expect("a folder");
    let memory = match Mount::memory(parent.path(), 50) {
        Ok(memory) => memory,
        Err(error) => return println!("skipped: {error}"),
    };
    let store = attached(&parent.path().join("out"));
    if let Err(error) = memory.remount("ro") {
        return println!("skipped: {error}");
    }
    let error = Original::new(1, 50_000).put(&store, &key("a.JPG")).expect_err("read-only");
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    assert!(store.probe().is_err());
    memory.remount("rw").expect("writable");
    Original::new(1, 50_000).put(&store, &key("a.JPG")).expect("stored");
}

#[test]
fn a_byte_that_flipped_on_the_disk_is_found() {
    let parent = tempfile::tempdir().expect("a folder");
    let root = parent.path().join("out");
    let store = attached(&root);
    let original = Original::new(1, 5_000_000);
    original.put(&store, &key("a.JPG")).expect("stored");
    let file = fs::File::options().read(true).write(true).open(root.join("a.JPG")).expect("open");
    let mut byte = [0];
    file.read_exact_at(&mut byte, 3_000_000).expect("read");
    file.write_all_at(&[byte[0] ^ 1], 3_000_000).expect("flipped");
    file.sync_all().expect("on the disk");
    let error = store.verify(&key("a.JPG"), original.stamp.size_bytes, original.proof).expect_err("flipped");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

#[test]
fn only_temporaries_that_nobody_touched_for_a_day_are_swept() {
    let parent = tempfile::tempdir().expect("a folder");
    let root = parent.path().join("out");
    let store = attached(&root);
    let parts = root.join(".kilat-parts");
    fs::write(parts.join("young"), b"x").expect("written");
    let old = fs::File::create(parts.join("old")).expect("made");
    #[expect(clippy::disallowed_methods, reason = "the file system's clock is the system's")]
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(25 * 3_600);
    old.set_modified(yesterday).expect("set");
    assert_eq!(store.sweep().expect("swept"), 1);
    assert!(parts.join("young").exists() && !parts.join("old").exists());
}

/// Runs the example that stores one file, with its syncs failing from the `nth` on, once.
fn put_with_failing_sync(root: &Path, original: &Original, nth: u32) -> std::process::Output {
    // Beside the tests, whatever the profile.
    let tests = std::env::current_exe().expect("this program");
    let example = tests.ancestors().nth(2).expect("a build folder").join("examples/put_one");
    let inject = format!("inject=fsync:error=EIO:when={nth}");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", &inject]);
    strace.arg(example).arg(&original.path).arg(root).output().expect("strace runs")
}

#[test]
fn a_sync_that_fails_is_an_error_and_the_next_attempt_writes_anew() {
    if !has_program("strace") {
        return println!("skipped: strace is not installed");
    }
    let parent = tempfile::tempdir().expect("a folder");
    let root = parent.path().join("out");
    let store = attached(&root);
    let original = Original::new(1, 50_000);
    // The first sync is the file's, the second that of its folder.
    let output = put_with_failing_sync(&root, &original, 1);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(visible(&root).is_empty(), "what was not durable has no name");
    let output = put_with_failing_sync(&root, &original, 2);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    original.put(&store, &key("a.JPG")).expect("stored");
    assert_eq!(visible(&root), [root.join("a.JPG")], "once");
    store.verify(&key("a.JPG"), original.stamp.size_bytes, original.proof).expect("as it was");
}
