//! The points of the contract.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use kilat_core::ObjectKey;

use super::scene::{Count, Original, key, read};
use crate::{Entry, ObjectStore, StoreError};

/// Runs every point of the contract, each on a store of its own.
///
/// # Panics
/// When a point does not hold.
pub fn holds_for(mut empty: impl FnMut() -> Arc<dyn ObjectStore>) {
    for point in [
        any_length_comes_back_as_it_was,
        the_same_bytes_twice_are_one_object,
        other_bytes_under_one_name_stand_beside_it,
        what_stands_there_is_never_overwritten,
        a_source_that_changed_is_not_stored,
        a_source_that_is_gone_is_told_apart,
        a_source_that_is_not_what_was_hashed_is_not_stored,
        a_cancelled_copy_leaves_nothing,
        verify_knows_the_right_bytes_from_wrong_ones,
        progress_ends_at_the_whole,
        attaching_again_changes_nothing,
        what_stands_is_listed_and_looked_at,
        a_list_is_replaced_whole,
        names_of_any_script_and_sign_come_back,
        many_at_once_under_one_name_all_stand_beside_each_other,
        an_interrupted_copy_is_gone_on_with,
        what_an_earlier_attempt_kept_may_be_nonsense,
        every_capability_has_a_name_of_its_own,
    ] {
        let store = empty();
        store.attach().expect("a new place");
        point(&*store);
    }
}

fn any_length_comes_back_as_it_was(store: &dyn ObjectStore) {
    for (seed, size) in
        [0, 1, 4_095, 4_096, 4_097, 2 * 1024 * 1024, 2 * 1024 * 1024 + 1, 9_999_999].into_iter().enumerate()
    {
        let original = Original::new(seed as u64, size);
        let key = key(&format!("Wedding/2026-11-21/Z 9/{size}.JPG"));
        let receipt = original.put(store, &key).unwrap_or_else(|error| panic!("{size} bytes: {error}"));
        assert!(!receipt.was_there && receipt.key == key);
        assert!(read(store, &key) == original.bytes, "{size} bytes came back otherwise");
    }
}

fn the_same_bytes_twice_are_one_object(store: &dyn ObjectStore) {
    let original = Original::new(1, 100_000);
    let key = key("a/b.JPG");
    original.put(store, &key).expect("stored");
    let again = original.put(store, &key).expect("stored already");
    assert!(again.was_there && again.key == key);
}

fn other_bytes_under_one_name_stand_beside_it(store: &dyn ObjectStore) {
    let (first, second, third) = (Original::new(1, 50_000), Original::new(2, 50_000), Original::new(3, 60_000));
    let wanted = key("a/b.JPG");
    first.put(store, &wanted).expect("stored");
    assert_eq!(second.put(store, &wanted).expect("stored").key, key("a/b (2).JPG"));
    assert_eq!(third.put(store, &wanted).expect("stored").key, key("a/b (3).JPG"));
    let again = second.put(store, &wanted).expect("stored already");
    assert!(again.was_there && again.key == key("a/b (2).JPG"));
    assert!(read(store, &wanted) == first.bytes);
}

fn what_stands_there_is_never_overwritten(store: &dyn ObjectStore) {
    let (theirs, ours) = (Original::new(1, 10), Original::new(2, 50_000));
    let key = key("a.JPG");
    theirs.put(store, &key).expect("stored");
    ours.put(store, &key).expect("stored beside");
    assert!(read(store, &key) == theirs.bytes);
}

fn a_source_that_changed_is_not_stored(store: &dyn ObjectStore) {
    let original = Original::new(1, 50_000);
    std::fs::write(&original.path, b"another photo with the name").expect("written");
    let error = original.put(store, &key("a.JPG")).expect_err("it changed");
    assert!(matches!(error, StoreError::SourceChanged { .. }), "{error}");
    assert!(store.open(&key("a.JPG")).is_err());
}

fn a_source_that_is_gone_is_told_apart(store: &dyn ObjectStore) {
    let original = Original::new(1, 50_000);
    std::fs::remove_file(&original.path).expect("removed");
    let error = original.put(store, &key("a.JPG")).expect_err("it is gone");
    assert!(matches!(error, StoreError::SourceGone { .. }), "{error}");
}

