//! A wedding in some minutes: two cameras on the cable, three senders by FTP and a card, all at once, while cables and
//! cards are pulled, and the helpers and the server are killed. Judged by the oracle, by the order in which everything
//! was taken, by every receipt, and by the stock `gphoto2` tool; the judges are judged, too.

mod card;
mod chaos;
mod end;
mod judge;
mod senders;
mod taken;

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kilat_demo::{Body, CameraOptions, VirtualCamera};
use kilat_testkit::{Folders, Start, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use self::card::{Cards, Slot, rounds};
use self::chaos::{Chaos, Running};
use self::end::{Scene, end};
use self::senders::{CLIENTS, Login, Sender, Tries, deliver, send};
use self::taken::{Shot, Taken, Way, now_ms};
use super::{Ordeal, Tally};
use crate::Outcome;

/// Between two frames of a camera on the cable, at most.
const PACE_MS: u64 = 900;
/// How long files are at least.
const SIZE_BYTES: usize = 120_000;
/// Of a cable: so slow that it is often pulled in the middle of a file.
const BYTES_PER_SECOND: u64 = 2_500_000;
/// Photos that wait to be sent: whoever shoots more waits.
const MOST_WAIT: usize = 1_000;
/// A clock is measured by photos of more than ten seconds; a short run has none.
const FRAMES_FOR_A_CLOCK: u64 = 300;
/// How far the second body's clock is behind where it can be measured.
const CLOCK_BEHIND_S: i64 = 192;

/// A camera and the folder that is its card.
#[derive(Debug)]
struct Held {
    body: &'static str,
    card: PathBuf,
    camera: VirtualCamera,
}

/// Takes so many frames by every way, and judges.
///
/// # Errors
/// When the folders cannot be used, or a program is missing.
///
/// # Panics
/// When a server does not start, or does not stop in time.
pub fn cameras(ordeal: &Ordeal<'_>, frames: u64) -> Outcome<Tally> {
    let folders = Folders::below(&ordeal.folder)?;
    let share = Share::of(frames, Slot::can_be());
    if share.by_card == 0 {
        (ordeal.say)("no card: skipped, a mount of its own needs root (unshare --mount)");
    }
    let behind = if frames >= FRAMES_FOR_A_CLOCK { CLOCK_BEHIND_S } else { 0 };
    let seed = ordeal.seed;
    let c = Body { serial: "3002244", ..Body::A };
    let cameras = [
        camera(&folders, "a", CameraOptions { body: Body::A, seed: seed.wrapping_mul(10) + 1, ..options() })?,
        camera(
            &folders,
            "b",
            CameraOptions {
                has_raw: true,
                clock_ahead_s: -behind,
                body: Body::B,
                seed: seed.wrapping_mul(10) + 2,
                ..options()
            },
        )?,
    ];
    let third =
        camera(&folders, "c", CameraOptions { body: c, seed: seed.wrapping_mul(10) + 3, first: 5_001, ..options() })?;
    for held in &cameras {
        held.camera.set_rate(Some(BYTES_PER_SECOND));
    }
    let running = Running::start(&ordeal.kilat, &folders, start(&folders, &cameras, share.by_card > 0)?);
    let login = |name: &str| Login::make(&ordeal.kilat, &folders.data, name);
    let logins: Vec<Login> = CLIENTS.iter().map(|client| login(&format!("Sender {client}"))).collect::<Outcome<_>>()?;
    let wifi = login("Wi-Fi of the third body")?;
    let (tries, chaos, cards) = (Tries::default(), Chaos::new(seed), Cards::default());
    let taken = Mutex::new(Taken::default());
    let join = |part: Taken| taken.lock().unwrap_or_else(PoisonError::into_inner).join(part);
    let text = |error: Box<dyn Error + Send + Sync>| error.to_string();
    let server = || running.ftp();
    std::thread::scope(|scope| -> Outcome<()> {
        let (running, tries, chaos, cards, server) = (&running, &tries, &chaos, &cards, &server);
        let (cameras, third, folders, join, text) = (&cameras, &third, &folders, &join, &text);
        let mut work = Vec::new();
        for held in cameras {
            work.push(
                scope.spawn(move || shoot(held, share.by_cable, (seed, share.by_card > 0)).map(join).map_err(text)),
            );
        }
        for (place, (client, login)) in CLIENTS.into_iter().zip(&logins).enumerate() {
            work.push(scope.spawn(move || {
                let folder = folders.path().join("sends").join(client);
                let sender = Sender { login, server, tries, seed: seed.wrapping_mul(100) + place as u64 };
                send(client, &sender, &folder, share.by_ftp).map(join).map_err(text)
            }));
        }
        let (to_wifi, shot) = sync_channel::<PathBuf>(MOST_WAIT);
        work.push(scope.spawn(move || {
            let sender = Sender { login: &wifi, server, tries, seed: seed.wrapping_mul(100) + 50 };
            deliver(&sender, shot).map_err(text)
        }));
        work.push(scope.spawn(move || {
            rounds(Slot::new(running), (third, &cameras[0]), (share.by_card, seed), (to_wifi, cards))
                .map(join)
                .map_err(text)
        }));
        let breaking = scope.spawn(move || chaos.run(running, [&cameras[0].camera, &cameras[1].camera]));
        let ended: Vec<_> = work.into_iter().map(|work| work.join()).collect();
        chaos.end();
        breaking.join().map_err(|_panic| "whoever breaks things panicked")?;
        for work in ended {
            work.map_err(|_panic| "a photographer panicked")??;
        }
        Ok(())
    })?;
    let taken = taken.into_inner().unwrap_or_else(PoisonError::into_inner);
    end(
        ordeal,
        running,
        Scene { folders: &folders, cameras: &cameras, third: &third, share, taken, chaos, tries, cards, behind },
    )
}

/// Who takes how many.
#[derive(Debug, Clone, Copy)]
struct Share {
    /// Each of two cameras.
    by_cable: u64,
    /// Each of three senders.
    by_ftp: u64,
    by_card: u64,
}

impl Share {
    fn of(frames: u64, has_card: bool) -> Self {
        let by_cable = frames / 5;
        let by_ftp = if has_card { frames / 10 } else { frames.saturating_sub(2 * by_cable) / 3 };
        let by_card = if has_card { frames.saturating_sub(2 * by_cable + 3 * by_ftp) } else { 0 };
        Self { by_cable, by_ftp, by_card }
    }
}

fn options() -> CameraOptions {
    CameraOptions { size_bytes: Some(SIZE_BYTES), ..CameraOptions::default() }
}

fn camera(folders: &Folders, body: &'static str, options: CameraOptions) -> Outcome<Held> {
    let card = folders.path().join("cards").join(body);
    fs::create_dir_all(card.join("DCIM").join(format!("100{}", options.body.folder)))?;
    let camera = VirtualCamera::open(&card, CameraOptions { port: free_port()?, ..options })?;
    Ok(Held { body, card, camera })
}

/// A port that nobody has now, and that the system gives nobody: it must stay the same when the cable is back and when
/// the server is started again, as a camera's menu holds it.
fn free_port() -> Outcome<u16> {
    let mut rng = SmallRng::from_os_rng();
    for _ in 0..1_000 {
        let port = rng.random_range(20_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err("no port is free".into())
}

/// A server that pulls, is sent to, and has a slot for cards of its own.
fn start(folders: &Folders, cameras: &[Held], has_slot: bool) -> Outcome<Start> {
    let tethers = cameras.iter().flat_map(|held| ["--tether".to_owned(), held.camera.port()]);
    let arguments = tethers.chain(["--ftp-listen".to_owned(), format!("127.0.0.1:{}", free_port()?)]).collect();
    let environment = [("KILAT_FTP_PASSIVE_PORTS", "0"), ("KILAT_CARD_IMPORT", "auto")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let under = if has_slot { Slot::machine(folders)? } else { Vec::new() };
    Ok(Start { under, arguments, environment, ..Start::default() })
}

/// Both cards of the first body are the same: in the end one of them was read in the slot.
fn shoot(held: &Held, frames: u64, (seed, has_slot): (u64, bool)) -> Outcome<Taken> {
    let mut rng = SmallRng::seed_from_u64(seed ^ held.body.bytes().map(u64::from).sum::<u64>());
    let mut taken = Taken::default();
    let way = if has_slot && held.body == "a" { Way::Card } else { Way::Cable };
    for number in 0..frames {
        held.shoot(number, &[way], &mut taken)?;
        pause(Duration::from_millis(rng.random_range(0..PACE_MS)));
    }
    Ok(taken)
}

impl Held {
    /// Takes one frame; its files, on the card.
    fn shoot(&self, number: u64, ways: &[Way], taken: &mut Taken) -> Outcome<Vec<PathBuf>> {
        let began = now_ms();
        let files: Vec<PathBuf> = self.camera.shoot(1)?.iter().map(|file| self.card.join(file)).collect();
        for file in &files {
            taken.add(file, Shot { body: self.body, number, between: (began, now_ms()), ways: ways.to_vec() })?;
        }
        Ok(files)
    }

    /// What stock `gphoto2` reads from it, as hashes.
    fn read_by_gphoto2(&self, folder: &Path) -> Outcome<BTreeSet<String>> {
        fs::create_dir_all(folder)?;
        let mut gphoto2 = Command::new("gphoto2");
        let arguments = ["--quiet", "--port", &self.camera.port(), "--get-all-files", "--force-overwrite"];
        let output = gphoto2.current_dir(folder).args(arguments).output();
        let output = output.map_err(|error| format!("gphoto2 does not start ({error}): apt-get install gphoto2"))?;
        if !output.status.success() {
            return Err(format!("gphoto2 failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(taken::files(folder)?.into_iter().map(|(_, hash)| hash).collect())
    }
}
