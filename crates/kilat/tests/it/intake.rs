//! Photos that are handed in by HTTP: stock clients, cut lines, lies, full disks; each acknowledged one stands at the
//! destination once.

use std::path::Path;
use std::process::Command;

use kilat_testkit::{Folders, Mount, NEVER, Oracle, Server, pause};
use serde_json::{Value, json};

use crate::line::{Line, call};
use crate::scene::{folders, kilat, photo, run, standing, text};

#[test]
fn what_curl_hands_in_stands_at_the_destination_once() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let mut oracle = Oracle::default();
    let bytes = photo(1, 2_000_000);
    let file = folders.path().join("DSC_0001.JPG");
    std::fs::write(&file, &bytes).expect("written");
    oracle.closed(&file, &bytes);
    let ready: Value =
        serde_json::from_slice(&std::fs::read(folders.data.join("ready.json")).expect("written")).expect("JSON");
    let url = format!("{}/", ready["intake"].as_str().expect("an address"));
    for status in [201, 200] {
        let (answered, body) = curl(&server, &["-T", file.to_str().expect("a path"), &url]);
        assert_eq!(answered, status, "{body}");
        assert_eq!((&body["state"], &body["isNew"]), (&json!("filed"), &json!(status == 201)));
        assert_eq!(body["hash"], hash_of(&file));
    }
    viewer.wait_safe(1);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
    let held = call(&server, &format!("GET /intake?hash={}", hash_of(&file)), &[], b"");
    assert_eq!((held.status, &held.body["state"]), (200, &json!("filed")));
    assert_eq!(call(&server, &format!("HEAD /intake?hash={}", "0".repeat(64)), &[], b"").status, 404);
}

#[test]
fn twenty_at_once_of_one_name_are_twenty_photos() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let mut oracle = Oracle::default();
    let all: Vec<Vec<u8>> = (0..20).map(|number| photo(number, 300_000)).collect();
    std::thread::scope(|scope| {
        for bytes in &all {
            scope.spawn(|| {
                let answer = call(&server, "POST /intake?name=IMG_0001.JPG", &[], bytes);
                assert_eq!(answer.status, 201, "{answer:?}");
            });
        }
    });
    all.iter().for_each(|bytes| oracle.closed(Path::new("IMG_0001.JPG"), bytes));
    viewer.wait_safe(20);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
    let kept = standing(&folders.data.join("intake"));
    assert_eq!(kept, 20);
}

#[test]
fn without_an_event_a_photo_is_held_and_becomes_one_by_itself() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let events = server.get("/api/admin/events");
    let event = events[0]["id"].as_str().expect("an id");
    assert_eq!(server.call("POST", &format!("/api/admin/events/{event}/close"), None).0, 200);
    let bytes = photo(1, 100_000);
    let held = call(&server, "PUT /intake/DSC_0001.JPG", &[], &bytes);
    assert_eq!(
        (held.status, &held.body["state"], &held.body["photo"]),
        (201, &json!("held"), &Value::Null),
        "{held:?}"
    );
    let (made, answer) = server.call("POST", "/api/admin/events", Some(&json!({ "name": "Second day", "use": true })));
    assert_eq!(made, 201, "{answer}");
    viewer.wait_safe(1);
    let again = call(&server, "PUT /intake/DSC_0001.JPG", &[], &bytes);
    assert_eq!((again.status, &again.body["state"]), (200, &json!("filed")), "{again:?}");
}

