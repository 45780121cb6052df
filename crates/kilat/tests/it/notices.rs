//! What a person must be told: once on every client, also on one that was away, until the cause ends; seen by one
//! is seen by all.

use std::sync::Arc;

use kilat_core::{Clock, Fact, IdSource, Notice, Priority, Said, SystemClock};
use kilat_journal::Journal;
use kilat_testkit::{Heard, Mount, MountError, Server, Viewer};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::scene::{complaint, folders, kilat, photo, run, text};

/// Says why a test cannot be made here. Tests as root on Linux can.
fn skip(why: &MountError) {
    println!("skipped: {why}");
}

/// A client that looked, and then was gone.
struct Away {
    epoch: Value,
    seq: Value,
}

impl Away {
    fn since(server: &Server) -> Self {
        let (_, position) = subscribed(server, &json!({ "channel": "system" }));
        Self { epoch: position["epoch"].clone(), seq: position["seq"].clone() }
    }

    /// What it hears when it comes back by WebSocket.
    fn comes_back(&self, server: &Server) -> Vec<Value> {
        let since = json!({ "channel": "system", "since": { "epoch": self.epoch, "seq": self.seq } });
        let (heard, position) = subscribed(server, &since);
        assert_eq!(position["recovered"], true, "{position}");
        heard
    }

    /// What it reads when it asks by plain `GET`.
    fn asks(&self, server: &Server) -> Vec<Value> {
        let epoch = self.epoch.as_str().expect("an epoch");
        let page = server.get(&format!("/api/channels/system?since={epoch}:{}", self.seq));
        page["messages"].as_array().expect("messages").clone()
    }
}

/// Subscribes on a new connection; all that is heard until the server has nothing more to say, and the position.
fn subscribed(server: &Server, payload: &Value) -> (Vec<Value>, Value) {
    let mut socket = server.socket();
    for message in [json!({ "type": "subscribe", "payload": payload }), json!({ "type": "heartbeat" })] {
        socket.send(Message::text(message.to_string())).expect("sent");
    }
    let (mut heard, mut position, mut is_answered) = (Vec::new(), Value::Null, false);
    while !(is_answered && position["replayed"] == entries(&heard)) {
        let Message::Text(text) = socket.read().expect("a message") else { continue };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        match message["type"].as_str() {
            Some("heartbeat_response") => is_answered = true,
            Some("subscribed") => position = message["payload"].clone(),
            _ => heard.push(message),
        }
    }
    (heard, position)
}

/// Entries of the log among what was heard.
fn entries(heard: &[Value]) -> usize {
    heard.iter().filter(|message| message["type"] == "notification").count()
}

/// What was told about one thing, in its order: id, state and title of each.
fn told<'a>(heard: impl IntoIterator<Item = &'a Value>, about: &str) -> Vec<(String, String, String)> {
    let of_it = heard.into_iter().filter(|message| {
        message["type"] == "notification"
            && message["payload"]["about"].as_str().is_some_and(|it| it.starts_with(about))
    });
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    of_it
        .map(|message| &message["payload"])
        .map(|it| (text(&it["id"]), text(&it["state"]), text(&it["title"])))
        .collect()
}

fn wait_told(viewer: &Viewer, about: &str, state: &str, title: &str) -> Value {
    viewer.wait(|heard: &Heard| {
        let it = heard.payload();
        let is_it = heard.kind() == "notification"
            && it["about"].as_str().is_some_and(|it| it.starts_with(about))
            && it["state"] == state
            && it["title"] == title;
        is_it.then(|| it.clone())
    })
}

fn all(viewer: &Viewer) -> Vec<Value> {
    viewer.heard().into_iter().map(|heard| heard.message).collect()
}

/// The cause begins and ends: each time every client is told of it once, by one id, and the list has it once.
fn each_client_is_told_once(
    server: &Server,
    about: &str,
    [title, over]: [&str; 2],
    begin: impl FnOnce(),
    end: impl FnOnce(),
) {
    let (away, online) = (Away::since(server), [server.viewer(), server.viewer()]);
    begin();
    let id = wait_told(&online[0], about, "open", title)["id"].as_str().expect("an id").to_owned();
    wait_told(&online[1], about, "open", title);
    let open = vec![(id.clone(), "open".to_owned(), title.to_owned())];
    assert_eq!(told(&away.comes_back(server), about), open, "a client that was away");
    assert_eq!(told(&away.asks(server), about), open, "a client that asks");
    end();
    wait_told(&online[0], about, "resolved", over);
    wait_told(&online[1], about, "resolved", over);
    let both = [open, vec![(id.clone(), "resolved".to_owned(), over.to_owned())]].concat();
    for viewer in &online {
        assert_eq!(told(&all(viewer), about), both, "a client that was there");
    }
    assert_eq!(told(&away.comes_back(server), about), both, "a client that was away all the time");
    let list = server.get("/api/notifications")["notifications"].clone();
    let of_it = list.as_array().expect("a list").iter().filter(|it| it["id"] == json!(id));
    assert_eq!(of_it.count(), 1, "{list}");
}

