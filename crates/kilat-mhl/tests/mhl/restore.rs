//! Files come back as they were listed, from whoever still has them so, and nothing else is touched.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use kilat_mhl::{Folder, Outcome, Progress, RelPath, RestoreError, Source, Target, restore};

use crate::scene::{EVENT, Scene, event};

const FIRST: &str = "2026-11-21/NIKON Z 9/DSC_0001.JPG";

#[derive(Default)]
struct Heard {
    bytes: u64,
    files: BTreeMap<String, Outcome>,
    /// Files after which it is enough.
    enough: Option<usize>,
    /// Bytes after which it is enough.
    most: Option<u64>,
}

impl Progress for Heard {
    fn bytes(&mut self, more: u64) -> ControlFlow<()> {
        self.bytes += more;
        if self.most.is_some_and(|most| self.bytes >= most) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn file(&mut self, path: &RelPath, outcome: Outcome) -> ControlFlow<()> {
        self.files.insert(path.to_string(), outcome);
        if self.enough == Some(self.files.len()) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn source(scene: &Scene) -> Source {
    let place = Folder::open(&scene.folder()).expect("a folder");
    Source { place: Box::new(place), files: scene.history().into_expected() }
}

fn bring(sources: &[Source], to: &Path, mut heard: Heard) -> Result<Heard, RestoreError> {
    let paths: Vec<RelPath> = sources[0].files.keys().cloned().collect();
    restore(sources, &paths, &Target::open(to)?, &event(), &mut heard)?;
    Ok(heard)
}

fn read(to: &Path, name: &str) -> Vec<u8> {
    std::fs::read(to.join(EVENT).join(name)).expect("restored")
}

#[test]
fn an_event_comes_back_byte_for_byte_and_a_second_time_nothing_is_written() {
    let (scene, home) = (Scene::with_two_generations(), tempfile::tempdir().expect("a folder"));
    let to = home.path().join("made/here");
    let heard = bring(&[source(&scene)], &to, Heard::default()).expect("restored");
    assert_eq!((heard.bytes, heard.files.len()), (11, 2));
    assert_eq!(read(&to, FIRST), b"first");
    assert!(!to.join(".kilat-restore").exists());
    let again = bring(&[source(&scene)], &to, Heard::default()).expect("restored");
    assert!(again.files.values().all(|outcome| matches!(outcome, Outcome::WasThere { .. })), "{:?}", again.files);
}

#[test]
fn another_file_or_link_of_that_name_stays_as_it_is() {
    let (scene, home) = (Scene::with_two_generations(), tempfile::tempdir().expect("a folder"));
    let folder = home.path().join(EVENT).join("2026-11-21/NIKON Z 9");
    let victim = home.path().join("victim");
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::write(&victim, b"mine").expect("written");
    std::fs::write(folder.join("DSC_0001.JPG"), b"other").expect("written");
    std::os::unix::fs::symlink(&victim, folder.join("DSC_0001 (2).JPG")).expect("linked");
    let heard = bring(&[source(&scene)], home.path(), Heard::default()).expect("restored");
    let Some(Outcome::Restored { to, .. }) = heard.files.get(FIRST) else { panic!("{:?}", heard.files) };
    assert_eq!(to.name(), "DSC_0001 (3).JPG");
    assert_eq!(std::fs::read(folder.join("DSC_0001.JPG")).expect("there"), b"other");
    assert_eq!(std::fs::read(folder.join("DSC_0001 (3).JPG")).expect("there"), b"first");
    assert_eq!(std::fs::read(&victim).expect("there"), b"mine");
}

#[test]
fn a_link_in_the_place_of_a_folder_leads_nothing_out_of_the_target() {
    let (scene, home) = (Scene::with_two_generations(), tempfile::tempdir().expect("a folder"));
    let (to, outside) = (home.path().join("to"), home.path().join("outside"));
    std::fs::create_dir_all(to.join(EVENT)).expect("made");
    std::fs::create_dir(&outside).expect("made");
    std::os::unix::fs::symlink(&outside, to.join(EVENT).join("2026-11-21")).expect("linked");
    let refused = bring(&[source(&scene)], &to, Heard::default());
    assert!(matches!(refused, Err(RestoreError::Target { .. })), "the link was followed");
    assert_eq!(std::fs::read_dir(&outside).expect("read").count(), 0);
}

#[test]
fn a_damaged_copy_is_told_and_another_destination_helps_out() {
    let (one, other) = (Scene::with_two_generations(), Scene::with_two_generations());
    let home = tempfile::tempdir().expect("a folder");
    std::fs::write(one.folder().join(FIRST), b"fir5t").expect("damaged");
    let heard = bring(&[source(&one), source(&other)], home.path(), Heard::default()).expect("restored");
    let Some(Outcome::Restored { damages, from, .. }) = heard.files.get(FIRST) else { panic!("{:?}", heard.files) };
    assert!(damages[0].why.contains("bytes are not those") && *from == other.folder().display().to_string());
    assert_eq!(read(home.path(), FIRST), b"first");
}

#[test]
fn what_nobody_has_is_told_and_leaves_no_file() {
    let (scene, home) = (Scene::with_two_generations(), tempfile::tempdir().expect("a folder"));
    let photo = scene.folder().join(FIRST);
    for damage in ["flipped", "cut", "gone", "a link"] {
        match damage {
            "flipped" => std::fs::write(&photo, b"fir5t").expect("written"),
            "cut" => std::fs::write(&photo, b"firs").expect("written"),
            "gone" => std::fs::remove_file(&photo).expect("removed"),
            _ => std::os::unix::fs::symlink("/etc/passwd", &photo).expect("linked"),
        }
        let heard = bring(&[source(&scene)], home.path(), Heard::default()).expect("told");
        assert!(matches!(heard.files.get(FIRST), Some(Outcome::Failed { .. })), "{damage}: {:?}", heard.files);
        assert!(!home.path().join(EVENT).join(FIRST).exists(), "{damage}");
        assert!(!home.path().join(".kilat-restore").exists(), "{damage}");
    }
}

#[test]
fn a_restore_that_was_cut_off_goes_on_and_leaves_nothing_behind() {
    let (scene, home) = (Scene::with_two_generations(), tempfile::tempdir().expect("a folder"));
    let heard = bring(&[source(&scene)], home.path(), Heard { enough: Some(1), ..Heard::default() }).expect("begun");
    assert_eq!(heard.files.len(), 1);
    // As whoever is killed while it writes leaves it.
    std::fs::create_dir_all(home.path().join(".kilat-restore")).expect("made");
    for name in ["part-1", "part-2"] {
        std::fs::write(home.path().join(".kilat-restore").join(name), vec![7; 100_000]).expect("written");
    }
    let heard = bring(&[source(&scene)], home.path(), Heard::default()).expect("restored");
    let there = heard.files.values().filter(|outcome| matches!(outcome, Outcome::WasThere { .. })).count();
    assert_eq!((there, heard.files.len()), (1, 2));
    assert_eq!(read(home.path(), FIRST), b"first");
    assert!(!home.path().join(".kilat-restore").exists());
}

#[test]
fn a_restore_that_is_ended_in_the_middle_of_a_file_leaves_nothing_of_it() {
    let (scene, home) = (Scene::with_two_generations(), tempfile::tempdir().expect("a folder"));
    let heard = bring(&[source(&scene)], home.path(), Heard { most: Some(1), ..Heard::default() }).expect("begun");
    assert!(heard.files.is_empty(), "{:?}", heard.files);
    assert_eq!(std::fs::read_dir(home.path()).expect("read").count(), 0, "neither a half file nor a temporary");
    // Nor while it compares what stands there.
    bring(&[source(&scene)], home.path(), Heard::default()).expect("restored");
    let heard = bring(&[source(&scene)], home.path(), Heard { most: Some(0), ..Heard::default() }).expect("begun");
    assert!(heard.files.is_empty(), "{:?}", heard.files);
    assert_eq!(read(home.path(), FIRST), b"first");
}