#[test]
fn who_may_not_and_what_is_too_large_is_refused_before_the_first_byte() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = token(&folders, "viewer");
    let huge = (u64::MAX / 2).to_string();
    let bearer = server.bearer();
    for (authorization, length, status) in [
        ("Bearer nobody", "5", 401),
        (viewer.as_str(), "5", 403),
        ("Basic bm9ib2R5OnBhc3N3b3Jk", "5", 401),
        (bearer.as_str(), huge.as_str(), 413),
        (bearer.as_str(), "5", 100),
    ] {
        let mut line = Line::to(&server);
        let headers = [("authorization", authorization), ("content-length", length), ("expect", "100-continue")];
        line.head("PUT /intake/DSC_0001.JPG", &headers);
        let answer = line.answer();
        assert_eq!(answer.status, status, "{authorization} {length}: {answer:?}");
        assert!(status == 100 || answer.body["remedy"].is_string(), "{answer:?}");
    }
    // A page's session is none here: no site can hand anything in through somebody's browser.
    let mut line = Line::to(&server);
    let cookie = format!("kilat_session={}", server.token);
    line.head(
        "PUT /intake/DSC_0001.JPG",
        &[("cookie", &cookie), ("sec-fetch-site", "same-origin"), ("content-length", "0")],
    );
    assert_eq!(line.answer().status, 401);
    let agent = token(&folders, "agent");
    let answer = call(&server, "PUT /intake/DSC_0001.JPG", &[("authorization", &agent)], &photo(1, 50_000));
    assert_eq!(answer.status, 201, "{answer:?}");
}

#[test]
fn who_sends_all_before_it_listens_hears_why_it_was_refused() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    // More than what the network holds.
    let bytes = vec![0; 20_000_000];
    let nobody = ("authorization", "Bearer nobody");
    for (path, headers, status) in [
        ("PUT /intake/DSC_0001.JPG", [nobody, ("accept", "*/*")], 401),
        ("POST /intake/tus", [TUS, nobody], 401),
        ("PUT /intake/DSC_0001.JPG", [("x-kilat-hash", "no"), ("accept", "*/*")], 400),
    ] {
        let refused = call(&server, path, &headers, &bytes);
        assert_eq!(refused.status, status, "{path}: {refused:?}");
    }
}

#[test]
fn bytes_that_are_not_what_was_announced_are_refused_and_leave_nothing() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let bytes = photo(1, 100_000);
    let hash = blake3_of(&folders, &bytes);
    let wrong = hash.replace(|c| c != '0', "0");
    let sha = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
    for (name, value, status) in [
        ("x-kilat-hash", wrong.as_str(), 422),
        ("repr-digest", sha, 422),
        ("content-digest", "sha-256=:AAAA:", 400),
        ("x-kilat-hash", hash.as_str(), 201),
    ] {
        let answer = call(&server, "PUT /intake/DSC_0001.JPG", &[(name, value)], &bytes);
        assert_eq!(answer.status, status, "{name} {value}: {answer:?}");
        assert_eq!(standing(&folders.data.join("intake")), usize::from(status == 201));
    }
}

#[test]
fn what_came_before_the_line_was_cut_is_kept_until_the_whole_comes() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let bytes = photo(1, 600_000);
    let (bearer, length) = (server.bearer(), bytes.len().to_string());
    let mut line = Line::to(&server);
    line.head("PUT /intake/DSC_0001.JPG", &[("authorization", &bearer), ("content-length", &length)]);
    line.say(&bytes[..400_000]);
    line.hang_up();
    let intake = folders.data.join("intake");
    until("what came is kept", || standing(&intake) == 1);
    let whole = call(&server, "PUT /intake/DSC_0001.JPG", &[], &bytes);
    assert_eq!(whole.status, 201, "{whole:?}");
    viewer.wait_safe(1);
    until("its beginning is gone", || standing(&intake) == 1);
    let cut = call(&server, "PUT /intake/DSC_0002.JPG", &[], &bytes[..300_000]);
    assert_eq!((cut.status, &cut.body["code"]), (422, &json!("cut_off")), "{cut:?}");
    assert!(cut.body["error"].as_str().expect("a text").contains("it lacks"), "{cut:?}");
    let mut oracle = Oracle::default();
    oracle.closed(Path::new("DSC_0001.JPG"), &bytes);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
}

