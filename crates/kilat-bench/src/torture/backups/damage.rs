//! One flipped bit, cut or removal at a time in every kind of file at a backup disk: `verify` and `scrub` must find each.
//!
//! What it would catch: a kind of file that nothing covers, a length that passes for the bytes, a repair that overwrites or
//! takes damaged bytes for good ones.

use std::fs;
use std::path::{Path, PathBuf};

use kilat_testkit::Server;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use super::event::{Event, files, said};
use crate::Outcome;
use crate::torture::{Ordeal, Tally};

/// Photos of one round; each but the last few is damaged once under the eyes of the scrub.
const FILES: usize = 40;
const SIZES: std::ops::Range<usize> = 60_000..120_000;
/// The mark of a destination.
const MARK: &str = ".kilat-destination.json";

/// How a file is damaged.
#[derive(Debug, Clone, Copy)]
enum Harm {
    /// One bit.
    Flip,
    /// The end is gone.
    Cut,
    /// All of it is gone.
    Removal,
}

/// What is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Photo,
    Sidecar,
    Manifest,
    Chain,
    Mark,
}

impl Sort {
    const ALL: [Self; 5] = [Self::Photo, Self::Sidecar, Self::Manifest, Self::Chain, Self::Mark];

    fn of(path: &Path) -> Self {
        let is = |kind: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(kind));
        if path.ends_with("ascmhl/ascmhl_chain.xml") {
            Self::Chain
        } else if is("mhl") {
            Self::Manifest
        } else if is("json") {
            Self::Mark
        } else if is("xmp") {
            Self::Sidecar
        } else {
            Self::Photo
        }
    }
}

/// Damages so many files, one at a time.
///
/// # Errors
/// When the backup cannot be made.
///
/// # Panics
/// When a server does not start, or does not finish in time.
pub fn damage(ordeal: &Ordeal<'_>, times: u64) -> Outcome<Vec<Tally>> {
    let mut rng = SmallRng::seed_from_u64(ordeal.seed);
    let mut verified = Tally::of("one file of a backup flipped, cut or removed, found by `kilat verify`");
    let mut scrubbed = Tally::of("the same, found by `kilat scrub`, a good copy made beside it");
    while verified.times < times {
        let home = tempfile::Builder::new().prefix("kilat-place-").tempdir_in(&ordeal.folder)?;
        let shelf = home.path().join("shelf");
        let event = backed_up(ordeal, &shelf)?;
        let server = event.start();
        let (mut marks, mut mended) = (0, Vec::new());
        for _ in 0..FILES {
            let (victim, harm) = draw(&mut rng, &shelf, &mended)?;
            let Some(hurt) = Hurt::new(&mut rng, &victim, harm)? else { continue };
            (verified.times, verified.owed) = (verified.times + 1, verified.owed + 1);
            marks += u64::from(Sort::of(&victim) == Sort::Mark);
            verify_finds(ordeal, &event, &shelf, &hurt, &mut verified)?;
            scrub_finds(ordeal, (&event, &server), &shelf, hurt, (&mut scrubbed, &mut mended))?;
            if verified.times >= times {
                break;
            }
        }
        (ordeal.say)(&format!(
            "{} damaged, {} of them marks in the last round: {} missed by verify, {} by scrub",
            verified.times, marks, verified.lost, scrubbed.lost
        ));
        if !server.stop().success() {
            return Err("the server did not stop well".into());
        }
    }
    Ok(vec![verified, scrubbed])
}

/// An event whose backup has photos, sidecars and two generations of manifests.
fn backed_up(ordeal: &Ordeal<'_>, shelf: &Path) -> Outcome<Event> {
    let settings = format!("[[destination]]\nname = \"shelf\"\nurl = \"{}\"\nkind = \"backup\"\n", shelf.display());
    let mut event = Event::new(ordeal, &settings)?;
    let server = event.start();
    for _ in 0..2 {
        event.shoot(FILES / 2, SIZES)?;
        let numbers: Vec<String> =
            event.photos.keys().filter_map(|name| Some(name.strip_suffix(".JPG")?.to_owned())).collect();
        for stem in numbers.iter().rev().take(FILES / 8) {
            event.write(&format!("{stem}.xmp"), sidecar(stem))?;
        }
        event.wait_safe(&server);
        let done = event.kilat(&["backup", "start", "wedding", "--wait"]).output()?;
        if !done.status.success() {
            return Err(said(&done).into());
        }
    }
    drop(server);
    Ok(event)
}

fn sidecar(stem: &str) -> Vec<u8> {
    format!("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><note>{stem}</note></x:xmpmeta>\n").into_bytes()
}

