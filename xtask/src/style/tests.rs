use super::*;

/// What is to be mended in one file of a tree that holds nothing else.
fn judge(path: &str, text: &str) -> Vec<String> {
    super::judge(&[File { path: path.to_owned(), text: Some(text.to_owned()) }])
}

/// What is to be mended in a tree of these files.
fn tree(files: &[(&str, &str)]) -> Vec<String> {
    let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: Some((*text).to_owned()) };
    super::judge(&files.iter().map(file).collect::<Vec<_>>())
}

/// A Rust file of so many lines, with a test module below.
fn file(lines: usize, test_lines: usize) -> String {
    let body = "const A: u8 = 1;\n".repeat(lines - 1);
    let tests = "    const B: u8 = 1;\n".repeat(test_lines);
    format!("//! A file.\n{body}#[cfg(test)]\n#[expect(dead_code)]\nmod tests {{\n{tests}}}\n")
}

#[test]
fn a_long_file_is_found_and_its_tests_do_not_count() {
    // Two lines of attributes above the module are not its own.
    assert_eq!(judge("a/src/b.rs", &file(MAX_LINES - 2, 900)), Vec::<String>::new());
    let findings = judge("a/src/b.rs", &file(MAX_LINES - 1, 900));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].contains("401 lines"), "{findings:?}");
}

#[test]
fn code_below_a_test_module_counts_again() {
    let text = "//! A.\n#[cfg(test)]\nmod tests {\n    mod inner {\n    }\n}\nfn after() {}\n";
    assert_eq!(test_lines(text), [false, false, true, true, true, true, false]);
    let sibling = "//! A.\n#[cfg(test)]\nmod tests;\nfn after() {}\n";
    assert!(!test_lines(sibling).contains(&true));
}

#[test]
fn a_file_must_say_its_job_in_its_first_line() {
    assert_eq!(judge("a/src/b.rs", "use std::fs;\n").len(), 1);
    assert_eq!(judge("a/src/b/tests.rs", "use super::*;\n"), Vec::<String>::new());
}

#[test]
fn a_test_that_waits_for_time_is_found_and_one_on_paused_time_is_not() {
    let test = |call: &str| format!("//! T.\nasync fn t() {{\n    {call};\n}}\n");
    let slept = format!("tokio::time::{RUST_SLEEP}(wait).await");
    assert_eq!(
        judge("a/tests/it.rs", &test(&slept)),
        ["a/tests/it.rs:3: wait on an event or on paused time, not for a while"]
    );
    assert_eq!(judge("a/src/b.rs", &test(&slept)), Vec::<String>::new());
    assert_eq!(judge("a/tests/it.rs", &test(&format!("a{RUST_SLEEP}(wait)"))), Vec::<String>::new());
    let paused = format!("{}#[tokio::test(start_paused = true)]\n", test(&slept));
    assert_eq!(judge("a/tests/it.rs", &paused), Vec::<String>::new());
    assert_eq!(judge("e2e/a.ts", &format!("await page.{PAGE_SLEEP}500)")).len(), 1);
}

#[test]
fn leftovers_are_found_as_whole_words() {
    for word in LEFTOVERS {
        assert_eq!(judge("a/b.sh", &format!("x\n# {word} later\n")).len(), 1, "{word}");
        assert_eq!(judge("a/b.sh", &format!("a{word}\n")), Vec::<String>::new(), "{word}");
    }
    assert_eq!(judge("a/b.sh", &format!("mktemp a.{0}{0}\n", LEFTOVERS[2])), Vec::<String>::new());
    assert_eq!(judge("a/tests/c.rs", &format!("//! T.\n{IGNORED}]\n")).len(), 1);
}

#[test]
fn a_place_of_somebodys_machine_is_found_and_a_relative_one_is_not() {
    for place in PRIVATE {
        assert_eq!(judge("README.md", &format!("see `{place}x`")).len(), 1, "{place}");
        assert_eq!(judge("README.md", &format!("file://{place}x")).len(), 1, "{place}");
        assert_eq!(judge("README.md", &format!("store:/{place}x")), Vec::<String>::new(), "{place} is a host");
        assert_eq!(judge("README.md", &format!("see data{place}x and $A{place}")), Vec::<String>::new(), "{place}");
    }
}

#[test]
fn a_lock_file_names_no_place_where_packages_come_from_but_the_common_index() {
    let lock = "  \"resolved\": \"https://mirror.example.org/a/-/a-1.0.0.tgz\",\n";
    assert_eq!(judge("e2e/package-lock.json", lock).len(), 1);
    let cargo = |index: &str| format!("source = \"registry+https://{index}\"\n");
    assert_eq!(judge("Cargo.lock", &cargo("github.com/rust-lang/crates.io-index")), Vec::<String>::new());
    assert_eq!(judge("Cargo.lock", &cargo("mirror.example.org/index")).len(), 1);
}

#[test]
fn a_file_that_only_tests_include_is_a_test_file() {
    let long = file(MAX_LINES + 1, 0);
    assert_eq!(tree(&[("a/src/lib.rs", "//! A.\nmod b;\n"), ("a/src/b.rs", &long)]).len(), 1);
    let marked = "//! A.\n#[cfg(test)]\nmod b;\n";
    assert_eq!(tree(&[("a/src/lib.rs", marked), ("a/src/b.rs", &long)]), Vec::<String>::new());
    assert_eq!(tree(&[("a/src/c.rs", marked), ("a/src/c/b.rs", &long)]), Vec::<String>::new());
    assert_eq!(tree(&[("a/src/c.rs", marked), ("a/src/b.rs", &long)]).len(), 1);
}

#[test]
fn a_link_to_a_file_that_is_not_there_is_found() {
    let page = "see [a](adr/a.md), [b](../b.rs#L3), [all](adr/), [web](https://example.org/x), [here](#below)\n";
    let there = [("docs/x.md", page), ("docs/adr/a.md", ""), ("b.rs", "//! B.\n")];
    assert_eq!(tree(&there), Vec::<String>::new());
    assert_eq!(tree(&there[..2]), ["docs/x.md:1: leads to b.rs, which is not there"]);
}
