//! The encrypted destination, held against the public `restic`: it reads what Kilat wrote and the other way
//! round, through kills, full disks, flipped bits and locks.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use kilat_core::{Class, Classify, EventId, MarkId, ObjectKey};
use kilat_objects::{Hashed, Item, Known, ObjectStore, Receipt, StoreError, Watch, hash_file, stamp_of};
use kilat_testkit::Mount;
use kilat_vault::{
    Vault, VaultError, VaultEvent, VaultOutcome, VaultPhoto, VaultProgram, VaultRange, VaultReport, VaultSnapshot,
    VaultStore,
};
use rand::rngs::SmallRng;
use rand::{Rng, RngCore, SeedableRng};
use tempfile::TempDir;
use zeroize::Zeroizing;

const PASSWORD: &str = "correct horse battery staple";
const MB: usize = 1024 * 1024;

fn mark() -> MarkId {
    "0123456789abcdef0123456789abcdef".parse().expect("a mark")
}

fn program() -> VaultProgram {
    VaultProgram { exe: env!("CARGO_BIN_EXE_kilat").into(), args: vec!["vault-worker".to_owned()] }
}

fn vault(place: &Path, password: &str, known: Known) -> Vault {
    Vault::new(program(), place.to_owned(), Zeroizing::new(password.to_owned()), known)
}

fn fresh(place: &Path) -> Vault {
    vault(place, PASSWORD, Known::Nothing { fresh: mark() })
}

fn event() -> EventId {
    "ayu-bima".parse().expect("an event")
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::from_names(["Ayu & Bima, 2026-11-21", "Nikon", name])
}

fn folder() -> ObjectKey {
    ObjectKey::from_names(["Ayu & Bima, 2026-11-21"])
}

/// Photos that neither compress nor repeat, as cameras make them.
fn shoot(into: &Path, count: usize, size: usize, seed: u64) -> Vec<VaultPhoto> {
    fs::create_dir_all(into).expect("made");
    let mut rng = SmallRng::seed_from_u64(seed);
    (0..count)
        .map(|n| {
            let file = into.join(format!("DSC_{seed:02}{n:04}.NEF"));
            let mut bytes = vec![0; size + n * 1_001];
            rng.fill_bytes(&mut bytes);
            fs::write(&file, bytes).expect("written");
            photo(&file)
        })
        .collect()
}

fn photo(file: &Path) -> VaultPhoto {
    let hashed = hashed(file);
    VaultPhoto {
        key: key(&file.file_name().expect("named").to_string_lossy()),
        file: file.to_owned(),
        stamp: stamp_of(file).expect("there"),
        content: hashed.content,
        proof: hashed.proof,
        is_proven: false,
    }
}

fn hashed(file: &Path) -> Hashed {
    hash_file(&File::open(file).expect("opens")).expect("reads")
}

/// What a job told.
#[derive(Default)]
struct Heard {
    photos: BTreeMap<ObjectKey, Result<VaultOutcome, VaultError>>,
    snapshots: Vec<VaultSnapshot>,
    findings: Vec<String>,
}

impl Heard {
    fn take(&mut self, event: VaultEvent) {
        match event {
            VaultEvent::Photo { key, outcome } => {
                self.photos.insert(key, outcome);
            }
            VaultEvent::Snapshot(snapshot) => self.snapshots.push(snapshot),
            VaultEvent::Finding(text) => self.findings.push(text),
            VaultEvent::Tick | VaultEvent::Moved { .. } | VaultEvent::Sent { .. } | VaultEvent::Note(_) => {}
        }
    }

    fn count(&self, outcome: VaultOutcome) -> usize {
        self.photos.values().filter(|other| matches!(other, Ok(other) if *other == outcome)).count()
    }
}

/// Runs a job to its end.
fn hear<T>(job: impl FnOnce(&mut dyn FnMut(VaultEvent) -> ControlFlow<()>) -> T) -> (T, Heard) {
    let mut heard = Heard::default();
    let result = job(&mut |event| {
        heard.take(event);
        ControlFlow::Continue(())
    });
    (result, heard)
}

fn backup(vault: &Vault, photos: &[VaultPhoto]) -> (Result<VaultReport, VaultError>, Heard) {
    hear(|hear| vault.backup(&event(), &folder(), photos.to_vec(), hear))
}