/// A file of a sort that is drawn first, so that the few are damaged as often as the many.
fn draw(rng: &mut SmallRng, shelf: &Path, mended: &[Vec<u8>]) -> Outcome<(PathBuf, Harm)> {
    let sort = Sort::ALL[rng.random_range(0..Sort::ALL.len())];
    let harm = [Harm::Flip, Harm::Flip, Harm::Cut, Harm::Removal][rng.random_range(0..4)];
    if sort == Sort::Mark {
        return Ok((shelf.join(MARK), harm));
    }
    let mut all: Vec<PathBuf> = files(shelf)?.into_iter().filter(|path| Sort::of(path) == sort).collect();
    if all.is_empty() {
        return Err(format!("there is no {sort:?} to damage").into());
    }
    // What was mended stands there twice, and only one of the two is the copy.
    let first = rng.random_range(0..all.len());
    all.rotate_left(first);
    for path in all {
        if !mended.contains(&fs::read(&path)?) {
            return Ok((path, harm));
        }
    }
    draw(rng, shelf, mended)
}

/// A damaged file, which can be made whole again.
struct Hurt {
    path: PathBuf,
    whole: Vec<u8>,
    what: String,
    sort: Sort,
}

impl Hurt {
    /// None where there is nothing to damage.
    fn new(rng: &mut SmallRng, path: &Path, harm: Harm) -> Outcome<Option<Self>> {
        let whole = fs::read(path)?;
        if whole.is_empty() {
            return Ok(None);
        }
        let (at, bit) = (rng.random_range(0..whole.len()), rng.random_range(0..8));
        let mut bytes = whole.clone();
        match harm {
            Harm::Flip => bytes[at] ^= 1 << bit,
            Harm::Cut => bytes.truncate(at),
            Harm::Removal => {}
        }
        match harm {
            Harm::Removal => fs::remove_file(path)?,
            Harm::Flip | Harm::Cut => fs::write(path, &bytes)?,
        }
        let what = format!("{harm:?} at byte {at} (bit {bit}) of {}", path.display());
        Ok(Some(Self { path: path.to_owned(), whole, what, sort: Sort::of(path) }))
    }

    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

fn verify_finds(ordeal: &Ordeal<'_>, event: &Event, shelf: &Path, hurt: &Hurt, tally: &mut Tally) -> Outcome<()> {
    let verified = event.kilat(&["verify", &shelf.to_string_lossy()]).output()?;
    let is_named = said(&verified).contains(&hurt.name());
    if verified.status.code() != Some(1) || !is_named {
        (ordeal.say)(&format!("MISSED by verify: {}\n{}", hurt.what, said(&verified)));
        tally.lost += 1;
    }
    Ok(())
}

/// Lets the scrub find it; what it does not repair itself is made whole again by hand.
fn scrub_finds(
    ordeal: &Ordeal<'_>,
    (event, server): (&Event, &Server),
    shelf: &Path,
    hurt: Hurt,
    (tally, mended): (&mut Tally, &mut Vec<Vec<u8>>),
) -> Outcome<()> {
    (tally.times, tally.owed) = (tally.times + 1, tally.owed + 1);
    let before = server.get("/api/notifications")["notifications"].clone();
    let scrubbed = event.kilat(&["scrub", "--to", "shelf", "--wait", "--json"]).output()?;
    let view: Value = serde_json::from_slice(&scrubbed.stdout).unwrap_or_default();
    let after = server.get("/api/notifications")["notifications"].clone();
    let is_named = after != before || said(&scrubbed).contains(&hurt.name());
    if scrubbed.status.success() || !is_named {
        (ordeal.say)(&format!("MISSED by scrub: {}\n{}", hurt.what, said(&scrubbed)));
        tally.lost += 1;
    }
    match hurt.sort {
        Sort::Photo | Sort::Sidecar => {
            if view["mended"] != 1 {
                (ordeal.say)(&format!("NOT MENDED: {}\n{}", hurt.what, said(&scrubbed)));
                tally.lost += 1;
            }
            // By hand, as an operator may: what was damaged is never overwritten, so it still stands there.
            if fs::read(&hurt.path).is_ok_and(|bytes| bytes != hurt.whole) {
                fs::remove_file(&hurt.path)?;
            }
            let mut verdict = event.oracle.judge(shelf)?;
            verdict.twice.retain(|path| !fs::read(path).is_ok_and(|bytes| mended.contains(&bytes)));
            event.note(ordeal, tally, &verdict);
            // Under its old name again, so that the next damage is the only one that the manifests tell of.
            fs::write(&hurt.path, &hurt.whole)?;
            mended.push(hurt.whole);
        }
        Sort::Manifest | Sort::Chain | Sort::Mark => fs::write(&hurt.path, &hurt.whole)?,
    }
    Ok(())
}
