//! The table of calls in `kilat-wire` is what the server answers: nothing more, nothing less.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kilat_testkit::Server;
use kilat_wire::calls::{CALLS, Call};
use kilat_wire::close::CLOSES;
use kilat_wire::told::{ERRORS, TOLD};
use serde_json::json;

use crate::scene::{folders, kilat};

/// Served, and no part of the contract: the page, its files, and what says that there is no such call.
const NO_CALLS: [&str; 8] = [
    "/",
    "/admin",
    "/admin/",
    "/admin/assets/{name}",
    "/admin/sw.js",
    "/admin/manifest.webmanifest",
    "/favicon.ico",
    "/api/{*rest}",
];

#[test]
fn every_call_of_the_contract_is_answered_by_its_own_code() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    // Signing out is last: it ends what this test is known by.
    let (last, first): (Vec<&Call>, Vec<&Call>) = CALLS.iter().partition(|call| call.id == "signOut");
    for call in first.into_iter().chain(last) {
        let mut path = call.path.to_owned();
        for name in call.path_parameters() {
            path = path.replace(&format!("{{{name}}}"), "nobody");
        }
        let body = call.body.map(|_| json!({}));
        let (status, answer) = server.call(call.verb.as_str(), &path, body.as_ref());
        let told = format!("{} {path}: {status} {answer}", call.verb.as_str());
        assert!(!answer["error"].to_string().contains("there is no call"), "{told}");
        assert!(![401, 403, 405, 500].contains(&status), "{told}");
        let known = call.answers.iter().map(|answer| answer.status);
        let known: Vec<u16> = known.chain(call.refusals.iter().map(|refused| refused.status)).collect();
        assert!(known.contains(&status), "{told} is none of {known:?}");
    }
}

#[test]
fn every_route_of_the_server_stands_in_the_contract() {
    let told: BTreeSet<(String, String)> =
        CALLS.iter().map(|call| (call.verb.as_str().to_owned(), call.path.to_owned())).collect();
    let mut served = BTreeSet::new();
    for file in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../kilat-server/src"))) {
        // What tests serve is nobody's call.
        if file.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a source file");
        served.extend(routes(&text));
    }
    served.retain(|(_, path)| !NO_CALLS.contains(&path.as_str()));
    assert_eq!(served, told, "crates/kilat-wire/src/calls/table.rs has one entry for each route of the server");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a file").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// `.route("/path", get(…).post(…))` as methods and paths.
fn routes(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in source.split(".route(").skip(1) {
        let path = part.split('"').nth(1).expect("a route begins with its path");
        let mut depth = 1;
        let end = part.find(|letter| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            depth == 0
        });
        let handlers = &part[..end.expect("a route ends")];
        for method in ["get", "post", "put", "patch", "delete"] {
            let calls = format!("{method}(");
            if handlers.split(&calls).skip(1).count() > 0 {
                found.push((method.to_uppercase(), path.to_owned()));
            }
        }
    }
    found
}

#[test]
fn a_route_is_found_with_all_its_methods() {
    let source = r#"Router::new().route("/a", get(list).post(make)).route("/b/{id}", delete(end))"#;
    let wanted = [("GET", "/a"), ("POST", "/a"), ("DELETE", "/b/{id}")];
    assert_eq!(routes(source), wanted.map(|(method, path)| (method.to_owned(), path.to_owned())));
}

#[test]
fn the_page_about_the_wire_names_every_call_message_and_code() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol.md")).expect("a page");
    let paths = CALLS.iter().map(|call| call.path.to_owned());
    let messages = TOLD.iter().map(|told| format!("| `{}` |", told.name));
    let closes = CLOSES.iter().map(|close| close.code.to_string());
    let errors = ERRORS.iter().map(|(code, _)| format!("`{code}`"));
    for wanted in paths.chain(messages).chain(closes).chain(errors) {
        assert!(page.contains(&wanted), "docs/protocol.md says nothing of {wanted}");
    }
}

#[test]
fn every_refusal_of_a_photo_stands_in_the_contract_and_has_its_row() {
    let page = include_str!("../../../../docs/errors/intake.md");
    let calls = CALLS.iter().filter(|call| call.path.starts_with("/intake"));
    let told: BTreeSet<&str> =
        calls.flat_map(|call| call.refusals).flat_map(|refused| refused.codes).copied().collect();
    // What every call may be refused for, or every one that takes bytes.
    let everywhere =
        ["slow_body", "internal", "intake", "cut", "not_signed_in", "not_allowed", "method", "foreign_host"];
    let at_the_door = ["bad_password", "too_many_attempts", "foreign_origin"];
    let known: BTreeSet<&str> = told.into_iter().chain(everywhere).chain(at_the_door).collect();
    for file in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../kilat-server/src/http/intake"))) {
        let text = std::fs::read_to_string(&file).expect("a source file");
        for code in refusals(&text) {
            assert!(known.contains(code), "{}: {code} stands nowhere in crates/kilat-wire/src/calls", file.display());
        }
    }
    for code in known {
        let is_row = |line: &str| {
            line.starts_with('|') && line.split('|').nth(1).is_some_and(|cell| cell.contains(&format!("`{code}`")))
        };
        assert!(page.lines().any(is_row), "docs/errors/intake.md has no row for {code}");
    }
}

/// The codes of refusals that a source file makes: texts like `no_room` behind a status, or first in `Refusal::bad`.
fn refusals(source: &str) -> Vec<&str> {
    let behind = |part: &'static str| source.split(part).skip(1);
    let after_status = behind("StatusCode::").filter_map(|part| part.split_once(','));
    let named = after_status.filter(|(status, _)| status.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'));
    let texts = named.map(|(_, rest)| rest).chain(behind("Refusal::bad("));
    texts.filter_map(|text| text.trim_start().strip_prefix('"')?.split_once('"')).map(|(code, _)| code).collect()
}

#[test]
fn codes_of_refusals_are_found() {
    let source = r#"Refusal::bad(
        "bad_name", x); (StatusCode::INSUFFICIENT_STORAGE, "no_room", y); return Refusal::new(
            StatusCode::CONFLICT,
            "bad_offset",
            error); differs(StatusCode::UNPROCESSABLE_ENTITY)"#;
    assert_eq!(refusals(source), ["no_room", "bad_offset", "bad_name"]);
}
