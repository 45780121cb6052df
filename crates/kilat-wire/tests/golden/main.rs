//! The golden messages of `fixtures/wire/`: what these types write, byte for byte, and what they read back.
//!
//! `KILAT_BLESS=1 cargo test -p kilat-wire --test golden` writes them anew; then `cargo contract` writes them
//! for TypeScript. A golden file that changes is a change for every client: read its difference.

mod calls;
mod legacy;
mod messages;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// File names without their ending, and what stands there.
type Golden = BTreeMap<String, String>;

fn golden() -> Golden {
    let mut all = Golden::new();
    messages::add(&mut all);
    calls::add(&mut all);
    all
}

/// Adds a value, which must be read back as the same.
fn add<T: Serialize + DeserializeOwned>(all: &mut Golden, name: &str, value: &T) {
    let text = serde_json::to_string_pretty(value).expect("plain data") + "\n";
    let back: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name} is not read back: {error}"));
    assert_eq!(serde_json::to_string_pretty(&back).expect("plain data") + "\n", text, "{name}");
    assert!(all.insert(name.to_owned(), text).is_none(), "{name} twice");
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/wire"))
}

fn kept() -> Golden {
    let files = std::fs::read_dir(folder()).expect("fixtures/wire").map(|file| file.expect("a file").path());
    files
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a text"))
        })
        .collect()
}

#[test]
fn what_is_written_is_what_clients_were_promised() {
    let written = golden();
    if std::env::var_os("KILAT_BLESS").is_some() {
        std::fs::create_dir_all(folder()).expect("a folder");
        for gone in kept().keys().filter(|name| !written.contains_key(*name)) {
            std::fs::remove_file(folder().join(format!("{gone}.json"))).expect("removed");
        }
        for (name, text) in &written {
            std::fs::write(folder().join(format!("{name}.json")), text).expect("written");
        }
    }
    let kept = kept();
    let names: Vec<_> = written.keys().collect();
    assert_eq!(names, kept.keys().collect::<Vec<_>>(), "KILAT_BLESS=1 writes and removes files");
    for (name, text) in &written {
        assert_eq!(kept.get(name), Some(text), "fixtures/wire/{name}.json; KILAT_BLESS=1 writes it anew");
    }
}

#[test]
fn each_message_of_the_server_has_a_golden_file() {
    let all = golden();
    for told in kilat_wire::told::TOLD {
        let named = format!("server-{}", told.name);
        assert!(all.keys().any(|name| *name == named || name.starts_with(&format!("{named}-"))), "{named}");
    }
}

#[test]
fn each_call_that_takes_or_answers_json_has_golden_files() {
    let all = golden();
    let has = |kind: &str, id: &str| {
        let named = format!("{kind}-{id}");
        all.keys().any(|name| *name == named || name.starts_with(&format!("{named}-")))
    };
    for call in kilat_wire::calls::CALLS {
        assert!(call.body.is_none() || has("body", call.id), "body-{}", call.id);
        let is_json = call.answers.iter().any(|answer| {
            matches!(answer.body, kilat_wire::calls::Body::Json(_) | kilat_wire::calls::Body::JsonOrEvents(_))
        });
        assert!(!is_json || has("http", call.id), "http-{}", call.id);
    }
}

/// A golden file as JSON.
fn json(name: &str) -> Value {
    let text = golden().remove(name).unwrap_or_else(|| panic!("there is no {name}"));
    serde_json::from_str(&text).expect("JSON")
}
