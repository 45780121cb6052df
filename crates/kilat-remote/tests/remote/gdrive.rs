//! Google Drive: the contract against a stand-in that is as strict as it, and what is true of it only.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use kilat_core::{Class, Classify, ReadBack};
use kilat_objects::contract::{self, Count, Original, key, read};
use kilat_objects::{Entry, ObjectStore, StoreError, Watch};
use kilat_testkit::DriveServer;

use crate::scene::{fresh, options, store};

fn place(server: &DriveServer, path: &str) -> Arc<dyn ObjectStore> {
    store(&server.url(path), &DriveServer::SECRETS.into(), options(fresh()))
}

#[test]
fn google_drive_holds_the_contract() {
    let server = DriveServer::start();
    let mut number = 0;
    contract::holds_for(|| {
        number += 1;
        place(&server, &number.to_string())
    });
}

/// A chunk as the store sends it.
const CHUNK: u64 = 8 * 1024 * 1024;

/// Does something once so many bytes have been sent; keeps what is kept.
struct Once<F> {
    at: u64,
    act: F,
    is_done: AtomicBool,
    is_cancelled: AtomicBool,
    kept: Mutex<Option<String>>,
}

impl<F: Fn() -> ControlFlow<()> + Sync> Once<F> {
    fn at(at: u64, act: F) -> Self {
        Self { at, act, is_done: false.into(), is_cancelled: false.into(), kept: Mutex::default() }
    }

    fn kept(&self) -> Option<String> {
        self.kept.lock().expect("no panic").clone()
    }
}

impl<F: Fn() -> ControlFlow<()> + Sync> Watch for Once<F> {
    fn sent(&self, bytes: u64) {
        if bytes >= self.at && !self.is_done.swap(true, Ordering::SeqCst) && (self.act)().is_break() {
            self.is_cancelled.store(true, Ordering::SeqCst);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::SeqCst)
    }

    fn keep(&self, resume: &str) {
        *self.kept.lock().expect("no panic") = Some(resume.to_owned());
    }
}

/// Puts a file of `size` bytes and stops in the middle, after two chunks; answers what was kept.
fn interrupted(server: &DriveServer, original: &Original) -> Option<String> {
    let drive = place(server, "photos");
    drive.attach().expect("a place");
    let watch = Once::at(2 * CHUNK, || ControlFlow::Break(()));
    let error = original.put_watched(&*drive, &key("a/film.MP4"), &watch).expect_err("cancelled");
    assert!(matches!(error, StoreError::Cancelled), "{error}");
    watch.kept()
}

#[test]
fn another_store_goes_on_where_a_session_stopped_and_sends_nothing_twice() {
    let server = DriveServer::start();
    let original = Original::new(1, 30_000_000);
    let kept = interrupted(&server, &original).expect("kept");
    assert!(!kept.contains("http") && !kept.contains(DriveServer::SECRET), "who reads it cannot write there: {kept}");
    let (begun, received) = (server.begun(), server.received());
    let drive = place(&server, "photos");
    drive.attach().expect("the same place");
    let receipt = original.put_on(&*drive, &key("a/film.MP4"), &Count::default(), Some(&kept)).expect("gone on with");
    assert_eq!((receipt.read_back, receipt.was_there), (ReadBack::Checksum, false));
    assert_eq!(server.begun(), begun, "no other session");
    assert_eq!(server.received() - received, 30_000_000 - 2 * CHUNK, "only what had not arrived");
    assert!(read(&*drive, &key("a/film.MP4")) == original.bytes);
}

#[test]
fn a_session_that_is_lost_begins_anew_and_progress_never_goes_back() {
    let server = DriveServer::start();
    let original = Original::new(1, 30_000_000);
    let kept = interrupted(&server, &original);
    server.lose_sessions();
    let drive = place(&server, "photos");
    drive.attach().expect("the same place");
    let begun = server.begun();
    original.put_on(&*drive, &key("a/film.MP4"), &Count::default(), kept.as_deref()).expect("begun anew");
    assert_eq!(server.begun() - begun, 1);
    // And one that is lost while it is sent: the stand-in counts, and so does the watch.
    let (other, high) = (Original::new(2, 30_000_000), Count::default());
    let losing = Once::at(2 * CHUNK, || {
        server.lose_sessions();
        ControlFlow::Continue(())
    });
    other.put_watched(&*drive, &key("a/b.MP4"), &Both(&losing, &high)).expect("begun anew");
    assert_eq!(server.begun() - begun, 3);
    assert!(read(&*drive, &key("a/b.MP4")) == other.bytes);
}

/// Two watches of one copy.
struct Both<'a>(&'a dyn Watch, &'a dyn Watch);

impl Watch for Both<'_> {
    fn sent(&self, bytes: u64) {
        self.0.sent(bytes);
        self.1.sent(bytes);
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled() || self.1.is_cancelled()
    }
}

#[test]
fn a_file_that_was_whole_but_is_gone_is_sent_again() {
    let server = DriveServer::start();
    let drive = place(&server, "photos");
    drive.attach().expect("a new place");
    let (original, watch) = (Original::new(1, 1_000), Count::default());
    original.put_watched(&*drive, &key("a.JPG"), &watch).expect("stored");
    let kept = watch.kept.lock().expect("no panic").clone();
    server.remove("photos/a.JPG");
    original.put_on(&*drive, &key("a.JPG"), &Count::default(), kept.as_deref()).expect("sent again");
    assert!(read(&*drive, &key("a.JPG")) == original.bytes);
}

