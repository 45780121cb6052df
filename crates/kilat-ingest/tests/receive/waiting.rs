//! Files under a name for now: durable before they are answered, one photo each, whoever names them and whenever.

use kilat_core::Way;
use kilat_ingest::{ForNow, MOST_WAITING, Outcome, Taken, WaitId};

use crate::scene::{Scene, content, offer};

fn for_now(called: &str, stands_for: Option<&str>) -> ForNow {
    ForNow { called: called.to_owned(), stands_for: stands_for.map(str::to_owned) }
}

async fn wait(scene: &Scene, bytes: &[u8], called: &str, stands_for: Option<&str>) -> WaitId {
    let mut part = scene.intake.begin(offer(Way::Ftp, called)).expect("room");
    part.write(bytes).expect("written");
    scene.intake.let_wait(part, for_now(called, stands_for)).await.expect("durable")
}

async fn name(scene: &Scene, id: WaitId, name: &str) -> Outcome {
    let taken = scene.intake.take_waiting(id).await.expect("it waits");
    let Taken::Waiting(mut part) = taken else { panic!("{taken:?}") };
    part.call(name.to_owned());
    scene.intake.finish(*part).await.expect("durable")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_a_photo_after_the_next_start_and_what_stands_for_none_waits_on() {
    let mut scene = Scene::new().await;
    let (one, two) = (scene.jpeg(1), scene.jpeg(2));
    wait(&scene, &one, "DSC_1.JPG.tmp", Some("DSC_1.JPG")).await;
    wait(&scene, &two, "upload.tmp", None).await;
    wait(&scene, &two[..two.len() / 2], "DSC_3.JPG.tmp", Some("DSC_3.JPG")).await;
    // Half a pair was answered to nobody.
    let parts = scene.root().join(".kilat-parts");
    std::fs::write(parts.join("half.waits"), &one).expect("written");
    std::fs::write(parts.join("other.called"), "{}").expect("written");
    scene.open_again();
    scene.start();
    let photo = scene.filed(&one).await;
    assert_eq!(photo.name, "DSC_1.JPG");
    scene.stop().await;
    let via = offer(Way::Ftp, "").via;
    assert_eq!(scene.intake.cut_off_bytes(&via, "DSC_3.JPG"), Some(two.len() as u64 / 2));
    let waiting = scene.intake.waiting(&via, "upload.tmp").expect("it waits");
    assert!(waiting.is_waiting && waiting.size_bytes == two.len() as u64, "{waiting:?}");
    let outcome = name(&scene, waiting.id, "DSC_2.JPG").await;
    assert!(matches!(&outcome, Outcome::Filed { is_new: true, hash, .. } if *hash == content(&two)), "{outcome:?}");
    // Its rename comes late, and changes nothing.
    let late = scene.intake.waiting(&via, "DSC_1.JPG.tmp").expect("it is remembered");
    assert!(!late.is_waiting, "{late:?}");
    let taken = scene.intake.take_waiting(late.id).await.expect("answered");
    assert!(matches!(taken, Taken::Filed { .. }), "{taken:?}");
    assert_eq!(scene.file_names(), ["DSC_1.JPG", "DSC_2.JPG", "DSC_3.JPG"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_whose_name_fails_waits_as_before_and_a_part_that_grew_is_cut_back() {
    let mut scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    let id = wait(&scene, &bytes[..500], "upload.tmp", None).await;
    let Taken::Waiting(mut part) = scene.intake.take_waiting(id).await.expect("it waits") else { panic!("it waits") };
    part.write(&bytes[500..900]).expect("written");
    // The process ends here: nobody was answered for these 400.
    drop(part);
    scene.open_again();
    let via = offer(Way::Ftp, "").via;
    let waiting = scene.intake.waiting(&via, "upload.tmp").expect("it waits");
    assert_eq!(waiting.size_bytes, 500);
    let taken = scene.intake.take_waiting(waiting.id).await.expect("it waits");
    let Taken::Waiting(mut part) = taken else { panic!("{taken:?}") };
    part.write(&bytes[500..]).expect("written");
    let again = scene.intake.let_wait(*part, for_now("upload.tmp", None)).await.expect("durable");
    assert_eq!(again, waiting.id, "one file, whoever goes on with it");
    let outcome = name(&scene, again, "DSC_1.JPG").await;
    assert!(matches!(&outcome, Outcome::Filed { hash, .. } if *hash == content(&bytes)), "{outcome:?}");
    assert_eq!(scene.file_names(), ["DSC_1.JPG"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_want_one_file_get_it_one_after_the_other() {
    let scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    let id = wait(&scene, &bytes, "DSC_1.JPG.tmp", Some("DSC_1.JPG")).await;
    let Taken::Waiting(mut part) = scene.intake.take_waiting(id).await.expect("it waits") else { panic!("it waits") };
    let other = scene.intake.clone();
    let other = tokio::spawn(async move { other.take_waiting(id).await });
    part.call("DSC_1.JPG".to_owned());
    scene.intake.finish(*part).await.expect("durable");
    let taken = other.await.expect("no panic").expect("answered");
    assert!(matches!(taken, Taken::Filed { size_bytes } if size_bytes == bytes.len() as u64), "{taken:?}");
    assert_eq!(scene.arrivals().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_not_what_was_answered_are_kept_as_cut_off() {
    let mut scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    wait(&scene, &bytes, "DSC_1.JPG.tmp", Some("DSC_1.JPG")).await;
    let (path, _) = scene.files().into_iter().find(|(path, _)| path.extension() == Some("waits".as_ref())).expect("it");
    let mut rotten = bytes.clone();
    rotten[700] ^= 1;
    std::fs::write(scene.root().join(path), &rotten).expect("written");
    scene.open_again();
    scene.start();
    scene.stop().await;
    assert_eq!(scene.intake.cut_off_bytes(&offer(Way::Ftp, "").via, "DSC_1.JPG"), Some(bytes.len() as u64));
    scene.photo(Way::Ftp, "DSC_1.JPG", &bytes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounded_number_of_one_camera_waits() {
    let scene = Scene::new().await;
    let via = offer(Way::Ftp, "").via;
    let mut ids = Vec::new();
    for number in 0..MOST_WAITING {
        ids.push(wait(&scene, b"x", &format!("{number}.tmp"), None).await);
        assert_eq!(scene.intake.waits_too_long(&via), None, "{number}");
    }
    wait(&scene, b"x", "one more.tmp", None).await;
    assert_eq!(scene.intake.waits_too_long(&via), Some(ids[0]));
}
