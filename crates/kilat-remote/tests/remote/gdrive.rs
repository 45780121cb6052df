//! Google Drive: the contract against a stand-in that is as strict as it, and what is true of it only.

use std::sync::Arc;

use kilat_core::ReadBack;
use kilat_objects::contract::{self, Count, Original, key, read};
use kilat_objects::{ObjectStore, StoreError};
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

#[test]
fn a_chunk_that_arrived_by_half_a_lost_session_and_an_ended_token_cost_no_copy() {
    let server = DriveServer::start();
    let drive = place(&server, "photos");
    drive.attach().expect("a new place");
    server.keep_half();
    server.end_tokens();
    let original = Original::new(1, 20_000_000);
    let receipt = original.put(&*drive, &key("a/film.MP4")).expect("stored");
    assert_eq!(receipt.read_back, ReadBack::Checksum);
    assert!(read(&*drive, &key("a/film.MP4")) == original.bytes);
    let watch = Count::default();
    let other = Original::new(2, 20_000_000);
    other.put_watched(&*drive, &key("a/b.MP4"), &watch).expect("stored");
    server.lose_sessions();
    let kept = watch.kept.lock().expect("no panic").clone();
    let again = other.put_on(&*drive, &key("c/b.MP4"), &Count::default(), kept.as_deref()).expect("a new session");
    assert!(!again.was_there);
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
    let wrong = [("client_id", "kilat-client"), ("client_secret", "kilat-secret"), ("refresh_token", "old")].into();
    let error = store(&server.url("photos"), &wrong, options(fresh())).attach().expect_err("a wrong token");
    assert!(matches!(error, StoreError::Credentials { .. }) && error.to_string().contains("get a new one"), "{error}");
}
