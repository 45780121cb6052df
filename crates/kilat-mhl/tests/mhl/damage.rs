//! Every single byte of what describes a backup, changed; and whole files of it cut, gone or added.

use std::path::Path;

use kilat_mhl::{Folder, History, HistoryError};

use crate::scene::{Scene, expected, flaws};

/// Bits that are flipped in each byte: case, digits and control characters all change.
const FLIPS: [u8; 4] = [0x01, 0x10, 0x20, 0x80];

/// Flips each byte of a file in turn, and answers where nothing was noticed.
fn unnoticed(scene: &Scene, file: &Path, flips: &[u8]) -> Vec<(usize, u8)> {
    let whole = std::fs::read(file).expect("read");
    let mut unnoticed = Vec::new();
    for at in 0..whole.len() {
        for flip in flips.iter().copied() {
            let mut damaged = whole.clone();
            damaged[at] ^= flip;
            std::fs::write(file, &damaged).expect("written");
            if scene.history().flaws().is_empty() {
                unnoticed.push((at, flip));
            }
        }
    }
    std::fs::write(file, whole).expect("as before");
    unnoticed
}

#[test]
fn a_flip_in_any_byte_of_any_manifest_is_found() {
    let scene = Scene::with_two_generations();
    assert!(scene.history().flaws().is_empty());
    for manifest in scene.manifests() {
        assert_eq!(unnoticed(&scene, &manifest, &FLIPS[..1]), [], "{}", manifest.display());
    }
}

/// The standard covers the chain by nothing. Its bytes follow from what it says, so each of them counts.
#[test]
fn a_flip_in_any_byte_of_the_chain_is_found() {
    let scene = Scene::with_two_generations();
    assert_eq!(unnoticed(&scene, &scene.chain(), &FLIPS), []);
}

#[test]
fn a_file_cut_off_anywhere_is_found_and_what_can_be_read_of_it_is_used() {
    let scene = Scene::with_two_generations();
    let mut files = scene.manifests();
    files.push(scene.chain());
    for file in files {
        let whole = std::fs::read(&file).expect("read");
        for end in 0..whole.len() {
            std::fs::write(&file, &whole[..end]).expect("cut");
            assert!(!scene.history().flaws().is_empty(), "{} cut at {end}", file.display());
        }
        std::fs::write(&file, whole).expect("as before");
    }
    let newest = scene.manifests().pop().expect("two");
    let whole = std::fs::read(&newest).expect("read");
    std::fs::write(&newest, &whole[..whole.len() - 12]).expect("cut");
    assert_eq!(expected(&scene.history()).len(), 2, "both files are found nevertheless");
}

#[test]
fn what_is_missing_or_too_much_has_its_own_verdict() {
    let scene = Scene::with_two_generations();
    let manifests = scene.manifests();
    let (first, chain) = (std::fs::read(&manifests[0]).expect("read"), std::fs::read(scene.chain()).expect("read"));
    let told = |what: &str| {
        let told = flaws(&scene.history());
        assert!(told.iter().any(|flaw| flaw.contains(what)), "{what}: {told:?}");
    };

    std::fs::remove_file(&manifests[0]).expect("removed");
    told("is missing");
    // Its line in the chain goes too: the numbers tell.
    let text = String::from_utf8(chain.clone()).expect("text");
    let (begin, end) = (text.find("  <hashlist").expect("there"), text.find("  </hashlist>\n").expect("there") + 14);
    std::fs::write(scene.chain(), format!("{}{}", &text[..begin], &text[end..])).expect("written");
    told("generation 1 is missing");
    std::fs::write(&manifests[0], &first).expect("as before");
    told("is not in the chain");
    std::fs::remove_file(scene.chain()).expect("removed");
    told("the chain file ascmhl/ascmhl_chain.xml is missing");
    assert_eq!(expected(&scene.history()).len(), 2, "the files are known nevertheless");
    std::fs::write(scene.chain(), &chain).expect("as before");
    std::fs::write(scene.folder().join("ascmhl/0003_x_2026-11-21_140405Z.mhl"), &first).expect("added");
    told("ascmhl/0003_x_2026-11-21_140405Z.mhl is not in the chain");
}

#[test]
fn a_folder_without_manifests_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let read = History::read(&Folder::open(folder.path()).expect("a folder"));
    assert!(matches!(read, Err(HistoryError::NoHistory)));
}
