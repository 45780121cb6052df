//! Copies that leave the line to a ceremony.

use std::time::{Duration, Instant};

use kilat_testkit::{Oracle, S3Server, Server, Viewer};
use serde_json::Value;

use crate::backup::{ask, wait_phase};
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

/// Waits until the run is under way and further than so many bytes; answers its progress.
fn wait_further(viewer: &Viewer, id: &str, than: u64) -> Value {
    viewer.wait(|heard| {
        let payload = heard.payload();
        let is_it = heard.kind() == "backup_progress" && payload["backupId"] == id;
        (is_it && payload["processedBytes"].as_u64()? > than).then(|| payload.clone())
    })
}

#[test]
fn an_encrypted_backup_on_a_share_leaves_the_line_to_a_ceremony_and_shows_how_far_each_photo_is() {
    let (folders, place) = (folders(), tempfile::tempdir().expect("a folder"));
    std::fs::create_dir_all(&folders.data).expect("made");
    let settings =
        format!("[network]\nceremony_mbit_per_second = 1\nfolders = [{:?}]\n", place.path().display().to_string());
    std::fs::write(folders.data.join("kilat.toml"), settings).expect("written");
    let server = Server::start(kilat(), &folders);
    let vault = format!("restic:{}", place.path().join("vault").display());
    let added =
        pipe(&folders, &["destination", "add", "vault", &vault, "--kind", "backup"], "password=correct horse\n");
    assert!(added.status.success(), "{}", complaint(&added));
    // Five minutes at that rate, which nobody waits for.
    let size = 40_000_000;
    std::fs::write(folders.hot.join("DSC_0001.JPG"), photo(1, size)).expect("written");
    server.viewer().wait_safe(1);
    let on = run(&folders, &["ceremony", "on", "--minutes", "60"]);
    assert!(on.status.success(), "{}", complaint(&on));

    let viewer = server.viewer();
    let (begun, id) = (Instant::now(), ask(&server));
    let first = wait_further(&viewer, &id, 0);
    assert_eq!(first["currentFiles"][0]["name"], "DSC_0001.JPG", "{first}");
    assert_eq!(first["processedPhotos"], 0, "it is under way, and not proven: {first}");
    let before = first["processedBytes"].as_u64().expect("bytes");
    let later = wait_further(&viewer, &id, before)["processedBytes"].as_u64().expect("bytes");
    // 125 kB/s; one piece of 256 KiB goes at once, another may be under way.
    let most = begun.elapsed().as_millis() as u64 * 125 + 2 * 262_144;
    assert!(later <= most, "{later} bytes in {:?}", begun.elapsed());

    let off = run(&folders, &["ceremony", "off"]);
    assert!(off.status.success(), "{}", complaint(&off));
    wait_phase(&viewer, &id, "completed");
    assert!(begun.elapsed() < Duration::from_secs(100), "{:?}", begun.elapsed());
}