#[test]
fn names_of_any_kind_stay_in_the_intake() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let long = format!("{}.JPG", "x".repeat(300));
    let names = ["..%2F..%2Fescape.JPG", "a%0Ab.JPG", "%3Cimg%20src%3Dx%3E.JPG", "caf%C3%A9.JPG", long.as_str()];
    for (number, name) in names.iter().enumerate() {
        let answer = call(&server, &format!("PUT /intake/{name}"), &[], &photo(number as u64, 20_000));
        assert_eq!(answer.status, 201, "{name}: {answer:?}");
    }
    assert_eq!(standing(&folders.data.join("intake")), names.len());
    let note = call(&server, "PUT /intake/notes.txt", &[], b"no photo");
    assert_eq!((note.status, &note.body["state"]), (202, &json!("aside")));
    for (path, code) in [("PUT /intake/%2F", "bad_name"), ("POST /intake", "bad_name"), ("PUT /intake/a.JPG", "empty")]
    {
        let refused = call(&server, path, &[], b"");
        assert_eq!((refused.status, &refused.body["code"]), (400, &json!(code)), "{path}: {refused:?}");
    }
}

#[test]
fn a_full_disk_is_told_before_the_first_byte_with_what_is_free() {
    let folders = folders();
    std::fs::create_dir(&folders.data).expect("made");
    let _disk = match Mount::memory(&folders.data, 30) {
        Ok(disk) => disk,
        Err(error) => return println!("skipped: {error}"),
    };
    let server = Server::start(kilat(), &folders);
    let bearer = server.bearer();
    let mut line = Line::to(&server);
    let headers = [("authorization", bearer.as_str()), ("content-length", "5000000"), ("expect", "100-continue")];
    line.head("PUT /intake/DSC_0001.JPG", &headers);
    let full = line.answer();
    assert_eq!((full.status, &full.body["code"]), (507, &json!("no_room")), "{full:?}");
    assert!(full.body["error"].as_str().expect("a text").contains("MB left"), "{full:?}");
    let full = call(&server, "POST /intake/tus", &[TUS, ("upload-length", "5000000"), NAME], b"");
    assert_eq!(full.status, 507, "{full:?}");
}

#[test]
fn the_same_file_sent_again_is_the_same_photo_whatever_happened_between() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let bytes = photo(1, 100_000);
    let put = |server: &Server| call(server, "PUT /intake/DSC_0001.JPG", &[], &bytes);
    let first = put(&server);
    assert_eq!((first.status, &first.body["isNew"]), (201, &json!(true)), "{first:?}");
    let is_that = |again: &crate::line::Answer| {
        let same = ["photo", "hash", "state"].iter().all(|key| again.body[*key] == first.body[*key]);
        assert!(again.status == 200 && again.body["isNew"] == false && same, "{again:?}");
    };
    is_that(&put(&server));
    // Under another name, by another call, in parts, by many at once, and after the process died.
    is_that(&call(&server, "POST /intake?name=renamed.jpg", &[], &bytes));
    let upload = begin(&server, bytes.len());
    let whole = call(&server, &format!("PATCH {upload}"), &[TUS, BYTES, ("upload-offset", "0")], &bytes);
    assert_eq!(
        (whole.header("x-kilat-new"), whole.header("x-kilat-photo")),
        ("false", first.body["photo"].as_str().expect("an id"))
    );
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| is_that(&put(&server)));
        }
    });
    viewer.wait_safe(1);
    server.kill();
    let server = Server::start(kilat(), &folders);
    is_that(&put(&server));
    let mut oracle = Oracle::default();
    oracle.closed(Path::new("DSC_0001.JPG"), &bytes);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
    assert_eq!(standing(&folders.data.join("intake")), 1, "each second file is gone");
}

