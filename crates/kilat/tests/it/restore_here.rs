//! Restores that the server does: begun by a call, told as they go, cut off and begun again, kept out of Kilat's own.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use kilat_auth::Role;
use kilat_testkit::{Folders, Mount, Server, Viewer};
use serde_json::{Value, json};

use crate::access::{call, token};
use crate::backup::{ask, wait_phase};
use crate::restore::{files, find, flip};
use crate::scene::{folders, kilat, photo, standing};

const PHOTOS: u64 = 8;
const EVENT: &str = "/api/admin/events/wedding";

/// An event with a backup on a disk whose line can be made slow, and every photo's bytes by name.
struct Studio {
    folders: Folders,
    server: Server,
    photos: BTreeMap<String, Vec<u8>>,
}

impl Studio {
    fn backed_up() -> Self {
        let folders = folders();
        fs::create_dir_all(&folders.data).expect("made");
        let shelf = folders.path().join("shelf");
        let settings = format!(
            "[[destination]]\nname = \"shelf\"\nurl = \"{0}\"\nkind = \"backup\"\n\n[network]\nfolders = [\"{0}\"]\n",
            shelf.display()
        );
        fs::write(folders.data.join("kilat.toml"), settings).expect("written");
        let server = Server::start(kilat(), &folders);
        let mut photos = BTreeMap::new();
        for number in 0..PHOTOS {
            let (name, bytes) = (format!("DSC_{number:04}.JPG"), photo(number, 300_000));
            fs::write(folders.hot.join(&name), &bytes).expect("written");
            photos.insert(name, bytes);
        }
        let viewer = server.viewer();
        viewer.wait_safe(PHOTOS);
        let id = ask(&server);
        wait_phase(&viewer, &id, "completed");
        Self { folders, server, photos }
    }

    /// From now on the shelf gives 250 kB a second, or as much as it can.
    fn slow(&self, is_slow: bool) {
        let minutes = if is_slow { 60 } else { 0 };
        let (status, answer) = self.server.call("POST", "/api/admin/ceremony", Some(&json!({ "minutes": minutes })));
        assert_eq!(status, 200, "{answer}");
    }

    fn shelf(&self) -> PathBuf {
        self.folders.path().join("shelf")
    }

    fn path(&self, name: &str) -> PathBuf {
        fs::canonicalize(self.folders.path()).expect("there").join(name)
    }

    fn begin(&self, body: &Value) -> Value {
        let (status, answer) = self.server.call("POST", &format!("{EVENT}/restore"), Some(body));
        assert_eq!(status, 202, "{answer}");
        answer["data"].clone()
    }

