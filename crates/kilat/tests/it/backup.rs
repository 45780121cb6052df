//! Event backups of the whole program: by HTTP, by command line, live on screens, through kills and faulty disks.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use kilat_testkit::{Folders, Heard, Mount, MountError, Oracle, Server, Viewer, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::scene::{complaint, folders, kilat, photo, run, text};

const EVENT: &str = "/api/admin/events/wedding";

/// A studio with a backup disk named `shelf`.
struct Studio {
    folders: Folders,
    shelf: PathBuf,
    oracle: Oracle,
    taken: u64,
}

impl Studio {
    fn new() -> Self {
        let folders = folders();
        let shelf = folders.path().join("shelf");
        let studio = Self { folders, shelf, oracle: Oracle::default(), taken: 0 };
        studio.settings("");
        studio
    }

    /// Settings beside the destination.
    fn settings(&self, more: &str) {
        std::fs::create_dir_all(&self.folders.data).expect("made");
        let shelf = self.shelf.display();
        let text =
            format!("[[destination]]\nname = \"shelf\"\nurl = \"{shelf}\"\nkind = \"backup\"\n\n[backup]\n{more}");
        std::fs::write(self.folders.data.join("kilat.toml"), text).expect("written");
    }

    fn start(&self) -> Server {
        Server::start(kilat(), &self.folders)
    }

    /// Takes photos and waits until they are filed and uploaded.
    fn shoot(&mut self, server: &Server, photos: u64, size: usize) {
        for _ in 0..photos {
            let (path, bytes) = (self.hot(self.taken), photo(self.taken, size));
            std::fs::write(&path, &bytes).expect("written");
            self.oracle.closed(&path, &bytes);
            self.taken += 1;
        }
        server.viewer().wait_safe(self.taken);
    }

    fn hot(&self, number: u64) -> PathBuf {
        self.folders.hot.join(format!("DSC_{number:04}.JPG"))
    }

    fn is_good(&self) {
        let verdict = self.oracle.judge(&self.shelf).expect("read");
        assert!(verdict.is_good(), "{verdict:#?}\n{}", self.folders.log());
    }

    fn kilat(&self, arguments: &[&str]) -> std::process::Output {
        run(&self.folders, arguments)
    }
}

/// Asks for a backup to every backup destination; answers its id.
pub(crate) fn ask(server: &Server) -> String {
    let (status, answer) = server.call("POST", &format!("{EVENT}/backup"), None);
    assert_eq!((status, &answer["success"]), (202, &json!(true)), "{answer}");
    answer["data"]["backupId"].as_str().expect("an id").to_owned()
}

fn state(server: &Server, id: &str) -> Value {
    server.get(&format!("{EVENT}/backup?backupId={id}"))["data"].clone()
}

/// Waits until the run is in this phase, or was.
pub(crate) fn wait_phase(viewer: &Viewer, id: &str, phase: &str) -> Value {
    viewer.wait(|heard| {
        if heard.kind() != "backup_status" {
            return None;
        }
        let runs = heard.payload().as_array()?;
        runs.iter().find(|run| run["backupId"] == id && run["phase"] == phase).cloned()
    })
}

fn notices(viewer: &Viewer, kind: &str) -> usize {
    let is_one = |heard: &Heard| heard.kind() == "notification" && heard.payload()["type"] == kind;
    viewer.heard().iter().filter(|heard| is_one(heard)).count()
}

fn skip(why: &MountError) {
    println!("skipped: {why}");
}