fn stored(vault: &Vault, photos: &[VaultPhoto]) -> Heard {
    let (report, heard) = backup(vault, photos);
    report.expect("the backup ends well");
    for (key, outcome) in &heard.photos {
        assert!(matches!(outcome, Ok(VaultOutcome::Kept { .. })), "{key}: {outcome:?}");
    }
    assert_eq!(heard.photos.len(), photos.len());
    heard
}

fn restic(place: &Path, arguments: &[&str]) -> Output {
    Command::new("restic")
        .args(["--no-cache", "--repo"])
        .arg(place)
        .args(arguments)
        .env("RESTIC_PASSWORD", PASSWORD)
        .stdin(Stdio::null())
        .output()
        .expect("restic is installed: scripts/setup.sh does it")
}

fn restic_says(place: &Path, arguments: &[&str]) -> String {
    let output = restic(place, arguments);
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "restic {arguments:?}: {said}{wrong}");
    said.into_owned()
}

/// The public program finds nothing wrong, and gives every photo back byte for byte.
fn holds_for_restic(place: &Path, photos: &[VaultPhoto]) {
    let said = restic_says(place, &["check", "--read-data"]);
    assert!(said.contains("no errors were found"), "{said}");
    let back = TempDir::new().expect("a folder");
    restic_says(place, &["restore", "latest", "--target", &back.path().to_string_lossy()]);
    for photo in photos {
        let file = back.path().join(photo.key.as_str());
        assert_eq!(hashed(&file).content, photo.content, "{file:?}");
    }
}

fn bytes_in(place: &Path) -> u64 {
    let mut folders = vec![place.to_owned()];
    let mut bytes = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("listed") {
            let entry = entry.expect("listed");
            if entry.file_type().expect("known").is_dir() {
                folders.push(entry.path());
            } else {
                bytes += entry.metadata().map_or(0, |meta| meta.len());
            }
        }
    }
    bytes
}

fn files_in(place: &Path, folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![place.join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("listed") {
            let path = entry.expect("listed").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

#[test]
fn the_public_restic_checks_and_restores_what_kilat_wrote() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let photos = shoot(&home.path().join("card"), 90, MB / 2, 1);
    let vault = fresh(&place);
    assert_eq!(vault.attach().expect("made"), mark());
    let (report, heard) = backup(&vault, &photos);
    let report = report.expect("ends well");
    assert_eq!(heard.count(VaultOutcome::Kept { was_there: false }), photos.len());
    println!("memory of the backup: {} MB", report.peak_bytes / 1_000_000);
    assert!(report.peak_bytes < 400_000_000, "{} bytes of memory", report.peak_bytes);
    holds_for_restic(&place, &photos);
    let said = restic_says(&place, &["snapshots", "--json"]);
    assert!(said.contains("event:ayu-bima") && !said.contains("kilat-part"), "{said}");
    let snapshots: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(snapshots.as_array().map(Vec::len), Some(1), "{said}");
    assert_eq!(snapshots[0]["paths"], serde_json::json!(["/Ayu & Bima, 2026-11-21"]));
    assert_eq!(files_in(&place, "locks"), Vec::<PathBuf>::new());
}

#[test]
fn a_photo_that_is_there_is_not_read_again_and_every_run_names_its_parent() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let card = home.path().join("card");
    let first = shoot(&card, 5, MB, 1);
    let vault = fresh(&place);
    vault.attach().expect("made");
    stored(&vault, &first);
    let before = bytes_in(&place);
    let all: Vec<_> = first.iter().cloned().chain(shoot(&card, 2, MB, 2)).collect();
    for photo in &first {
        fs::remove_file(&photo.file).expect("removed: it cannot be read again");
    }
    let heard = stored(&vault, &all);
    assert_eq!(heard.count(VaultOutcome::Kept { was_there: true }), 5);
    assert_eq!(heard.count(VaultOutcome::Kept { was_there: false }), 2);
    assert!(bytes_in(&place) - before < 3 * MB as u64, "only what is new is written");
    holds_for_restic(&place, &all);
    let snapshots: serde_json::Value =
        serde_json::from_str(&restic_says(&place, &["snapshots", "--json"])).expect("JSON");
    assert_eq!(snapshots[1]["parent"], snapshots[0]["id"]);
    // A run that names fewer photos takes none away.
    stored(&vault, &all[6..]);
    holds_for_restic(&place, &all);
}

#[test]
fn a_photo_that_changed_or_went_fails_alone() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let photos = shoot(&home.path().join("card"), 6, MB, 1);
    let mut bytes = fs::read(&photos[2].file).expect("read");
    bytes[700_000] ^= 1;
    fs::write(&photos[2].file, bytes).expect("written");
    fs::remove_file(&photos[4].file).expect("removed");
    let vault = fresh(&place);
    vault.attach().expect("made");
    let (report, heard) = backup(&vault, &photos);
    report.expect("the others go on");
    assert_eq!(heard.count(VaultOutcome::Kept { was_there: false }), 4);
    let changed = heard.photos[&photos[2].key].as_ref().expect_err("it is not what was filed");
    assert!(matches!(changed, VaultError::Store(StoreError::SourceChanged { .. })), "{changed}");
    assert_eq!(changed.class(), Class::GiveUp);
    let gone = heard.photos[&photos[4].key].as_ref().expect_err("it is gone");
    assert!(matches!(gone, VaultError::Store(StoreError::SourceGone { .. })), "{gone}");
    let kept: Vec<_> = [0, 1, 3, 5].map(|n| photos[n].clone()).to_vec();
    holds_for_restic(&place, &kept);
}