    /// Is refused with this code, and what it says.
    fn refused(&self, body: &Value, code: &str) -> String {
        let (_, answer) = self.server.call("POST", &format!("{EVENT}/restore"), Some(body));
        assert_eq!(answer["code"], code, "{body} {answer}");
        assert!(answer["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{answer}");
        answer["error"].as_str().expect("an error").to_owned()
    }

    fn state(&self, id: &str) -> Value {
        self.server.get(&format!("/api/admin/restores/{id}"))["data"].clone()
    }

    /// Exactly the event's photos stand below a folder, byte for byte.
    fn is_whole(&self, folder: &Path) {
        assert_eq!(files(folder), self.photos);
    }
}

fn id(restore: &Value) -> &str {
    restore["restoreId"].as_str().expect("an id")
}

fn folder(restore: &Value) -> PathBuf {
    restore["folder"].as_str().expect("a folder").into()
}

/// Waits until the restore is told to be so.
fn wait(viewer: &Viewer, id: &str, mut is_so: impl FnMut(&Value) -> bool) -> Value {
    viewer.wait(|heard| {
        let told = heard.payload();
        (heard.kind() == "restore_status" && told["restoreId"] == id && is_so(told)).then(|| told.clone())
    })
}

fn wait_end(viewer: &Viewer, id: &str) -> Value {
    wait(viewer, id, |told| told["endTime"].is_string())
}

#[test]
fn an_event_comes_back_byte_for_byte_into_a_new_folder_and_every_screen_is_told() {
    let studio = Studio::backed_up();
    let viewer = studio.server.viewer();
    let (status, plan) =
        studio.server.call("POST", &format!("{EVENT}/restore/plan"), Some(&json!({ "from": "shelf" })));
    assert_eq!((status, &plan["data"]["photos"], &plan["data"]["missingPhotos"]), (200, &json!(PHOTOS), &json!(0)));
    assert!(plan["data"]["neededBytes"].as_u64() >= Some(PHOTOS * 300_000), "{plan}");
    assert!(plan["data"]["freeBytes"].as_u64() > plan["data"]["neededBytes"].as_u64(), "{plan}");
    let begun = studio.begin(&json!({ "from": "shelf" }));
    let to = folder(&begun);
    assert_eq!(plan["data"]["folder"], begun["folder"]);
    assert_eq!(to.parent(), Some(studio.path("out/restored").as_path()));
    let told = wait_end(&viewer, id(&begun));
    assert_eq!((&told["phase"], &told["totalPhotos"]), (&json!("completed"), &json!(PHOTOS)), "{told}");
    assert_eq!((&told["restoredPhotos"], &told["failedPhotos"]), (&json!(PHOTOS), &json!(0)));
    assert!(told["folder"].is_null(), "viewers are not told of the server's disk: {told}");
    assert_eq!(studio.state(id(&begun))["folder"], begun["folder"]);
    studio.is_whole(&to);

    // By the run that brought them, only two of them, into another new folder.
    let runs = studio.server.get(&format!("{EVENT}/backup"));
    let names = json!(["dsc_0001.jpg", "DSC_0004.JPG"]);
    let two = studio.begin(&json!({ "run": runs["data"][0]["backupId"], "photos": names }));
    assert_ne!(folder(&two), to);
    let told = wait_end(&viewer, id(&two));
    assert_eq!((&told["phase"], &told["names"]), (&json!("completed"), &json!(2)), "{told}");
    assert_eq!(files(&folder(&two)).into_keys().collect::<Vec<_>>(), ["DSC_0001.JPG", "DSC_0004.JPG"]);
    let strange = studio.refused(&json!({ "from": "shelf", "photos": ["DSC_0001.JPG", "x.jpg"] }), "no_such_photos");
    assert!(strange.contains("x.jpg") && !strange.contains("dsc_0001"), "{strange}");
    studio.refused(&json!({ "from": "attic" }), "not_found");
    studio.refused(&json!({ "from": "shelf", "run": "x" }), "bad_body");

    // Somebody's own file has a name: it stays, and what is there is neither written again nor lost.
    let mine = find(&to, "DSC_0003.JPG");
    fs::write(&mine, b"edited").expect("written");
    let (status, again) =
        studio.server.call("POST", &format!("/api/admin/restores/{}/retry", id(&begun)), Some(&json!({})));
    assert_eq!((status, &again["data"]["folder"]), (202, &begun["folder"]), "{again}");
    let told = wait_end(&viewer, id(&again["data"]));
    assert_eq!((&told["restoredPhotos"], &told["wasThere"]), (&json!(1), &json!(PHOTOS - 1)), "{told}");
    assert_eq!(fs::read(&mine).expect("there"), b"edited");
    assert_eq!(fs::read(find(&to, "DSC_0003 (2).JPG")).expect("there"), studio.photos["DSC_0003.JPG"]);

    // The records are there after a restart, newest first.
    let Studio { folders, server, .. } = studio;
    let before = server.get("/api/admin/restores");
    assert!(server.stop().success());
    let server = Server::start(kilat(), &folders);
    let after = server.get("/api/admin/restores");
    let ids = |list: &Value| list["data"].as_array().expect("a list").iter().map(|r| r["restoreId"].clone()).collect();
    let (before, after): (Vec<Value>, Vec<Value>) = (ids(&before), ids(&after));
    assert_eq!((before.len(), &before), (3, &after));
}

#[test]
fn a_restore_that_is_killed_in_the_middle_says_so_and_goes_on_with_what_is_there() {
    let mut studio = Studio::backed_up();
    studio.slow(true);
    let viewer = studio.server.viewer();
    let begun = studio.begin(&json!({ "from": "shelf" }));
    assert!(studio.refused(&json!({ "from": "shelf" }), "restore_goes").contains(id(&begun)));
    let told = wait(&viewer, id(&begun), |told| told["restoredPhotos"].as_u64() >= Some(2));
    assert_eq!(told["phase"], "copying");
    assert!(told["processedBytes"].as_u64() > Some(0) && told["totalPhotos"] == PHOTOS, "{told}");
    studio.server.kill();
    let to = folder(&begun);
    let there = standing(&to);
    assert!((2..PHOTOS as usize).contains(&there), "{there}");
    // Under their names only whole ones.
    let whole = files(&to);
    let named = whole.iter().filter(|(name, _)| name.ends_with(".JPG"));
    named.for_each(|(name, bytes)| assert!(studio.photos[name] == *bytes, "{name}"));

    studio.server = Server::start(kilat(), &studio.folders);
    let left = studio.state(id(&begun));
    assert_eq!(left["phase"], "interrupted", "{left}");
    assert!(left["restoredPhotos"].is_null(), "nobody counted them: {left}");
    assert!(left["remedy"].as_str().expect("a remedy").contains("what is there already"), "{left}");
    studio.slow(false);
    let viewer = studio.server.viewer();
    let again = format!("/api/admin/restores/{}/retry", id(&begun));
    let (status, again) = studio.server.call("POST", &again, None);
    assert_eq!((status, &again["data"]["folder"]), (202, &begun["folder"]), "{again}");
    let told = wait_end(&viewer, id(&again["data"]));
    assert_eq!(told["phase"], "completed", "{told}");
    assert_eq!(told["wasThere"].as_u64(), Some(there as u64), "{told}");
    studio.is_whole(&to);
    assert!(studio.server.stop().success());
}

#[test]
fn a_restore_that_is_cancelled_keeps_whole_photos_and_leaves_no_half_one() {
    let studio = Studio::backed_up();
    studio.slow(true);
    let viewer = studio.server.viewer();
    let begun = studio.begin(&json!({ "from": "shelf" }));
    wait(&viewer, id(&begun), |told| told["restoredPhotos"].as_u64() >= Some(1));
    let cancel = format!("/api/admin/restores/{}/cancel", id(&begun));
    let (status, answer) = studio.server.call("POST", &cancel, None);
    assert_eq!((status, &answer["message"]), (200, &json!("it ends; whole photos stay")), "{answer}");
    let told = wait_end(&viewer, id(&begun));
    assert_eq!(told["phase"], "cancelled", "{told}");
    let found = files(&folder(&begun));
    assert_eq!(Some(found.len() as u64), told["restoredPhotos"].as_u64(), "{told} {:?}", found.keys());
    assert!(found.len() < PHOTOS as usize && found.iter().all(|(name, bytes)| studio.photos[name] == *bytes));
    let (_, answer) = studio.server.call("POST", &cancel, None);
    assert_eq!((&answer["message"], &answer["data"]["phase"]), (&json!("it has ended already"), &json!("cancelled")));
    // A stop in the middle ends in time, and the next start says so.
    let again = studio.begin(&json!({ "from": "shelf" }));
    wait(&viewer, id(&again), |told| told["restoredPhotos"].as_u64() >= Some(1));
    let Studio { folders, server, .. } = studio;
    assert!(server.stop().success());
    let server = Server::start(kilat(), &folders);
    assert_eq!(server.get(&format!("/api/admin/restores/{}", id(&again)))["data"]["phase"], "interrupted");
}

#[test]
fn a_damaged_copy_is_named_with_what_to_do_and_comes_from_another_destination() {
    let studio = Studio::backed_up();
    flip(&find(&studio.shelf(), "DSC_0002.JPG"), 150_000);
    fs::remove_file(find(&studio.shelf(), "DSC_0005.JPG")).expect("removed");
    let viewer = studio.server.viewer();
    let begun = studio.begin(&json!({ "from": "shelf" }));
    let told = wait_end(&viewer, id(&begun));
    assert_eq!((&told["phase"], &told["failedPhotos"]), (&json!("incomplete"), &json!(2)), "{told}");
    let failures = told["failures"].as_array().expect("failures");
    let of = |name: &str| {
        let found = failures.iter().find(|failure| failure["name"].as_str().is_some_and(|path| path.ends_with(name)));
        found.unwrap_or_else(|| panic!("{name} in {told}"))["message"].as_str().expect("a message").to_owned()
    };
    assert!(of("DSC_0002.JPG").contains("bytes are not those"), "{told}");
    assert!(of("DSC_0005.JPG").contains("shelf"), "{told}");
    assert!(told["error"].as_str().is_some() && told["remedy"].as_str().is_some(), "{told}");
    let found = files(&folder(&begun));
    assert_eq!(found.len() as u64, PHOTOS - 2);
    assert!(found.iter().all(|(name, bytes)| studio.photos[name] == *bytes));
    // The place that the photos were uploaded to has them.
    let upload = studio.server.get("/api/admin/destinations");
    let upload = upload.as_array().expect("a list").iter().find(|place| place["kind"] == "upload").expect("one");
    let again = format!("/api/admin/restores/{}/retry", id(&begun));
    let (_, again) = studio.server.call("POST", &again, Some(&json!({ "from": upload["id"] })));
    let told = wait_end(&viewer, id(&again["data"]));
    assert_eq!((&told["phase"], &told["restoredPhotos"]), (&json!("completed"), &json!(2)), "{told}");
    studio.is_whole(&folder(&begun));
}

#[test]
fn nothing_is_written_where_kilat_lives_nor_by_who_may_not() {
    let studio = Studio::backed_up();
    let before = files(&studio.folders.hot).len();
    symlink(studio.folders.data.join("previews"), studio.path("link")).expect("linked");
    let into = |folder: &Path| json!({ "from": "shelf", "folder": folder });
    for name in ["data", "data/x", "out", "out/x", "hot", "hot/x", "shelf/x", "link/x", "free/../data"] {
        studio.refused(&into(&studio.path(name)), "folder_refused");
    }
    studio.refused(&json!({ "from": "shelf", "folder": "back" }), "folder_refused");
    assert_eq!(files(&studio.folders.hot).len(), before);

    // An owner's own folder; an operator gets a new one, a viewer none.
    let as_role = |role, path: &str, body: &Value| {
        let bearer = format!("Bearer {}", token(&studio.folders, role));
        call(&studio.server, "POST", path, &[("authorization", &bearer)], Some(body))
    };
    let restore = format!("{EVENT}/restore");
    for path in [restore.clone(), format!("{restore}/plan")] {
        let answer = as_role(Role::Operator, &path, &into(&studio.path("back")));
        assert_eq!((answer.status, answer.code()), (403, "not_allowed"), "{path}");
        let answer = as_role(Role::Viewer, &path, &json!({ "from": "shelf" }));
        assert_eq!((answer.status, answer.code()), (403, "not_allowed"), "{path}");
    }
    let watching = studio.server.viewer();
    let answer = as_role(Role::Operator, &restore, &json!({ "from": "shelf" }));
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert_eq!(wait_end(&watching, id(&answer.body["data"]))["phase"], "completed");
    let own = studio.begin(&into(&studio.path("back")));
    assert_eq!(wait_end(&watching, id(&own))["phase"], "completed");
    studio.is_whole(&studio.path("back"));
}

#[test]
fn a_folder_without_room_is_refused_before_the_first_byte() {
    let studio = Studio::backed_up();
    let small = studio.path("small");
    fs::create_dir(&small).expect("made");
    let mount = match Mount::memory(&small, 1) {
        Ok(mount) => mount,
        Err(why) => return println!("skipped: {why}"),
    };
    let body = json!({ "from": "shelf", "folder": small.join("back") });
    let told = studio.refused(&body, "no_room");
    assert!(told.contains("needs"), "{told}");
    let (_, plan) = studio.server.call("POST", &format!("{EVENT}/restore/plan"), Some(&body));
    assert!(plan["data"]["neededBytes"].as_u64() > plan["data"]["freeBytes"].as_u64(), "{plan}");
    assert_eq!(fs::read_dir(&small).expect("read").count(), 0);
    // A photo that fits comes.
    let one = studio.begin(&json!({ "from": "shelf", "folder": small.join("back"), "photos": ["DSC_0001.JPG"] }));
    assert_eq!(wait_end(&studio.server.viewer(), id(&one))["phase"], "completed");
    assert!(studio.server.stop().success());
    mount.end().expect("unmounted");
}
