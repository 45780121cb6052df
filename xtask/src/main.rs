//! `cargo xtask CHECK`: holds this repository to what its documents say.
//!
//! Reads the tree and nothing else; mends nothing. A finding names the place and what to do.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod licences;
mod rooms;
mod spdx;
mod style;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
cargo xtask CHECK
  rooms     imports of every crate against the tables in docs/architecture.md
  style     sizes, first lines, leftovers and private paths in tracked files
  licences  licences and origins of every dependency against deny.toml";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let (Some(check), None) = (words.next(), words.next()) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match findings(&check) {
        Ok(findings) if findings.is_empty() => {
            println!("{check}: nothing to mend");
            ExitCode::SUCCESS
        }
        Ok(findings) => {
            for finding in &findings {
                eprintln!("{finding}");
            }
            eprintln!("{check}: {} to mend", findings.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("cannot check {check}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn findings(check: &str) -> Result<Vec<String>> {
    let root = root()?;
    match check {
        "rooms" => rooms::check(root),
        "style" => style::check(root),
        "licences" => licences::check(root),
        _ => bail!("there is no such check\n{USAGE}"),
    }
}

/// The workspace's folder, wherever the command was typed.
fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask stands in no workspace")
}
