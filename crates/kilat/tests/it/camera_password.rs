//! Cameras that hand in by HTTP with a user and a password: by every call that takes photos, by no other, and not for
//! whoever guesses.

use std::process::Command;

use data_encoding::BASE64;
use kilat_server::{Beside, Needs, ROUTES};
use kilat_testkit::{Folders, NEVER, Oracle, Server, pause};
use serde_json::{Value, json};

use crate::line::{Answer, call};
use crate::scene::{complaint, folders, kilat, photo, run, standing, text};

/// What a camera signs in with.
struct Login {
    user: String,
    password: String,
}

impl Login {
    fn make(folders: &Folders, name: &str) -> Self {
        let made = run(folders, &["camera", "add", name, "--json"]);
        assert!(made.status.success(), "{}", complaint(&made));
        Self::told(&serde_json::from_str(&text(&made)).expect("JSON"))
    }

    fn told(answer: &Value) -> Self {
        let field = |key: &str| answer[key].as_str().expect("text").to_owned();
        Self { user: field("user"), password: field("password") }
    }

    fn header(&self) -> String {
        basic(&self.user, &self.password)
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()))
}

const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
/// `filename DSC_0001.JPG`
const NAME: (&str, &str) = ("upload-metadata", "filename RFNDXzAwMDEuSlBH");
const BYTES: (&str, &str) = ("content-type", "application/offset+octet-stream");

/// Every call that takes photos, as it is made of an upload that is under way.
fn every_call(upload: &str) -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    vec![
        ("PUT /intake/DSC_0001.JPG".to_owned(), vec![]),
        ("POST /intake?name=DSC_0001.JPG".to_owned(), vec![]),
        (format!("GET /intake?hash={}", "0".repeat(64)), vec![]),
        (format!("HEAD /intake?hash={}", "0".repeat(64)), vec![]),
        ("POST /intake/tus".to_owned(), vec![TUS, NAME, ("upload-length", "5")]),
        (format!("HEAD {upload}"), vec![TUS]),
        (format!("PATCH {upload}"), vec![TUS, BYTES, ("upload-offset", "0")]),
        (format!("DELETE {upload}"), vec![TUS]),
    ]
}

fn told(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body["code"].as_str().unwrap_or(""))
}

#[test]
fn a_camera_hands_in_by_every_call_with_its_password_and_is_that_camera() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let (budi, sari) = (Login::make(&folders, "Z9 of Budi"), Login::make(&folders, "R5 of Sari"));
    let mut oracle = Oracle::default();
    let bytes = photo(1, 300_000);
    let file = folders.path().join("DSC_0001.JPG");
    std::fs::write(&file, &bytes).expect("written");
    oracle.closed(&file, &bytes);

    // As stock programs do it: with the first call, and once they are asked for it.
    for (asked, status) in [("--basic", "201"), ("--anyauth", "200")] {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "60", "--output", "/dev/null", "--write-out"]);
        curl.args(["%{http_code}", asked, "--user", &format!("{}:{}", budi.user, budi.password), "-T"]);
        let answered = curl.arg(&file).arg(format!("{}/intake/", server.http)).output().expect("curl is installed");
        assert_eq!(text(&answered), status, "{asked}: {}", complaint(&answered));
    }

    // By tus; the upload is that camera's.
    let (header, other) = (budi.header(), sari.header());
    let authorization = ("authorization", header.as_str());
    let second = photo(2, 200_000);
    oracle.closed(&folders.path().join("DSC_0002.JPG"), &second);
    let length = second.len().to_string();
    let begun = call(&server, "POST /intake/tus", &[authorization, TUS, NAME, ("upload-length", &length)], b"");
    assert_eq!(begun.status, 201, "{begun:?}");
    let upload = begun.header("location").to_owned();
    for stranger in [other.clone(), server.bearer()] {
        let theirs = call(&server, &format!("HEAD {upload}"), &[TUS, ("authorization", &stranger)], b"");
        assert_eq!(theirs.status, 404, "{theirs:?}");
    }
    let added = [authorization, TUS, BYTES, ("upload-offset", "0")];
    let done = call(&server, &format!("PATCH {upload}"), &added, &second);
    assert_eq!((done.status, done.header("x-kilat-state")), (204, "filed"), "{done:?}");
    assert_eq!(call(&server, &format!("HEAD {upload}"), &[authorization, TUS], b"").status, 200);
    assert_eq!(call(&server, &format!("DELETE {upload}"), &[authorization, TUS], b"").status, 204);
    viewer.wait_safe(2);
    assert!(oracle.judge(&folders.out).expect("read").is_good());

    // Its photos say so.
    let id = done.header("x-kilat-photo").to_owned();
    let receipts = &server.get(&format!("/api/photos/{id}"))["receipts"];
    assert_eq!((&receipts[0]["way"], &receipts[0]["cameraName"]), (&json!("http"), &json!("Z9 of Budi")), "{receipts}");
    let again = call(&server, "POST /intake?name=DSC_0001.JPG", &[("authorization", &other)], &bytes);
    assert_eq!((again.status, &again.body["isNew"]), (200, &json!(false)), "{again:?}");
    let hash = again.body["hash"].as_str().expect("a hash");
    assert_eq!(call(&server, &format!("HEAD /intake?hash={hash}"), &[authorization], b"").status, 200);
}

