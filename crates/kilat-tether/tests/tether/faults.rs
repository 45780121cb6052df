//! Unplugged, killed, stalled, asleep: nothing is lost, nothing is half, and the photographer is told in words.

use std::time::Duration;

use kilat_core::CameraState;
use kilat_demo::{CameraOptions, Fault};
use kilat_tether::News;

use crate::scene::{PATIENCE, Scene, Seen};

const MIB: usize = 1024 * 1024;

fn options() -> CameraOptions {
    CameraOptions { size_bytes: Some(3 * MIB / 2), ..CameraOptions::default() }
}

#[tokio::test]
async fn a_camera_that_is_unplugged_at_any_stage_of_a_download_brings_the_frame_whole_when_it_is_back() {
    let mut scene = Scene::new(options());
    scene.pull();
    scene.desk.until_state(CameraState::Ready).await;
    // The first bytes, the middle, the edge of what the library asks for at once, the last byte.
    let stages = [1, MIB / 2, MIB, 3 * MIB / 2 - 1];
    for (done, at) in stages.into_iter().enumerate() {
        scene.camera.cut(at as u64, Fault::Unplug);
        scene.camera.shoot(1).expect("a frame");
        scene.desk.until_state(CameraState::Gone).await;
        assert_eq!(scene.camera.cuts(), done as u64 + 1);
        assert_eq!(scene.desk.kept().len(), 2 * done, "nothing half is handed over");
        // Shot while nobody listens.
        scene.camera.shoot(1).expect("a frame");
        scene.camera.plug().expect("the same port");
        scene.desk.until_state(CameraState::Ready).await;
        scene.desk.until_kept(2 * (done + 1)).await;
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_that_is_killed_in_a_download_is_replaced_and_the_frame_comes() {
    let mut scene = Scene::new(options());
    scene.pull();
    scene.desk.until_state(CameraState::Ready).await;
    scene.camera.cut(MIB as u64 + 1, Fault::Stall);
    scene.camera.shoot(1).expect("a frame");
    let camera = &scene.camera;
    assert!(tokio::task::block_in_place(|| camera.wait_for_cuts(1, PATIENCE)));
    scene.kill_helper();
    scene.camera.unstall();
    scene.desk.until_kept(1).await;
    assert_eq!(scene.desk.states(), [CameraState::Ready], "one broken session is nobody's business");
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_stalls_for_ever_is_told_and_slows_no_other() {
    let mut stalled = Scene::new(options());
    let mut beside = Scene::new(CameraOptions { seed: 2, ..CameraOptions::default() });
    beside.camera.set_rate(Some(MIB as u64 / 4));
    stalled.pull();
    beside.pull();
    stalled.desk.until_state(CameraState::Ready).await;
    beside.desk.until_state(CameraState::Ready).await;
    stalled.camera.cut(1_000, Fault::Stall);
    stalled.camera.shoot(1).expect("a frame");
    let mut slowest = Duration::ZERO;
    for shot in 1..1_000 {
        let pressed = std::time::Instant::now();
        beside.camera.shoot(1).expect("a frame");
        beside.desk.until_kept(shot).await;
        slowest = slowest.max(pressed.elapsed());
        if stalled.desk.states().last() == Some(&CameraState::Wedged) {
            break;
        }
    }
    println!("beside a stalled camera: slowest frame {slowest:?}");
    assert!(slowest < Duration::from_secs(4), "{slowest:?}");
    let words = stalled.desk.seen().into_iter().find_map(|seen| match seen {
        Seen::News(News::State(CameraState::Wedged, message), _) => message,
        Seen::News(..) | Seen::Kept(..) => None,
    });
    assert!(words.expect("words").contains("turn it off and on"));
    assert_eq!(stalled.desk.parts_left().len(), 0);
    stalled.camera.unstall();
    stalled.desk.until_kept(1).await;
    stalled.desk.until_state(CameraState::Ready).await;
    for scene in [stalled, beside] {
        scene.end().await;
    }
}

#[tokio::test]
async fn a_camera_that_sleeps_is_said_to_sleep_once_and_goes_on_when_it_wakes() {
    let mut scene = Scene::new(options());
    scene.pull();
    scene.desk.until_state(CameraState::Ready).await;
    scene.camera.doze();
    scene.desk.until_state(CameraState::Asleep).await;
    scene.camera.shoot(1).expect("its shutter is what wakes it");
    scene.camera.wake();
    scene.desk.until_kept(1).await;
    assert_eq!(scene.desk.states(), [CameraState::Ready, CameraState::Asleep, CameraState::Ready]);
    scene.end().await;
}