#[test]
fn only_new_content_is_taken_where_the_sender_says_so_and_a_name_is_no_content() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let only_new = ("if-none-match", "*");
    let (bytes, other) = (photo(1, 100_000), photo(2, 100_000));
    let put = |headers: &[(&str, &str)], bytes: &[u8]| call(&server, "PUT /intake/DSC_0001.JPG", headers, bytes);
    let first = put(&[only_new], &bytes);
    assert_eq!(first.status, 201, "{first:?}");
    // The numbers of a camera begin anew: another photo of this name is no older one's rival.
    assert_eq!(put(&[only_new], &other).status, 201);
    let again = put(&[only_new], &bytes);
    assert_eq!((again.status, &again.body["code"]), (412, &json!("held_already")), "{again:?}");
    assert!(again.body["error"].as_str().expect("a text").contains(first.body["photo"].as_str().expect("an id")));
    assert_eq!(put(&[("if-none-match", "\"other\"")], &bytes).status, 200);
    // Where it says what its bytes are, before the first of them.
    let (bearer, hash) = (server.bearer(), blake3_of(&folders, &bytes));
    let mut line = Line::to(&server);
    let said = [("authorization", bearer.as_str()), ("x-kilat-hash", &hash), only_new, ("content-length", "100000")];
    line.head("PUT /intake/DSC_0001.JPG", &[said.as_slice(), &[("expect", "100-continue")]].concat());
    assert_eq!(line.answer().status, 412);
}

#[test]
fn with_a_key_and_a_digest_the_first_answer_comes_again_before_the_first_byte() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let bytes = photo(1, 100_000);
    let (bearer, hash, length) = (server.bearer(), blake3_of(&folders, &bytes), bytes.len().to_string());
    let key = ("idempotency-key", "7e7c1a52");
    let (digest, path) = (("x-kilat-hash", hash.as_str()), "PUT /intake/DSC_0001.JPG");
    // What was cut off is not the answer for ever.
    let mut cut = Line::to(&server);
    let said = [("authorization", bearer.as_str()), key, digest, ("content-length", &length)];
    cut.head(path, &said);
    cut.say(&bytes[..50_000]);
    cut.hang_up();
    until("the cut call has ended", || call(&server, path, &[key, digest], &bytes).status == 201);
    let mut line = Line::to(&server);
    line.head(path, &[said.as_slice(), &[("expect", "100-continue")]].concat());
    let again = line.answer();
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"), "{again:?}");
    assert_eq!((&again.body["isNew"], &again.body["hash"]), (&json!(true), &json!(hash)));
    // Another file under that key is refused before it is lost; without a digest its content is its key.
    let other = photo(2, 100_000);
    let theirs = blake3_of(&folders, &other);
    let refused = call(&server, path, &[key, ("x-kilat-hash", &theirs)], &other);
    assert_eq!((refused.status, &refused.body["code"]), (422, &json!("key_reused")), "{refused:?}");
    for status in [201, 200] {
        let plain = call(&server, path, &[key], &other);
        assert_eq!((plain.status, plain.header("idempotency-replayed")), (status, ""), "{plain:?}");
    }
    let agent = token(&folders, "agent");
    let theirs = call(&server, path, &[key, digest, ("authorization", &agent)], &bytes);
    assert_eq!((theirs.status, theirs.header("idempotency-replayed")), (200, ""), "another caller's key: {theirs:?}");
}

const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
/// `filename DSC_0001.JPG`
const NAME: (&str, &str) = ("upload-metadata", "filename RFNDXzAwMDEuSlBH");
const BYTES: (&str, &str) = ("content-type", "application/offset+octet-stream");

fn begin(server: &Server, size: usize) -> String {
    let begun = call(server, "POST /intake/tus", &[TUS, NAME, ("upload-length", &size.to_string())], b"");
    assert_eq!(begun.status, 201, "{begun:?}");
    assert!(begun.header("upload-expires").ends_with(" GMT"), "{begun:?}");
    begun.header("location").to_owned()
}

fn offset(server: &Server, upload: &str) -> usize {
    let far = call(server, &format!("HEAD {upload}"), &[TUS], b"");
    assert_eq!(far.status, 200, "{far:?}");
    far.header("upload-offset").parse().expect("a number")
}