#[test]
fn a_wrong_password_is_named_and_nothing_is_touched() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    fresh(&place).attach().expect("made");
    let before = bytes_in(&place);
    let other = vault(&place, "something else", Known::Place(mark()));
    let error = other.attach().expect_err("it is wrong");
    assert!(matches!(error, VaultError::WrongPassword { .. }), "{error}");
    assert_eq!(error.class(), Class::NeedsOperator);
    assert!(!error.to_string().contains("something else"), "{error}");
    let (report, _) = backup(&other, &shoot(&home.path().join("card"), 1, MB, 1));
    assert!(matches!(report, Err(VaultError::WrongPassword { .. })));
    assert_eq!(bytes_in(&place), before);
}

#[test]
fn an_empty_mount_point_and_a_strangers_folder_are_not_filled() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    fs::create_dir(&place).expect("an empty mount point");
    let known = vault(&place, PASSWORD, Known::Place(mark()));
    let error = known.attach().expect_err("it is not there");
    assert!(matches!(error, VaultError::Store(StoreError::Gone { .. })), "{error}");
    let (report, _) = backup(&known, &shoot(&home.path().join("card"), 1, MB, 1));
    assert!(matches!(report, Err(VaultError::Store(StoreError::Gone { .. }))));
    assert_eq!(fs::read_dir(&place).expect("listed").count(), 0);
    fs::write(place.join("thesis.odt"), "years of work").expect("written");
    let error = fresh(&place).attach().expect_err("somebody uses it");
    assert!(matches!(error, VaultError::NoRepository { .. }), "{error}");
    assert_eq!(fs::read_dir(&place).expect("listed").count(), 1);
    // Its mark is there, the repository is not: it was removed, and none is made in its stead.
    let lost = home.path().join("lost");
    fresh(&lost).attach().expect("made");
    fs::remove_file(lost.join("config")).expect("removed");
    let error = vault(&lost, PASSWORD, Known::Place(mark())).attach().expect_err("it is lost");
    assert!(matches!(error, VaultError::NoRepository { .. }), "{error}");
}

