//! Destinations that come and go while the program runs, on servers of other people's making.

use std::path::Path;
use std::process::{Command, Output};

use kilat_testkit::{Folders, Oracle, S3Server, Server, SshServer, WebDavServer, server_program};
use serde_json::{Value, json};

use crate::scene::{complaint, folders, kilat, photo, pipe, run, text};

/// Runs a command with secrets on standard input.
fn with_secrets(folders: &Folders, arguments: &[&str], secrets: &[(&str, &str)]) -> Output {
    let line = |(name, value): &(&str, &str)| format!("{name}={}\n", value.trim_end().replace('\n', "\\n"));
    pipe(folders, arguments, &secrets.iter().map(line).collect::<String>())
}

fn s3_secrets() -> [(&'static str, &'static str); 2] {
    [("access_key_id", S3Server::ACCESS_KEY_ID), ("secret_access_key", S3Server::SECRET_ACCESS_KEY)]
}

fn shoot(folders: &Folders, oracle: &mut Oracle, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let (path, bytes) = (folders.hot.join(format!("DSC_{number:04}.JPG")), photo(number, 300_000));
        std::fs::write(&path, &bytes).expect("written");
        oracle.closed(&path, &bytes);
    }
}

fn names(server: &Server) -> Vec<String> {
    let all = server.get("/api/admin/destinations");
    all.as_array().expect("a list").iter().map(|row| row["id"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn a_store_that_is_added_while_photos_arrive_gets_all_of_them_and_again_after_a_kill() {
    let (folders, mut oracle) = (folders(), Oracle::default());
    let bucket = tempfile::tempdir().expect("a folder");
    let s3 = S3Server::start(bucket.path());
    let server = Server::start(kilat(), &folders);
    shoot(&folders, &mut oracle, 0..5);
    server.viewer().wait_safe(5);
    let added =
        with_secrets(&folders, &["destination", "add", "cloud", &s3.url("studio"), "--off-site"], &s3_secrets());
    assert!(added.status.success(), "{}", complaint(&added));
    shoot(&folders, &mut oracle, 5..8);
    // Safe is what is at every destination, the new one too.
    server.viewer().wait_safe(8);
    server.kill();
    let server = Server::start(kilat(), &folders);
    shoot(&folders, &mut oracle, 8..9);
    server.viewer().wait_safe(9);
    let verdict = oracle.judge(&bucket.path().join(S3Server::BUCKET).join("studio")).expect("read");
    assert!(verdict.is_good(), "{verdict:#?}\n{}", folders.log());
    let removed = run(&folders, &["destination", "remove", "cloud"]);
    assert!(removed.status.success(), "{}", complaint(&removed));
    assert!(!names(&server).contains(&"cloud".to_owned()));
    shoot(&folders, &mut oracle, 9..10);
    server.viewer().wait_safe(10);
}

#[test]
fn no_secret_is_in_an_answer_a_log_or_the_journal() {
    let folders = folders();
    let bucket = tempfile::tempdir().expect("a folder");
    let s3 = S3Server::start(bucket.path());
    let server = Server::start(kilat(), &folders);
    let arguments = ["destination", "add", "cloud", &s3.url("studio"), "--kind", "backup"];
    let added = with_secrets(&folders, &arguments, &s3_secrets());
    assert!(added.status.success(), "{}", complaint(&added));
    let list = run(&folders, &["destination", "list", "--json"]);
    let told = format!("{}{}{}{}", text(&added), complaint(&added), text(&list), folders.log());
    assert!(told.contains("cloud") && !told.contains(S3Server::SECRET_ACCESS_KEY), "{told}");
    assert!(server.stop().success());
    for entry in std::fs::read_dir(&folders.data).expect("there") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let bytes = std::fs::read(&path).expect("read");
            let secret = S3Server::SECRET_ACCESS_KEY.as_bytes();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{}", path.display());
        }
    }
    let tested = run(&folders, &["destination", "test", "cloud", "--json"]);
    assert!(tested.status.success(), "without a server, with the sealed secret: {}", complaint(&tested));
    std::fs::remove_file(folders.data.join("seal.key")).expect("removed");
    let tested = run(&folders, &["destination", "test", "cloud"]);
    assert!(!tested.status.success() && complaint(&tested).contains("seal.key is gone"), "{}", complaint(&tested));
}

#[test]
fn a_lost_key_of_the_secrets_is_said_and_never_replaced_in_silence() {
    let folders = folders();
    let bucket = tempfile::tempdir().expect("a folder");
    let s3 = S3Server::start(bucket.path());
    let server = Server::start(kilat(), &folders);
    let add = || {
        with_secrets(&folders, &["destination", "add", "cloud", &s3.url("studio"), "--kind", "backup"], &s3_secrets())
    };
    let added = add();
    assert!(added.status.success(), "{}", complaint(&added));
    // While the key is there, nothing is forgotten.
    assert!(server.stop().success());
    let forgot = run(&folders, &["destination", "forget-secrets"]);
    assert!(!forgot.status.success() && complaint(&forgot).contains("can be read"), "{}", complaint(&forgot));

    let (key, kept) = (folders.data.join("seal.key"), folders.path().join("kept.key"));
    std::fs::rename(&key, &kept).expect("lost");
    for command in [&["serve"][..], &["destination", "list"], &["destination", "test", "cloud"], &["notify", "list"]] {
        let failed = run(&folders, command);
        let said = complaint(&failed);
        assert_eq!(failed.status.code(), Some(1), "{command:?}: {said}");
        assert!(said.contains("seal.key is gone") && said.contains("destination cloud"), "{command:?}: {said}");
        assert!(said.contains("kilat destination forget-secrets"), "{command:?}: {said}");
        assert!(!key.exists(), "{command:?} makes none");
    }
    // The key of before still opens all of it.
    std::fs::write(&key, std::fs::read(&kept).expect("read")).expect("put back");
    let tested = run(&folders, &["destination", "test", "cloud"]);
    assert!(tested.status.success(), "{}", complaint(&tested));

    // Lost for good: given up, named, and given again; the copies there are known as before.
    std::fs::remove_file(&key).expect("lost");
    let forgot = run(&folders, &["destination", "forget-secrets"]);
    assert!(forgot.status.success(), "{}", complaint(&forgot));
    let said = text(&forgot);
    assert!(said.contains("destination cloud") && said.contains("KILAT_SECRET_CLOUD_"), "{said}");
    let server = Server::start(kilat(), &folders);
    assert!(key.exists() && std::fs::read(&key).expect("read") != std::fs::read(&kept).expect("read"), "a new one");
    let tested = run(&folders, &["destination", "test", "cloud"]);
    assert!(complaint(&tested).contains("secret"), "{}", complaint(&tested));
    let removed = run(&folders, &["destination", "remove", "cloud"]);
    assert!(removed.status.success(), "{}", complaint(&removed));
    let added = add();
    assert!(added.status.success(), "{}", complaint(&added));
    assert!(server.stop().success());
}

#[test]
fn a_lost_key_that_sealed_nothing_but_push_does_not_keep_kilat_from_starting() {
    let folders = folders();
    assert!(Server::start(kilat(), &folders).stop().success());
    let key = folders.data.join("seal.key");
    std::fs::remove_file(&key).expect("lost");
    assert!(Server::start(kilat(), &folders).stop().success());
    assert!(key.exists(), "a new one");
    assert!(folders.log().contains("key of push is lost"), "{}", folders.log());
}

#[test]
fn an_event_is_backed_up_to_every_kind_of_server_and_read_back_from_it() {
    let (folders, mut oracle) = (folders(), Oracle::default());
    let place = tempfile::tempdir().expect("a folder");
    let (bucket, shared, account) = (place.path().join("s3"), place.path().join("dav"), place.path().join("ssh"));
    for folder in [&bucket, &shared, &account] {
        std::fs::create_dir(folder).expect("made");
    }
    let (s3, dav, ssh) = (S3Server::start(&bucket), WebDavServer::start(&shared), SshServer::start());
    let server = Server::start(kilat(), &folders);
    shoot(&folders, &mut oracle, 0..6);
    server.viewer().wait_safe(6);
    let dav_secrets = [("user", WebDavServer::USER), ("password", WebDavServer::PASSWORD)];
    for (name, url, secrets) in [
        ("cloud", s3.url("studio"), &s3_secrets()[..]),
        ("share", dav.url("studio"), &dav_secrets[..]),
        ("server", ssh.url(&account.join("studio")), &[("key", ssh.key.as_str())][..]),
    ] {
        let added = with_secrets(&folders, &["destination", "add", name, &url, "--kind", "backup"], secrets);
        assert!(added.status.success(), "{name}: {}", complaint(&added));
    }
    let vault = format!("restic:{}", place.path().join("vault").display());
    let added = with_secrets(
        &folders,
        &["destination", "add", "vault", &vault, "--kind", "backup"],
        &[("password", "correct horse")],
    );
    assert!(added.status.success(), "{}", complaint(&added));
    let done = run(&folders, &["backup", "start", "wedding", "--wait"]);
    assert!(done.status.success(), "{}\n{}", complaint(&done), folders.log());
    for folder in [bucket.join(S3Server::BUCKET).join("studio"), shared.join("studio"), account.join("studio")] {
        let verdict = oracle.judge(&folder).expect("read");
        assert!(verdict.is_good(), "{}: {verdict:#?}\n{}", folder.display(), folders.log());
    }
    // More photos, so that each event has a second list.
    shoot(&folders, &mut oracle, 6..8);
    server.viewer().wait_safe(8);
    let done = run(&folders, &["backup", "start", "wedding", "--wait"]);
    assert!(done.status.success(), "{}\n{}", complaint(&done), folders.log());
    for folder in [bucket.join(S3Server::BUCKET).join("studio"), shared.join("studio"), account.join("studio")] {
        public_tool_is_satisfied(&folder);
    }
    let verified = run(&folders, &["backup", "verify", "wedding"]);
    assert!(verified.status.success(), "{}", complaint(&verified));
    // Met once, an SSH server is known again after a restart; a stranger in its place is refused.
    assert!(server.stop().success());
    ssh.change_host_key();
    let tested = run(&folders, &["destination", "test", "server"]);
    assert!(!tested.status.success() && complaint(&tested).contains("host key"), "{}", complaint(&tested));
}

/// The public tool verifies the event below this folder by nothing but its manifests.
fn public_tool_is_satisfied(folder: &Path) {
    let mut events = std::fs::read_dir(folder).expect("read").map(|entry| entry.expect("an entry").path());
    let event = events.find(|path| path.is_dir() && path.join("ascmhl").is_dir()).expect("an event with manifests");
    let verify = Command::new(server_program("ascmhl-debug")).arg("verify").arg(&event).output().expect("it runs");
    assert!(verify.status.success(), "{}{}", text(&verify), complaint(&verify));
    let lists = std::fs::read_dir(event.join("ascmhl")).expect("read");
    let is_list = |name: &std::ffi::OsStr| name.as_encoded_bytes().ends_with(b".mhl");
    assert_eq!(lists.filter(|entry| is_list(&entry.as_ref().expect("an entry").file_name())).count(), 2);
}

#[test]
fn what_cannot_be_a_destination_is_refused_with_what_to_do() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let add = |body: Value| server.call("POST", "/api/admin/destinations", Some(&body));
    let other = folders.path().join("other");
    let shelf = json!({ "name": "shelf", "url": other.to_str().expect("text") });
    assert_eq!(add(shelf.clone()).0, 201);
    for (body, status, code) in [
        (shelf, 409, "destination_taken"),
        (json!({ "name": "a/b", "url": "/tmp/x" }), 400, "bad_destination"),
        (json!({ "name": "x", "url": "" }), 400, "bad_destination"),
        (json!({ "name": "x", "url": "ftp://host/x" }), 400, "bad_destination"),
        (json!({ "name": "x", "url": "s3://bucket/p" }), 400, "bad_destination"),
        (json!({ "name": "x", "url": "webdav://user:secret@127.0.0.1:1/" }), 400, "bad_destination"),
        (json!({ "name": "x", "url": "webdav://127.0.0.1:1/x" }), 409, "destination_fails"),
        (
            json!({ "name": "x", "url": folders.path().join("no/such").to_str().expect("text") }),
            409,
            "destination_fails",
        ),
    ] {
        let (got, answer) = add(body.clone());
        assert_eq!((got, answer["code"].as_str()), (status, Some(code)), "{body}: {answer}");
        assert!(!answer.to_string().contains("secret@"), "{answer}");
        assert!(answer["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{answer}");
    }
    assert_eq!(server.call("POST", "/api/admin/destinations/nobody/test", None).0, 404);
    let of_settings = names(&server).into_iter().find(|name| name.starts_with("disk-")).expect("named");
    let (status, answer) = server.call("DELETE", &format!("/api/admin/destinations/{of_settings}"), None);
    assert_eq!((status, answer["code"].as_str()), (409, Some("destination_of_settings")), "{answer}");
}
