//! WebDAV: the contract against a real server, and what is true of it only.

use kilat_core::ReadBack;
use kilat_objects::contract::{self, Original, key, visible};
use kilat_objects::{Found, StoreError};
use kilat_testkit::WebDavServer;

use crate::scene::{attach_together, dav_secrets, fresh, options, store};

#[test]
fn a_webdav_server_is_tried_by_several_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = WebDavServer::start(folder.path());
    attach_together(|known| store(&server.url("x"), &dav_secrets(), options(known)));
}

#[test]
fn a_webdav_server_holds_the_contract() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = WebDavServer::start(folder.path());
    let mut number = 0;
    contract::holds_for(|| {
        number += 1;
        store(&server.url(&number.to_string()), &dav_secrets(), options(fresh()))
    });
}

#[test]
fn copies_are_plain_files_and_no_temporary_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = WebDavServer::start(folder.path());
    let place = store(&server.url("photos"), &dav_secrets(), options(fresh()));
    place.attach().expect("a new place");
    let seen = place.capabilities().expect("asked");
    assert!(seen.iter().any(|seen| seen.name == "rename_no_replace" && seen.found == Found::Yes), "{seen:?}");
    let original = Original::new(1, 3_000_000);
    let receipt = original.put(&*place, &key("Wedding/a.JPG")).expect("stored");
    assert_eq!(receipt.read_back, ReadBack::Download);
    assert_eq!(visible(folder.path()), [folder.path().join("photos/Wedding/a.JPG")]);
    assert!(std::fs::read(folder.path().join("photos/Wedding/a.JPG")).expect("there") == original.bytes);
    assert_eq!(std::fs::read_dir(folder.path().join("photos/.kilat-parts")).expect("there").count(), 0);
}

#[test]
fn a_wrong_password_a_missing_folder_and_another_place_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = WebDavServer::start(folder.path());
    let wrong = [("user", WebDavServer::USER), ("password", "another")].into();
    let error = store(&server.url("x"), &wrong, options(fresh())).attach().expect_err("a wrong password");
    assert!(matches!(error, StoreError::Credentials { .. }), "{error}");
    let error = store(&server.url("a/b/c"), &dav_secrets(), options(fresh())).attach().expect_err("no such folder");
    assert!(matches!(error, StoreError::Gone { .. }), "{error}");
    store(&server.url("x"), &dav_secrets(), options(fresh())).attach().expect("a new place");
    let kilat_objects::Known::Nothing { fresh: other } = fresh() else { unreachable!("it is fresh") };
    let known = kilat_objects::Known::Place(other);
    let error = store(&server.url("x"), &dav_secrets(), options(known)).attach().expect_err("another place");
    assert!(matches!(error, StoreError::Gone { why: "another place is there", .. }), "{error}");
}
