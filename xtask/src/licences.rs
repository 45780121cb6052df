//! Every dependency of every platform: its licence is in `deny.toml`'s list, its origin is crates.io.
//!
//! Works offline on what `cargo fetch` brought. Advisories and bans are for cargo-deny, which reads
//! the same file; this holds on machines that have no cargo-deny.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{MetadataCommand, Package};

use crate::spdx;

const LIST: &str = "deny.toml";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(root.join(LIST)).with_context(|| format!("read {LIST}"))?;
    let allowed = allowed(&text).with_context(|| format!("read licenses.allow of {LIST}"))?;
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .other_options(["--offline".to_owned(), "--locked".to_owned()])
        .exec()
        .context("list the dependencies (run cargo fetch --locked first)")?;
    let members: BTreeSet<_> = metadata.workspace_members.iter().collect();
    let others = metadata.packages.iter().filter(|package| !members.contains(&package.id));
    Ok(others.flat_map(|package| judge(package, &allowed)).collect())
}

fn allowed(text: &str) -> Result<BTreeSet<String>> {
    let file: toml::Table = text.parse()?;
    let list = file.get("licenses").and_then(|table| table.get("allow")).and_then(toml::Value::as_array);
    let list = list.context("there is no such list")?;
    let names: BTreeSet<String> = list.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect();
    ensure!(!names.is_empty() && names.len() == list.len(), "it must hold different licence names");
    Ok(names)
}

fn judge(package: &Package, allowed: &BTreeSet<String>) -> Vec<String> {
    let who = format!("{} {}", package.name, package.version);
    let source = package.source.as_ref().map(|source| source.repr.as_str());
    licence(&who, package.license.as_deref(), allowed).into_iter().chain(origin(&who, source)).collect()
}

fn licence(who: &str, licence: Option<&str>, allowed: &BTreeSet<String>) -> Option<String> {
    let Some(licence) = licence else {
        return Some(format!("{who} names no licence: do without it, or ask its authors"));
    };
    match spdx::satisfies(licence, allowed) {
        Some(true) => None,
        Some(false) => Some(format!("{who} is under {licence:?}, which {LIST} does not allow: do without it")),
        None => Some(format!("{who} names a licence that cannot be read: {licence:?}")),
    }
}

fn origin(who: &str, source: Option<&str>) -> Option<String> {
    match source {
        Some(CRATES_IO) => None,
        other => {
            Some(format!("{who} comes from {}, not from crates.io", other.unwrap_or("a folder outside the workspace")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_from_the_file_that_cargo_deny_reads() {
        let names = allowed("[licenses]\nallow = [\"MIT\", \"ISC\"]\n").expect("a list");
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["ISC", "MIT"]);
    }

    #[test]
    fn a_missing_or_empty_list_is_an_error_and_allows_nothing() {
        assert!(allowed("[bans]\n").is_err());
        assert!(allowed("[licenses]\nallow = []\n").is_err());
        assert!(allowed("[licenses]\nallow = [1]\n").is_err());
    }

    #[test]
    fn a_licence_outside_the_list_and_a_missing_one_are_found() {
        let allowed = BTreeSet::from(["MIT".to_owned()]);
        assert_eq!(licence("a 1.0.0", Some("MIT OR Apache-2.0"), &allowed), None);
        assert!(licence("a 1.0.0", Some("AGPL-3.0"), &allowed).expect("found").contains("AGPL-3.0"));
        assert!(licence("a 1.0.0", None, &allowed).expect("found").contains("names no licence"));
    }

    #[test]
    fn a_crate_from_elsewhere_than_crates_io_is_found() {
        assert_eq!(origin("a 1.0.0", Some(CRATES_IO)), None);
        assert!(origin("a 1.0.0", Some("git+https://example.org/a")).is_some());
        assert!(origin("a 1.0.0", None).is_some());
    }
}
