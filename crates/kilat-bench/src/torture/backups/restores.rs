//! `kilat restore` killed at random moments, from damaged sources, to full disks and to folders that hold other files.
//!
//! What it would catch: a file that has its name before it has its bytes, bytes that nobody compared, a file of somebody's
//! that is overwritten, a photo that is missing and not named.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kilat_testkit::{Mount, NEVER, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::event::{Event, files, said};
use crate::Outcome;
use crate::torture::{Ordeal, Tally};

const FILES: usize = 60;
const SIZES: std::ops::Range<usize> = 60_000..400_000;
/// Latest moment of a kill.
const LATEST_MS: u64 = 250;
const EARLY_MS: u64 = 30;
/// Kills of one round, and photos that are damaged in it.
const KILLS: u64 = 8;
const DAMAGED: usize = 6;
/// Blocks of 512 bytes of the longest file that may be written, where files may not grow: some photos fit, some do not.
const LIMIT_BLOCKS: &str = "400";
/// Room of a disk that fills up meanwhile.
const MEGABYTES: u32 = 40;

/// Kills restores so many times.
///
/// # Errors
/// When the backup cannot be made.
///
/// # Panics
/// When a server does not start, or does not finish in time.
pub fn restores(ordeal: &Ordeal<'_>, times: u64) -> Outcome<Vec<Tally>> {
    let mut rng = SmallRng::seed_from_u64(ordeal.seed);
    let mut killed = Tally::of("`kill -9` of `kilat restore`, one of two sources damaged");
    let mut hopeless = Tally::of("restores of photos that every source has damaged; target full, or with other files");
    let scene = Scene::new(ordeal)?;
    let mut midway = 0;
    while killed.times < times {
        let damaged = scene.damage(&mut rng)?;
        midway += scene.kill(&mut rng, (times - killed.times).min(KILLS), &mut killed)?;
        scene.without_hope(&mut rng, &damaged, &mut hopeless)?;
        scene.beside_others(&mut rng, &mut hopeless)?;
        scene.too_long(&mut hopeless)?;
        scene.full(&mut hopeless)?;
        (ordeal.say)(&format!(
            "{} kills of restores, {midway} midway; {} other restores; {} wrong",
            killed.times,
            hopeless.times,
            killed.lost + killed.foreign + hopeless.lost + hopeless.foreign
        ));
    }
    if times > 0 && midway == 0 {
        return Err("the harness is blind: no restore was killed before its end".into());
    }
    Ok(vec![killed, hopeless])
}

/// An event that stands whole on two disks.
struct Scene<'a> {
    ordeal: &'a Ordeal<'a>,
    event: Event,
    home: tempfile::TempDir,
}

/// The two disks. The first is damaged for each round, the second for some restores.
const SHELF: &str = "shelf";
const ATTIC: &str = "attic";

