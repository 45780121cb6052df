//! Cut off in the middle: kept and told, never taken for whole, gone once the whole came.

use std::io;

use kilat_core::{ArrivalFailure, Fact, Way};
use kilat_ingest::{IntakeError, Outcome};

use crate::scene::{Scene, content, offer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_of_a_cut_off_file_is_kept_and_told() {
    let mut scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    let half = &bytes[..bytes.len() / 2];
    let outcome = scene.send(Way::Ftp, "DSC_0001.JPG", half).await;
    assert!(matches!(outcome, Outcome::CutOff { size_bytes, .. } if size_bytes == half.len() as u64), "{outcome:?}");
    let (failure, message) = scene
        .fact(|fact| match fact {
            Fact::ArrivalFailed { failure, message, .. } => Some((*failure, message.clone())),
            _ => None,
        })
        .await;
    assert_eq!(failure, ArrivalFailure::Incomplete);
    assert!(message.contains("DSC_0001.JPG of Z9 of Budi is cut off"), "{message}");
    assert_eq!(scene.incomplete().await, 1);
    assert_eq!(scene.files().into_iter().map(|(_, held)| held).collect::<Vec<_>>(), [half]);
    assert_eq!(scene.intake.cut_off_bytes(&offer(Way::Ftp, "").via, "DSC_0001.JPG"), Some(half.len() as u64));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_takes_the_place_of_its_beginning_whatever_way_it_comes() {
    for way in [Way::Ftp, Way::Cable] {
        let scene = Scene::new().await;
        let bytes = scene.jpeg(1);
        scene.send(Way::Ftp, "DSC_0001.JPG", &bytes[..bytes.len() / 2]).await;
        let photo = scene.photo(way, "dsc_0001.jpg", &bytes).await;
        assert_eq!(scene.files(), [(photo.path, bytes)], "{way:?}");
        assert_eq!(scene.incomplete().await, 0, "{way:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_with_another_beginning_leaves_what_was_cut_off() {
    let scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    let half = &bytes[..bytes.len() / 2];
    scene.send(Way::Ftp, "DSC_0001.JPG", half).await;
    scene.photo(Way::Ftp, "DSC_0001.JPG", &scene.jpeg(2)).await;
    assert_eq!(scene.incomplete().await, 1);
    assert!(scene.files().iter().any(|(_, held)| held == half));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_one_beginning_the_longest_is_kept() {
    let scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    for share in [3, 2, 4] {
        scene.send(Way::Ftp, "DSC_0001.JPG", &bytes[..bytes.len() / share]).await;
    }
    assert_eq!(scene.files().into_iter().map(|(_, held)| held).collect::<Vec<_>>(), [&bytes[..bytes.len() / 2]]);
    assert_eq!(scene.incomplete().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_of_one_name_that_differ_are_both_kept_until_both_came_whole() {
    let scene = Scene::new().await;
    let (one, two) = (scene.jpeg(1), scene.jpeg(2));
    for bytes in [&one, &two] {
        scene.send(Way::Ftp, "DSC_0001.JPG", &bytes[..bytes.len() - 9]).await;
    }
    assert_eq!((scene.files().len(), scene.incomplete().await), (2, 2));
    scene.photo(Way::Ftp, "DSC_0001.JPG", &two).await;
    assert_eq!((scene.files().len(), scene.incomplete().await), (2, 1));
    scene.photo(Way::Ftp, "DSC_0001.JPG", &one).await;
    assert_eq!((scene.files().len(), scene.incomplete().await), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_goes_on_behind_what_was_cut_off() {
    let scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    let at = bytes.len() / 2;
    scene.send(Way::Ftp, "DSC_0001.JPG", &bytes[..at]).await;
    let offered = offer(Way::Ftp, "DSC_0001.JPG");
    let beyond = scene.intake.go_on_with_cut(offered.clone(), at as u64 + 1);
    assert!(matches!(beyond, Err(IntakeError::NoPart)), "{beyond:?}");
    let mut part = scene.intake.go_on_with_cut(offered, at as u64 - 5).expect("there is so much");
    part.write(&bytes[at - 5..]).expect("written");
    let outcome = scene.intake.finish(part).await.expect("durable");
    assert!(matches!(&outcome, Outcome::Filed { is_new: true, hash, .. } if *hash == content(&bytes)), "{outcome:?}");
    assert_eq!((scene.files().len(), scene.incomplete().await), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_event_it_is_told_once_there_is_one_unless_the_whole_came() {
    let mut scene = Scene::without_event().await;
    scene.start();
    let (one, two) = (scene.jpeg(1), scene.jpeg(2));
    scene.send(Way::Ftp, "DSC_0001.JPG", &one[..one.len() / 2]).await;
    scene.send(Way::Ftp, "DSC_0002.JPG", &two[..two.len() / 2]).await;
    scene.send(Way::Ftp, "DSC_0001.JPG", &one).await;
    scene.use_event().await;
    scene.filed(&one).await;
    let failed = scene.fact(|fact| match fact {
        Fact::ArrivalFailed { failure, .. } => Some(*failure),
        _ => None,
    });
    assert_eq!(failed.await, ArrivalFailure::Incomplete);
    assert_eq!((scene.files().len(), scene.incomplete().await), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_breaks_off_is_judged_by_what_came() {
    let scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    for (sent, is_whole) in [(&bytes[..], true), (&bytes[..bytes.len() - 1], false)] {
        let part = scene.intake.begin(offer(Way::Ftp, "DSC_0001.JPG")).expect("room");
        let sender = BreaksOff(io::Cursor::new(sent.to_vec()));
        let (outcome, failed) = scene.intake.receive(part, sender).await.expect("durable");
        assert_eq!(failed.map(|error| error.kind()), Some(io::ErrorKind::ConnectionReset));
        assert_eq!(matches!(outcome, Outcome::Filed { .. }), is_whole, "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_looks_whole_is_cut_off_when_its_sender_was_not_through() {
    let scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    let mut part = scene.intake.begin(offer(Way::Http, "DSC_0001.JPG")).expect("room");
    part.write(&bytes).expect("written");
    part.ends_early();
    let outcome = scene.intake.finish(part).await.expect("durable");
    assert!(matches!(outcome, Outcome::CutOff { .. }), "{outcome:?}");
    // What it lacked may be nothing that the format shows.
    let longer = [&bytes[..], b"and a film behind it"].concat();
    scene.photo(Way::Http, "DSC_0001.JPG", &longer).await;
    assert_eq!((scene.files().len(), scene.incomplete().await), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beginning_and_its_whole_that_end_in_the_same_moment_leave_the_whole_alone() {
    let scene = Scene::new().await;
    // Each round is one throw of the dice between the two.
    for number in 0..60 {
        let (bytes, name) = (scene.jpeg(number), format!("DSC_{number}.JPG"));
        let part = |bytes: &[u8]| {
            let mut part = scene.intake.begin(offer(Way::Ftp, &name)).expect("room");
            part.write(bytes).expect("written");
            part
        };
        let (beginning, whole) = (part(&bytes[..bytes.len() / 2]), part(&bytes));
        let intake = scene.intake.clone();
        let beginning = tokio::spawn(async move { intake.finish(beginning).await });
        let whole = scene.intake.finish(whole).await.expect("durable");
        assert!(matches!(whole, Outcome::Filed { is_new: true, .. }), "{whole:?}");
        let beginning = beginning.await.expect("no panic").expect("durable");
        assert!(matches!(beginning, Outcome::CutOff { .. }), "{beginning:?}");
        assert_eq!(scene.intake.cut_off_bytes(&offer(Way::Ftp, "").via, &name), None, "{name}");
        assert_eq!(scene.incomplete().await, 0, "{name}");
    }
    assert_eq!(scene.files().len(), 60);
}

/// Sends its bytes and dies.
struct BreaksOff(io::Cursor<Vec<u8>>);

impl tokio::io::AsyncRead for BreaksOff {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        let read = io::Read::read(&mut self.0, buffer.initialize_unfilled())?;
        buffer.advance(read);
        std::task::Poll::Ready(if read == 0 { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) })
    }
}
