//! Files that failed and are gone: the report ends with the file, and only then.

use kilat_core::{ArrivalFailure, ArrivalId, Fact};

use crate::scene::Scene;

/// A file that is cut off, reported.
async fn cut_off(scene: &mut Scene, path: &str) -> ArrivalId {
    let bytes = scene.jpeg(1);
    scene.put(path, &bytes[..bytes.len() / 2]);
    assert_eq!(scene.failure(path).await.0, ArrivalFailure::Incomplete);
    scene.arrival(path).await.id
}

/// Waits until its report ended.
async fn forgotten(scene: &mut Scene, id: &ArrivalId) {
    scene.fact(|fact| matches!(fact, Fact::ArrivalForgotten { arrival } if arrival == id).then_some(())).await;
}

async fn reports(scene: &Scene) -> (usize, u64) {
    let problems = scene.journal.problems(10).await.expect("read").len();
    (problems, scene.journal.counts(None).await.expect("counted").unfiled)
}

async fn was_forgotten(scene: &Scene) -> bool {
    scene.all().await.iter().any(|fact| matches!(fact, Fact::ArrivalForgotten { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_report_of_a_cut_off_file_ends_when_it_is_deleted_and_begins_again_when_it_is_back() {
    let mut scene = Scene::stopped().await;
    scene.start();
    // The only file of the folder.
    let id = cut_off(&mut scene, "DSC_1.JPG").await;
    assert_eq!(reports(&scene).await, (1, 1));
    let kept = scene.folder.path().join("kept.JPG");
    std::fs::rename(scene.hot("DSC_1.JPG"), &kept).expect("moved out");
    forgotten(&mut scene, &id).await;
    assert_eq!(reports(&scene).await, (0, 0));
    // The same file to the inode, as on a card that is put in again.
    std::fs::rename(&kept, scene.hot("DSC_1.JPG")).expect("moved in");
    let again = scene
        .fact(|fact| match fact {
            Fact::ArrivalFailed { arrival, .. } if *arrival != id => Some(arrival.clone()),
            _ => None,
        })
        .await;
    assert_eq!(reports(&scene).await, (1, 1));
    // Sent again under another name, and the half of it cleaned up.
    scene.put("DSC_1-whole.JPG", &scene.jpeg(1));
    scene.photo("DSC_1-whole.JPG").await;
    std::fs::remove_file(scene.hot("DSC_1.JPG")).expect("deleted");
    forgotten(&mut scene, &again).await;
    assert_eq!(reports(&scene).await, (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_finds_that_files_went_while_nobody_watched() {
    let mut scene = Scene::started().await;
    let id = cut_off(&mut scene, "ftp/DSC_1.JPG").await;
    scene.stop().await;
    std::fs::remove_dir_all(scene.hot("ftp")).expect("deleted");
    scene.start();
    forgotten(&mut scene, &id).await;
    assert_eq!(reports(&scene).await, (0, 0));
    scene.stop().await;
    scene.start();
    scene.probe().await;
    let told = scene.all().await.into_iter().filter(|fact| matches!(fact, Fact::ArrivalForgotten { .. })).count();
    assert_eq!(told, 1, "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_is_moved_away_takes_the_reports_of_its_files_with_it() {
    let mut scene = Scene::started().await;
    let id = cut_off(&mut scene, "ftp/DSC_1.JPG").await;
    std::fs::rename(scene.hot("ftp"), scene.folder.path().join("ftp")).expect("moved");
    forgotten(&mut scene, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_away_or_an_empty_mount_point_forgets_nothing() {
    let mut scene = Scene::started().await;
    cut_off(&mut scene, "DSC_1.JPG").await;
    let away = scene.folder.path().join("away");
    std::fs::rename(scene.hot(""), &away).expect("unplugged");
    scene.fact(|fact| matches!(fact, Fact::SourceOffline { .. }).then_some(())).await;
    // The place where it was mounted, which looks like a folder that somebody emptied; listed anew.
    let scans = scene.stats.now().scans;
    std::fs::create_dir(scene.hot("")).expect("made");
    scene.fact(|fact| matches!(fact, Fact::SourceOnline { .. }).then_some(())).await;
    while scene.stats.now().scans == scans {
        tokio::task::yield_now().await;
    }
    scene.stop().await;
    scene.start();
    let scans = scene.stats.now().scans;
    while scene.stats.now().scans == scans {
        tokio::task::yield_now().await;
    }
    scene.stop().await;
    assert!(!was_forgotten(&scene).await);
    assert_eq!(reports(&scene).await, (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_still_there_stays_reported() {
    let mut scene = Scene::started().await;
    cut_off(&mut scene, "DSC_1.JPG").await;
    let other = cut_off(&mut scene, "DSC_2.JPG").await;
    std::fs::remove_file(scene.hot("DSC_2.JPG")).expect("deleted");
    forgotten(&mut scene, &other).await;
    assert_eq!(reports(&scene).await, (1, 1));
}
