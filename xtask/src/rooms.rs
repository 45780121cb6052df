//! Holds every crate's imports against the tables in `docs/architecture.md`: which room may import
//! which, and who owns which heavy crate.
//!
//! Normal and build dependencies count; tests may look over walls. The tables are the rule: what
//! is not written there is not allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use cargo_metadata::{DependencyKind, MetadataCommand};

const DOCUMENT: &str = "docs/architecture.md";
/// Header of the table of rooms, by which it is found.
const ROOMS: [&str; 3] = ["crate", "holds", "may import"];
/// Header of the table of owners.
const OWNERS: [&str; 3] = ["heavy crate", "owned by", "why"];

/// What one room may import.
#[derive(Debug, PartialEq, Eq)]
enum Allowed {
    /// Every room.
    All,
    /// These.
    Only(BTreeSet<String>),
}

/// Both tables.
#[derive(Debug)]
struct Rules {
    rooms: BTreeMap<String, Allowed>,
    /// Owners of each heavy crate.
    owners: BTreeMap<String, BTreeSet<String>>,
}

/// A crate of this workspace and what it depends on.
#[derive(Debug)]
struct Room {
    name: String,
    imports: BTreeSet<String>,
}

pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let document = std::fs::read_to_string(root.join(DOCUMENT)).with_context(|| format!("read {DOCUMENT}"))?;
    let rules = Rules::parse(&document).with_context(|| format!("read the tables of {DOCUMENT}"))?;
    let metadata = MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec()?;
    let rooms: Vec<Room> = metadata.workspace_packages().into_iter().map(Room::of).collect();
    Ok(rules.judge(&rooms))
}

impl Room {
    fn of(package: &cargo_metadata::Package) -> Self {
        let imports = package.dependencies.iter().filter(|import| import.kind != DependencyKind::Development);
        Self { name: package.name.to_string(), imports: imports.map(|import| import.name.clone()).collect() }
    }
}

impl Rules {
    fn parse(document: &str) -> Result<Self> {
        let mut rooms = BTreeMap::new();
        for row in rows(document, ROOMS)? {
            let name = plain(&row[0]);
            if rooms.insert(name.clone(), allowed(&row[2])).is_some() {
                bail!("{name} has two rows");
            }
        }
        let mut owners = BTreeMap::new();
        for row in rows(document, OWNERS)? {
            let name = plain(&row[0]);
            if owners.insert(name.clone(), names(&row[1])).is_some() {
                bail!("{name} has two rows");
            }
        }
        Ok(Self { rooms, owners })
    }

    fn judge(&self, rooms: &[Room]) -> Vec<String> {
        let here: BTreeSet<&str> = rooms.iter().map(|room| room.name.as_str()).collect();
        let mut findings = self.stale_rows(&here);
        for room in rooms {
            let Some(allowed) = self.rooms.get(&room.name) else {
                findings.push(format!(
                    "{} has no row in {DOCUMENT}: add one that says what it holds and what it may import",
                    room.name
                ));
                continue;
            };
            for import in &room.imports {
                if here.contains(import.as_str()) && !allowed.has(import) {
                    findings.push(format!(
                        "{} imports {import}, and its row in {DOCUMENT} does not allow that: let the two meet in the \
                         journal, or move what they share to kilat-core; if the wall itself is wrong, change the row \
                         and say why in docs/adr/",
                        room.name
                    ));
                }
                if let Some(owners) = self.owners.get(import).filter(|owners| !owners.contains(&room.name)) {
                    let owners = owners.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                    findings.push(format!(
                        "{} uses {import}, which {DOCUMENT} gives to {owners}: ask its owner for what is needed, or \
                         name {} as an owner there and say why",
                        room.name, room.name
                    ));
                }
            }
        }
        findings
    }

    /// Names in the tables that no crate has any more.
    fn stale_rows(&self, here: &BTreeSet<&str>) -> Vec<String> {
        let allowed = self.rooms.values().filter_map(|allowed| match allowed {
            Allowed::All => None,
            Allowed::Only(names) => Some(names),
        });
        let named: BTreeSet<&String> =
            self.rooms.keys().chain(allowed.flatten()).chain(self.owners.values().flatten()).collect();
        named
            .into_iter()
            .filter(|name| !here.contains(name.as_str()))
            .map(|name| format!("{DOCUMENT} names {name}, and there is no such crate: remove it there"))
            .collect()
    }
}

