//! Manifests that somebody wrote to do harm.

use std::path::Path;

use kilat_mhl::{Folder, History, HistoryError};

use crate::scene::{expected, flaws};

/// The hash of nothing.
const EMPTY: &str = "99aa06d3014798d86001c324468d497f";

fn history_of(folder: &Path, manifest: &str) -> Result<History, HistoryError> {
    std::fs::create_dir_all(folder.join("ascmhl")).expect("made");
    std::fs::write(folder.join("ascmhl/0001_x_2026-11-21_140405Z.mhl"), manifest).expect("written");
    History::read(&Folder::open(folder).expect("a folder"))
}

fn manifest(hashes: &str) -> String {
    format!("<hashlist version=\"2.0\"><hashes>{hashes}</hashes></hashlist>")
}

fn entry(path: &str) -> String {
    format!("<hash><path size=\"0\">{path}</path><xxh128 action=\"original\">{EMPTY}</xxh128></hash>")
}

#[test]
fn paths_that_lead_elsewhere_are_left_out_and_told() {
    let folder = tempfile::tempdir().expect("a folder");
    for evil in
        ["../../etc/passwd", "/etc/passwd", "a/../../b", "", "a//b", "a&#10;b", "a&#27;[2Jb", &"a/".repeat(4_000)]
    {
        let text = manifest(&format!("{}{}", entry(evil), entry("good.jpg")));
        let history = history_of(folder.path(), &text).expect("a history");
        assert_eq!(expected(&history).keys().collect::<Vec<_>>(), ["good.jpg"], "{evil}");
        assert!(flaws(&history).iter().any(|flaw| flaw.contains("has an entry that is not used")), "{evil}");
    }
}

#[test]
fn values_that_are_none_are_told_by_the_file_that_has_them() {
    let folder = tempfile::tempdir().expect("a folder");
    for (entry, why) in [
        ("<hash><path size=\"-1\">a</path><xxh128>99aa06d3014798d86001c324468d497f</xxh128></hash>", "gives a a size"),
        ("<hash><path size=\"1\">a</path><xxh128>99aa</xxh128></hash>", "gives a a xxh128"),
        ("<hash><path>a</path><c4>c4</c4></hash>", "gives a a c4"),
        ("<hash><path>a</path><whirlpool>99</whirlpool></hash>", "gives a no hash"),
        ("<hash><xxh128>99aa06d3014798d86001c324468d497f</xxh128></hash>", "an entry without a path"),
    ] {
        let history = history_of(folder.path(), &manifest(entry)).expect("a history");
        assert!(flaws(&history).iter().any(|flaw| flaw.contains(why)), "{why}: {:?}", flaws(&history));
        assert!(expected(&history).is_empty());
    }
}

#[test]
fn one_file_listed_twice_is_told_and_the_first_word_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = entry("a.jpg").replace(EMPTY, &"0".repeat(32));
    let history = history_of(folder.path(), &manifest(&format!("{}{other}", entry("a.jpg")))).expect("a history");
    assert!(flaws(&history).iter().any(|flaw| flaw.contains("lists a.jpg twice")));
    assert_eq!(expected(&history)["a.jpg"], EMPTY);
}

#[test]
fn what_is_no_manifest_is_told_and_holds_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><hashlist version=\"2.0\">&b;</hashlist>";
    for (text, why) in [
        (bomb, "document type"),
        ("<hashlist version=\"1.1\"/>", "no manifest of ASC MHL 2.0"),
        ("<html/>", "no manifest of ASC MHL 2.0"),
        ("", "no manifest of ASC MHL 2.0"),
        ("\u{0}\u{1}\u{2}", "no manifest of ASC MHL 2.0"),
        (&format!("<hashlist version=\"2.0\">{}", "<a>".repeat(100_000)), "deep"),
        (&format!("<hashlist version=\"2.0\"><a b=\"{}\"/></hashlist>", "x".repeat(10_000_000)), "longer than"),
    ] {
        let history = history_of(folder.path(), text).expect("a history");
        assert!(flaws(&history).iter().any(|flaw| flaw.contains(why)), "{why}: {:?}", flaws(&history));
        assert!(expected(&history).is_empty());
    }
}

#[test]
fn endless_flaws_are_counted_and_not_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let history = history_of(folder.path(), &manifest(&entry("../x").repeat(20_000))).expect("a history");
    assert_eq!(history.flaws().len(), 1_000);
    // And two for the chain that is not there.
    assert_eq!(history.flaws_left_out(), 19_002);
}

#[test]
fn a_manifest_that_is_a_link_or_a_pipe_is_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = manifest(&entry("a.jpg"));
    history_of(folder.path(), &text).expect("a history");
    let place = folder.path().join("ascmhl");
    std::fs::rename(place.join("0001_x_2026-11-21_140405Z.mhl"), folder.path().join("real")).expect("moved");
    std::os::unix::fs::symlink("../real", place.join("0001_x_2026-11-21_140405Z.mhl")).expect("linked");
    assert!(matches!(History::read(&Folder::open(folder.path()).expect("a folder")), Err(HistoryError::NoHistory)));
    std::fs::remove_dir_all(&place).expect("removed");
    std::os::unix::fs::symlink(folder.path(), &place).expect("linked");
    assert!(History::read(&Folder::open(folder.path()).expect("a folder")).is_err());
}
