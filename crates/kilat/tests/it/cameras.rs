//! Cameras on USB and cards, on a machine that is made up: the server has a `/sys` and a `/media` of its own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use kilat_testkit::{Folders, NEVER, Oracle, Server, Start, Viewer, pause};
use serde_json::{Value, json};

use crate::scene::{complaint, folders, kilat, photo, run, text};

/// A server on a machine that is made up.
struct Machine {
    folders: Folders,
    server: Server,
}

impl Machine {
    fn start(folders: Folders, environment: &[(&str, &str)]) -> Self {
        for folder in ["sys/bus/usb/devices", "sys/devices", "card/DCIM/100NCZ_9"] {
            fs::create_dir_all(folders.path().join(folder)).expect("a folder");
        }
        let sys = folders.path().join("sys").display().to_string();
        let own = "mount -t tmpfs media /media && mkdir '/media/NIKON Z 9' && mount --bind \"$0\" /sys && exec \"$@\"";
        let under = ["unshare", "--mount", "--propagation", "private", "sh", "-c", own, &sys];
        let start = Start {
            under: under.map(str::to_owned).into(),
            environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..Start::default()
        };
        // Where the right to namespaces is missing, this panics with the server's log, which says so.
        let server = Server::start_with(kilat(), &folders, &start);
        Self { folders, server }
    }

    /// On the server's own machine.
    fn on_it(&self, program: &str, arguments: &[&str]) {
        let mounts = format!("--mount=/proc/{}/ns/mnt", self.server.pid());
        let status = Command::new("nsenter").arg(mounts).arg(program).args(arguments).status().expect("nsenter runs");
        assert!(status.success(), "{program} {arguments:?}");
    }

    fn card(&self) -> PathBuf {
        self.folders.path().join("card")
    }

    /// The camera writes photos onto the card.
    fn shoot(&self, numbers: std::ops::Range<u64>) {
        for number in numbers {
            let path = self.card().join(format!("DCIM/100NCZ_9/DSC_{number:04}.JPG"));
            fs::write(path, photo(number, 20_000)).expect("written");
        }
    }

    fn put_in(&self) {
        self.on_it("mount", &["--bind", &self.card().display().to_string(), "/media/NIKON Z 9"]);
    }

    fn take_out(&self) {
        self.on_it("umount", &["--lazy", "/media/NIKON Z 9"]);
    }

    fn plug(&self, device: u8) {
        let folder = self.folders.path().join("sys/devices/1-2");
        let interface = folder.join("1-2:1.0");
        fs::create_dir_all(&interface).expect("a device");
        let device = device.to_string();
        for (name, value) in [
            ("busnum", "1"),
            ("devnum", device.as_str()),
            ("devpath", "2"),
            ("idVendor", "04b0"),
            ("idProduct", "0450"),
            ("bcdDevice", "0100"),
            ("version", "2.00"),
            ("bDeviceClass", "00"),
            ("bDeviceSubClass", "00"),
            ("bDeviceProtocol", "00"),
            ("manufacturer", "NIKON"),
            ("product", "NIKON Z 9"),
            ("serial", "3012345"),
        ] {
            fs::write(folder.join(name), value).expect("an attribute");
        }
        for (name, value) in [
            ("bInterfaceNumber", "00"),
            ("bInterfaceClass", "06"),
            ("bInterfaceSubClass", "01"),
            ("bInterfaceProtocol", "01"),
        ] {
            fs::write(interface.join(name), value).expect("an attribute");
        }
        symlink("../../../devices/1-2", self.folders.path().join("sys/bus/usb/devices/1-2")).expect("a link");
    }

    fn unplug(&self) {
        fs::remove_file(self.folders.path().join("sys/bus/usb/devices/1-2")).expect("a link");
    }
}

/// Hears cameras, notices and how things stand.
fn viewer(server: &Server) -> Viewer {
    let viewer = server.viewer();
    // A viewer of the tests watches everything.
    viewer.wait_now(|_| true);
    viewer
}

/// The first camera of this name that says this.
fn said(viewer: &Viewer, name: &str, status: &str, words: &str) -> String {
    viewer.wait(|heard| {
        let payload = heard.payload();
        let is_it = heard.kind() == "camera_status" && payload["cameraModel"] == name && payload["status"] == status;
        let message = payload["message"].as_str().unwrap_or_default();
        (is_it && message.contains(words)).then(|| message.to_owned())
    })
}