#[test]
fn a_backup_is_live_on_every_screen_and_announced_once() {
    let mut studio = Studio::new();
    let server = studio.start();
    studio.shoot(&server, 12, 400_000);
    let viewer = server.viewer();
    let id = ask(&server);
    let ended = wait_phase(&viewer, &id, "completed");
    assert_eq!((&ended["status"], &ended["totalPhotos"]), (&json!("completed"), &json!(12)));
    assert_eq!((&ended["successfulUploads"], &ended["failedUploads"]), (&json!(12), &json!(0)));
    assert!(ended["endTime"].is_string() && ended["duration"].is_number(), "{ended}");
    studio.is_good();
    viewer.wait(|heard| {
        let is_last = heard.kind() == "backup_progress" && heard.payload()["progress"] == 100.0;
        (is_last && heard.payload()["backupId"] == id).then_some(())
    });
    let notice = viewer.wait(|heard| {
        let is_it = heard.kind() == "notification" && heard.payload()["type"] == "backup_complete";
        is_it.then(|| heard.message.clone())
    });
    assert_eq!(notice["payload"]["data"]["backupId"], json!(id));
    let list = server.get("/api/admin/backup/status")["data"].clone();
    assert_eq!(list["summary"]["completedBackups"], 1);
    assert_eq!(list["recentBackups"][0]["backupId"], json!(id));
    // A restart reads the same facts again and tells nobody twice.
    drop(viewer);
    assert!(server.stop().success());
    let server = studio.start();
    let viewer = server.viewer();
    let again = ask(&server);
    wait_phase(&viewer, &again, "completed");
    viewer.wait(|heard| {
        let is_it = heard.kind() == "notification" && heard.payload()["data"]["backupId"] == json!(again);
        is_it.then_some(())
    });
    assert_eq!(notices(&viewer, "backup_complete"), 1, "only the new one");
    let of_first = |notice: &&Value| notice["data"]["backupId"] == json!(id);
    let kept = server.get("/api/notifications")["notifications"].clone();
    assert_eq!(kept.as_array().expect("a list").iter().filter(of_first).count(), 1);
}

#[test]
fn calls_about_backups_say_what_is_missing_and_what_to_do() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let (status, answer) = server.call("POST", &format!("{EVENT}/backup"), None);
    assert_eq!((status, &answer["code"]), (409, &json!("no_destination")), "{answer}");
    assert!(answer["remedy"].as_str().expect("words").contains("kilat destination add"), "{answer}");
    for (method, path) in [
        ("POST", "/api/admin/events/nobody/backup"),
        ("GET", "/api/admin/events/nobody/backup"),
        ("GET", "/api/admin/events/wedding/backup?backupId=nobody"),
        ("POST", "/api/admin/backups/nobody/pause"),
        ("GET", "/api/admin/events/nobody/safety"),
    ] {
        let (status, answer) = server.call(method, path, None);
        assert_eq!((status, &answer["code"]), (404, &json!("not_found")), "{method} {path}: {answer}");
    }
    let (status, answer) = server.call("POST", &format!("{EVENT}/backup"), Some(&json!({ "destinations": ["x"] })));
    assert_eq!((status, &answer["code"]), (404, &json!("not_found")), "{answer}");
}

#[test]
fn a_backup_survives_being_killed_at_any_moment_without_a_gap_or_a_double() {
    let seed = u64::from(SmallRng::from_os_rng().random::<u32>());
    println!("seed {seed}");
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut studio = Studio::new();
    let server = studio.start();
    studio.shoot(&server, 60, 300_000);
    let id = ask(&server);
    let mut server = Some(server);
    for _ in 0..8 {
        let running = server.take().unwrap_or_else(|| studio.start());
        // The moment is left to chance; what must hold, holds at any.
        pause(Duration::from_millis(rng.random_range(0..150)));
        running.kill();
    }
    let server = studio.start();
    wait_phase(&server.viewer(), &id, "completed");
    studio.is_good();
    let ended = state(&server, &id);
    assert_eq!(ended["successfulUploads"], 60, "seed {seed}: {ended}");
    assert!(server.stop().success());
}

#[test]
fn a_pause_and_a_cancellation_hold_over_a_restart() {
    let mut studio = Studio::new();
    // Not plugged in, so that the run is on its way however quick this machine is.
    let disk = studio.folders.path().join("disk");
    studio.shelf = disk.join("shelf");
    studio.settings("");
    let server = studio.start();
    studio.shoot(&server, 5, 200_000);
    let id = ask(&server);
    let act = |server: &Server, verb: &str| {
        let (status, answer) = server.call("POST", &format!("/api/admin/backups/{id}/{verb}"), None);
        assert_eq!(status, 200, "{answer}");
        answer["data"]["phase"].as_str().expect("a phase").to_owned()
    };
    wait_phase(&server.viewer(), &id, "waiting");
    assert_eq!(act(&server, "pause"), "paused");
    assert_eq!(act(&server, "pause"), "paused", "asking again changes nothing");
    assert!(server.stop().success());
    std::fs::create_dir(&disk).expect("plugged in");
    let server = studio.start();
    assert_eq!(state(&server, &id)["phase"], "paused");
    act(&server, "cancel");
    let ended = wait_phase(&server.viewer(), &id, "cancelled");
    assert_eq!(ended["status"], "failed");
    assert!(ended["error"].as_str().expect("words").starts_with("cancelled"), "{ended}");
    assert!(!studio.shelf.exists(), "it was paused to its end");
    assert!(server.stop().success());
    let server = studio.start();
    assert_eq!(act(&server, "resume"), "cancelled", "what ended stays so over a restart");
    act(&server, "retry");
    wait_phase(&server.viewer(), &id, "completed");
    studio.is_good();
}