fn a_source_that_is_not_what_was_hashed_is_not_stored(store: &dyn ObjectStore) {
    let mut original = Original::new(1, 50_000);
    // The same length and times, other bytes: only the hash can tell.
    original.proof = Original::new(2, 50_000).proof;
    let error = original.put(store, &key("a.JPG")).expect_err("other bytes");
    assert!(matches!(error, StoreError::SourceChanged { .. }), "{error}");
    assert!(store.open(&key("a.JPG")).is_err());
}

fn a_cancelled_copy_leaves_nothing(store: &dyn ObjectStore) {
    let original = Original::new(1, 5_000_000);
    let watch = Count::default();
    watch.cancel.store(true, Ordering::SeqCst);
    let error = original.put_watched(store, &key("a.JPG"), &watch).expect_err("cancelled");
    assert!(matches!(error, StoreError::Cancelled), "{error}");
    assert!(store.open(&key("a.JPG")).is_err());
    original.put(store, &key("a.JPG")).expect("and can be made later");
}

fn verify_knows_the_right_bytes_from_wrong_ones(store: &dyn ObjectStore) {
    let (original, other) = (Original::new(1, 50_000), Original::new(2, 50_000));
    let key = key("a.JPG");
    original.put(store, &key).expect("stored");
    store.verify(&key, original.stamp.size_bytes, original.proof).expect("as it was");
    let error = store.verify(&key, other.stamp.size_bytes, other.proof).expect_err("other bytes");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

fn progress_ends_at_the_whole(store: &dyn ObjectStore) {
    let original = Original::new(1, 5_000_001);
    let watch = Count::default();
    original.put_watched(store, &key("a.JPG"), &watch).expect("stored");
    assert_eq!(watch.sent.load(Ordering::SeqCst), 5_000_001);
}

fn attaching_again_changes_nothing(store: &dyn ObjectStore) {
    let original = Original::new(1, 50_000);
    original.put(store, &key("a.JPG")).expect("stored");
    store.attach().expect("the same place");
    assert_eq!(store.sweep().expect("swept"), 0);
    assert!(read(store, &key("a.JPG")) == original.bytes);
}

fn listed(store: &dyn ObjectStore, folder: &str) -> BTreeSet<(String, u64)> {
    let mut found = BTreeSet::new();
    let mut each = |entry: Entry| {
        assert!(found.insert((entry.key.as_str().to_owned(), entry.size_bytes)), "told once");
        ControlFlow::Continue(())
    };
    store.list(&key(folder), &mut each).expect("listed");
    found
}

fn what_stands_is_listed_and_looked_at(store: &dyn ObjectStore) {
    let names = ["Wedding/a.JPG", "Wedding/day 2/b.JPG", "Wedding/day 2/late/c.JPG", "Other/d.JPG", "Wedding 2/e.JPG"];
    for (seed, name) in names.iter().enumerate() {
        Original::new(seed as u64, 1_000 + seed).put(store, &key(name)).expect("stored");
    }
    let expected = [(names[0], 1_000), (names[1], 1_001), (names[2], 1_002)];
    assert_eq!(listed(store, "Wedding"), expected.map(|(name, size)| (name.to_owned(), size)).into());
    assert!(listed(store, "Nothing/here").is_empty());
    let mut told = 0;
    let mut first = |_: Entry| {
        told += 1;
        ControlFlow::Break(())
    };
    store.list(&key("Wedding"), &mut first).expect("listed");
    assert_eq!(told, 1, "whoever has heard enough is told no more");
    assert_eq!(store.look(&key(names[2])).expect("looked"), Some(1_002));
    assert_eq!(store.look(&key("Wedding/none.JPG")).expect("looked"), None);
    assert!(store.open(&key("Wedding/none.JPG")).is_err());
}

fn a_list_is_replaced_whole(store: &dyn ObjectStore) {
    let list = key("Wedding/ascmhl/0001.mhl");
    for text in ["first", "a second that is longer", "3rd", ""] {
        store.replace(&list, text.as_bytes()).expect("replaced");
        assert_eq!(read(store, &list), text.as_bytes());
    }
    assert_eq!(listed(store, "Wedding").len(), 1, "nothing else stays");
}

fn names_of_any_script_and_sign_come_back(store: &dyn ObjectStore) {
    let names = [
        "Ayu & Bima/a b.JPG",
        "plus+plus/100%.JPG",
        "hash#tag/50%25.JPG",
        "Ünïcödé/婚礼 💍.JPG",
        "'quote'/semi;colon=$@!(),~[1]{2}^`.JPG",
    ];
    for (seed, name) in names.iter().enumerate() {
        let (original, wanted) = (Original::new(seed as u64, 3_000 + seed), key(name));
        let receipt = original.put(store, &wanted).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(receipt.key, wanted);
        assert!(read(store, &wanted) == original.bytes, "{name}");
        assert_eq!(store.look(&wanted).expect("looked"), Some(3_000 + seed as u64), "{name}");
        let folder = wanted.segments().next().expect("a folder");
        assert_eq!(listed(store, folder), [((*name).to_owned(), 3_000 + seed as u64)].into(), "{name}");
    }
}

fn many_at_once_under_one_name_all_stand_beside_each_other(store: &dyn ObjectStore) {
    let originals: Vec<Original> = (0..6).map(|seed| Original::new(seed, 200_000)).collect();
    let wanted = key("Wedding/a.JPG");
    let keys: Vec<ObjectKey> = thread::scope(|scope| {
        let putting: Vec<_> = originals
            .iter()
            .map(|original| scope.spawn(|| original.put(store, &wanted).expect("stored").key))
            .collect();
        putting.into_iter().map(|put| put.join().expect("no panic")).collect()
    });
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), originals.len(), "each has a name of its own: {keys:?}");
    for (original, key) in originals.iter().zip(&keys) {
        assert!(read(store, key) == original.bytes, "{key} holds what was stored there");
    }
    assert_eq!(listed(store, "Wedding").len(), originals.len());
}

