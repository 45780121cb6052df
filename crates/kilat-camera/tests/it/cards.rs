//! Cards as the system mounts them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use kilat_camera::cards::{CardChange, Places, changes};
use kilat_core::Stop;
use tokio::sync::mpsc::Receiver;

use crate::alone::{is_alone, mount_tmpfs};

const PATIENCE: Duration = Duration::from_secs(20);
const SOON: Duration = Duration::from_millis(100);

async fn next(changes: &mut Receiver<CardChange>) -> String {
    let change = tokio::time::timeout(PATIENCE, changes.recv()).await.expect("a change").expect("mounts are followed");
    match change {
        CardChange::In(card) => format!("+{} at {}", card.name, card.root.display()),
        CardChange::Out(card) => format!("-{}", card.name),
    }
}

fn umount(at: &str) {
    assert!(Command::new("umount").arg(at).status().expect("umount runs").success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_told_of_when_it_is_mounted_and_when_it_goes_and_a_destination_is_none() {
    if !is_alone("cards::a_card_is_told_of_when_it_is_mounted_and_when_it_goes_and_a_destination_is_none") {
        return;
    }
    let image = tempfile::tempdir().expect("a folder");
    // Prepared elsewhere, so that the card appears whole.
    mount_tmpfs(Path::new("/media"));
    fs::create_dir_all("/media/NIKON Z 9").expect("a mount point");
    fs::create_dir_all("/media/ssd").expect("a mount point");
    let card = image.path().join("card");
    fs::create_dir_all(card.join("DCIM/100NCZ_9")).expect("a folder");
    let bind = |at: &str| {
        let status = Command::new("mount").arg("--bind").arg(&card).arg(at).status().expect("mount runs");
        assert!(status.success());
    };
    let stop = Stop::new();
    let not = async || vec![PathBuf::from("/media/ssd/photos")];
    let (mut hear, task) = changes(Places::real(), not, stop.clone());
    let ended = async {
        let mut times = Vec::new();
        for _ in 0..10 {
            bind("/media/ssd");
            bind("/media/NIKON Z 9");
            let at = Instant::now();
            assert_eq!(next(&mut hear).await, "+NIKON Z 9 at /media/NIKON Z 9");
            times.push(at.elapsed());
            umount("/media/ssd");
            umount("/media/NIKON Z 9");
            let at = Instant::now();
            assert_eq!(next(&mut hear).await, "-NIKON Z 9");
            times.push(at.elapsed());
        }
        times.sort_unstable();
        println!("mount to change: p50 {:.1?}, worst {:.1?} of {}", times[10], times[19], times.len());
        assert!(times[10] <= SOON, "{:?}", times[10]);
        stop.ask();
    };
    tokio::join!(task, ended);
}
