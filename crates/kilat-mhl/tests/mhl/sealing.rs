//! Generations one after the other, at once, and after a death between manifest and chain.

use std::sync::Arc;

use kilat_core::{Class, Classify};
use kilat_mhl::{Action, FileEntry, SealError, WriteError};

use crate::scene::{EVENT, Scene, event, expected, flaws};

#[test]
fn each_generation_stands_beside_the_older_ones_and_the_chain_names_all() {
    let scene = Scene::with_two_generations();
    let before = std::fs::read(&scene.manifests()[0]).expect("read");
    let third = scene.photo("2026-11-21/Other/clip.mp4", b"", Action::Original);
    let sealed = scene.seal(2, vec![third]);
    assert_eq!(sealed.number, 3);
    assert_eq!(sealed.key.as_str(), format!("{EVENT}/ascmhl/0003_{EVENT}_2026-11-21_140605Z.mhl"));
    assert_eq!((sealed.files, sealed.mended), (1, None));
    assert_eq!(std::fs::read(&scene.manifests()[0]).expect("read"), before, "an older one was touched");
    let history = scene.history();
    assert!(flaws(&history).is_empty(), "{:?}", flaws(&history));
    assert_eq!(history.generations().len(), 3);
    assert_eq!(history.generations()[2].c4, Some(sealed.c4));
    let listed = expected(&history);
    assert_eq!(listed.len(), 3);
    assert!(listed.contains_key("2026-11-21/NIKON Z 9/DSC_0002 <é> & \"b\".NEF"));
    assert_eq!(std::fs::read_dir(scene.scratch()).expect("there").count(), 0, "a draft was left behind");
}

#[test]
fn a_generation_without_files_is_one_too() {
    let scene = Scene::new();
    let sealed = scene.seal(0, Vec::new());
    assert_eq!((sealed.files, sealed.mended), (0, None), "the first chain is new, not mended");
    let history = scene.history();
    assert!(flaws(&history).is_empty() && expected(&history).is_empty());
}

/// Death between the manifest and the chain, at the first generation and at a later one.
#[test]
fn a_manifest_that_nobody_lived_to_chain_is_chained_by_the_next() {
    for first in [true, false] {
        let scene = Scene::new();
        if !first {
            let photo = scene.photo("a.jpg", b"a", Action::Original);
            scene.seal(0, vec![photo]);
        }
        let chain = std::fs::read(scene.chain()).ok();
        let cut_off = scene.photo("b.jpg", b"b", Action::Original);
        scene.seal(1, vec![cut_off.clone()]);
        match chain {
            Some(chain) => std::fs::write(scene.chain(), chain).expect("as before"),
            None => std::fs::remove_file(scene.chain()).expect("as before"),
        }
        assert!(flaws(&scene.history()).iter().any(|flaw| flaw.contains("not in the chain")), "it is told");
        assert!(expected(&scene.history()).contains_key("b.jpg"), "and used");
        let again = FileEntry { action: Action::Verified, ..cut_off };
        let sealed = scene.seal(2, vec![again]);
        assert_eq!(sealed.mended.is_some(), first, "only a chain that was missing is mended");
        let history = scene.history();
        assert!(flaws(&history).is_empty(), "{:?}", flaws(&history));
        assert!(expected(&history).contains_key("b.jpg"));
    }
}

#[test]
fn several_at_once_all_end_in_the_chain() {
    const WRITERS: i64 = 6;
    for _ in 0..10 {
        let scene = Arc::new(Scene::new());
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let scene = Arc::clone(&scene);
                std::thread::spawn(move || {
                    let photo = scene.photo(&format!("{writer}.jpg"), &[writer as u8], Action::Original);
                    // All in one second, so that their names are the same too.
                    let draft = scene.draft(&format!("part-{writer}"), 0);
                    kilat_mhl::seal(&scene.store, &event(), [photo], draft).expect("sealed")
                })
            })
            .collect();
        let mut keys: Vec<_> = writers.into_iter().map(|writer| writer.join().expect("no panic").key).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len() as i64, WRITERS, "two wrote one manifest");
        let history = scene.history();
        assert!(flaws(&history).is_empty(), "{:?}", flaws(&history));
        assert_eq!(expected(&history).len() as i64, WRITERS);
    }
}

#[test]
fn a_damaged_chain_is_made_again_and_that_is_said() {
    let scene = Scene::with_two_generations();
    std::fs::write(scene.chain(), "<ascmhldirectory").expect("cut off");
    let third = scene.photo("c.jpg", b"c", Action::Original);
    let sealed = scene.seal(3, vec![third]);
    assert!(sealed.mended.expect("said").contains("cut off"));
    assert!(flaws(&scene.history()).is_empty());
}

#[test]
fn a_manifest_that_was_damaged_meanwhile_stays_told_after_the_next_generation() {
    let scene = Scene::with_two_generations();
    let first = &scene.manifests()[0];
    let text = std::fs::read_to_string(first).expect("read").replace("studio", "stadia");
    std::fs::write(first, text).expect("changed");
    let third = scene.photo("c.jpg", b"c", Action::Original);
    scene.seal(3, vec![third]);
    let told = flaws(&scene.history());
    assert!(told.len() == 1 && told[0].contains("0001_") && told[0].contains("changed or is damaged"), "{told:?}");
}

#[test]
fn a_file_cannot_be_listed_twice_in_one_generation() {
    let scene = Scene::new();
    let photo = scene.photo("a.jpg", b"a", Action::Original);
    let mut draft = scene.draft("part", 0);
    draft.add(&photo).expect("new");
    let error = draft.add(&photo).expect_err("listed");
    assert!(matches!(&error, SealError::Write(WriteError::Twice(path)) if path.as_str() == "a.jpg"), "{error}");
    assert_eq!(error.class(), Class::GiveUp);
}