#[test]
fn a_backup_disk_that_is_full_is_named_once_and_the_run_goes_on_by_itself() {
    let mut studio = Studio::new();
    std::fs::create_dir(&studio.shelf).expect("made");
    let _disk = match Mount::memory(&studio.shelf, 40) {
        Ok(disk) => disk,
        Err(error) => return skip(&error),
    };
    let ballast = studio.shelf.join("films.bin");
    std::fs::write(&ballast, vec![1; 22_000_000]).expect("written");
    let server = studio.start();
    studio.shoot(&server, 4, 1_000_000);
    let viewer = server.viewer();
    let id = ask(&server);
    let waiting = wait_phase(&viewer, &id, "waiting");
    assert!(waiting["reason"].as_str().expect("words").contains("free some room"), "{waiting}");
    assert_eq!(waiting["status"], "backing_up", "it has not failed");
    viewer.wait_alarm(&studio.shelf);
    std::fs::remove_file(&ballast).expect("removed");
    wait_phase(&viewer, &id, "completed");
    studio.is_good();
    let is_alarm =
        |heard: &Heard| heard.kind() == "notification" && heard.payload()["title"] == "Storage takes no copies";
    assert_eq!(viewer.heard().iter().filter(|heard| is_alarm(heard)).count(), 1);
}

#[test]
fn a_backup_disk_that_was_unplugged_midway_is_waited_for_and_never_filled_as_an_empty_folder() {
    let mut studio = Studio::new();
    studio.settings("parallel = 1\n");
    std::fs::create_dir(&studio.shelf).expect("made");
    let image = studio.folders.path().join("disk.img");
    let mut disk = match Mount::ext4(&studio.shelf, &image, 400) {
        Ok(disk) => disk,
        Err(error) => return skip(&error),
    };
    let server = studio.start();
    // Enough for a second or two: each is synced several times.
    studio.shoot(&server, 150, 1_000_000);
    let viewer = server.viewer();
    let id = ask(&server);
    wait_phase(&viewer, &id, "copying");
    disk.pull().expect("unplugged");
    wait_phase(&viewer, &id, "waiting");
    let left = std::fs::read_dir(&studio.shelf).expect("the empty mount point").count();
    assert_eq!(left, 0, "the mount point stays empty");
    let _again = Mount::of_image(&studio.shelf, &image).expect("plugged in again");
    wait_phase(&viewer, &id, "completed");
    studio.is_good();
}

#[test]
fn the_command_line_waits_with_progress_and_tells_done_from_done_in_part() {
    let mut studio = Studio::new();
    let server = studio.start();
    studio.shoot(&server, 5, 200_000);
    let whole = studio.kilat(&["backup", "start", "Wedding", "--to", "shelf", "--wait"]);
    assert_eq!(whole.status.code(), Some(0), "{}", complaint(&whole));
    assert!(text(&whole).contains("completed  5 of 5 photos"), "{}", text(&whole));
    studio.is_good();
    // A photo that is nowhere any more: neither where it arrived, nor where it was uploaded to.
    studio.shoot(&server, 2, 200_000);
    std::fs::remove_file(studio.hot(5)).expect("removed");
    remove_copy(&studio.folders.out, "DSC_0005.JPG");
    let part = studio.kilat(&["backup", "start", "wedding", "--to", "shelf", "--wait"]);
    assert_eq!(part.status.code(), Some(5), "{}{}", text(&part), complaint(&part));
    assert!(text(&part).contains("FAILED  DSC_0005.JPG"), "{}", text(&part));
    assert!(complaint(&part).contains("docs/errors/backup.md"), "{}", complaint(&part));
    let list = studio.kilat(&["backup", "status", "--json"]);
    let runs: Vec<Value> = text(&list).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(runs.len(), 2);
    assert_eq!((&runs[0]["phase"], &runs[0]["failedUploads"]), (&json!("failed"), &json!(1)));
    let id = runs[0]["backupId"].as_str().expect("an id");
    std::fs::write(studio.hot(5), photo(5, 200_000)).expect("put back");
    let retried = studio.kilat(&["backup", "retry", id, "--wait"]);
    // Put back, it is another file to the system; its bytes decide.
    assert!(retried.status.code() == Some(0) || retried.status.code() == Some(5), "{}", complaint(&retried));
    let unknown = studio.kilat(&["backup", "start", "nobody"]);
    assert!(complaint(&unknown).contains("docs/errors/unknown-event.md"), "{}", complaint(&unknown));
}