#[test]
fn an_upload_goes_on_at_what_is_durable_after_the_server_was_killed() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let bytes = photo(1, 40_000_000);
    let upload = begin(&server, bytes.len());
    let (bearer, length) = (server.bearer(), bytes.len().to_string());
    let mut line = Line::to(&server);
    let authorization = ("authorization", bearer.as_str());
    let headers = [authorization, TUS, BYTES, ("upload-offset", "0"), ("content-length", &length)];
    line.head(&format!("PATCH {upload}"), &headers);
    line.say(&bytes[..20_000_000]);
    let id = upload.rsplit('/').next().expect("a name");
    let note = folders.data.join(format!("intake/.kilat-parts/{id}.note"));
    let kept = || std::fs::read_to_string(&note).ok()?.lines().next()?.parse::<usize>().ok();
    until("some of it is durable", || kept().is_some_and(|kept| kept > 16_000_000));
    server.kill();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let at = offset(&server, &upload);
    assert!((16_000_000..20_000_000).contains(&at), "{at}: what was durable when it died, not when it stood still");
    let offset = at.to_string();
    let rest = call(&server, &format!("PATCH {upload}"), &[TUS, BYTES, ("upload-offset", &offset)], &bytes[at..]);
    assert_eq!((rest.status, rest.header("x-kilat-state")), (204, "filed"), "{rest:?}");
    viewer.wait_safe(1);
    let mut oracle = Oracle::default();
    oracle.closed(Path::new("DSC_0001.JPG"), &bytes);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
    // Its sender lost the answer, and asks again, also after another end.
    assert_eq!(self::offset(&server, &upload), bytes.len());
    server.kill();
    let server = Server::start(kilat(), &folders);
    assert_eq!(self::offset(&server, &upload), bytes.len());
}

#[test]
fn an_upload_whose_last_byte_came_is_filed_though_nobody_asks_again() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let bytes = photo(1, 100_000);
    let upload = begin(&server, bytes.len());
    let half = bytes.len() / 2;
    let first = call(&server, &format!("PATCH {upload}"), &[TUS, BYTES, ("upload-offset", "0")], &bytes[..half]);
    assert_eq!(first.status, 204, "{first:?}");
    server.kill();
    // As if it had died between the last byte and the name.
    let parts = folders.data.join("intake/.kilat-parts");
    let id = upload.rsplit('/').next().expect("a name");
    std::fs::write(parts.join(format!("{id}.kept")), &bytes).expect("written");
    let note = std::fs::read_to_string(parts.join(format!("{id}.note"))).expect("noted");
    let (_, about) = note.split_once('\n').expect("two lines");
    std::fs::write(parts.join(format!("{id}.note")), format!("{:020}\n{about}", bytes.len())).expect("written");
    let server = Server::start(kilat(), &folders);
    server.viewer().wait_safe(1);
    assert_eq!(offset(&server, &upload), bytes.len());
}

#[test]
fn one_call_at_a_time_adds_to_an_upload_and_whoever_asks_takes_over() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let bytes = photo(1, 300_000);
    let upload = begin(&server, bytes.len());
    let (bearer, length) = (server.bearer(), bytes.len().to_string());
    let authorization = ("authorization", bearer.as_str());
    let mut first = Line::to(&server);
    let expecting = ("expect", "100-continue");
    let headers = [authorization, TUS, BYTES, expecting, ("upload-offset", "0"), ("content-length", &length)];
    first.head(&format!("PATCH {upload}"), &headers);
    assert_eq!(first.answer().status, 100, "it works on it now");
    first.say(&bytes[..100_000]);
    let patch = format!("PATCH {upload}");
    let second = call(&server, &patch, &[TUS, BYTES, ("upload-offset", "0")], b"");
    assert_eq!((second.status, &second.body["code"]), (423, &json!("upload_busy")), "{second:?}");
    let at = offset(&server, &upload);
    assert!(at <= 100_000, "{at}");
    assert_eq!(first.answer().status, 204, "it was taken over");
    let offset = at.to_string();
    let rest = call(&server, &patch, &[TUS, BYTES, ("upload-offset", &offset)], &bytes[at..]);
    assert_eq!((rest.status, rest.header("x-kilat-new")), (204, "true"), "{rest:?}");
}

