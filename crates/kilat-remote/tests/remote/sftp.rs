//! SFTP: the contract against OpenSSH, and the host key.

use kilat_core::{Class, Classify, ReadBack};
use kilat_objects::contract::{self, Original, key, visible};
use kilat_objects::{Found, StoreError};
use kilat_remote::{Options, Secrets};
use kilat_testkit::SshServer;

use crate::scene::{attach_together, fresh, options, store};

fn secrets(server: &SshServer) -> Secrets {
    [("key", server.key.as_str())].into()
}

#[test]
fn openssh_is_tried_by_several_at_once() {
    let (folder, server) = (tempfile::tempdir().expect("a folder"), SshServer::start());
    attach_together(|known| store(&server.url(&folder.path().join("out")), &secrets(&server), options(known)));
}

#[test]
fn openssh_holds_the_contract() {
    let (folder, server) = (tempfile::tempdir().expect("a folder"), SshServer::start());
    let mut number = 0;
    contract::holds_for(|| {
        number += 1;
        store(&server.url(&folder.path().join(number.to_string())), &secrets(&server), options(fresh()))
    });
}

#[test]
fn copies_are_plain_files_read_back_and_no_temporary_stays() {
    let (folder, server) = (tempfile::tempdir().expect("a folder"), SshServer::start());
    let place = store(&server.url(&folder.path().join("out")), &secrets(&server), options(fresh()));
    place.attach().expect("a new place");
    let seen = place.capabilities().expect("asked");
    assert!(seen.iter().any(|seen| seen.name == "rename_no_replace" && seen.found == Found::Yes), "{seen:?}");
    assert!(place.probe().expect("writable").is_some_and(|space| space.free_bytes > 0));
    let original = Original::new(1, 3_000_000);
    let receipt = original.put(&*place, &key("Wedding/a.JPG")).expect("stored");
    assert_eq!(receipt.read_back, ReadBack::Download);
    let file = folder.path().join("out/Wedding/a.JPG");
    assert_eq!(visible(folder.path()), std::slice::from_ref(&file));
    assert!(std::fs::read(file).expect("there") == original.bytes);
    assert_eq!(std::fs::read_dir(folder.path().join("out/.kilat-parts")).expect("there").count(), 0);
}

#[test]
fn another_host_key_stops_everything_and_says_so() {
    let (folder, server) = (tempfile::tempdir().expect("a folder"), SshServer::start());
    let url = server.url(&folder.path().join("out"));
    let first = store(&url, &secrets(&server), options(fresh()));
    first.attach().expect("a new place");
    let met = first.host_key().expect("it was met");
    assert!(met.starts_with("SHA256:"), "{met}");
    let again = || Options { host_key: Some(met.clone()), ..options(fresh()) };
    store(&url, &secrets(&server), again()).attach().expect("the same server");
    server.change_host_key();
    let error = store(&url, &secrets(&server), again()).attach().expect_err("another key");
    assert!(matches!(error, StoreError::HostKey { .. }), "{error}");
    assert_eq!(error.class(), Class::NeedsOperator);
}

#[test]
fn a_wrong_key_and_a_server_that_is_away_are_told_apart() {
    let (folder, server) = (tempfile::tempdir().expect("a folder"), SshServer::start());
    let other = SshServer::start();
    let url = server.url(&folder.path().join("out"));
    let error = store(&url, &secrets(&other), options(fresh())).attach().expect_err("a stranger's key");
    assert!(matches!(error, StoreError::Credentials { .. }), "{error}");
    let key = secrets(&server);
    let nowhere = url.replace(&server.address.port().to_string(), "1");
    let error = store(&nowhere, &key, options(fresh())).attach().expect_err("nobody answers");
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
}
