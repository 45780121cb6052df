//! S3: the contract against a real server, and what it says of itself.

use kilat_core::ReadBack;
use kilat_objects::contract::{self, Original, key, read};
use kilat_objects::{Found, StoreError};
use kilat_testkit::S3Server;

use crate::scene::{attach_together, fresh, options, s3_secrets, store};

#[test]
fn an_s3_server_is_tried_by_several_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = S3Server::start(folder.path());
    attach_together(|known| store(&server.url("x"), &s3_secrets(), options(known)));
}

#[test]
fn an_s3_server_holds_the_contract() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = S3Server::start(folder.path());
    let mut number = 0;
    contract::holds_for(|| {
        number += 1;
        store(&server.url(&format!("run/{number}")), &s3_secrets(), options(fresh()))
    });
}

#[test]
fn a_server_that_refuses_wrong_checksums_proves_copies_by_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = S3Server::start(folder.path());
    let place = store(&server.url(""), &s3_secrets(), options(fresh()));
    place.attach().expect("a new place");
    let capabilities = place.capabilities().expect("asked");
    for name in ["conditional_put", "conditional_complete", "checksum_refused", "part_checksum_refused"] {
        assert!(capabilities.iter().any(|seen| seen.name == name && seen.found == Found::Yes), "{capabilities:?}");
    }
    for (seed, size) in [(1, 50_000), (2, 20_000_000)] {
        let original = Original::new(seed, size);
        let receipt = original.put(&*place, &key(&format!("{seed}.JPG"))).expect("stored");
        assert_eq!(receipt.read_back, ReadBack::Checksum);
        let standing = std::fs::read(folder.path().join(S3Server::BUCKET).join(format!("{seed}.JPG"))).expect("there");
        assert!(standing == original.bytes);
    }
    let left: Vec<_> = std::fs::read_dir(folder.path().join(S3Server::BUCKET).join(".kilat-parts"))
        .map(|entries| entries.map(|entry| entry.expect("an entry").file_name()).collect())
        .unwrap_or_default();
    assert!(left.is_empty(), "what was tried with is removed: {left:?}");
}

#[test]
fn a_careless_server_holds_the_contract_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = S3Server::careless(folder.path());
    let mut number = 0;
    contract::holds_for(|| {
        number += 1;
        store(&server.url(&format!("run/{number}")), &s3_secrets(), options(fresh()))
    });
}

#[test]
fn a_server_that_checks_nothing_proves_copies_by_the_sums_that_it_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = S3Server::careless(folder.path());
    let place = store(&server.url(""), &s3_secrets(), options(fresh()));
    place.attach().expect("a new place");
    let capabilities = place.capabilities().expect("asked");
    let has = |name: &str| capabilities.iter().any(|seen| seen.name == name && seen.found == Found::Yes);
    assert!(!has("part_checksum_refused") && has("tag_is_sum") && has("part_tag_is_sum"), "{capabilities:?}");
    for (seed, size) in [(1, 50_000), (2, 20_000_000)] {
        let original = Original::new(seed, size);
        let receipt = original.put(&*place, &key(&format!("{seed}.JPG"))).expect("stored");
        assert_eq!(receipt.read_back, ReadBack::Checksum, "{size}: {capabilities:?}");
        assert!(read(&*place, &receipt.key) == original.bytes);
    }
}

#[test]
fn wrong_keys_and_a_server_that_is_away_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = S3Server::start(folder.path());
    let wrong = [("access_key_id", S3Server::ACCESS_KEY_ID), ("secret_access_key", "another")].into();
    let error = store(&server.url(""), &wrong, options(fresh())).attach().expect_err("a wrong secret");
    assert!(matches!(error, StoreError::Credentials { .. }), "{error}");
    let url = server.url("");
    drop(server);
    let error = store(&url, &s3_secrets(), options(fresh())).attach().expect_err("nobody answers");
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(!error.to_string().contains("kilat-secret"));
}
