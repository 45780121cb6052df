//! What no compiler holds: short files that say their job, no leftovers, no sleeping tests, no
//! place of anybody's machine, no private registry, no link to nowhere.
//!
//! Looks at tracked files only. A file that is no UTF-8 text is skipped.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Lines of a Rust file that are not tests: what a stranger reads in one sitting.
const MAX_LINES: usize = 400;

// Each is written in two parts, so that this file does not find itself.
const LEFTOVERS: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("todo", "!")];
const IGNORED: &str = concat!("#[ig", "nore");
const RUST_SLEEP: &str = concat!("sle", "ep");
const PAGE_SLEEP: &str = concat!("waitFor", "Timeout(");
const PRIVATE: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// The one origin that a lock file may name; npm's names none, so that everybody's own is asked.
const ORIGIN: &str = "https://github.com/rust-lang/crates.io-index";

/// A tracked file; one that is no text has none.
struct File {
    path: String,
    text: Option<String>,
}

pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for path in tracked(root)? {
        match std::fs::read(root.join(&path)) {
            Ok(bytes) => files.push(File { path, text: String::from_utf8(bytes).ok() }),
            // Deleted and not committed yet.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("read {path}")),
        }
    }
    Ok(judge(&files))
}

fn tracked(root: &Path) -> Result<Vec<String>> {
    let listed = Command::new("git").arg("-C").arg(root).args(["ls-files", "-z"]).output().context("run git")?;
    ensure!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim());
    let names = String::from_utf8(listed.stdout).context("a tracked file's name is no UTF-8")?;
    Ok(names.split_terminator('\0').map(str::to_owned).collect())
}

/// Everything to mend in the tree.
fn judge(files: &[File]) -> Vec<String> {
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let texts = || files.iter().filter_map(|file| Some((file.path.as_str(), file.text.as_deref()?)));
    let for_tests: BTreeSet<String> = texts().flat_map(|(path, text)| test_modules(path, text)).collect();
    let mut findings = Vec::new();
    for (path, text) in texts() {
        if is_lock(path) {
            findings.extend(foreign_hosts(path, text));
            continue;
        }
        findings.extend(leftovers(path, text));
        findings.extend(private_places(path, text));
        if path.ends_with(".rs") {
            findings.extend(rust(path, text, for_tests.contains(path)));
        } else if path.ends_with(".md") {
            findings.extend(dead_links(path, text, &paths));
        } else if is_page_code(path) {
            let remedy = "wait for what is to be seen, not for time";
            findings.extend(lines_with(path, text, |line| line.contains(PAGE_SLEEP), remedy));
        }
    }
    findings
}

fn rust(path: &str, text: &str, is_for_tests: bool) -> Vec<String> {
    let mut findings = Vec::new();
    let is_test_file =
        is_for_tests || path.contains("/tests/") || path.contains("/benches/") || path.ends_with("/tests.rs");
    let tests: Vec<bool> = test_lines(text).into_iter().map(|is_test| is_test || is_test_file).collect();
    let lines = tests.iter().filter(|is_test| !**is_test).count();
    if lines > MAX_LINES {
        findings.push(format!("{path}: {lines} lines without tests, more than {MAX_LINES}: split it by idea"));
    }
    // A `tests.rs` is named by the file beside it.
    if !path.ends_with("/tests.rs") && !text.starts_with("//! ") {
        findings.push(format!("{path}:1: the first line is not `//! …`: say the file's job"));
    }
    findings.extend(lines_with(path, text, |line| line.contains(IGNORED), "a test that never runs proves nothing"));
    let is_time_paused = text.contains("start_paused") || text.contains("time::pause()");
    if !is_time_paused {
        let slept = text.lines().zip(&tests).enumerate().filter(|(_, (line, is_test))| **is_test && sleeps(line));
        findings.extend(
            slept.map(|(i, _)| format!("{path}:{}: wait on an event or on paused time, not for a while", i + 1)),
        );
    }
    findings
}