fn an_interrupted_copy_is_gone_on_with(store: &dyn ObjectStore) {
    // Where something is kept for the first time, and where parts have arrived.
    for keeps in [1, 3] {
        let (original, wanted) = (Original::new(keeps, 30_000_000), key(&format!("Wedding/film-{keeps}.MP4")));
        let watch = Count::default();
        watch.cancel_after.store(keeps, Ordering::SeqCst);
        match original.put_watched(store, &wanted, &watch) {
            // Those that keep nothing, or not so often, go through at once.
            Ok(_) => assert!(watch.keeps.load(Ordering::SeqCst) < keeps),
            Err(error) => assert!(matches!(error, StoreError::Cancelled), "{error}"),
        }
        let kept = watch.kept.lock().expect("no panic").clone();
        let again = Count::default();
        let receipt = original.put_on(store, &wanted, &again, kept.as_deref()).expect("gone on with");
        assert_eq!(receipt.key, wanted);
        assert!(read(store, &wanted) == original.bytes);
        assert!(again.keeps.load(Ordering::SeqCst) <= 6 - keeps, "what had arrived is not sent twice");
    }
}

fn what_an_earlier_attempt_kept_may_be_nonsense(store: &dyn ObjectStore) {
    let (other, watch) = (Original::new(2, 20_000_000), Count::default());
    watch.cancel_after.store(2, Ordering::SeqCst);
    if let Err(error) = other.put_watched(store, &key("other.MP4"), &watch) {
        assert!(matches!(error, StoreError::Cancelled), "{error}");
    }
    let of_another = watch.kept.lock().expect("no panic").clone();
    let original = Original::new(1, 20_000_000);
    for (n, kept) in ["", "{}", "nonsense", of_another.as_deref().unwrap_or("[]")].into_iter().enumerate() {
        let wanted = key(&format!("{n}.MP4"));
        original.put_on(store, &wanted, &Count::default(), Some(kept)).expect("stored");
        assert!(read(store, &wanted) == original.bytes);
    }
}

fn every_capability_has_a_name_of_its_own(store: &dyn ObjectStore) {
    let capabilities = store.capabilities().expect("asked");
    let names: BTreeSet<_> = capabilities.iter().map(|capability| capability.name).collect();
    assert_eq!(names.len(), capabilities.len());
}
