//! The process dies between any two lines: nothing that stands under its name is lost or filed twice.

use kilat_core::{Fact, Way};
use kilat_ingest::{IntakeError, Outcome, PartName};

use crate::scene::{Scene, content, offer, source};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_part_goes_on_after_a_restart() {
    let mut scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    let name = PartName::new("k7f").expect("a name");
    let mut part = scene.intake.begin_named(offer(Way::Http, "DSC_0001.JPG"), &name).expect("room");
    part.write(&bytes[..1_000]).expect("written");
    assert_eq!(part.park().expect("durable"), 1_000);
    std::fs::write(scene.intake.fresh_part(), &bytes).expect("written");
    scene.open_again();
    assert_eq!(scene.intake.part_bytes(&name), Some(1_000));
    assert_eq!(scene.intake.parts().expect("listed").len(), 1);
    assert_eq!(scene.files().len(), 1, "a part of a process that ended is nobody's");
    let beyond = scene.intake.go_on(offer(Way::Http, "DSC_0001.JPG"), &name, 1_001);
    assert!(matches!(beyond, Err(IntakeError::NoPart)), "{beyond:?}");
    let mut part = scene.intake.go_on(offer(Way::Http, "DSC_0001.JPG"), &name, 900).expect("it has so much");
    part.write(&bytes[900..]).expect("written");
    let outcome = scene.intake.finish(part).await.expect("durable");
    assert!(matches!(&outcome, Outcome::Filed { hash, .. } if *hash == content(&bytes)), "{outcome:?}");
    assert_eq!(scene.intake.part_bytes(&name), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_noted_of_a_part_says_how_much_of_it_is_durable() {
    let mut scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    let name = PartName::new("k7f").expect("a name");
    scene.intake.note(&name, "about\nit").expect("noted");
    let mut part = scene.intake.begin_named(offer(Way::Http, "DSC_0001.JPG"), &name).expect("room");
    part.write(&bytes[..700]).expect("written");
    part.keep_so_far().expect("durable");
    part.write(&bytes[700..1_000]).expect("written");
    // As after the end of the process: nobody wrote down the rest.
    drop(part);
    scene.open_again();
    let noted = scene.intake.noted().expect("listed");
    assert_eq!(noted.len(), 1);
    assert_eq!((noted[0].kept_bytes, noted[0].text.as_str(), noted[0].is_here), (700, "about\nit", true));
    assert_eq!(scene.intake.part_bytes(&name), Some(700));
    let part = scene.intake.go_on(offer(Way::Http, "DSC_0001.JPG"), &name, 700).expect("it has so much");
    let rest = part.rest().expect("durable");
    let mut part = scene.intake.wake(offer(Way::Http, "DSC_0001.JPG"), &name, rest).expect("it rests");
    part.write(&bytes[700..]).expect("written");
    part.keep_so_far().expect("durable");
    let outcome = scene.intake.finish(part).await.expect("durable");
    assert!(matches!(&outcome, Outcome::Filed { hash, .. } if *hash == content(&bytes)), "{outcome:?}");
    let noted = scene.intake.noted().expect("listed");
    assert_eq!((noted[0].kept_bytes, noted[0].is_here), (bytes.len() as u64, false));
    scene.intake.forget(&name).expect("forgotten");
    assert_eq!(scene.intake.noted().expect("listed"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_named_and_not_recorded_is_filed_after_the_next_start() {
    let mut scene = Scene::new().await;
    let known = scene.photo(Way::Ftp, "DSC_0001.JPG", &scene.jpeg(1)).await;
    let bytes = scene.jpeg(2);
    let day = known.path.parent().expect("a folder");
    // A camera may be called as the folder beside the days.
    for camera in ["z9-budi", "other"] {
        let day = scene.root().join(camera).join("ftp").join(day.file_name().expect("a day"));
        std::fs::create_dir_all(&day).expect("made");
        std::fs::write(day.join("DSC_0002.JPG"), &bytes).expect("written");
    }
    scene.open_again();
    scene.start();
    let photo = scene.filed(&bytes).await;
    let again = scene.fact(|fact| match fact {
        Fact::PhotoSeenAgain { photo, .. } => Some(photo.clone()),
        _ => None,
    });
    assert_eq!(again.await, photo.id);
    let arrivals = scene.arrivals().await;
    assert_eq!(arrivals.len(), 3, "{arrivals:?}");
    let mut senders: Vec<String> = arrivals[1..]
        .iter()
        .map(|arrival| arrival.via.as_ref().expect("told by its folder").camera.to_string())
        .collect();
    senders.sort();
    assert_eq!(senders, ["other", "z9-budi"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_announced_and_not_filed_is_filed_after_the_next_start() {
    let mut scene = Scene::without_event().await;
    let bytes = scene.jpeg(1);
    // Named, and waiting in a memory that ends here.
    scene.send(Way::Ftp, "DSC_0001.JPG", &bytes).await;
    scene.use_event().await;
    let (path, _) = scene.files().remove(0);
    let stamp = kilat_objects::stamp_of(&scene.root().join(&path)).expect("it stands there");
    let arrival = kilat_core::Arrival {
        id: "announced".parse().expect("an id"),
        source: source(),
        path,
        stamp,
        event: "wedding".parse().expect("an id"),
        at: kilat_core::Millis(1),
        via: Some(offer(Way::Ftp, "").via),
    };
    scene.journal.append(vec![Fact::ArrivalSeen { arrival }]).await.expect("recorded");
    scene.open_again();
    scene.start();
    scene.filed(&bytes).await;
    scene.stop().await;
    assert_eq!(scene.arrivals().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_while_the_start_looks_around_is_filed_once() {
    let mut scene = Scene::new().await;
    for number in 0..30 {
        scene.photo(Way::Ftp, "DSC_0001.JPG", &scene.jpeg(number)).await;
    }
    scene.open_again();
    let bytes = scene.jpeg(100);
    let late = scene.photo(Way::Ftp, "DSC_0001.JPG", &bytes).await;
    scene.start();
    for number in 101..110 {
        scene.photo(Way::Ftp, "DSC_0001.JPG", &scene.jpeg(number)).await;
    }
    scene.stop().await;
    let arrivals = scene.arrivals().await;
    assert_eq!(arrivals.len(), 40);
    assert_eq!(arrivals.iter().filter(|arrival| arrival.path == late.path).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_cut_off_is_known_after_a_restart_and_goes_when_its_whole_stands_beside_it() {
    let mut scene = Scene::without_event().await;
    let (one, two) = (scene.jpeg(1), scene.jpeg(2));
    scene.send(Way::Ftp, "DSC_0001.JPG", &one[..one.len() / 2]).await;
    scene.send(Way::Ftp, "DSC_0002.JPG", &two[..two.len() / 2]).await;
    // The whole came, and the process died before it forgot the beginning.
    let day = scene.root().join("z9-budi/ftp/2026-11-21");
    std::fs::create_dir_all(&day).expect("made");
    std::fs::write(day.join("DSC_0001 (2).JPG"), &one).expect("written");
    scene.use_event().await;
    scene.open_again();
    assert_eq!(scene.intake.cut_off_bytes(&offer(Way::Ftp, "").via, "DSC_0002.JPG"), Some(two.len() as u64 / 2));
    scene.start();
    scene.filed(&one).await;
    let failed = scene.fact(|fact| match fact {
        Fact::ArrivalFailed { message, .. } => Some(message.clone()),
        _ => None,
    });
    assert!(failed.await.contains("DSC_0002.JPG is cut off"));
    scene.stop().await;
    assert_eq!(scene.file_names(), ["DSC_0001 (2).JPG", "DSC_0002.JPG"]);
    assert_eq!(scene.incomplete().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_that_comes_while_the_start_tells_of_its_beginning_leaves_nothing_cut_off() {
    for _ in 0..20 {
        let mut scene = Scene::without_event().await;
        let whole = scene.jpeg(1);
        // Kept, and told to nobody.
        scene.send(Way::Ftp, "DSC_0001.JPG", &whole[..whole.len() / 2]).await;
        scene.use_event().await;
        scene.open_again();
        scene.start();
        scene.photo(Way::Card, "DSC_0001.JPG", &whole).await;
        scene.stop().await;
        assert_eq!((scene.file_names(), scene.incomplete().await), (vec!["DSC_0001.JPG".to_owned()], 0));
    }
}