#[test]
fn who_cannot_sign_in_is_refused_by_every_call_and_nothing_is_taken() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let (budi, gone) = (Login::make(&folders, "Z9 of Budi"), Login::make(&folders, "R5 of Sari"));
    assert!(run(&folders, &["camera", "remove", "R5 of Sari"]).status.success());
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(1);
    let ending = json!({ "name": "Phone", "expiresAt": soon.to_string() });
    let (made, answer) = server.call("POST", "/api/admin/cameras", Some(&ending));
    assert_eq!(made, 201, "{answer}");
    let ended = Login::told(&answer);
    let listed = || text(&run(&folders, &["camera", "list"]));
    let began = std::time::Instant::now();
    while !listed().lines().any(|line| line.starts_with("phone") && line.contains("ended")) {
        assert!(began.elapsed() < NEVER, "its time is never over: {}", listed());
        pause(std::time::Duration::from_millis(5));
    }

    let right = budi.header();
    let begun = call(&server, "POST /intake/tus", &[("authorization", &right), TUS, NAME, ("upload-length", "5")], b"");
    let upload = begun.header("location").to_owned();
    // Fewer guesses than what slows an address.
    for (what, header) in [
        ("a wrong password", basic(&budi.user, "abcdefghij")),
        ("its time is over", ended.header()),
        ("it was removed", gone.header()),
        ("no password", format!("Basic {}", BASE64.encode(budi.user.as_bytes()))),
        ("no base 64", "Basic ???".to_owned()),
        ("nothing", "Basic".to_owned()),
    ] {
        for (made, headers) in every_call(&upload) {
            let answer = call(&server, &made, &[headers.as_slice(), &[("authorization", &header)]].concat(), b"");
            let code = if made.starts_with("HEAD") { "" } else { "bad_password" };
            assert_eq!(told(&answer), (401, code), "{what}: {made}: {answer:?}");
            assert!(answer.header("www-authenticate").starts_with("Basic realm="), "{answer:?}");
        }
    }
    assert_eq!(standing(&folders.data.join("intake")), 0);
    assert_eq!(call(&server, &format!("HEAD {upload}"), &[("authorization", &right), TUS], b"").status, 200);
}

#[test]
fn guessing_is_slowed_and_who_sends_already_is_not() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let (budi, sari) = (Login::make(&folders, "Z9 of Budi"), Login::make(&folders, "R5 of Sari"));
    let put = |header: &str| call(&server, "PUT /intake/DSC_0001.JPG", &[("authorization", header)], &photo(1, 20_000));
    assert_eq!(put(&budi.header()).status, 201);
    let (nobody, wrong) = (put(&basic("nobody", "abcdefghij")), put(&basic(&sari.user, "abcdefghij")));
    assert_eq!((nobody.status, &nobody.body), (401, &wrong.body), "names of nobody are not told apart");
    let mut refused = Vec::new();
    for guess in 0..40 {
        let answer = put(&basic(&budi.user, &format!("guess{guess}")));
        if answer.status == 429 {
            let seconds: u64 = answer.header("retry-after").parse().expect("seconds");
            assert!((1..=31).contains(&seconds) && answer.body["code"] == "too_many_attempts", "{answer:?}");
        }
        refused.push(answer.status);
    }
    let looked_at = refused.iter().filter(|status| **status == 401).count();
    // One more for each half minute that this took.
    assert!((10..=12).contains(&looked_at) && refused[39] == 429, "{refused:?}");
    assert_eq!(put(&budi.header()).status, 200, "its password is known by now");
    assert_eq!(put(&sari.header()).status, 200, "another camera of the same address");
    assert_eq!(put(&server.bearer()).status, 200, "a token is no guess");
}

#[test]
fn a_cameras_password_opens_nothing_else() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let header = Login::make(&folders, "Z9 of Budi").header();
    for route in ROUTES {
        let path =
            ["{name}", "{id}", "{*rest}", "{channel}"].iter().fold(route.path.to_owned(), |p, v| p.replace(v, "x"));
        let said = [("authorization", header.as_str()), ("sec-fetch-site", "none")];
        let answer = call(&server, &format!("{} {path}", route.method), &said, b"");
        match (route.beside, route.needs) {
            (Beside::Camera, _) => assert!(!matches!(answer.status, 401 | 403 | 405), "{path}: {answer:?}"),
            (Beside::Session, Needs::Anyone | Needs::OnThisMachineOr(_)) => {}
            (Beside::Session, Needs::Somebody | Needs::Operation(_)) => {
                assert_eq!(told(&answer), (401, "not_signed_in"), "{path}: {answer:?}");
                assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
            }
        }
    }
}

#[test]
fn a_browser_that_knows_the_password_hands_nothing_in_for_other_pages() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let header = Login::make(&folders, "Z9 of Budi").header();
    let put = |said: (&str, &str)| {
        let headers = [("authorization", header.as_str()), said];
        call(&server, "POST /intake?name=DSC_0001.JPG", &headers, &photo(1, 20_000))
    };
    for said in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://localhost:5173"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert_eq!(told(&put(said)), (403, "foreign_origin"), "{said:?}");
    }
    assert_eq!(standing(&folders.data.join("intake")), 0);
    assert_eq!(put(("sec-fetch-site", "same-origin")).status, 201);
    // Nor is one asked for it: it would send it with whatever any page asks.
    let asked = |said: (&str, &str)| call(&server, "GET /intake", &[("authorization", "Bearer no"), said], b"");
    assert_eq!(asked(("sec-fetch-site", "none")).header("www-authenticate"), "Bearer");
    assert!(asked(("accept", "*/*")).header("www-authenticate").contains("Basic"));
}