#[test]
fn ctrl_c_ends_the_waiting_and_leaves_the_backup_going() {
    let mut studio = Studio::new();
    // A disk that is not plugged in: its run waits.
    studio.shelf = studio.folders.path().join("not/plugged/in");
    studio.settings("");
    let server = studio.start();
    studio.shoot(&server, 2, 100_000);
    let mut command = Command::new(kilat());
    command.env_clear().arg("--data").arg(&studio.folders.data).args(["backup", "start", "wedding", "--wait"]);
    let mut waiting = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut lines = BufReader::new(waiting.stderr.take().expect("a pipe")).lines();
    let mut said = Vec::new();
    for line in lines.by_ref() {
        said.push(line.expect("a line"));
        if said.iter().any(|line| line.contains("WAITING")) {
            break;
        }
    }
    let pid = rustix::process::Pid::from_raw(waiting.id() as i32).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    said.extend(lines.map(|line| line.expect("a line")));
    let said = said.join("\n");
    assert_eq!(waiting.wait().expect("it ends").code(), Some(1), "{said}");
    assert!(said.contains("the backup goes on") && said.contains("kilat backup cancel"), "{said}");
    let runs = server.get("/api/admin/backup/status")["data"]["allBackups"].clone();
    assert_eq!((&runs[0]["phase"], runs.as_array().map(Vec::len)), (&json!("waiting"), Some(1)), "{runs}");
}

fn remove_copy(out: &Path, name: &str) {
    let mut folders = vec![out.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|found| found == name) {
                std::fs::remove_file(path).expect("removed");
            }
        }
    }
}

/// The copy of a photo on the shelf.
fn copy(studio: &Studio, name: &str) -> PathBuf {
    let mut folders = vec![studio.shelf.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|found| found == name) {
                return path;
            }
        }
    }
    panic!("there is no copy of {name}")
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).expect("written");
}

#[test]
fn a_flipped_bit_is_found_by_verify_and_by_scrub_and_a_good_copy_stands_beside_it() {
    let mut studio = Studio::new();
    let server = studio.start();
    studio.shoot(&server, 6, 200_000);
    wait_phase(&server.viewer(), &ask(&server), "completed");
    let sound = studio.kilat(&["backup", "verify", "wedding", "--to", "shelf"]);
    assert_eq!(sound.status.code(), Some(0), "{}", complaint(&sound));
    let uploads = server.get("/api/now")["destinations"].as_array().expect("a list").clone();
    let upload = uploads.iter().filter_map(|place| place["id"].as_str()).find(|id| *id != "shelf").expect("another");
    let sound = studio.kilat(&["backup", "verify", "wedding", "--to", upload]);
    assert_eq!(sound.status.code(), Some(0), "copies of uploads are read back, too: {}", complaint(&sound));
    let bad = copy(&studio, "DSC_0002.JPG");
    flip(&bad);
    let damaged = std::fs::read(&bad).expect("read");
    let found = studio.kilat(&["backup", "verify", "wedding", "--to", "shelf"]);
    assert_eq!(found.status.code(), Some(5), "{}", complaint(&found));
    assert!(text(&found).contains("DSC_0002.JPG") && text(&found).contains("damaged"), "{}", text(&found));
    let mended = studio.kilat(&["backup", "start", "wedding", "--wait"]);
    assert_eq!(mended.status.code(), Some(0), "{}", complaint(&mended));
    assert_eq!(std::fs::read(&bad).expect("read"), damaged, "what was damaged is never overwritten");
    std::fs::remove_file(&bad).expect("removed by hand, so that the judge finds no stranger");
    studio.is_good();
    // The same by the scrub, which looks at what was uploaded too.
    let (backup, upload) = (copy(&studio, "DSC_0004.JPG"), studio.folders.out.clone());
    flip(&backup);
    remove_copy(&upload, "DSC_0003.JPG");
    let viewer = server.viewer();
    let scrubbed = studio.kilat(&["scrub", "--wait", "--json"]);
    assert_eq!(scrubbed.status.code(), Some(1), "{}", complaint(&scrubbed));
    let views: Vec<Value> = text(&scrubbed).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let shelf = views.iter().find(|view| view["destination"] == "shelf").expect("the shelf");
    assert_eq!((&shelf["sound"], &shelf["damaged"], &shelf["mended"]), (&json!(5), &json!(1), &json!(1)), "{shelf}");
    let other = views.iter().find(|view| view["destination"] != "shelf").expect("the upload destination");
    assert_eq!((&other["sound"], &other["missing"]), (&json!(5), &json!(1)), "{other}");
    viewer.wait(|heard| (heard.payload()["title"] == "A copy is damaged").then_some(()));
    // What was gone from the upload destination is uploaded again.
    viewer.wait(|heard| {
        let is_stored = heard.kind() == "upload_progress" && heard.payload()["status"] == "completed";
        (is_stored && heard.payload()["fileName"] == "DSC_0003.JPG").then_some(())
    });
    assert!(studio.oracle.judge(&upload).expect("read").is_good());
    // What was found is over once it is mended; a run that failed, once another one is asked for.
    let wait_over = |about: &str| {
        viewer.wait(|heard| {
            let notice = heard.payload();
            (notice["about"] == about && notice["state"] == "resolved").then(|| notice["type"].clone())
        })
    };
    assert_eq!(wait_over("found:shelf"), "storage_warning");
    assert_eq!(wait_over(&format!("found:{}", other["destination"].as_str().expect("an id"))), "storage_warning");
    let open = server.get("/api/notifications?state=open")["notifications"].clone();
    assert_eq!((open.as_array().map(Vec::len), &open[0]["type"]), (Some(1), &json!("backup_failed")), "{open}");
    assert_eq!(open[0]["about"], "verify:shelf:wedding");
    let sound = studio.kilat(&["backup", "verify", "wedding", "--to", "shelf"]);
    assert_eq!(sound.status.code(), Some(0), "{}", complaint(&sound));
    assert_eq!(wait_over("verify:shelf:wedding"), "backup_failed");
    assert_eq!(server.get("/api/notifications?state=open")["open"], 0);
}

