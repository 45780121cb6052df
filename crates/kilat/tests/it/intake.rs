//! Photos that are handed in by HTTP: stock clients, cut lines, kills; each acknowledged one stands at the destination.

use std::path::Path;
use std::process::Command;

use kilat_testkit::{Oracle, Server};
use serde_json::Value;

use crate::scene::{folders, kilat, photo};

#[test]
fn what_curl_hands_in_stands_at_the_destination_once() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let mut oracle = Oracle::default();
    let bytes = photo(1, 100_000);
    let file = folders.path().join("DSC_0001.JPG");
    std::fs::write(&file, &bytes).expect("written");
    oracle.closed(&file, &bytes);
    for status in [201, 200] {
        let (answered, body) = curl(&server, &["-T", file.to_str().expect("a path")], "/intake/");
        assert_eq!(answered, status, "{body}");
        assert_eq!((&body["state"], &body["isNew"]), (&"filed".into(), &(status == 201).into()));
        assert_eq!(body["hash"], hash_of(&file));
    }
    viewer.wait_safe(1);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
}

/// The status and the JSON that curl was answered.
fn curl(server: &Server, arguments: &[&str], path: &str) -> (u16, Value) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}"]);
    curl.args(["--header", &format!("authorization: {}", server.bearer())]).args(arguments);
    let output = curl.arg(format!("{}{path}", server.http)).output().expect("curl is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap_or(("", &text));
    let complaint = String::from_utf8_lossy(&output.stderr);
    let status = status.parse().unwrap_or_else(|_| panic!("curl: {complaint}"));
    (status, serde_json::from_str(body).unwrap_or_default())
}

fn hash_of(file: &Path) -> String {
    kilat_testkit::hash_file(&std::fs::File::open(file).expect("there")).expect("read")
}
