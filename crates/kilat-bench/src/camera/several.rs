//! Four cameras at once, each over a link of its own speed: as fast as one alone, also while one of them hangs.

use std::time::{Duration, Instant};

use kilat_demo::VirtualCamera;
use kilat_testkit::{Folders, Server};

use super::{SIZE_BYTES, camera, server};
use crate::report::Met;
use crate::{Outcome, Row, Setup};

const CAMERAS: u64 = 4;
const SHOTS: u32 = 12;
const SHOTS_QUICK: u32 = 2;
/// Of each camera's link: a good Wi-Fi, or half of USB 2.
const BYTES_PER_SECOND: u64 = 20_000_000;
/// How much longer than alone it may take.
const MOST: f64 = 1.1;

/// Measures.
///
/// # Errors
/// When a camera cannot be made.
pub fn several(setup: &Setup) -> Outcome<Vec<Row>> {
    let shots = if setup.is_quick { SHOTS_QUICK } else { SHOTS };
    let alone = run(setup, 1, shots, None)?;
    let together = run(setup, CAMERAS, shots, None)?;
    let hung = run(setup, CAMERAS, shots, Some(0))?;
    let row = |what: &str, kilat: Duration| {
        let ratio = kilat.as_secs_f64() / alone.as_secs_f64();
        Row {
            what: format!("{shots} files of {} MB from each camera: {what}", SIZE_BYTES / 1_000_000),
            kilat: seconds(kilat),
            rival: format!("{} (one camera alone)", seconds(alone)),
            ratio: Some(ratio),
            target: Some((format!("≤ {MOST}"), Met::of(ratio <= MOST))),
        }
    };
    Ok(vec![row("four at once", together), row("four at once, one of them hangs", hung)])
}

/// How long it takes until all that was shot is safe. One of the cameras may hang from the start.
fn run(setup: &Setup, count: u64, shots: u32, hangs: Option<usize>) -> Outcome<Duration> {
    let folders = Folders::below(&setup.folder)?;
    let cameras: Vec<VirtualCamera> =
        (0..count).map(|place| camera(folders.path(), place)).collect::<Outcome<Vec<_>>>()?;
    let server = server(&setup.kilat, &folders, &cameras);
    let viewer = server.viewer();
    for camera in &cameras {
        camera.shoot(1)?;
    }
    viewer.wait_safe(count);
    for camera in &cameras {
        camera.set_rate(Some(BYTES_PER_SECOND));
    }
    if let Some(camera) = hangs.and_then(|place| cameras.get(place)) {
        camera.stall();
    }
    let working: Vec<_> =
        cameras.iter().enumerate().filter(|(place, _)| Some(*place) != hangs).map(|(_, camera)| camera).collect();
    let began = Instant::now();
    std::thread::scope(|scope| -> Outcome<()> {
        let shooting: Vec<_> = working.iter().map(|camera| scope.spawn(|| camera.shoot(shots))).collect();
        for shot in shooting {
            shot.join().map_err(|_panic| "a camera panicked")??;
        }
        Ok(())
    })?;
    viewer.wait_safe(count + working.len() as u64 * u64::from(shots));
    let took = began.elapsed();
    end(server)?;
    Ok(took)
}

fn end(server: Server) -> Outcome<()> {
    if server.stop().success() { Ok(()) } else { Err("the server did not stop well".into()) }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