#[test]
fn a_card_is_safe_to_format_only_when_every_photo_meets_the_rule() {
    let mut studio = Studio::new();
    studio.settings("copies = 1\nmedia = 1\noff_site = 0\n");
    let server = studio.start();
    let empty = studio.kilat(&["backup", "safety", "wedding"]);
    assert!(text(&empty).starts_with("NOT safe"), "{}", text(&empty));
    studio.shoot(&server, 3, 100_000);
    wait_phase(&server.viewer(), &ask(&server), "completed");
    // The disk of a destination is looked at within half a minute, or when its copies are read back.
    let scrubbed = studio.kilat(&["scrub", "--wait"]);
    assert!(scrubbed.status.success(), "{}", complaint(&scrubbed));
    let safety = server.get(&format!("{EVENT}/safety"))["data"].clone();
    assert_eq!((&safety["safeToFormat"], &safety["safePhotos"]), (&json!(true), &json!(3)), "{safety}");
    // Both destinations are on this machine's one disk.
    let volumes: Vec<&Value> = safety["places"].as_array().expect("places").iter().map(|p| &p["volume"]).collect();
    assert_eq!((volumes.len(), volumes[0] == volumes[1]), (2, true), "{safety}");
    assert_eq!(safety["tally"], json!([{ "copies": 1, "media": 1, "offSite": 0, "photos": 3 }]));
    let said = studio.kilat(&["status"]);
    assert!(text(&said).contains("safe to format the card: all 3 photos"), "{}", text(&said));
    drop(server);
    studio.settings("copies = 2\nmedia = 1\noff_site = 0\n");
    let server = studio.start();
    let safety = studio.kilat(&["backup", "safety", "wedding"]);
    assert_eq!(safety.status.code(), Some(1), "two folders of one disk are one copy");
    assert!(text(&safety).contains("missing       DSC_000"), "{}", text(&safety));
    assert!(server.stop().success());
}

#[test]
fn closing_an_event_begins_its_backup_where_the_settings_say_so() {
    let mut studio = Studio::new();
    studio.settings("on_close = true\n");
    let server = studio.start();
    studio.shoot(&server, 3, 100_000);
    let viewer = server.viewer();
    let (status, _) = server.call("POST", &format!("{EVENT}/close"), None);
    assert_eq!(status, 200);
    let run = viewer.wait(|heard| {
        let runs = heard.payload().as_array().filter(|_| heard.kind() == "backup_status")?;
        runs.iter().find(|run| run["phase"] == "completed").cloned()
    });
    assert_eq!(run["askedBy"], "event_closed");
    studio.is_good();
}