#[test]
fn tus_is_spoken_as_it_is_written() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let bytes = photo(1, 100_000);
    let able = call(&server, "OPTIONS /intake/tus", &[], b"");
    assert_eq!((able.status, able.header("tus-version")), (204, "1.0.0"));
    assert!(able.header("tus-extension").contains("checksum"), "{able:?}");
    let other = call(&server, "POST /intake/tus", &[("tus-resumable", "0.2.0"), NAME, ("upload-length", "5")], b"");
    assert_eq!((other.status, other.header("tus-version")), (412, "1.0.0"));
    let length = bytes.len().to_string();
    // With its first bytes.
    let begun = call(&server, "POST /intake/tus", &[TUS, NAME, BYTES, ("upload-length", &length)], &bytes[..10]);
    assert_eq!((begun.status, begun.header("upload-offset")), (201, "10"), "{begun:?}");
    let upload = begun.header("location").to_owned();
    let patch = format!("PATCH {upload}");
    let at = |offset| [TUS, BYTES, ("upload-offset", offset)];
    assert_eq!(call(&server, &patch, &at("9"), b"x").status, 409);
    assert_eq!(call(&server, &patch, &[TUS, ("upload-offset", "10")], b"x").status, 415);
    let too_much = [&bytes[10..], b"x"].concat();
    assert_eq!(call(&server, &patch, &at("10"), &too_much).status, 413);
    let wrong = ("upload-checksum", "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
    assert_eq!(call(&server, &patch, &[at("10").as_slice(), &[wrong]].concat(), &bytes[10..]).status, 460);
    let unknown = ("upload-checksum", "md5 1B2M2Y8AsgTpgAmY7PhCfg==");
    assert_eq!(call(&server, &patch, &[at("10").as_slice(), &[unknown]].concat(), &bytes[10..]).status, 400);
    assert_eq!(offset(&server, &upload), 10, "nothing of these counts");
    // Of another token it is not there at all.
    let agent = token(&folders, "agent");
    let theirs = call(&server, &format!("HEAD {upload}"), &[TUS, ("authorization", &agent)], b"");
    assert_eq!(theirs.status, 404);
    let rest = call(&server, &patch, &at("10"), &bytes[10..]);
    assert_eq!((rest.status, rest.header("upload-offset")), (204, length.as_str()), "{rest:?}");
    let gone = begin(&server, 5_000);
    assert_eq!(call(&server, &format!("DELETE {gone}"), &[TUS], b"").status, 204);
    assert_eq!(call(&server, &format!("HEAD {gone}"), &[TUS], b"").status, 404);
    let parts = std::fs::read_dir(folders.data.join("intake/.kilat-parts")).expect("listed").count();
    assert_eq!(parts, 1, "the note of the one that was taken");
}

/// The status and the JSON that curl was answered.
fn curl(server: &Server, arguments: &[&str]) -> (u16, Value) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}"]);
    curl.args(["--header", &format!("authorization: {}", server.bearer())]).args(arguments);
    let output = curl.output().expect("curl is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap_or(("", &text));
    let complaint = String::from_utf8_lossy(&output.stderr);
    let status = status.parse().unwrap_or_else(|_| panic!("curl: {complaint}"));
    (status, serde_json::from_str(body).unwrap_or_default())
}

/// A new token of this role, as a header says it.
fn token(folders: &Folders, role: &str) -> String {
    let made = run(folders, &["token", "create", "--role", role, "--name", "Phone of Budi"]);
    let made = text(&made);
    let token = made.split_whitespace().find(|word| word.starts_with("klt_"));
    format!("Bearer {}", token.unwrap_or_else(|| panic!("{made}")))
}

fn hash_of(file: &Path) -> String {
    kilat_testkit::hash_file(&std::fs::File::open(file).expect("there")).expect("read")
}

fn blake3_of(folders: &Folders, bytes: &[u8]) -> String {
    let file = folders.path().join("to-be-hashed");
    std::fs::write(&file, bytes).expect("written");
    hash_of(&file)
}

/// Waits for what the disk shows.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < NEVER, "{what}: never");
        pause(std::time::Duration::from_millis(5));
    }
}
