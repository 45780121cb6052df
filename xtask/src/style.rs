//! What no compiler holds: short files that say their job, no leftovers, no sleeping tests, no
//! place of anybody's machine, no private registry.
//!
//! Looks at tracked files only. A file that is no UTF-8 text is skipped.

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

/// Public homes of packages that a lock file may name.
const PUBLIC_HOSTS: [&str; 2] = ["https://github.com/rust-lang/crates.io-index", "https://registry.npmjs.org/"];

pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for path in tracked(root)? {
        match std::fs::read(root.join(&path)) {
            Ok(bytes) => {
                if let Ok(text) = String::from_utf8(bytes) {
                    findings.extend(judge(&path, &text));
                }
            }
            // Deleted and not committed yet, or a link to nothing.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("read {path}")),
        }
    }
    Ok(findings)
}

fn tracked(root: &Path) -> Result<Vec<String>> {
    let listed = Command::new("git").arg("-C").arg(root).args(["ls-files", "-z"]).output().context("run git")?;
    ensure!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim());
    let names = String::from_utf8(listed.stdout).context("a tracked file's name is no UTF-8")?;
    Ok(names.split_terminator('\0').map(str::to_owned).collect())
}

/// Everything to mend in one file.
fn judge(path: &str, text: &str) -> Vec<String> {
    if is_lock(path) {
        return foreign_hosts(path, text);
    }
    let mut findings = leftovers(path, text);
    findings.extend(private_places(path, text));
    if path.ends_with(".rs") {
        findings.extend(rust(path, text));
    } else if is_page_code(path) {
        findings.extend(lines_with(
            path,
            text,
            |line| line.contains(PAGE_SLEEP),
            "wait for what is to be seen, not for time",
        ));
    }
    findings
}

fn rust(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let tests = test_lines(path, text);
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

/// For each line whether it is of a test: all of a test file, else the `#[cfg(test)]` modules.
fn test_lines(path: &str, text: &str) -> Vec<bool> {
    let is_test_file = path.contains("/tests/") || path.contains("/benches/") || path.ends_with("/tests.rs");
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
        tests.push(is_test_file || end.is_some());
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

/// An absolute path below a home or a workplace; one that goes on from something else is not.
fn private_places(path: &str, text: &str) -> Vec<String> {
    let goes_on = |c: char| is_word(c) || matches!(c, '.' | '-' | '}' | ')' | '*' | '~');
    let has = |line: &str| {
        PRIVATE.iter().any(|place| line.match_indices(place).any(|(at, _)| !line[..at].ends_with(goes_on)))
    };
    lines_with(path, text, has, "a path of somebody's machine: write it relative, or as $HOME")
}

fn foreign_hosts(path: &str, text: &str) -> Vec<String> {
    let is_origin = |line: &str| line.contains("\"resolved\"") || line.starts_with("source = ");
    let is_public = |url: &str| PUBLIC_HOSTS.iter().any(|host| url.starts_with(host));
    let has = |line: &str| is_origin(line) && line.match_indices("http").any(|(at, _)| !is_public(&line[at..]));
    lines_with(path, text, has, "a registry that others cannot reach")
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