#[test]
fn killed_anywhere_the_repository_stands_and_the_next_run_goes_on() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let photos = shoot(&home.path().join("card"), 150, MB / 4, 3);
    let vault = fresh(&place);
    vault.attach().expect("made");
    let mut rng = SmallRng::seed_from_u64(7);
    let mut kills = 0;
    let heard = loop {
        // Killed by a photo's answer or by bytes moved, wherever that falls.
        let mut left = if kills < 9 { rng.random_range(0..40) } else { u32::MAX };
        let mut heard = Heard::default();
        let result = vault.backup(&event(), &folder(), photos.clone(), &mut |event| {
            heard.take(event);
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match result {
            Ok(_) => break heard,
            Err(VaultError::Cancelled) => kills += 1,
            Err(error) => panic!("{error}"),
        }
        // Of a killed process on this computer: restic takes its lock for stale, too.
        restic_says(&place, &["unlock"]);
        let said = restic_says(&place, &["check", "--read-data"]);
        assert!(said.contains("no errors were found"), "{said}");
    };
    assert!(kills >= 3, "killed {kills} times");
    assert_eq!(heard.photos.len(), photos.len());
    assert!(heard.photos.values().all(Result::is_ok));
    holds_for_restic(&place, &photos);
    let (held, needed) = (bytes_in(&place), photos.iter().map(|photo| photo.stamp.size_bytes).sum::<u64>());
    println!("{kills} kills: {held} bytes for {needed} of photos");
    assert!(held < needed + needed / 10, "{kills} kills left {held} bytes for {needed} of photos");
}

#[test]
fn a_video_that_was_cut_off_goes_on_where_it_was() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let photos = shoot(&home.path().join("card"), 1, 160 * MB, 6);
    let vault = fresh(&place);
    vault.attach().expect("made");
    let cut = vault.backup(&event(), &folder(), photos.clone(), &mut |event| {
        if let VaultEvent::Moved { written_bytes, .. } = event
            && written_bytes > 40 * MB as u64
        {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    assert!(matches!(cut, Err(VaultError::Cancelled)), "{cut:?}");
    assert!(bytes_in(&place) > 32 * MB as u64, "some of it was written");
    stored(&vault, &photos);
    let held = bytes_in(&place);
    assert!(held < 164 * MB as u64, "{held} bytes: what was written before is used");
    holds_for_restic(&place, &photos);
}

#[test]
fn what_a_killed_process_left_is_cleared_away() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let vault = fresh(&place);
    vault.attach().expect("made");
    // restic holds its lock as long as its input is open.
    let mut other = Command::new("restic")
        .args(["--no-cache", "--repo"])
        .arg(&place)
        .args(["backup", "--stdin"])
        .env("RESTIC_PASSWORD", PASSWORD)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("restic is installed: scripts/setup.sh does it");
    while files_in(&place, "locks").is_empty() {
        std::thread::yield_now();
    }
    // It only adds, as Kilat does: both may.
    let photos = shoot(&home.path().join("card"), 3, MB, 1);
    stored(&vault, &photos);
    assert_eq!(files_in(&place, "locks").len(), 1, "another's lock is respected");
    other.kill().expect("killed");
    other.wait().expect("reaped");
    assert_eq!(files_in(&place, "locks").len(), 1, "it left its lock");
    stored(&vault, &photos);
    assert_eq!(files_in(&place, "locks"), Vec::<PathBuf>::new());
    assert!(files_in(&place, ".kilat-parts").is_empty());
}

#[test]
fn restic_sees_that_kilat_is_at_work() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let photos = shoot(&home.path().join("card"), 1, MB, 1);
    let vault = store(&place, home.path());
    vault.attach().expect("made");
    put(&vault, &photos[0], &photos[0].key).expect("stored");
    // Its process waits for more.
    let output = restic(&place, &["prune"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("locked") && said.contains("kilat"), "{said}");
    drop(vault);
    restic_says(&place, &["prune"]);
}

#[test]
fn a_repository_of_restics_own_is_read_and_added_to() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let card = home.path().join("card");
    let photos = shoot(&card, 4, 3 * MB, 5);
    restic_says(&place, &["init"]);
    restic_says(&place, &["backup", &card.to_string_lossy()]);
    let vault = fresh(&place);
    vault.attach().expect("its password is known");
    let (report, heard) = hear(|hear| vault.list(hear));
    report.expect("listed");
    assert_eq!(heard.snapshots.len(), 1);
    let back = home.path().join("back");
    let range = VaultRange::Snapshot(heard.snapshots[0].id.clone());
    let (report, heard) = hear(|hear| vault.restore(range, &back, Vec::new(), hear));
    println!("memory of the restore: {} MB", report.expect("restored").peak_bytes / 1_000_000);
    assert_eq!(heard.photos.len(), 4);
    for photo in &photos {
        // Names that storage cannot hold are made safe, as everywhere.
        let names = photo.file.iter().skip(1).map(|name| name.to_str().expect("text"));
        assert_eq!(hashed(&back.join(ObjectKey::from_names(names).as_str())).content, photo.content);
    }
    let (report, heard) = hear(|hear| vault.check(hear));
    report.expect("checked");
    assert_eq!(heard.findings, Vec::<String>::new());
    // The same bytes once more, of the same repository's pieces.
    let before = bytes_in(&place);
    stored(&vault, &photos);
    assert!(bytes_in(&place) - before < MB as u64 / 2, "what it holds is not stored twice");
    holds_for_restic(&place, &photos);
}

#[test]
fn an_event_is_verified_and_restored_photo_by_photo() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let photos = shoot(&home.path().join("card"), 5, MB, 1);
    let vault = fresh(&place);
    vault.attach().expect("made");
    stored(&vault, &photos[..4]);
    let (report, heard) = hear(|hear| vault.verify(&folder(), photos.clone(), hear));
    report.expect("read");
    assert_eq!(heard.count(VaultOutcome::Proven), 4);
    assert!(matches!(heard.photos[&photos[4].key], Err(VaultError::Missing { .. })));
    let back = home.path().join("back");
    let (report, heard) = hear(|hear| vault.restore(VaultRange::Folder(folder()), &back, photos[..4].to_vec(), hear));
    report.expect("restored");
    for photo in &photos[..4] {
        let file = back.join(photo.key.as_str());
        assert!(matches!(heard.photos[&photo.key], Ok(VaultOutcome::Restored(_))));
        assert_eq!(hashed(&file).content, photo.content);
        assert_eq!(stamp_of(&file).expect("there").mtime_ns, photo.stamp.mtime_ns);
    }
    // Again, beside a file of somebody's: what is the same is fine, what is not stays.
    let theirs = back.join(photos[0].key.as_str());
    fs::write(&theirs, "mine").expect("written");
    let (report, heard) = hear(|hear| vault.restore(VaultRange::Folder(folder()), &back, Vec::new(), hear));
    report.expect("restored");
    assert_eq!(heard.photos.values().filter(|outcome| outcome.is_err()).count(), 1);
    assert_eq!(fs::read(&theirs).expect("there"), b"mine");
}

