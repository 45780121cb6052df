//! Destinations that fill up, turn read-only, are unplugged, or whose fsync fails, while files stream in.
//!
//! Kilat must name the place, announce nothing that is not there, and go on by itself.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kilat_testkit::{Folders, Mount, Oracle, Server, Shooter, Start, Viewer, has_program, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::{Ordeal, Tally};
use crate::Outcome;
use crate::stage::Studio;

const PACE: Duration = Duration::from_millis(20);
/// Room for all copies of a round, 500 of at most 200 KB, and some.
const MEGABYTES: u32 = 256;
const FILES: u64 = 500;
/// Faults of a round.
const FAULTS: u64 = 6;
/// How long all is well before a fault.
const CALM_MS: std::ops::Range<u64> = 100..900;
/// First size of a write that fills a disk.
const BALLAST: usize = 1 << 20;
const SIZES: std::ops::Range<usize> = 60_000..90_000;

#[derive(Debug, Clone, Copy)]
enum Fault {
    Full,
    ReadOnly,
    Unplugged,
}

/// Breaks the destination so many times. None where a disk cannot be mounted here; the reason is said.
///
/// # Errors
/// When a fault cannot be made, or a destination was filled that was not there.
///
/// # Panics
/// When Kilat does not notice, or does not recover, in time.
pub fn faults(ordeal: &Ordeal<'_>, times: u64) -> Outcome<Option<Tally>> {
    let mut rng = SmallRng::seed_from_u64(ordeal.seed);
    let mut studio = Studio::open()?;
    let mut tally = Tally::of("destination full, read-only, unplugged, while files stream in");
    let mut round = 0;
    while tally.times < times {
        round += 1;
        let folders = Folders::below(&ordeal.folder)?;
        fs::create_dir(&folders.out)?;
        let image = folders.path().join("disk.img");
        let mut mount = match Mount::ext4(&folders.out, &image, MEGABYTES) {
            Ok(mount) => mount,
            Err(why) => {
                (ordeal.say)(&format!("skipped: {why}"));
                return Ok(None);
            }
        };
        let server = Server::start(&ordeal.kilat, &folders);
        let shooter = Shooter::start(&folders.hot, FILES, PACE, ordeal.seed.wrapping_add(round));
        let scene = Scene { folders: &folders, image: &image, server: &server };
        let mut oracle = Oracle::default();
        for number in 0..FAULTS.min(times - tally.times) {
            pause(Duration::from_millis(rng.random_range(CALM_MS)));
            let fault = [Fault::Full, Fault::ReadOnly, Fault::Unplugged][rng.random_range(0..3)];
            let path = folders.hot.join(format!("TRIGGER_{number}.JPG"));
            let trigger = Trigger { path, bytes: studio.frame(SIZES) };
            mount = broken_and_mended(fault, mount, &scene, &trigger)?;
            oracle.closed(&trigger.path, &trigger.bytes);
            tally.times += 1;
        }
        oracle.join(shooter.finish());
        server.viewer().wait_safe(oracle.count());
        tally.owed += oracle.count();
        tally.add(&oracle.judge(&folders.out)?);
        if !server.stop().success() {
            return Err("the server did not stop well".into());
        }
        mount.end()?;
        (ordeal.say)(&format!(
            "round {round}: {} faults, {} files so far, {} lost",
            tally.times, tally.owed, tally.lost
        ));
    }
    Ok(Some(tally))
}

fn broken_and_mended(fault: Fault, mut mount: Mount, scene: &Scene<'_>, trigger: &Trigger) -> Outcome<Mount> {
    let out = &scene.folders.out;
    // A viewer of its own, who is there when it breaks and hears of no other fault.
    let viewer = scene.server.viewer();
    match fault {
        Fault::Full => {
            let ballast = out.join(".ballast");
            fill(&ballast)?;
            scene.meets(&viewer, trigger)?;
            fs::remove_file(&ballast)?;
        }
        Fault::ReadOnly => {
            // Refused while a file is open for writing, as it is with a copy under way: then try again.
            while mount.remount("ro").is_err() {
                pause(PACE);
            }
            scene.meets(&viewer, trigger)?;
            mount.remount("rw")?;
        }
        Fault::Unplugged => {
            mount.pull()?;
            scene.meets(&viewer, trigger)?;
            let left = fs::read_dir(out)?.map(|entry| entry.map(|entry| entry.file_name()));
            let left = left.collect::<io::Result<Vec<_>>>()?;
            if !left.is_empty() {
                return Err(format!("{left:?} was written into the empty mount point").into());
            }
            mount = Mount::of_image(out, scene.image)?;
        }
    }
    // Noticed by itself, before the next fault comes.
    scene.server.viewer().wait_now(|now| now["destinations"][0]["up"] == true);
    Ok(mount)
}

/// A file that comes during the fault, so that there is something to fail.
struct Trigger {
    path: PathBuf,
    bytes: Vec<u8>,
}

struct Scene<'a> {
    folders: &'a Folders,
    image: &'a Path,
    server: &'a Server,
}

impl Scene<'_> {
    /// A file comes, its copy fails, and everybody is told which place it is.
    fn meets(&self, viewer: &Viewer, trigger: &Trigger) -> Outcome<()> {
        fs::write(&trigger.path, &trigger.bytes)?;
        viewer.wait_now(|now| now["destinations"][0]["up"] == false);
        viewer.wait_alarm(&self.folders.out);
        Ok(())
    }
}

/// Fills a disk to its last block.
fn fill(ballast: &Path) -> io::Result<()> {
    let mut file = File::create(ballast)?;
    let mut block = vec![1; BALLAST];
    loop {
        match file.write_all(&block) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::StorageFull && block.len() > 1 => {
                block.truncate(block.len() / 2);
            }
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Lets every so many-th fsync of the whole program fail, of copies and journal alike. None without strace.
///
/// # Errors
/// When the destination cannot be read.
///
/// # Panics
/// When Kilat does not finish in time.
pub fn failing_fsync(ordeal: &Ordeal<'_>, files: u64) -> Outcome<Option<Tally>> {
    if !has_program("strace") {
        (ordeal.say)("skipped: strace is not installed");
        return Ok(None);
    }
    let mut tally = Tally::of("every 37th fsync fails with EIO, of copies and journal");
    let folders = Folders::below(&ordeal.folder)?;
    let log = folders.path().join("strace.log");
    let calls = "fsync,fdatasync";
    let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:error=EIO:when=37+37"));
    let mut under = ["strace", "-f", "-qq", "-e", &trace, "-e", &inject, "-o"].map(str::to_owned).to_vec();
    under.push(log.to_string_lossy().into_owned());
    let server = Server::start_with(&ordeal.kilat, &folders, &Start { under, ..Start::default() });
    let shooter = Shooter::start(&folders.hot, files, PACE, ordeal.seed);
    let oracle = shooter.finish();
    server.viewer().wait_safe(oracle.count());
    tally.times = fs::read_to_string(&log)?.lines().filter(|line| line.contains("(INJECTED)")).count() as u64;
    tally.owed = oracle.count();
    tally.add(&oracle.judge(&folders.out)?);
    Ok(Some(tally))
}
