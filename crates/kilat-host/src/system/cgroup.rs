//! The memory limit of the container or service that this process runs in, cgroup v1 and v2.
//!
//! The limit may be set at any level above, so all that are visible are asked; the smallest counts.

use std::path::{Path, PathBuf};

use super::{read_number, read_text};

/// Levels that are asked: deeper nesting is not done by anything known.
const MAX_LEVELS: usize = 16;

/// How much of a limit is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Bytes that cannot be freed at once.
    pub(crate) used_bytes: u64,
    /// Bytes that may be used.
    pub(crate) limit_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

/// Where the limit stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    version: Version,
    folder: PathBuf,
    bytes: u64,
}

/// The groups of this process that may limit its memory, by `/proc/self/cgroup`.
pub(crate) fn paths(text: &str) -> Vec<(Version, String)> {
    let mut paths = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        if controllers.is_empty() {
            paths.push((Version::Two, path.to_owned()));
        } else if controllers.split(',').any(|name| name == "memory") {
            paths.push((Version::One, path.to_owned()));
        }
    }
    paths
}

/// The smallest limit, below `root` (`/sys/fs/cgroup`); none where nothing limits.
pub(crate) fn find(root: &Path, own: &str) -> Option<Limit> {
    let limits = paths(own).into_iter().flat_map(|(version, path)| levels(root, version, &path));
    limits.min_by_key(|limit| limit.bytes)
}

fn levels(root: &Path, version: Version, path: &str) -> Vec<Limit> {
    let (root, file) = match version {
        Version::One => (root.join("memory"), "memory.limit_in_bytes"),
        Version::Two => (root.to_owned(), "memory.max"),
    };
    // `..` is what a group outside of the visible tree is called: its root is all that can be seen.
    let inside = Path::new(path.trim_start_matches('/'));
    let is_clean = inside.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    let own = if is_clean { root.join(inside) } else { root.clone() };
    let folders = own.ancestors().take_while(|folder| folder.starts_with(&root)).take(MAX_LEVELS);
    // "max" is no number: no limit.
    let limit =
        |folder: &Path| Some(Limit { version, folder: folder.to_owned(), bytes: read_number(&folder.join(file))? });
    folders.filter_map(limit).collect()
}

impl Limit {
    /// How much of it is in use; none when its files are gone.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let (used, idle) = match self.version {
            Version::One => ("memory.usage_in_bytes", "total_inactive_file "),
            Version::Two => ("memory.current", "inactive_file "),
        };
        let used: u64 = read_number(&self.folder.join(used))?;
        let stat = read_text(&self.folder.join("memory.stat"))?;
        // Cached files that nobody uses go as soon as somebody needs room.
        let idle = stat.lines().find_map(|line| line.strip_prefix(idle)?.trim().parse::<u64>().ok()).unwrap_or(0);
        Some(Usage { used_bytes: used.saturating_sub(idle), limit_bytes: self.bytes })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn group(folder: &Path, files: &[(&str, &str)]) {
        fs::create_dir_all(folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
    }

    #[test]
    fn the_smallest_limit_above_a_service_counts() {
        let root = tempfile::tempdir().unwrap();
        let files = [("memory.max", "max\n"), ("memory.current", "1\n"), ("memory.stat", "anon 1\n")];
        group(&root.path().join("system.slice/kilat.service"), &files);
        let files =
            [("memory.max", "1000\n"), ("memory.current", "900\n"), ("memory.stat", "anon 1\ninactive_file 300\n")];
        group(&root.path().join("system.slice"), &files);
        let limit = find(root.path(), "0::/system.slice/kilat.service\n").unwrap();
        assert_eq!(limit.usage(), Some(Usage { used_bytes: 600, limit_bytes: 1_000 }));
    }

    #[test]
    fn a_container_of_the_first_version_sees_its_limit_at_the_root() {
        let root = tempfile::tempdir().unwrap();
        let files = [
            ("memory.limit_in_bytes", "2000\n"),
            ("memory.usage_in_bytes", "1500\n"),
            ("memory.stat", "inactive_file 7\ntotal_inactive_file 500\n"),
        ];
        group(&root.path().join("memory"), &files);
        let own = "9:name=systemd:/\n4:cpu,memory:/docker/0123\n1:cpu:/\n0::/\n";
        let limit = find(root.path(), own).unwrap();
        assert_eq!(limit.usage(), Some(Usage { used_bytes: 1_000, limit_bytes: 2_000 }));
    }

    #[test]
    fn without_groups_or_limits_nothing_limits() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(find(root.path(), "0::/\n"), None);
        assert_eq!(find(root.path(), "nonsense\n::\n"), None);
        group(root.path(), &[("memory.max", "max\n")]);
        assert_eq!(find(root.path(), "0::/../../other\n"), None);
    }
}