/// Files that stand in the tree for tests only: `#[cfg(test)]` above `mod name;`.
fn test_modules(path: &str, text: &str) -> Vec<String> {
    let Some(stem) = path.strip_suffix(".rs") else { return Vec::new() };
    let folder = ["/lib", "/main", "/mod"].iter().find_map(|root| stem.strip_suffix(root)).unwrap_or(stem);
    let pairs = text.lines().zip(text.lines().skip(1)).filter(|(mark, _)| *mark == "#[cfg(test)]");
    let names = pairs.filter_map(|(_, line)| line.strip_prefix("mod ")?.strip_suffix(';'));
    names.map(|name| format!("{folder}/{name}.rs")).collect()
}

/// For each line whether it is in a `#[cfg(test)]` module.
fn test_lines(text: &str) -> Vec<bool> {
    let mut tests = Vec::new();
    let mut is_marked = false;
    // The line that ends the test module we are in; rustfmt puts it below the module's first letter.
    let mut end: Option<String> = None;
    for line in text.lines() {
        let code = line.trim_start();
        let indent = &line[..line.len() - code.len()];
        if end.is_none() && is_marked && code.starts_with("mod ") && code.ends_with('{') {
            end = Some(format!("{indent}}}"));
        }
        tests.push(end.is_some());
        if end.as_deref() == Some(line) {
            end = None;
        }
        is_marked = code == "#[cfg(test)]" || (is_marked && code.starts_with("#["));
    }
    tests
}

/// Whether a line calls a function of that name, which `asleep(` and `sleepy(` are not.
fn sleeps(line: &str) -> bool {
    [format!("{RUST_SLEEP}("), format!("{RUST_SLEEP}_until(")].iter().any(|call| {
        line.match_indices(call.as_str()).any(|(at, _)| !line[..at].ends_with(is_word) && !line[..at].ends_with("fn "))
    })
}

fn leftovers(path: &str, text: &str) -> Vec<String> {
    let has = |line: &str| {
        LEFTOVERS.iter().any(|word| {
            line.match_indices(word)
                .any(|(at, _)| !line[..at].ends_with(is_word) && !line[at + word.len()..].starts_with(is_word))
        })
    };
    lines_with(path, text, has, "finish it, or write down elsewhere what is left")
}

/// An absolute path below a home or a workplace; one that goes on from something else, and what stands at the host's
/// place in a URL, is not.
fn private_places(path: &str, text: &str) -> Vec<String> {
    let goes_on = |c: char| is_word(c) || matches!(c, '.' | '-' | '}' | ')' | '*' | '~');
    let has = |line: &str| {
        PRIVATE.iter().any(|place| {
            line.match_indices(place).any(|(at, _)| !line[..at].ends_with(goes_on) && !line[..at].ends_with(":/"))
        })
    };
    lines_with(path, text, has, "a path of somebody's machine: write it relative, or as $HOME")
}

fn foreign_hosts(path: &str, text: &str) -> Vec<String> {
    let is_origin = |line: &str| line.contains("\"resolved\"") || line.starts_with("source = ");
    let has = |line: &str| is_origin(line) && line.match_indices("http").any(|(at, _)| !line[at..].starts_with(ORIGIN));
    lines_with(path, text, has, "a registry that others cannot reach")
}

/// Links of a page to files that are not tracked.
fn dead_links(path: &str, text: &str, paths: &BTreeSet<&str>) -> Vec<String> {
    let mut findings = Vec::new();
    for (i, line) in text.lines().enumerate() {
        for target in line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if target.is_empty() || target.contains(':') {
                continue;
            }
            let place = resolve(path, target);
            let inside = format!("{place}/");
            if !paths.contains(place.as_str()) && !paths.iter().any(|path| path.starts_with(&inside)) {
                findings.push(format!("{path}:{}: leads to {place}, which is not there", i + 1));
            }
        }
    }
    findings
}

/// A relative link as a path from the root.
fn resolve(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

fn lines_with(path: &str, text: &str, has: impl Fn(&str) -> bool, remedy: &str) -> Vec<String> {
    let found = text.lines().enumerate().filter(|(_, line)| has(line));
    found.map(|(i, _)| format!("{path}:{}: {remedy}", i + 1)).collect()
}

fn is_lock(path: &str) -> bool {
    path.ends_with(".lock") || path.ends_with("package-lock.json") || path.ends_with("pnpm-lock.yaml")
}

fn is_page_code(path: &str) -> bool {
    [".js", ".mjs", ".ts", ".tsx"].iter().any(|end| path.ends_with(end))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests;