fn post(server: &Server, path: &str, body: &Value) -> Value {
    let (status, answer) = server.call("POST", path, Some(body));
    assert_eq!(status, 200, "{answer}");
    answer
}

#[test]
fn a_filled_disk_is_one_notification_on_every_client() {
    let folders = folders();
    std::fs::create_dir(&folders.out).expect("made");
    let _disk = match Mount::memory(&folders.out, 40) {
        Ok(disk) => disk,
        Err(error) => return skip(&error),
    };
    let server = Server::start(kilat(), &folders);
    // So small a disk is nearly full from the start.
    let viewer = server.viewer();
    if !server.get("/api/notifications").to_string().contains("Storage nearly full") {
        wait_told(&viewer, "destination:", "open", "Storage nearly full");
    }
    drop(viewer);
    let ballast = folders.out.join("films.bin");
    let fill = || {
        std::fs::write(&ballast, vec![1; 36_000_000]).expect("written");
        for number in 0..4 {
            std::fs::write(folders.hot.join(format!("DSC_{number}.JPG")), photo(number, 5_000_000)).expect("written");
        }
    };
    let free = || std::fs::remove_file(&ballast).expect("removed");
    let titles = ["Storage takes no copies", "Storage takes copies again"];
    each_client_is_told_once(&server, "destination:", titles, fill, free);
    server.viewer().wait_safe(4);
}

#[test]
fn an_unplugged_destination_is_one_notification_on_every_client() {
    let folders = folders();
    std::fs::create_dir(&folders.out).expect("made");
    let image = folders.path().join("disk.img");
    let mut disk = match Mount::ext4(&folders.out, &image, 64) {
        Ok(disk) => disk,
        Err(error) => return skip(&error),
    };
    let server = Server::start(kilat(), &folders);
    std::fs::write(folders.hot.join("DSC_0.JPG"), photo(0, 100_000)).expect("written");
    server.viewer().wait_safe(1);
    let pull = || {
        disk.pull().expect("unplugged");
        for number in 1..6 {
            std::fs::write(folders.hot.join(format!("DSC_{number}.JPG")), photo(number, 100_000)).expect("written");
        }
    };
    let mut again = None;
    let plug = || again = Some(Mount::of_image(&folders.out, &image).expect("plugged in again"));
    let titles = ["Storage takes no copies", "Storage takes copies again"];
    each_client_is_told_once(&server, "destination:", titles, pull, plug);
    server.viewer().wait_safe(6);
}

#[test]
fn a_destination_that_comes_and_goes_is_one_notification_that_counts() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    std::fs::write(folders.hot.join("DSC_0.JPG"), photo(0, 100_000)).expect("written");
    viewer.wait_safe(1);
    let unplugged = folders.path().join("unplugged");
    for round in 1..=4 {
        std::fs::rename(&folders.out, &unplugged).expect("unplugged");
        std::fs::write(folders.hot.join(format!("DSC_{round}.JPG")), photo(round, 100_000)).expect("written");
        // One that has just come knows nothing of earlier rounds.
        server.viewer().wait_now(|now| now["destinations"][0]["up"] == false);
        std::fs::rename(&unplugged, &folders.out).expect("plugged in");
        viewer.wait_safe(round + 1);
    }
    let told = |heard: &Heard| {
        let is_it = heard.kind() == "notification" && heard.payload()["about"].as_str()?.starts_with("destination:");
        is_it.then(|| heard.payload().clone())
    };
    viewer.wait(|heard| told(heard).filter(|notice| notice["count"] == 4));
    let told: Vec<Value> = viewer.heard().iter().filter_map(told).collect();
    assert!(told.iter().all(|notice| notice["id"] == told[0]["id"]), "{told:#?}");
    // Told at once when it went, when it was back, and when it went again; after that it only counts.
    let toasts: Vec<&Value> =
        told.iter().filter(|notice| notice["showToast"] == true).map(|notice| &notice["count"]).collect();
    assert_eq!(toasts, [1, 2], "{told:#?}");
    assert_eq!(told.iter().filter(|notice| notice["state"] == "resolved").count(), 1, "{told:#?}");
    let open = server.get("/api/notifications?state=open");
    assert_eq!((&open["open"], &open["notifications"][0]["count"]), (&json!(1), &json!(4)), "{open}");
    assert_eq!(open["notifications"][0]["title"], "Keeps going away: 4 times");
}