fn flip(file: &Path) {
    let mut bytes = fs::read(file).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(file, bytes).expect("written");
}

#[test]
fn a_flipped_bit_is_found_wherever_it_is() {
    let home = TempDir::new().expect("a folder");
    let photos = shoot(&home.path().join("card"), 6, MB, 1);
    for part in ["data", "index", "snapshots", "keys", "config"] {
        let place = home.path().join(part);
        let vault = fresh(&place);
        vault.attach().expect("made");
        stored(&vault, &photos);
        let victim = match part {
            "config" => place.join("config"),
            // The largest: of packs the one with photos.
            _ => files_in(&place, part)
                .into_iter()
                .max_by_key(|file| file.metadata().map_or(0, |m| m.len()))
                .expect("one"),
        };
        flip(&victim);
        let (report, heard) = hear(|hear| vault.check(hear));
        assert!(report.is_err() || !heard.findings.is_empty(), "a bit flipped in {part} was not found");
        let (report, heard) = hear(|hear| vault.verify(&folder(), photos.clone(), hear));
        if part == "data" {
            report.expect("the others are read");
            let wrong = heard.photos.values().filter(|outcome| outcome.is_err()).count();
            assert!((1..=2).contains(&wrong), "{wrong} photos of one flipped bit");
        } else {
            let error = report.expect_err("it cannot be read");
            assert_eq!(error.class(), Class::NeedsOperator, "{part}: {error}");
        }
    }
}

#[test]
fn a_damaged_pack_that_is_moved_away_is_made_up_for_by_the_next_run() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let photos = shoot(&home.path().join("card"), 6, MB, 1);
    let vault = fresh(&place);
    vault.attach().expect("made");
    stored(&vault, &photos);
    let size = |file: &PathBuf| file.metadata().map_or(0, |meta| meta.len());
    let pack = files_in(&place, "data").into_iter().max_by_key(size).expect("one");
    flip(&pack);
    let (report, heard) = backup(&vault, &photos);
    report.expect("the others stand");
    let wrong: Vec<_> = heard.photos.values().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert!((1..=2).contains(&wrong.len()), "{wrong:?}");
    let name = pack.file_name().expect("named").to_string_lossy().into_owned();
    assert!(wrong[0].to_string().contains(&name), "the remedy names the pack: {}", wrong[0]);
    fs::rename(&pack, home.path().join("away")).expect("moved");
    stored(&vault, &photos);
    let (report, heard) = hear(|hear| vault.verify(&folder(), photos.clone(), hear));
    report.expect("read");
    assert_eq!(heard.count(VaultOutcome::Proven), photos.len());
}