impl<'a> Scene<'a> {
    fn new(ordeal: &'a Ordeal<'a>) -> Outcome<Self> {
        let home = tempfile::Builder::new().prefix("kilat-place-").tempdir_in(&ordeal.folder)?;
        let place = |name: &str| {
            let url = home.path().join(name);
            format!("[[destination]]\nname = \"{name}\"\nurl = \"{}\"\nkind = \"backup\"\n\n", url.display())
        };
        let mut event = Event::new(ordeal, &(place(SHELF) + &place(ATTIC)))?;
        let server = event.start();
        event.shoot(FILES, SIZES)?;
        event.wait_safe(&server);
        let done = event.kilat(&["backup", "start", "wedding", "--wait"]).output()?;
        if !done.status.success() {
            return Err(said(&done).into());
        }
        drop(server);
        Ok(Self { ordeal, event, home })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn restore(&self, to: &Path) -> Command {
        let mut command = Command::new(&self.event.kilat);
        command.args(["restore", "wedding", "--from"]).arg(self.at(SHELF)).arg("--from").arg(self.at(ATTIC));
        command.arg("--to").arg(to).env_clear().current_dir(self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Makes the shelf whole from the attic, then damages some photos of it; answers which.
    fn damage(&self, rng: &mut SmallRng) -> Outcome<BTreeSet<String>> {
        let mut names: Vec<&String> = self.event.photos.keys().collect();
        for path in files(&self.at(ATTIC))? {
            let there = self.at(SHELF).join(path.strip_prefix(self.at(ATTIC))?);
            if self.event.photos.contains_key(&name(&path)) {
                fs::write(there, fs::read(path)?)?;
            }
        }
        let mut damaged = BTreeSet::new();
        for _ in 0..DAMAGED {
            let name = names.swap_remove(rng.random_range(0..names.len())).clone();
            harm(rng, &find(&self.at(SHELF), &name)?)?;
            damaged.insert(name);
        }
        Ok(damaged)
    }

    /// Kills one restore after the other, then lets one end; answers how many were killed before their end.
    fn kill(&self, rng: &mut SmallRng, kills: u64, tally: &mut Tally) -> Outcome<u64> {
        let to = self.at("killed");
        let mut midway = 0;
        for number in 0..kills {
            let mut child = self.restore(&to).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
            // The first comes before any restore can have ended.
            let latest = if number == 0 { EARLY_MS } else { LATEST_MS };
            pause(Duration::from_millis(rng.random_range(0..latest)));
            child.kill()?;
            tally.times += 1;
            midway += u64::from(child.wait()?.code().is_none());
            self.nothing_half(&to, tally)?;
        }
        let done = self.restore(&to).output()?;
        tally.owed += FILES as u64;
        self.ends_with(&done, 0, tally);
        self.is_whole(&to, &BTreeSet::new(), tally)?;
        fs::remove_dir_all(to)?;
        Ok(midway)
    }

    /// Some photos are damaged everywhere: they are named, the others come back.
    fn without_hope(&self, rng: &mut SmallRng, damaged: &BTreeSet<String>, tally: &mut Tally) -> Outcome<()> {
        let mut whole = Vec::new();
        for name in damaged {
            let path = find(&self.at(ATTIC), name)?;
            whole.push((path.clone(), fs::read(&path)?));
            harm(rng, &path)?;
        }
        let to = self.at("hopeless");
        let done = self.restore(&to).output()?;
        (tally.times, tally.owed) = (tally.times + 1, tally.owed + FILES as u64);
        self.ends_with(&done, 5, tally);
        for name in damaged.iter().filter(|name| !said(&done).contains(&format!("{name}: NOT restored"))) {
            self.wrong(tally, &format!("{name} is not named: {}", said(&done)));
        }
        self.is_whole(&to, damaged, tally)?;
        for (path, bytes) in whole {
            fs::write(path, bytes)?;
        }
        Ok(fs::remove_dir_all(to)?)
    }

    /// The target holds other files of the photos' names: they stay as they are.
    fn beside_others(&self, rng: &mut SmallRng, tally: &mut Tally) -> Outcome<()> {
        let to = self.at("others");
        let mut theirs = Vec::new();
        for path in files(&self.at(ATTIC))?.iter().filter(|path| self.event.photos.contains_key(&name(path))) {
            if rng.random_ratio(1, 4) {
                let there = to.join(path.strip_prefix(self.at(ATTIC))?);
                fs::create_dir_all(there.parent().unwrap_or(&to))?;
                // Of the same length as often as not.
                let mut bytes = fs::read(path)?;
                match rng.random() {
                    true => bytes.truncate(9),
                    false => bytes.fill(7),
                }
                fs::write(&there, &bytes)?;
                theirs.push((there, bytes));
            }
        }
        let done = self.restore(&to).output()?;
        (tally.times, tally.owed) = (tally.times + 1, tally.owed + FILES as u64);
        self.ends_with(&done, 0, tally);
        for (path, bytes) in theirs {
            if fs::read(&path).ok() != Some(bytes) {
                self.wrong(tally, &format!("{} was overwritten", path.display()));
            }
            if path.exists() {
                fs::remove_file(path)?;
            }
        }
        let verdict = self.event.oracle.judge(&to)?;
        self.event.note(self.ordeal, tally, &verdict);
        Ok(fs::remove_dir_all(to)?)
    }

    /// Files may not grow beyond a length: nothing half written gets a name, and without the limit it goes on.
    fn too_long(&self, tally: &mut Tally) -> Outcome<()> {
        let to = self.at("limited");
        let inner = self.restore(&to);
        // With the signal ignored, a write fails as on a full disk.
        let script = "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"";
        let mut command = Command::new("sh");
        command.args(["-c", script, LIMIT_BLOCKS]).arg(inner.get_program()).args(inner.get_args());
        let limited = command.env_clear().current_dir(self.home.path()).output()?;
        (tally.times, tally.owed) = (tally.times + 1, tally.owed + FILES as u64);
        if limited.status.success() {
            self.wrong(tally, "files may not grow, and all is said to be well");
        }
        self.nothing_half(&to, tally)?;
        self.ends_with(&self.restore(&to).output()?, 0, tally);
        self.is_whole(&to, &BTreeSet::new(), tally)?;
        Ok(fs::remove_dir_all(to)?)
    }

    /// A disk that somebody else fills up meanwhile: the same, and it goes on when there is room.
    fn full(&self, tally: &mut Tally) -> Outcome<()> {
        let to = self.at("disk");
        fs::create_dir(&to)?;
        let mount = match Mount::memory(&to, MEGABYTES) {
            Ok(mount) => mount,
            Err(why) => {
                (self.ordeal.say)(&format!("skipped: a disk that fills up: {why}"));
                return Ok(fs::remove_dir(to)?);
            }
        };
        let ballast = to.join(".ballast");
        let mut child = self.restore(&to).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let began = Instant::now();
        while files(&to)?.is_empty() && child.try_wait()?.is_none() && began.elapsed() < NEVER {
            pause(Duration::from_millis(1));
        }
        // Refused at its end: then the disk is full.
        fs::write(&ballast, vec![1; MEGABYTES as usize * 1_000_000]).unwrap_or(());
        child.wait()?;
        (tally.times, tally.owed) = (tally.times + 1, tally.owed + FILES as u64);
        self.nothing_half(&to, tally)?;
        fs::remove_file(ballast)?;
        self.ends_with(&self.restore(&to).output()?, 0, tally);
        self.is_whole(&to, &BTreeSet::new(), tally)?;
        mount.end()?;
        Ok(fs::remove_dir(to)?)
    }

    /// Whatever has a name has the bytes of that name.
    fn nothing_half(&self, to: &Path, tally: &mut Tally) -> Outcome<()> {
        if !to.exists() {
            return Ok(());
        }
        for path in files(to)? {
            if self.event.photos.get(&name(&path)) != Some(&fs::read(&path)?) {
                tally.foreign += 1;
                (self.ordeal.say)(&format!("WRONG: {} stands there half", path.display()));
            }
        }
        Ok(())
    }

    /// Every photo but these stands there once, and nothing else.
    fn is_whole(&self, to: &Path, except: &BTreeSet<String>, tally: &mut Tally) -> Outcome<()> {
        self.nothing_half(to, tally)?;
        let found: Vec<String> = files(to)?.iter().map(|path| name(path)).collect();
        for name in self.event.photos.keys() {
            let times = found.iter().filter(|found| *found == name).count();
            if times != usize::from(!except.contains(name)) {
                self.wrong(tally, &format!("{name} stands there {times} times"));
            }
        }
        if fs::exists(to.join(".kilat-restore"))? {
            self.wrong(tally, "temporaries are left");
        }
        Ok(())
    }

    fn ends_with(&self, done: &std::process::Output, code: i32, tally: &mut Tally) {
        if done.status.code() != Some(code) {
            self.wrong(tally, &format!("it ended with {} and not {code}: {}", done.status, said(done)));
        }
    }

    fn wrong(&self, tally: &mut Tally, what: &str) {
        tally.lost += 1;
        (self.ordeal.say)(&format!("WRONG: {what}"));
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn find(folder: &Path, wanted: &str) -> Outcome<PathBuf> {
    let found = files(folder)?.into_iter().find(|path| name(path) == wanted);
    found.ok_or_else(|| format!("{wanted} is not below {}", folder.display()).into())
}

/// Flips a bit, cuts the end off, or removes it.
fn harm(rng: &mut SmallRng, path: &Path) -> Outcome<()> {
    let mut bytes = fs::read(path)?;
    let at = rng.random_range(0..bytes.len());
    match rng.random_range(0..3) {
        0 => return Ok(fs::remove_file(path)?),
        1 => bytes.truncate(at),
        _ => bytes[at] ^= 1 << rng.random_range(0..8),
    }
    Ok(fs::write(path, bytes)?)
}
