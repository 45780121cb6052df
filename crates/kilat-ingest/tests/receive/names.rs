//! Names of any origin: kept as data, never part of a path, noise told apart.

use kilat_core::Way;
use kilat_ingest::Outcome;

use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_names_stay_in_their_folder_and_are_kept_as_data() {
    let scene = Scene::new().await;
    let long = format!("{}.JPG", "x".repeat(300));
    let names = [
        "../../../escape.JPG",
        "a\nb.JPG",
        "<img src=x onerror=alert(1)>.JPG",
        "C:\\photos\\DSC_1.JPG",
        "-rf.JPG",
        "\u{202e}gpj.exe.JPG",
        "CON.JPG",
        &long,
    ];
    for (number, name) in names.into_iter().enumerate() {
        let bytes = scene.jpeg(number as u64);
        let photo = scene.photo(Way::Ftp, name, &bytes).await;
        assert_eq!(photo.name, name);
        assert_eq!(photo.path.components().count(), 4, "{:?}", photo.path);
        assert_eq!(std::fs::read(scene.root().join(&photo.path)).expect("there"), bytes);
        let key = photo.key.as_str();
        assert!(
            !key.contains(['\n', '<', '>', '\\', '\u{202e}']) && !key.split('/').any(|name| name == ".."),
            "{key:?}"
        );
    }
    let mut beside: Vec<_> =
        std::fs::read_dir(scene.path()).expect("listed").map(|entry| entry.expect("one").file_name()).collect();
    beside.sort();
    assert_eq!(beside, ["intake", "journal"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_photo_is_kept_beside_them_and_is_in_no_event() {
    let scene = Scene::new().await;
    let jpeg = scene.jpeg(1);
    for name in ["NOTES.TXT", "._DSC_0001.JPG", "~DSC_0001.JPG", "DSC_0001.JPG.part", "..", "", "MISC/.hidden.JPG"] {
        assert_eq!(scene.send(Way::Ftp, name, &jpeg).await, Outcome::Aside, "{name:?}");
    }
    assert!(scene.arrivals().await.is_empty());
    assert_eq!(scene.files().len(), 7);
    assert!(scene.files().iter().all(|(path, _)| path.starts_with("z9-budi/ftp/other")));
}