fn notified(viewer: &Viewer, is_it: impl Fn(&Value) -> bool) -> Value {
    viewer.wait(|heard| {
        let is_notice = heard.kind() == "notification" && is_it(heard.payload());
        is_notice.then(|| heard.payload().clone())
    })
}

fn files(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

#[test]
fn a_card_is_offered_imported_on_request_and_known_when_it_is_back() {
    let machine = Machine::start(folders(), &[]);
    let viewer = viewer(&machine.server);
    machine.shoot(1..6);
    machine.put_in();
    let offer = notified(&viewer, |notice| notice["title"] == "NIKON Z 9: 5 new frames on the card");
    assert_eq!((&offer["priority"], &offer["state"]), (&json!("medium"), &json!("open")));
    assert_eq!(files(&machine.folders.data.join("intake")), 0, "nothing is read before somebody asks");

    let listed = || text(&run(&machine.folders, &["camera", "cards"]));
    let row = listed();
    assert!(row.contains("\tNIKON Z 9\t/media/NIKON Z 9\t5 frames, 0 held already"), "{row}");
    assert!(row.contains("; 5 frames (180 kB) not held yet"), "{row}");
    let card = row.split('\t').next().expect("an id").to_owned();
    let shown = machine.server.get(&format!("/api/admin/cameras/{card}/import"));
    assert_eq!((&shown["state"], &shown["tally"]["left"]), (&json!("offered"), &json!(5)), "{shown}");

    let read = run(&machine.folders, &["camera", "import", "NIKON Z 9", "--wait"]);
    let words = "5 frames, 0 held already, 5 imported, 0 unreadable; every frame on it is held";
    assert_eq!((read.status.code(), text(&read)), (Some(0), format!("NIKON Z 9: {words}\n")), "{}", complaint(&read));
    assert!(complaint(&read).contains("NIKON Z 9: "), "it tells how it goes: {}", complaint(&read));
    viewer.wait_safe(5);
    let done = notified(&viewer, |notice| notice["title"] == "NIKON Z 9: every frame is held");
    assert_eq!(done["message"], "5 frames, 0 held already, 5 imported, 0 unreadable; every frame on it is held.");
    notified(&viewer, |notice| notice["id"] == offer["id"] && notice["state"] == "resolved");
    let held = files(&machine.folders.data.join("intake"));

    // Taken out, shot on, put in again: only what is new is offered.
    machine.take_out();
    said(&viewer, "NIKON Z 9", "disconnected", "taken out");
    assert!(listed().contains("\tnot in\t5 of 5 held"), "{}", listed());
    let away = run(&machine.folders, &["camera", "import", &card, "--wait"]);
    assert!(away.status.code() == Some(1) && complaint(&away).contains("cannot be read"), "{}", complaint(&away));
    machine.put_in();
    let words = "5 frames, 5 held already, 0 imported, 0 unreadable; every frame on it is held";
    assert_eq!(said(&viewer, "NIKON Z 9", "connected", "5 held already"), words);
    assert_eq!(files(&machine.folders.data.join("intake")), held, "a card that is held is not read");
    // Asked for all the same, it says at once that all is held.
    let told = run(&machine.folders, &["camera", "import", &card, "--wait", "--json", "--quiet"]);
    let told: Value = serde_json::from_str(&text(&told)).expect("JSON");
    assert_eq!(
        (&told["state"], &told["tally"]["held"], &told["tally"]["imported"]),
        (&json!("done"), &json!(5), &json!(0))
    );
    machine.take_out();
    // Mounted again between two looks, the same card would never have been away.
    let began = std::time::Instant::now();
    while !listed().contains("\tnot in\t") {
        assert!(began.elapsed() < NEVER, "it never goes: {}", listed());
        pause(std::time::Duration::from_millis(20));
    }
    machine.shoot(6..8);
    machine.put_in();
    notified(&viewer, |notice| notice["title"] == "NIKON Z 9: 2 new frames on the card");
    assert!(machine.server.stop().success());
}

#[test]
fn a_card_is_imported_by_itself_where_the_settings_say_so_and_a_cut_off_frame_is_named() {
    let machine = Machine::start(folders(), &[("KILAT_CARD_IMPORT", "auto")]);
    let viewer = viewer(&machine.server);
    machine.shoot(1..4);
    let cut = photo(9, 40_000);
    fs::write(machine.card().join("DCIM/100NCZ_9/DSC_0009.JPG"), &cut[..15_000]).expect("written");
    machine.put_in();
    viewer.wait_safe(3);
    let kept = notified(&viewer, |notice| notice["title"] == "NIKON Z 9: not every frame is held");
    assert_eq!(kept["priority"], "high");
    let words = "4 frames, 0 held already, 3 imported, 1 cut off on the card, 0 unreadable; \
                 missing: DCIM/100NCZ_9/DSC_0009.JPG";
    assert_eq!(kept["message"], format!("not every frame could be read: {words}."));
    // Asked for, it says so by its exit status: nothing more came, and not everything is held.
    let read = run(&machine.folders, &["camera", "import", "NIKON Z 9", "--wait"]);
    assert_eq!(read.status.code(), Some(1), "{} {}", text(&read), complaint(&read));
    assert!(text(&read).contains("missing: DCIM/100NCZ_9/DSC_0009.JPG"), "{}", text(&read));
    assert!(complaint(&read).contains("docs/errors/card.md"), "{}", complaint(&read));
    machine.shoot(4..5);
    let read = run(&machine.folders, &["camera", "import", "NIKON Z 9", "--wait"]);
    assert_eq!(read.status.code(), Some(5), "one more came: {} {}", text(&read), complaint(&read));
    // What is cut off on the card is known, too: it is not read again each time.
    machine.take_out();
    said(&viewer, "NIKON Z 9", "disconnected", "taken out");
    machine.put_in();
    said(&viewer, "NIKON Z 9", "connected", "4 held already, 0 imported, 1 cut off");
    assert!(machine.server.stop().success());
}

#[test]
fn an_import_that_a_kill_cut_off_goes_on_by_itself_when_kilat_and_the_card_are_back() {
    const FRAMES: u64 = 40;
    let machine = Machine::start(folders(), &[]);
    let mut oracle = Oracle::default();
    machine.shoot(1..FRAMES + 1);
    for number in 1..=FRAMES {
        oracle.closed(Path::new("card"), &photo(number, 20_000));
    }
    let viewer = viewer(&machine.server);
    machine.put_in();
    notified(&viewer, |notice| notice["title"] == format!("NIKON Z 9: {FRAMES} new frames on the card"));
    let asked = run(&machine.folders, &["camera", "import", "NIKON Z 9"]);
    assert!(asked.status.success(), "{}", complaint(&asked));
    viewer.wait_now(|now| now["counts"]["held"].as_u64().is_some_and(|held| held >= 5));
    let Machine { folders, server } = machine;
    server.kill();

    let machine = Machine::start(folders, &[]);
    let viewer = self::viewer(&machine.server);
    machine.put_in();
    viewer.wait_safe(FRAMES);
    notified(&viewer, |notice| notice["title"] == "NIKON Z 9: every frame is held");
    let verdict = oracle.judge(&machine.folders.out).expect("a destination");
    assert!(verdict.is_good(), "{verdict:?}");
    assert!(machine.server.stop().success());
}

#[test]
fn a_camera_that_goes_is_an_alarm_until_it_is_back_and_a_loose_plug_is_one_alarm() {
    let machine = Machine::start(folders(), &[]);
    let viewer = viewer(&machine.server);
    machine.plug(7);
    assert_eq!(said(&viewer, "NIKON Z 9", "connected", "plugged in"), "plugged in at USB 1-2");
    machine.unplug();
    said(&viewer, "NIKON Z 9", "disconnected", "unplugged from USB 1-2");
    let alarm = notified(&viewer, |notice| notice["title"] == "NIKON Z 9 is not connected any more");
    assert_eq!((&alarm["priority"], &alarm["state"]), (&json!("critical"), &json!("open")));
    machine.plug(8);
    let over = notified(&viewer, |notice| notice["id"] == alarm["id"] && notice["state"] == "resolved");
    assert_eq!(over["title"], "NIKON Z 9 is connected again");
    // Again, soon after: the same notice, counted.
    machine.unplug();
    let again = notified(&viewer, |notice| notice["id"] == alarm["id"] && notice["count"] == 2);
    assert_eq!(again["title"], "Keeps going away: 2 times");
    let now = viewer.wait_now(|now| now["links"]["camera"]["state"] == "down");
    assert!(now["links"]["camera"]["what"].as_str().is_some_and(|what| what.starts_with("NIKON Z 9: unplugged")));
    assert!(machine.server.stop().success());
}
