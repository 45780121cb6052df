//! One camera on the cable: the moment at which its file stands on the card, the message at a viewer, the proven copy.
//!
//! The stock tool waits for the same camera's events and downloads; it proves nothing and syncs nothing.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kilat_demo::VirtualCamera;
use kilat_testkit::{Folders, Heard, NEVER, Viewer, pause};

use super::{SIZE_BYTES, camera, name_of, server};
use crate::percentile::percentile;
use crate::report::Met;
use crate::{Outcome, Row, Setup};

const SHOTS: usize = 100;
const SHOTS_QUICK: usize = 10;
/// Between two shots: none waits for the one before.
const PACE: Duration = Duration::from_millis(250);
/// How often the stock tool's folder is looked at.
const LOOK: Duration = Duration::from_millis(1);
/// From the shutter to the message.
const MESSAGE: Duration = Duration::from_millis(50);
/// From the shutter to the proven copy, beyond the time of the download.
const PROVEN: Duration = Duration::from_millis(50);

/// Measures.
///
/// # Errors
/// When the stock tool is missing, or a shot is never heard of.
pub fn cable(setup: &Setup) -> Outcome<Vec<Row>> {
    let folders = Folders::below(&setup.folder)?;
    let shots = if setup.is_quick { SHOTS_QUICK } else { SHOTS };
    let by_tool = by_gphoto2(&folders, shots)?;
    let cameras = [camera(folders.path(), 1)?];
    let server = server(&setup.kilat, &folders, &cameras);
    let viewer = server.viewer();
    // One to wake both: it is not counted.
    cameras[0].shoot(1)?;
    viewer.wait_safe(1);
    let mut shot = HashMap::new();
    for _ in 0..shots {
        let name = name_of(&cameras[0].shoot(1)?)?;
        shot.insert(name, Instant::now());
        pause(PACE);
    }
    viewer.wait_safe(shots as u64 + 1);
    let since = |status| -> Outcome<Vec<Duration>> {
        let heard = first(&viewer, status);
        let one = |(name, at): (&String, &Instant)| {
            let heard = heard.get(name).ok_or_else(|| format!("{name} was never told of"))?;
            Ok(heard.saturating_duration_since(*at))
        };
        shot.iter().map(one).collect()
    };
    let (told, proven) = (since("starting")?, since("completed")?);
    let at = |times: &[Duration], percent| percentile(times, percent).ok_or("nothing was measured");
    let (tool50, tool95) = (at(&by_tool, 50)?, at(&by_tool, 95)?);
    let mut rows = Vec::new();
    for (what, times, targets) in [
        ("shutter → message at a viewer", &told, [Some(MESSAGE), None]),
        ("shutter → copy proven at the destination", &proven, [Some(tool50 + PROVEN), None]),
    ] {
        for ((name, percent, tool), target) in [("p50", 50, tool50), ("p95", 95, tool95)].into_iter().zip(targets) {
            let kilat = at(times, percent)?;
            rows.push(Row {
                what: format!("{what}, {} MB by cable: {name}", SIZE_BYTES / 1_000_000),
                kilat: milliseconds(kilat),
                rival: format!("{} (gphoto2, file on its disk)", milliseconds(tool)),
                ratio: Some(kilat.as_secs_f64() / tool.as_secs_f64()),
                target: target.map(|target| (format!("≤ {}", milliseconds(target)), Met::of(kilat <= target))),
            });
        }
    }
    Ok(rows)
}

/// When each file was first heard of with this status.
fn first(viewer: &Viewer, status: &str) -> HashMap<String, Instant> {
    let mut times = HashMap::new();
    for Heard { message, at } in viewer.heard() {
        let payload = &message["payload"];
        if message["type"] == "upload_progress" && payload["status"] == status {
            times.entry(payload["fileName"].as_str().unwrap_or_default().to_owned()).or_insert(at);
        }
    }
    times
}

/// From the shutter to the whole file in the folder of the stock tool.
fn by_gphoto2(folders: &Folders, shots: usize) -> Outcome<Vec<Duration>> {
    let camera = camera(folders.path(), 0)?;
    let folder = folders.path().join("gphoto2");
    fs::create_dir_all(&folder)?;
    let mut tool = Tool(start(&camera, &folder)?);
    // What was shot before it listened it does not hear of.
    loop {
        let name = name_of(&camera.shoot(1)?)?;
        pause(PACE);
        if is_whole(&folder.join(name)) {
            break;
        }
        if let Some(status) = tool.0.try_wait()? {
            return Err(format!("gphoto2 ended: {status}").into());
        }
    }
    let mut times = Vec::new();
    for _ in 0..shots {
        let name = name_of(&camera.shoot(1)?)?;
        let at = Instant::now();
        while !is_whole(&folder.join(&name)) {
            if at.elapsed() > NEVER {
                return Err(format!("gphoto2 never fetched {name}").into());
            }
            pause(LOOK);
        }
        times.push(at.elapsed());
        pause(PACE);
    }
    Ok(times)
}

fn start(camera: &VirtualCamera, folder: &Path) -> Outcome<Child> {
    let mut gphoto2 = Command::new("gphoto2");
    gphoto2.current_dir(folder).args([
        "--port",
        &camera.port(),
        "--force-overwrite",
        "--wait-event-and-download=3600s",
    ]);
    gphoto2.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    gphoto2.spawn().map_err(|error| format!("gphoto2 does not start ({error}): apt-get install gphoto2").into())
}

fn is_whole(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.len() >= SIZE_BYTES as u64)
}

/// The running tool; killed when it is dropped.
struct Tool(Child);

impl Drop for Tool {
    fn drop(&mut self) {
        // Gone already is what was wanted.
        self.0.kill().unwrap_or(());
        self.0.wait().map(|_| ()).unwrap_or(());
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}
