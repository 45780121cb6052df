//! What is not taken is refused before its first byte, or leaves nothing behind.

use kilat_core::Way;
use kilat_ingest::{IntakeError, Outcome};

use crate::scene::{Scene, content, offer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_nothing_is_begun() {
    let mut scene = Scene::new().await;
    scene.config.floor_bytes = u64::MAX;
    scene.open_again();
    let refused = scene.intake.begin(offer(Way::Ftp, "DSC_0001.JPG"));
    assert!(matches!(refused, Err(IntakeError::NoRoom { floor_bytes: u64::MAX, .. })), "{refused:?}");
    assert!(matches!(scene.intake.must_fit(None), Err(IntakeError::NoRoom { .. })));
    assert_eq!(scene.files(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn room_that_is_promised_to_one_file_is_not_given_to_another() {
    let mut scene = Scene::new().await;
    let stat = rustix::fs::statvfs(scene.root()).expect("a disk");
    let free = stat.f_bavail * stat.f_frsize;
    // Half of the disk each; the other tests write some of it meanwhile.
    (scene.config.max_size_bytes, scene.config.floor_bytes) = (u64::MAX, free / 3);
    scene.open_again();
    let sized = |size: u64| kilat_ingest::Offer { size_bytes: Some(size), ..offer(Way::Ftp, "DSC_0001.JPG") };
    let first = scene.intake.begin(sized(free / 2)).expect("room for one");
    let second = scene.intake.begin(sized(free / 2));
    assert!(matches!(second, Err(IntakeError::NoRoom { .. })), "{second:?}");
    drop(first);
    scene.intake.begin(sized(free / 2)).expect("room again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_above_the_limit_is_refused_by_its_announced_length_and_by_what_comes() {
    let mut scene = Scene::new().await;
    scene.config.max_size_bytes = 1_000;
    scene.open_again();
    let announced = kilat_ingest::Offer { size_bytes: Some(1_001), ..offer(Way::Ftp, "DSC_0001.JPG") };
    assert!(matches!(scene.intake.begin(announced), Err(IntakeError::TooLarge { most_bytes: 1_000 })));
    let mut part = scene.intake.begin(offer(Way::Ftp, "DSC_0001.JPG")).expect("room");
    part.write(&[0; 1_000]).expect("within");
    assert!(matches!(part.write(&[0]), Err(IntakeError::TooLarge { .. })));
    drop(part);
    assert_eq!(scene.files(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_bytes_than_announced_leave_nothing() {
    let scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    let offered = kilat_ingest::Offer { hash: Some(content(&scene.jpeg(2))), ..offer(Way::Http, "DSC_0001.JPG") };
    let mut part = scene.intake.begin(offered).expect("room");
    part.write(&bytes).expect("written");
    let differs = scene.intake.finish(part).await;
    assert!(matches!(differs, Err(IntakeError::Differs)), "{differs:?}");
    assert_eq!((scene.files().len(), scene.arrivals().await.len()), (0, 0));
    let offered = kilat_ingest::Offer { hash: Some(content(&bytes)), ..offer(Way::Http, "DSC_0001.JPG") };
    let mut part = scene.intake.begin(offered).expect("room");
    part.write(&bytes).expect("written");
    assert!(matches!(scene.intake.finish(part).await, Ok(Outcome::Filed { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_without_bytes_is_not_kept() {
    let scene = Scene::new().await;
    assert_eq!(scene.send(Way::Ftp, "DSC_0001.JPG", b"").await, Outcome::Empty);
    assert_eq!(scene.files(), []);
    assert_eq!(scene.stats.now().empty, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_that_no_camera_has_does_not_cost_the_photo() {
    let scene = Scene::new().await;
    let written = std::time::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(1 << 40));
    let mut part = scene.intake.begin(kilat_ingest::Offer { written, ..offer(Way::Http, "a.JPG") }).expect("room");
    part.write(&scene.jpeg(1)).expect("written");
    assert!(matches!(scene.intake.finish(part).await, Ok(Outcome::Filed { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_below_the_journal_holds_files_and_files_them_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(disk) = SmallDisk::mount(folder.path().join("journal")) else {
        println!("skipped: mounting a small disk is not permitted here");
        return;
    };
    let mut scene = Scene::in_folder(folder).await;
    scene.use_event().await;
    scene.start();
    let filler = disk.0.join("filler");
    std::fs::write(&filler, vec![0; 4 << 20]).expect_err("it is small");
    let mut held = Vec::new();
    // Its log has some room of its own.
    for number in 0..200 {
        let bytes = scene.jpeg(number);
        if scene.send(Way::Ftp, "DSC_0001.JPG", &bytes).await == (Outcome::Held { hash: content(&bytes) }) {
            held.push(bytes);
        }
        if held.len() == 3 {
            break;
        }
    }
    assert_eq!(held.len(), 3, "the disk is full");
    std::fs::remove_file(&filler).expect("removed");
    for bytes in &held {
        let photo = scene.filed(bytes).await;
        assert_eq!(std::fs::read(scene.root().join(&photo.path)).expect("there"), *bytes);
    }
    scene.stop().await;
    let arrivals = scene.arrivals().await;
    assert_eq!(arrivals.len(), scene.files().len(), "each once");
}

/// A small disk of its own, unmounted at the end.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    /// None where mounting is not permitted.
    fn mount(path: std::path::PathBuf) -> Option<Self> {
        std::fs::create_dir(&path).expect("made");
        let mut mount = std::process::Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(&path).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(path))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        std::process::Command::new("umount").arg("--lazy").arg(&self.0).status().expect("unmounted");
    }
}