#[test]
fn a_chunk_that_arrived_by_half_and_an_ended_token_cost_one_session_and_half_a_chunk() {
    let server = DriveServer::start();
    let drive = place(&server, "photos");
    drive.attach().expect("a new place");
    let (begun, received) = (server.begun(), server.received());
    server.keep_half();
    server.end_tokens();
    let original = Original::new(1, 20_000_000);
    let receipt = original.put(&*drive, &key("a/film.MP4")).expect("stored");
    assert_eq!(receipt.read_back, ReadBack::Checksum);
    assert_eq!(server.begun() - begun, 1);
    assert_eq!(server.received() - received, 20_000_000 + CHUNK / 2);
    assert!(read(&*drive, &key("a/film.MP4")) == original.bytes);
}

#[test]
fn of_two_files_of_one_name_the_oldest_counts() {
    let server = DriveServer::start();
    let drive = place(&server, "photos");
    drive.attach().expect("a new place");
    let (ours, wanted) = (Original::new(1, 1_000), key("Wedding/a.JPG"));
    ours.put(&*drive, &wanted).expect("stored");
    server.add("photos/Wedding", "a.JPG", b"younger", "2030-01-01T00:00:00.000Z");
    assert!(read(&*drive, &wanted) == ours.bytes);
    drive.verify(&wanted, 1_000, ours.proof).expect("ours");
    assert!(ours.put(&*drive, &wanted).expect("there").was_there);
    server.add("photos/Wedding", "a.JPG", b"older", "2020-01-01T00:00:00.000Z");
    assert_eq!(read(&*drive, &wanted), b"older");
    assert_eq!(drive.look(&wanted).expect("looked"), Some(5));
    let error = drive.verify(&wanted, 1_000, ours.proof).expect_err("another's");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    let mut listed = Vec::new();
    let mut each = |entry: Entry| {
        listed.push((entry.key.as_str().to_owned(), entry.size_bytes));
        ControlFlow::Continue(())
    };
    drive.list(&key("Wedding"), &mut each).expect("listed");
    assert_eq!(listed, [("Wedding/a.JPG".to_owned(), 5)], "told once");
    let receipt = ours.put(&*drive, &wanted).expect("stored beside it");
    assert_eq!(receipt.key, key("Wedding/a (2).JPG"));
}

#[test]
fn whoever_comes_in_between_keeps_the_name_and_ours_takes_another() {
    let server = DriveServer::start();
    let drive = place(&server, "photos");
    drive.attach().expect("a new place");
    server.come_between(b"theirs");
    let ours = Original::new(1, 1_000);
    let receipt = ours.put(&*drive, &key("a.JPG")).expect("stored beside it");
    assert_eq!((receipt.key, receipt.was_there), (key("a (2).JPG"), false));
    let photos: Vec<_> = server.files().into_iter().filter(|(path, _)| path.ends_with("JPG")).collect();
    let expected = [("photos/a (2).JPG".to_owned(), ours.bytes), ("photos/a.JPG".to_owned(), b"theirs".into())];
    assert!(photos == expected, "each once, and no temporary");
}

#[test]
fn folders_that_somebody_removed_are_made_again() {
    let server = DriveServer::start();
    let drive = place(&server, "photos");
    drive.attach().expect("a new place");
    let (first, second) = (Original::new(1, 1_000), Original::new(2, 1_000));
    first.put(&*drive, &key("Wedding/a.JPG")).expect("stored");
    server.remove("photos/Wedding/a.JPG");
    server.remove("photos/Wedding");
    server.remove("photos/.kilat-parts");
    let error = second.put(&*drive, &key("Wedding/b.JPG")).expect_err("its temporary has no place");
    assert_eq!(error.class(), Class::Retry { after: None }, "{error}");
    second.put(&*drive, &key("Wedding/b.JPG")).expect("and is due again");
    assert!(read(&*drive, &key("Wedding/b.JPG")) == second.bytes);
}

#[test]
fn photos_can_stand_in_the_topmost_folder() {
    let server = DriveServer::start();
    let drive = place(&server, "");
    drive.attach().expect("a new place");
    let original = Original::new(1, 1_000);
    assert_eq!(original.put(&*drive, &key("a.JPG")).expect("stored").key, key("a.JPG"));
    assert!(server.files().iter().any(|(path, bytes)| path == "a.JPG" && *bytes == original.bytes));
}

#[test]
fn a_temporary_that_nobody_touched_for_a_day_is_swept() {
    let server = DriveServer::start();
    let drive = place(&server, "photos");
    drive.attach().expect("a new place");
    server.add("photos/.kilat-parts", "part-1", b"half", "2020-01-01T00:00:00.000Z");
    assert_eq!(drive.sweep().expect("swept"), 1);
    assert!(server.files().iter().all(|(path, _)| !path.contains("part-1")));
}

#[test]
fn each_refusal_is_told_by_its_own_sentence() {
    let server = DriveServer::start();
    let drive = place(&server, "photos");
    drive.attach().expect("a new place");
    let original = Original::new(1, 1_000);
    server.refuse(&[(403, "storageQuotaExceeded")]);
    let error = original.put(&*drive, &key("a.JPG")).expect_err("no room");
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    server.refuse(&[(403, "rateLimitExceeded"); 4]);
    let error = original.put(&*drive, &key("a.JPG")).expect_err("too fast");
    assert!(matches!(error, StoreError::Busy { .. }), "{error}");
    server.refuse(&[(403, "userRateLimitExceeded"), (503, "backendError")]);
    original.put(&*drive, &key("a.JPG")).expect("tried again");
    let wrong = [("client_id", "kilat-client"), ("client_secret", "geheim-client"), ("refresh_token", "old")].into();
    let error = store(&server.url("photos"), &wrong, options(fresh())).attach().expect_err("a wrong token");
    assert!(matches!(error, StoreError::Credentials { .. }) && error.to_string().contains("get a new one"), "{error}");
}
