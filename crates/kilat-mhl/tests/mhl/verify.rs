//! Verifying a folder by its own manifests finds what is missing, altered or new.

use std::ops::ControlFlow;

use kilat_mhl::{Checked, Folder, events_at, verify};

use crate::scene::{EVENT, Scene};

fn verdicts(scene: &Scene) -> Vec<String> {
    let mut found = Vec::new();
    let place = Folder::open(&scene.folder()).expect("a folder");
    verify(&place, &scene.history(), &mut |checked| {
        match checked {
            Checked::Good { .. } => {}
            Checked::Damaged { path, why } => found.push(format!("{}: {why}", path.name())),
            Checked::Unlisted(name) => found.push(format!("new: {name}")),
        }
        ControlFlow::Continue(())
    })
    .expect("verified");
    found
}

#[test]
fn what_is_missing_altered_or_new_is_found_and_nothing_else() {
    let scene = Scene::with_two_generations();
    assert_eq!(verdicts(&scene), [""; 0]);
    let photo = scene.folder().join("2026-11-21/NIKON Z 9/DSC_0001.JPG");
    std::fs::write(&photo, b"fir5t").expect("written");
    assert_eq!(verdicts(&scene), ["DSC_0001.JPG: its bytes are not those that were listed"]);
    std::fs::write(&photo, b"firs").expect("written");
    assert_eq!(verdicts(&scene), ["DSC_0001.JPG: it has 4 bytes instead of 5"]);
    std::fs::remove_file(&photo).expect("removed");
    std::fs::write(scene.folder().join("new.jpg"), b"new").expect("written");
    assert_eq!(verdicts(&scene), ["DSC_0001.JPG: it is not there", "new: new.jpg"]);
}

#[test]
fn the_events_of_a_disk_are_found_by_their_manifests_alone() {
    let scene = Scene::with_two_generations();
    let disk = scene.home.path().join("disk");
    std::fs::create_dir(disk.join("no event")).expect("made");
    let found = events_at(&disk).expect("read");
    assert_eq!(found.iter().map(|event| event.folder.as_str()).collect::<Vec<_>>(), [EVENT]);
    assert_eq!(events_at(&scene.folder()).expect("read"), found);
}
