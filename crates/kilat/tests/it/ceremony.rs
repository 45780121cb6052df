//! Copies that leave the line to a ceremony.

use std::time::{Duration, Instant};

use kilat_testkit::{Oracle, S3Server, Server};
use serde_json::Value;

use crate::scene::{complaint, folders, kilat, photo, pipe, run, text};

#[test]
fn a_ceremony_slows_copies_over_the_network_down_survives_a_restart_and_ends_when_it_is_told() {
    let (folders, mut oracle) = (folders(), Oracle::default());
    std::fs::create_dir_all(&folders.data).expect("made");
    std::fs::write(folders.data.join("kilat.toml"), "[network]\nceremony_mbit_per_second = 1\n").expect("written");
    let bucket = tempfile::tempdir().expect("a folder");
    let s3 = S3Server::start(bucket.path());
    let mut shoot = |name: &str, number, size| {
        let (path, bytes) = (folders.hot.join(name), photo(number, size));
        std::fs::write(&path, &bytes).expect("written");
        oracle.closed(&path, &bytes);
    };
    let server = Server::start(kilat(), &folders);
    let secrets =
        format!("access_key_id={}\nsecret_access_key={}\n", S3Server::ACCESS_KEY_ID, S3Server::SECRET_ACCESS_KEY);
    let added = pipe(&folders, &["destination", "add", "cloud", &s3.url("studio")], &secrets);
    assert!(added.status.success(), "{}", complaint(&added));

    let on = run(&folders, &["ceremony", "on", "--minutes", "60", "--json"]);
    assert!(on.status.success(), "{}", complaint(&on));
    let on: Value = serde_json::from_str(&text(&on)).expect("JSON");
    assert_eq!(on["limitBytesPerSecond"], 125_000);
    let begun = Instant::now();
    shoot("DSC_0001.JPG", 1, 600_000);
    server.viewer().wait_safe(1);
    // 600 kB at 125 kB/s, the first pieces being free.
    assert!(begun.elapsed() > Duration::from_secs(2), "{:?}", begun.elapsed());

    server.kill();
    let server = Server::start(kilat(), &folders);
    let status = run(&folders, &["ceremony", "status"]);
    assert!(text(&status).contains("ceremony until") && text(&status).contains("1 Mbit/s"), "{}", text(&status));
    assert!(server.get("/api/now")["ceremonyUntil"].is_string());
    // Ten minutes at that rate, which nobody waits for.
    shoot("DSC_0002.JPG", 2, 75_000_000);
    server.viewer().wait_now(|now| now["newest"][0]["progress"].as_f64().is_some());
    let off = run(&folders, &["ceremony", "off"]);
    assert!(text(&off).contains("no ceremony"), "{}", text(&off));
    server.viewer().wait_safe(2);
    assert!(server.get("/api/now")["ceremonyUntil"].is_null());
    let verdict = oracle.judge(&bucket.path().join(S3Server::BUCKET).join("studio")).expect("read");
    assert!(verdict.is_good(), "{verdict:#?}");

    let wrong = run(&folders, &["ceremony", "on", "--minutes", "721"]);
    assert_eq!(wrong.status.code(), Some(2));
}