#[test]
fn a_full_disk_is_named_and_the_repository_goes_on_when_there_is_room() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    fs::create_dir(&place).expect("made");
    let disk = match Mount::memory(&place, 110) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: {why}"),
    };
    let photos = shoot(&home.path().join("card"), 200, MB / 4, 1);
    let vault = fresh(&place);
    vault.attach().expect("made");
    let (report, heard) = backup(&vault, &photos);
    let error = report.expect_err("it is full");
    assert!(matches!(error, VaultError::Store(StoreError::Full { .. })), "{error}");
    let kept = heard.count(VaultOutcome::Kept { was_there: false });
    assert!((1..200).contains(&kept), "{kept} kept");
    let said = restic_says(&place, &["check", "--read-data"]);
    assert!(said.contains("no errors were found"), "{said}");
    // What restic needs to make room is left: an index, a snapshot, a lock.
    restic_says(&place, &["prune"]);
    disk.remount("size=300m").expect("larger");
    stored(&vault, &photos);
    holds_for_restic(&place, &photos);
}

#[test]
fn the_password_stands_in_no_argument_and_no_environment() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let vault = fresh(&place);
    vault.attach().expect("made");
    let mut looked = 0;
    let photos = shoot(&home.path().join("card"), 3, MB, 1);
    let report = vault.backup(&event(), &folder(), photos, &mut |_| {
        for process in fs::read_dir("/proc").expect("listed").filter_map(Result::ok) {
            let status = fs::read_to_string(process.path().join("status")).unwrap_or_default();
            let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
            let is_ours = status.contains(&format!("\nPPid:\t{}\n", std::process::id()));
            if !is_ours || !String::from_utf8_lossy(&command).contains("vault-worker") {
                continue;
            }
            looked += 1;
            for secret in ["cmdline", "environ"] {
                let bytes = fs::read(process.path().join(secret)).unwrap_or_default();
                assert!(!bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()), "{secret}");
            }
        }
        ControlFlow::Continue(())
    });
    report.expect("ends well");
    assert!(looked > 0, "the process was seen");
}

#[test]
fn the_process_ends_when_whoever_asked_is_gone() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kilat"))
        .arg("vault-worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    drop(child.stdin.take());
    assert!(!child.wait().expect("it ends").success());
}

/// Follows nothing and ends nothing.
struct Patient;

impl Watch for Patient {
    fn sent(&self, _bytes: u64) {}
    fn is_cancelled(&self) -> bool {
        false
    }
}

fn put(store: &VaultStore, photo: &VaultPhoto, key: &ObjectKey) -> Result<Receipt, StoreError> {
    let item = Item { file: &photo.file, stamp: photo.stamp, proof: photo.proof, key, part: "part", resume: None };
    store.put(&item, &Patient)
}

/// As engines do: several at once, each waiting for its own.
fn put_all(store: &VaultStore, photos: &[VaultPhoto], at_once: usize, stored: &AtomicUsize) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(photo) = photos.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let is_stored = put(store, photo, &photo.key).is_ok();
                    stored.fetch_add(usize::from(is_stored), Ordering::Relaxed);
                }
            });
        }
    });
}

fn all_are_put(store: &VaultStore, photos: &[VaultPhoto], at_once: usize) {
    let stored = AtomicUsize::new(0);
    put_all(store, photos, at_once, &stored);
    assert_eq!(stored.into_inner(), photos.len());
}

/// A store whose processes are called after its folder, so that they are told from those of other tests.
fn store(place: &Path, home: &Path) -> VaultStore {
    let exe = home.join("kilat");
    if !exe.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kilat"), &exe).expect("linked");
    }
    let program = VaultProgram { exe, ..program() };
    let password = Zeroizing::new(PASSWORD.to_owned());
    let vault = Vault::new(program, place.to_owned(), password, Known::Nothing { fresh: mark() });
    VaultStore::new(vault, home.join("scratch")).expect("a store")
}