#[test]
fn more_open_notifications_than_a_page_holds_are_told_page_by_page_and_counted_in_full() {
    const OPEN: u64 = 250;
    let folders = folders();
    std::fs::create_dir_all(&folders.data).expect("made");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let raise = async {
        let ids = Arc::new(IdSource::new(Arc::clone(&clock)));
        let journal = Journal::open(&folders.data.join("journal.db"), Arc::clone(&clock), ids).expect("a journal");
        let notice = |n: u64| {
            let notice = Notice::new(format!("n{n}"), Said::BackupFailed, Priority::High, clock.now());
            Fact::NoticeRaised { notice: notice.about(format!("backup:shelf:event-{n}")) }
        };
        journal.append((0..OPEN).map(notice).collect()).await.expect("raised");
        journal.close().await.expect("closed");
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(raise);
    let server = Server::start(kilat(), &folders);
    let (mut ids, mut pages, mut before) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = server.get(&format!("/api/notifications?state=open{before}"));
        assert_eq!(page["open"], OPEN, "those on other pages too");
        let here = page["notifications"].as_array().expect("a list");
        ids.extend(here.iter().map(|notice| notice["id"].as_str().expect("an id").to_owned()));
        pages.push(here.len());
        match page["next"].as_u64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(pages, [100, 100, 50]);
    assert_eq!(ids, (0..OPEN).rev().map(|n| format!("n{n}")).collect::<Vec<_>>(), "each once, newest first");
    // A last page that is full says that it is the last.
    let first = server.get("/api/notifications?state=open&limit=125")["next"].as_u64().expect("another page");
    let last = server.get(&format!("/api/notifications?state=open&limit=125&before={first}"));
    assert_eq!((last["notifications"].as_array().map(Vec::len), &last["next"]), (Some(125), &Value::Null));
    let log = run(&folders, &["notify", "log", "--open"]);
    assert_eq!(text(&log).lines().count() as u64, OPEN, "{}", complaint(&log));
    let (status, seen) = server.call("POST", "/api/notifications/ack", Some(&json!({})));
    assert_eq!((status, &seen["acknowledged"]), (200, &json!(OPEN)), "{seen}");
}

#[test]
fn a_stopped_upload_is_one_notification_on_every_client() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let control = |action: &str| post(&server, "/api/dslr/control", &json!({ "action": action }));
    let stop = || {
        control("stop");
        control("stop");
        std::fs::write(folders.hot.join("DSC_0.JPG"), photo(0, 100_000)).expect("written");
    };
    let start = || {
        control("start");
    };
    each_client_is_told_once(&server, "copying", ["Copying is paused", "Copying goes on"], stop, start);
    server.viewer().wait_safe(1);
}

#[test]
fn a_backup_that_waits_and_then_ends_is_told_once_for_each_on_every_client() {
    let folders = folders();
    let (shelf, image) = (folders.path().join("shelf"), folders.path().join("disk.img"));
    std::fs::create_dir_all(&folders.data).expect("made");
    std::fs::create_dir(&shelf).expect("made");
    let text = format!("[[destination]]\nname = \"shelf\"\nurl = \"{}\"\nkind = \"backup\"\n", shelf.display());
    std::fs::write(folders.data.join("kilat.toml"), text).expect("written");
    let mut disk = match Mount::ext4(&shelf, &image, 64) {
        Ok(disk) => disk,
        Err(error) => return skip(&error),
    };
    let server = Server::start(kilat(), &folders);
    let back_up = || {
        let (status, answer) = server.call("POST", "/api/admin/events/wedding/backup", None);
        assert_eq!(status, 202, "{answer}");
        answer["data"]["backupId"].as_str().expect("an id").to_owned()
    };
    let of_run = |heard: &[Value], id: &str| -> Vec<String> {
        let is_it = |it: &&Value| it["type"] == "notification" && it["payload"]["data"]["backupId"] == id;
        let types = heard.iter().filter(is_it).map(|it| it["payload"]["type"].as_str().expect("a type").to_owned());
        types.collect()
    };
    let wait_complete = |viewer: &Viewer, id: &str| {
        viewer.wait(|heard: &Heard| {
            let it = heard.payload();
            let is_it = heard.kind() == "notification" && it["data"]["backupId"] == id;
            (is_it && it["type"] == "backup_complete").then_some(())
        });
    };
    std::fs::write(folders.hot.join("DSC_0.JPG"), photo(0, 100_000)).expect("written");
    let (away, viewer) = (Away::since(&server), server.viewer());
    viewer.wait_safe(1);
    let first = back_up();
    wait_complete(&viewer, &first);
    assert_eq!(of_run(&away.comes_back(&server), &first), ["backup_complete"]);
    assert_eq!(of_run(&away.asks(&server), &first), ["backup_complete"]);

    let (mut second, mut again) = (String::new(), None);
    let pull = || {
        disk.pull().expect("unplugged");
        second = back_up();
    };
    let plug = || again = Some(Mount::of_image(&shelf, &image).expect("plugged in again"));
    let titles = ["Storage takes no copies", "Storage takes copies again"];
    each_client_is_told_once(&server, "destination:shelf", titles, pull, plug);
    wait_complete(&viewer, &second);
    assert_eq!(
        of_run(&away.comes_back(&server), &second),
        ["backup_complete"],
        "and no word of its own that it waited"
    );
}
