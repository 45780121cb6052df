//! Patterns of files to pass over, as `.gitignore` writes them: `*`, `?`, `**`, `/` and `!`.
//!
//! Classes (`[ab]`) are taken as they stand.

use crate::RelPath;

/// Longest pattern that is looked at, in bytes.
const MAX_BYTES: usize = 1_024;

#[derive(Debug, Default)]
pub(crate) struct Patterns(Vec<Pattern>);

#[derive(Debug)]
struct Pattern {
    segments: Vec<String>,
    is_for_folders: bool,
    is_negated: bool,
}

impl Patterns {
    pub(crate) fn new(lines: Vec<String>) -> Self {
        Self(lines.iter().filter_map(|line| Pattern::parse(line)).collect())
    }

    /// Whether a file is passed over: the last pattern that fits it, or a folder around it, decides.
    pub(crate) fn matches(&self, path: &RelPath) -> bool {
        let path: Vec<&str> = path.segments().collect();
        self.0.iter().rev().find(|pattern| pattern.matches(&path)).is_some_and(|pattern| !pattern.is_negated)
    }
}

impl Pattern {
    fn parse(line: &str) -> Option<Self> {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') || line.len() > MAX_BYTES {
            return None;
        }
        let (is_negated, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (is_for_folders, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
        let mut segments: Vec<String> = line.trim_start_matches('/').split('/').map(str::to_owned).collect();
        // Without a slash before its end it may stand anywhere.
        if !line.contains('/') {
            segments.insert(0, "**".to_owned());
        }
        Some(Self { segments, is_for_folders, is_negated })
    }

    fn matches(&self, path: &[&str]) -> bool {
        // How much of the path the pattern so far may have used up.
        let mut used = vec![false; path.len() + 1];
        used[0] = true;
        for (at, segment) in self.segments.iter().enumerate() {
            let mut next = vec![false; path.len() + 1];
            for (from, _) in used.iter().enumerate().filter(|(_, used)| **used) {
                if segment == "**" {
                    // At the end it stands for something, elsewhere for nothing too.
                    let least = if at + 1 == self.segments.len() { from + 1 } else { from };
                    next.iter_mut().skip(least).for_each(|used| *used = true);
                } else if path.get(from).is_some_and(|name| fits(segment.as_bytes(), name.as_bytes())) {
                    next[from + 1] = true;
                }
            }
            used = next;
        }
        let last = if self.is_for_folders { path.len() } else { path.len() + 1 };
        used[1..last].contains(&true)
    }
}

/// `*` and `?` in one segment, in time of the product of both lengths at most.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[n] => {
                p += 1;
                n += 1;
            }
            Some(_) | None => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ignored(patterns: &[&str], path: &str) -> bool {
        let patterns = Patterns::new(patterns.iter().map(|line| (*line).to_owned()).collect());
        patterns.matches(&path.parse().expect("a path"))
    }

    #[test]
    fn patterns_mean_what_they_mean_in_gitignore() {
        for (pattern, path, ignored) in [
            (".DS_Store", "a/b/.DS_Store", true),
            ("ascmhl/", "a/ascmhl/0001.mhl", true),
            ("ascmhl/", "a/ascmhl", false),
            ("._*", "a/._DSC_1.JPG", true),
            ("._*", "a/DSC._1", false),
            ("/a", "b/a", false),
            ("/a", "a/b/c", true),
            ("a/b", "a/b/c", true),
            ("a/b", "x/a/b", false),
            ("**/b", "x/a/b", true),
            ("a/**", "a", false),
            ("a/**", "a/b/c", true),
            ("a/**/c", "a/c", true),
            ("*.j?g", "x/a.jpg", true),
            ("*.j?g", "x/a.jpeg", false),
            ("#a", "#a", false),
            ("", "a", false),
        ] {
            assert_eq!(is_ignored(&[pattern], path), ignored, "{pattern} {path}");
        }
        assert!(!is_ignored(&["*.jpg", "!keep.jpg"], "keep.jpg"));
    }

    #[test]
    fn a_hostile_pattern_is_soon_done_with() {
        let stars = "*a".repeat(500);
        assert!(!is_ignored(&[&stars], &"a".repeat(250)));
        assert!(!is_ignored(&[&format!("{}x", "**/".repeat(300))], "a/".repeat(1_000).trim_end_matches('/')));
    }
}
