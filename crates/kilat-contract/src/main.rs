//! `cargo contract [--check]`: writes `contract/` from `kilat-wire`, or tells what would change.
//!
//! Reads the types and `fixtures/wire/`, writes `contract/` and the copy that `@kilat/client` publishes, knows nothing
//! else of Kilat.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod asyncapi;
mod golden;
mod openapi;
mod schema;
mod typescript;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::Value;

use schema::Schemas;

const USAGE: &str = "cargo contract [--check]\n  writes contract/ from crates/kilat-wire; --check changes nothing and fails when it would";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_check = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => false,
        ["--check"] => true,
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(is_check) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(stale) => {
            eprintln!("contract: {stale} to write anew: run cargo contract, and look at what changes for clients");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("cannot write the contract: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Writes what differs, or counts it.
fn run(is_check: bool) -> Result<usize> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("the crate stands in no workspace")?;
    let mut stale = 0;
    for (name, text) in documents(root)? {
        let path = root.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|known| known == text) {
            continue;
        }
        if is_check {
            eprintln!("{name} is not what crates/kilat-wire says");
            stale += 1;
        } else {
            std::fs::write(&path, text).with_context(|| format!("write {name}"))?;
            println!("{name} written");
        }
    }
    if stale == 0 {
        println!("contract: as crates/kilat-wire says");
    }
    Ok(stale)
}

/// Every file by its path below the root.
fn documents(root: &Path) -> Result<[(&'static str, String); 6]> {
    let mut schemas = Schemas::new();
    let definitions = schemas.definitions()?;
    let types = typescript::document(&mut schemas, &definitions)?;
    Ok([
        ("contract/schema.json", pretty(&schema::document(&definitions))?),
        ("contract/openapi.json", pretty(&openapi::document(&mut schemas, &definitions))?),
        ("contract/asyncapi.json", pretty(&asyncapi::document(&definitions)?)?),
        // A package publishes nothing from beyond its own folder.
        ("web/packages/client/src/wire.ts", types.clone()),
        ("contract/kilat-wire.ts", types),
        ("contract/golden.ts", golden::document(&mut schemas, &root.join("fixtures/wire"))?),
    ])
}

fn pretty(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
