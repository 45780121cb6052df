//! Power cuts: journal and destination stand on an ext4 of their own, whose plug is pulled.
//!
//! Owed is what a viewer was told before the cut, and nothing else: a kill cannot prove durability,
//! because the page cache outlives a process. The hot folder stands on another disk, as a card does.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kilat_testkit::{Folders, Mount, Oracle, Server, Start, Viewer, hash_file, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::{Ordeal, Tally, shutdown};
use crate::Outcome;
use crate::stage::Studio;

/// Cuts of one disk; then everything on it is judged and the next is made.
const CUTS: u64 = 25;
/// Room for what is written between two judgements.
const MEGABYTES: u32 = 256;
const SIZES: std::ops::Range<usize> = 60_000..90_000;
/// Latest moment of a cut after the first file.
const LATEST_MS: u64 = 400;
const PACE: Duration = Duration::from_millis(10);

/// Whether the program's fsync reaches the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// It does.
    Real,
    /// The planted bug: strace answers "done" and does nothing. The harness must see losses.
    Ignored,
}

/// A disk, its server's folders, and what is owed.
struct Disk {
    image: PathBuf,
    at: PathBuf,
    folders: Folders,
    /// Hash of each file name.
    written: HashMap<String, String>,
    /// Names that a viewer was told of as stored.
    told: Vec<String>,
    oracle: Oracle,
}

/// Cuts so many times. None where a disk cannot be mounted here; the reason is said.
///
/// # Errors
/// When a file cannot be written or read.
///
/// # Panics
/// When a server does not start, or does not finish in time.
pub fn cuts(ordeal: &Ordeal<'_>, times: u64, sync: Sync) -> Outcome<Option<Tally>> {
    let mut rng = SmallRng::seed_from_u64(ordeal.seed);
    let mut studio = Studio::open()?;
    let (what, cuts) = match sync {
        Sync::Real => ("power cut; owed is what was announced before it", CUTS),
        // After such a cut nothing can be relied on, nor a journal opened: every cut has a disk of its own.
        Sync::Ignored => ("power cut with a planted bug: fsync does nothing", 1),
    };
    let mut tally = Tally::of(what);
    while tally.times < times {
        let mut disk = Disk::make(&ordeal.folder)?;
        let mut mount = match Mount::ext4(&disk.at, &disk.image, MEGABYTES) {
            Ok(mount) => mount,
            Err(why) => {
                (ordeal.say)(&format!("skipped: {why}"));
                return Ok(None);
            }
        };
        let mut owed_before = 0;
        for _ in 0..cuts.min(times - tally.times) {
            disk.shoot_and_cut(
                &ordeal.kilat,
                &mut studio,
                sync,
                Duration::from_millis(rng.random_range(0..LATEST_MS)),
            )?;
            mount.end()?;
            mount = Mount::of_image(&disk.at, &disk.image)?;
            tally.times += 1;
            let lost = disk.lost()?;
            if let Some(name) = lost.first() {
                let (cut, count, told) = (tally.times, lost.len(), disk.told.len());
                (ordeal.say)(&format!("cut {cut}: LOST {count} of {told} announced as stored before it, first {name}"));
            }
            tally.lost += lost.len() as u64;
            tally.owed += disk.told.len() as u64 - owed_before;
            owed_before = disk.told.len() as u64;
        }
        if sync == Sync::Real {
            // Whatever was not announced is copied now; nothing is there twice or in part.
            let server = Server::start(&ordeal.kilat, &disk.folders);
            server.viewer().wait_safe(disk.oracle.count());
            tally.add(&disk.oracle.judge(&disk.folders.out)?);
            server.kill();
        }
        mount.end()?;
        (ordeal.say)(&format!("{} cuts, {} announced before them, {} lost", tally.times, tally.owed, tally.lost));
    }
    Ok(Some(tally))
}

impl Disk {
    fn make(parent: &Path) -> Outcome<Self> {
        let mut folders = Folders::below(parent)?;
        let at = folders.path().join("disk");
        fs::create_dir(&at)?;
        (folders.data, folders.out) = (at.join("data"), at.join("out"));
        let image = folders.path().join("disk.img");
        Ok(Self { image, at, folders, written: HashMap::new(), told: Vec::new(), oracle: Oracle::default() })
    }

    fn shoot_and_cut(&mut self, kilat: &Path, studio: &mut Studio, sync: Sync, moment: Duration) -> Outcome<()> {
        let under = match sync {
            Sync::Real => Vec::new(),
            Sync::Ignored => {
                let calls = "fsync,fdatasync,sync_file_range,syncfs,msync";
                let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:retval=0"));
                ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject].map(str::to_owned).to_vec()
            }
        };
        let server = Server::start_with(kilat, &self.folders, &Start { under, ..Start::default() });
        let viewer = server.viewer();
        let shots = moment.as_millis() / PACE.as_millis() + 1;
        for _ in 0..shots {
            let bytes = studio.frame(SIZES);
            let name = format!("CUT_{:05}.JPG", self.written.len());
            let path = self.folders.hot.join(&name);
            fs::write(&path, &bytes)?;
            self.oracle.closed(&path, &bytes);
            self.written.insert(name, hash_file(&File::open(&path)?)?);
            pause(PACE);
        }
        // Taken before the cut: what comes later may have been said after it.
        let told = told(&viewer);
        shutdown::pull_the_plug(&self.at)?;
        server.kill();
        self.told.extend(told.into_iter().filter(|name| self.written.contains_key(name)));
        self.told.sort();
        self.told.dedup();
        Ok(())
    }

    /// Names that were announced as stored and whose bytes are not at the destination.
    fn lost(&self) -> Outcome<Vec<String>> {
        let mut there = Vec::new();
        let mut folders = vec![self.folders.out.clone()];
        while let Some(folder) = folders.pop() {
            // After a cut with the planted bug not even the destination need be there.
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries {
                let entry = entry?;
                if entry.file_name().as_encoded_bytes().starts_with(b".") {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else {
                    there.push(hash_file(&File::open(entry.path())?)?);
                }
            }
        }
        let is_lost = |name: &&String| self.written.get(*name).is_none_or(|hash| !there.contains(hash));
        Ok(self.told.iter().filter(is_lost).cloned().collect())
    }
}

/// Names that the viewer was told of as stored.
fn told(viewer: &Viewer) -> Vec<String> {
    let heard = viewer.heard().into_iter();
    let completed = heard.filter(|heard| heard.kind() == "upload_progress" && heard.payload()["status"] == "completed");
    completed.filter_map(|heard| heard.payload()["fileName"].as_str().map(str::to_owned)).collect()
}