impl Allowed {
    fn has(&self, room: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(room),
        }
    }
}

/// The rows of the Markdown table with this header.
fn rows(document: &str, header: [&str; 3]) -> Result<Vec<[String; 3]>> {
    let mut lines = document.lines().skip_while(|line| cells(line).as_ref().is_none_or(|cells| *cells != header));
    let (Some(_header), Some(_rule)) = (lines.next(), lines.next()) else {
        bail!("there is no table with the columns {}", header.join(", "));
    };
    Ok(lines.map_while(cells).collect())
}

fn cells(line: &str) -> Option<[String; 3]> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let cells: Vec<String> = inner.split('|').map(|cell| cell.trim().to_owned()).collect();
    cells.try_into().ok()
}

fn allowed(cell: &str) -> Allowed {
    if cell == "all" { Allowed::All } else { Allowed::Only(names(cell)) }
}

/// `core`, `journal` are the crates `kilat-core`, `kilat-journal`; a dash is none.
fn names(cell: &str) -> BTreeSet<String> {
    let full = |name: String| match name.as_str() {
        "kilat" | "xtask" => name,
        _ if name.starts_with("kilat-") => name,
        _ => format!("kilat-{name}"),
    };
    cell.split(',').map(plain).filter(|name| !name.is_empty() && name != "–").map(full).collect()
}

fn plain(cell: &str) -> String {
    cell.trim().trim_matches('`').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: &str = "\
# House

| crate | holds | may import |
| --- | --- | --- |
| `kilat-core` | words | – |
| `kilat-journal` | the truth | core |
| `kilat-ingest` | arrivals | core, journal |
| `kilat` | the binary | all |

| heavy crate | owned by | why |
| --- | --- | --- |
| `rusqlite` | journal | one writer |
";

    fn room(name: &str, imports: &[&str]) -> Room {
        Room { name: name.to_owned(), imports: imports.iter().map(|import| (*import).to_owned()).collect() }
    }

    fn house(ingest: &[&str]) -> Vec<String> {
        let rules = Rules::parse(TABLES).expect("two tables");
        rules.judge(&[
            room("kilat-core", &["serde"]),
            room("kilat-journal", &["kilat-core", "rusqlite"]),
            room("kilat-ingest", ingest),
            room("kilat", &["kilat-core", "kilat-ingest", "kilat-journal"]),
        ])
    }

    #[test]
    fn a_house_as_its_tables_say_has_no_finding() {
        assert_eq!(house(&["kilat-core", "kilat-journal", "tokio"]), Vec::<String>::new());
    }

    #[test]
    fn an_import_through_a_wall_is_named_with_its_way_out() {
        let findings = house(&["kilat-core", "kilat"]);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].starts_with("kilat-ingest imports kilat, "), "{findings:?}");
        assert!(findings[0].contains("meet in the journal"), "{findings:?}");
    }

    #[test]
    fn a_heavy_crate_outside_its_room_is_named_with_its_owner() {
        let findings = house(&["rusqlite"]);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(
            findings[0].starts_with("kilat-ingest uses rusqlite, which docs/architecture.md gives to kilat-journal")
        );
    }

    #[test]
    fn a_room_without_a_row_and_a_row_without_a_room_are_found() {
        let rules = Rules::parse(TABLES).expect("two tables");
        let findings = rules.judge(&[room("kilat-core", &[]), room("kilat-new", &[])]);
        assert!(findings.iter().any(|finding| finding.starts_with("kilat-new has no row")), "{findings:?}");
        assert!(findings.iter().any(|finding| finding.contains("names kilat-ingest")), "{findings:?}");
    }

    #[test]
    fn a_document_without_its_tables_is_an_error_and_not_a_free_pass() {
        assert!(Rules::parse("# House\n").is_err());
        assert!(Rules::parse(&TABLES.replace("| heavy crate |", "| crates |")).is_err());
        assert!(Rules::parse(&TABLES.replace("| `kilat-journal` |", "| `kilat-core` |")).is_err());
    }
}
