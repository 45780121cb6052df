//! The contract: every backend passes it, each through a function that makes an empty store.

use std::sync::atomic::Ordering;

use kilat_objects::{ObjectStore, StoreError};

use crate::scene::{Count, Original, key, read};

/// Runs every point of the contract, each on a store of its own.
pub(crate) fn holds_for<S: ObjectStore>(mut empty: impl FnMut() -> S) {
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
    ] {
        let store = empty();
        store.attach().expect("a new place");
        point(&store);
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
