//! Helpers that are not what they should be: programs of the system stand in for them.

use std::time::Duration;

use kilat_core::CameraState;
use kilat_demo::CameraOptions;
use kilat_tether::{HelperProgram, News};

use crate::scene::{Scene, Seen};

fn shell(script: &str) -> HelperProgram {
    let args = vec!["-c".to_owned(), script.to_owned()];
    HelperProgram { exe: "/bin/sh".into(), args, env: vec![("PATH".into(), "/usr/bin:/bin".into())] }
}

#[tokio::test]
async fn a_helper_that_says_nothing_is_killed_and_after_some_of_them_the_camera_is_called_wedged() {
    let mut scene = Scene::new(CameraOptions::default());
    scene.pull_with(shell("exec cat > /dev/null"), |config| config.patience.open = Duration::from_millis(100));
    scene.desk.until_state(CameraState::Wedged).await;
    assert_eq!(scene.desk.states(), [CameraState::Wedged], "said once");
    scene.end().await;
}

#[tokio::test]
async fn a_helper_that_crashes_is_started_anew_and_in_the_end_told() {
    let mut scene = Scene::new(CameraOptions::default());
    scene.pull_with(shell("kill -SEGV $$"), |_| {});
    scene.desk.until_state(CameraState::Wedged).await;
    scene.end().await;
}

#[tokio::test]
async fn a_machine_without_the_library_says_what_to_install() {
    let mut scene = Scene::new(CameraOptions::default());
    let left = r#"{"told":"left","why":{"is":"unsupported"},"detail":"install libgphoto2-6"}"#;
    scene.pull_with(shell(&format!("echo '{left}'; exec cat > /dev/null")), |_| {});
    scene.desk.until_state(CameraState::Unsupported).await;
    let told = |seen: &Seen| matches!(seen, Seen::News(News::State(_, Some(words)), _) if words.contains("install libgphoto2-6"));
    assert!(scene.desk.seen().iter().any(told));
    scene.end().await;
}

#[tokio::test]
async fn a_camera_that_another_program_has_is_told_with_that_programs_name() {
    let mut scene = Scene::new(CameraOptions::default());
    let left = r#"{"told":"left","why":{"is":"held","by":"gvfsd-gphoto2"},"detail":""}"#;
    scene.pull_with(shell(&format!("echo '{left}'")), |_| {});
    scene.desk.until_state(CameraState::Held { by: "gvfsd-gphoto2".to_owned() }).await;
    let told = |seen: &Seen| matches!(seen, Seen::News(News::State(_, Some(words)), _) if words.contains("gio mount"));
    assert!(scene.desk.seen().iter().any(told));
    scene.end().await;
}

#[tokio::test]
async fn garbage_from_a_helper_ends_it_and_nothing_else() {
    let mut scene = Scene::new(CameraOptions::default());
    scene.pull_with(shell("head -c 1000000 /dev/zero"), |_| {});
    scene.desk.until_state(CameraState::Wedged).await;
    scene.end().await;
}