#[test]
fn it_is_a_store_like_any_other() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let photos = shoot(&home.path().join("card"), 40, MB / 2, 1);
    let (vault, key) = (store(&place, home.path()), &photos[0].key);
    assert_eq!(vault.attach().expect("made"), mark());
    assert!(vault.probe().expect("written").is_some());
    assert_eq!(vault.look(key).expect("asked"), None);
    all_are_put(&vault, &photos, 8);
    // Again: the same bytes are there. Others of that name stand beside them.
    let again = put(&vault, &photos[0], key).expect("there");
    assert!(again.was_there && again.key == *key);
    let beside = put(&vault, &photos[1], key).expect("numbered");
    assert_eq!(beside.key, key.numbered(2));
    assert_eq!(vault.look(key).expect("asked"), Some(photos[0].stamp.size_bytes));
    vault.verify(key, photos[0].stamp.size_bytes, photos[0].proof).expect("sound");
    let wrong = vault.verify(key, photos[0].stamp.size_bytes, photos[1].proof).expect_err("another's");
    assert!(matches!(wrong, StoreError::Corrupt { .. }), "{wrong}");
    let mut bytes = Vec::new();
    vault.open(key).expect("opens").read_to_end(&mut bytes).expect("reads");
    assert_eq!(bytes, fs::read(&photos[0].file).expect("there"));
    assert_eq!(fs::read_dir(home.path().join("scratch")).expect("listed").count(), 0, "nothing of it stays");
    let list = ObjectKey::from_names(["Ayu & Bima, 2026-11-21", "ascmhl", "chain.xml"]);
    vault.replace(&list, b"one").expect("written");
    vault.replace(&list, b"another").expect("replaced");
    let mut bytes = Vec::new();
    vault.open(&list).expect("opens").read_to_end(&mut bytes).expect("reads");
    assert_eq!(bytes, b"another");
    let mut listed = 0;
    vault
        .list(&folder(), &mut |_| {
            listed += 1;
            ControlFlow::Continue(())
        })
        .expect("listed");
    assert_eq!(listed, photos.len() + 2);
    drop(vault);
    holds_for_restic(&place, &photos);
    let said = restic_says(&place, &["snapshots", "--json"]);
    assert!(!said.contains("kilat-part"), "one snapshot holds all: {said}");
    assert_eq!(files_in(&place, "locks"), Vec::<PathBuf>::new());
}

#[test]
fn a_store_whose_process_is_killed_goes_on_and_loses_nothing_that_it_answered() {
    let home = TempDir::new().expect("a folder");
    let place = home.path().join("vault");
    let photos = shoot(&home.path().join("card"), 120, MB / 4, 4);
    let vault = store(&place, home.path());
    vault.attach().expect("made");
    let (first, rest) = photos.split_at(20);
    all_are_put(&vault, first, 4);
    let stored = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| put_all(&vault, rest, 4, &stored));
        for many in [10, 40, 70] {
            while stored.load(Ordering::Relaxed) < many {
                std::thread::yield_now();
            }
            assert_eq!(kill_workers(home.path()), 1);
        }
    });
    println!("{} of {} stored through kills", stored.into_inner(), rest.len());
    // What was answered is there for another process; what failed is stored by another attempt.
    for photo in first {
        vault.verify(&photo.key, photo.stamp.size_bytes, photo.proof).expect("it was answered");
    }
    all_are_put(&vault, &photos, 4);
    drop(vault);
    holds_for_restic(&place, &photos);
}

/// Kills the processes that a store of this folder started.
fn kill_workers(home: &Path) -> usize {
    let name = home.join("kilat").to_string_lossy().into_owned();
    let mut killed = 0;
    for process in fs::read_dir("/proc").expect("listed").filter_map(Result::ok) {
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let pid = process.file_name().to_string_lossy().parse().ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid.filter(|_| command.starts_with(name.as_bytes())) {
            killed += usize::from(rustix::process::kill_process(pid, rustix::process::Signal::KILL).is_ok());
        }
    }
    killed
}
