//! The public `ascmhl` tool accepts what Kilat writes, and Kilat what it writes.
//!
//! `scripts/setup.sh` installs it; `KILAT_ASCMHL` names the folder of its programs where that is elsewhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use kilat_mhl::{Action, FileEntry, Folder, HashFormat, History, Place};

use crate::scene::{Scene, expected, flaws};

/// Where the scripts install it.
fn tool(name: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the scripts tell where they installed the tool")]
    let programs = std::env::var("KILAT_ASCMHL")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/ascmhl/bin"), PathBuf::from);
    let path = programs.join(name);
    assert!(path.exists(), "{} is missing: make test installs it, or name its folder in KILAT_ASCMHL", path.display());
    path
}

/// Runs a program of the tool, and answers whether it was satisfied, and what it said.
fn run(name: &str, arguments: &[&str], folder: &Path) -> (bool, String) {
    let out = Command::new(tool(name)).args(arguments).arg(folder).output().expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    (out.status.success(), said)
}

fn assert_satisfied(name: &str, arguments: &[&str], folder: &Path) {
    let (is_satisfied, said) = run(name, arguments, folder);
    assert!(is_satisfied, "{name} {arguments:?}: {said}");
}

#[test]
fn the_public_tool_verifies_what_kilat_wrote_over_several_generations() {
    let scene = Scene::with_two_generations();
    let third = scene.photo("2026-11-21/Other/empty.xmp", b"", Action::Original);
    scene.seal(2, vec![third]);
    // What systems leave behind is no new file.
    std::fs::write(scene.folder().join("Thumbs.db"), "x").expect("written");
    assert_satisfied("ascmhl-debug", &["verify"], &scene.folder());
    assert_satisfied("ascmhl", &["diff"], &scene.folder());
    assert_satisfied("ascmhl", &["info", "-v"], &scene.folder());

    let photo = scene.folder().join("2026-11-21/NIKON Z 9/DSC_0001.JPG");
    std::fs::write(&photo, b"fir5t").expect("damaged");
    let (is_satisfied, said) = run("ascmhl-debug", &["verify"], &scene.folder());
    assert!(!is_satisfied && said.contains("hash mismatch"), "{said}");
    std::fs::remove_file(&photo).expect("removed");
    assert!(!run("ascmhl-debug", &["verify"], &scene.folder()).0, "a missing file was not told");
    std::fs::write(&photo, b"first").expect("as before");
    std::fs::write(scene.folder().join("new.jpg"), b"new").expect("added");
    assert!(!run("ascmhl", &["diff"], &scene.folder()).0, "a file that no manifest lists was not told");
}

#[test]
fn the_public_tool_and_kilat_go_on_with_each_others_history() {
    let scene = Scene::with_two_generations();
    assert_satisfied("ascmhl", &["create"], &scene.folder());
    let history = scene.history();
    assert!(flaws(&history).is_empty(), "{:?}", flaws(&history));
    assert_eq!(history.generations()[2].tool, "ascmhl");
    let fourth = scene.photo("later.jpg", b"later", Action::Original);
    assert_eq!(scene.seal(3, vec![fourth.clone()]).number, 4);
    assert_satisfied("ascmhl-debug", &["verify"], &scene.folder());
    scene.seal(4, vec![FileEntry { action: Action::Verified, ..fourth }]);
    assert_satisfied("ascmhl-debug", &["verify"], &scene.folder());
    assert!(flaws(&scene.history()).is_empty());
    assert_eq!(expected(&scene.history()).len(), 3);
}

#[test]
fn kilat_verifies_what_the_public_tool_wrote_in_each_of_its_hashes() {
    for format in HashFormat::ALL {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("Clips <1> & \"2\"/é")).expect("made");
        let large: Vec<u8> = (0..3_000_001_u32).map(|n| (n >> 3) as u8).collect();
        for (path, bytes) in
            [("a.jpg", &large[..]), ("Clips <1> & \"2\"/é/b.nef", b"b"), (".hidden", b""), ("._a.jpg", b"x")]
        {
            std::fs::write(folder.path().join(path), bytes).expect("written");
        }
        assert_satisfied("ascmhl", &["create", "-h", format.name()], folder.path());
        assert_satisfied("ascmhl", &["create", "-h", "md5", "-h", format.name()], folder.path());
        let place = Folder::open(folder.path()).expect("a folder");
        let history = History::read(&place).expect("a history");
        assert!(flaws(&history).is_empty(), "{:?}", flaws(&history));
        let listed: Vec<_> = history.expected().collect();
        assert_eq!(listed.len(), 4);
        for (path, listed) in listed {
            assert_eq!(listed.hash.format(), format);
            place.check(path, listed.size_bytes, &listed.hash).expect("as it was");
            let full = folder.path().join(path.as_str());
            let mut bytes = std::fs::read(&full).expect("read");
            bytes.push(0);
            std::fs::write(&full, &bytes).expect("damaged");
            place.check(path, None, &listed.hash).expect_err("a byte more");
        }
    }
}

/// Its chain is written byte for byte as ours, so a flip in it is found everywhere, too.
#[test]
fn a_flip_in_any_byte_of_the_public_tools_files_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a & b.jpg"), "a").expect("written");
    assert_satisfied("ascmhl", &["create"], folder.path());
    let read = || History::read(&Folder::open(folder.path()).expect("a folder")).expect("a history");
    assert!(read().flaws().is_empty(), "{:?}", flaws(&read()));
    for entry in std::fs::read_dir(folder.path().join("ascmhl")).expect("there") {
        let file = entry.expect("an entry").path();
        let whole = std::fs::read(&file).expect("read");
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x20;
            std::fs::write(&file, damaged).expect("written");
            assert!(!read().flaws().is_empty(), "{} at {at}", file.display());
        }
        std::fs::write(&file, whole).expect("as before");
    }
}
