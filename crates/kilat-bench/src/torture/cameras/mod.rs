//! A wedding in some minutes: two cameras on the cable, three senders by FTP and a card, all at once, while cables are
//! pulled, helpers are killed and the server is killed. Judged by the oracle and by the stock `gphoto2` tool.

mod chaos;
mod senders;

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use kilat_demo::{Body, CameraOptions, VirtualCamera};
use kilat_testkit::{Folders, Oracle, Server, Start, hash_file, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use self::chaos::{Chaos, Running};
use self::senders::{CLIENTS, Login, Tries, send};
use super::{Ordeal, Tally};
use crate::Outcome;

/// Between two frames of a camera, at most.
const PACE_MS: u64 = 250;
/// How long files are at least.
const SIZE_BYTES: usize = 120_000;
/// Photos of one page.
const PAGE: usize = 200;

/// Takes so many frames by every way, and judges.
///
/// # Errors
/// When the folders cannot be used, or a program is missing.
///
/// # Panics
/// When a server does not start, or does not finish in time.
pub fn cameras(ordeal: &Ordeal<'_>, frames: u64) -> Outcome<Tally> {
    let mut tally = Tally::of("cameras, FTP and a card at once; cables pulled, helpers and the server killed");
    let folders = Folders::below(&ordeal.folder)?;
    let cameras = [camera(&folders, "a", Body::A, 1)?, camera(&folders, "b", Body::B, 2)?];
    let ftp = free_port()?;
    let tethers = cameras.iter().flat_map(|(_, camera)| ["--tether".to_owned(), camera.port()]);
    let arguments = tethers.chain(["--ftp-listen".to_owned(), format!("127.0.0.1:{ftp}")]).collect();
    let start = Start { arguments, ..Start::default() };
    let running = Running::start(&ordeal.kilat, &folders, start);
    let logins: Vec<Login> = CLIENTS
        .iter()
        .map(|client| Login::make(&ordeal.kilat, &folders.data, &format!("Sender {client}")))
        .collect::<Outcome<_>>()?;
    let tries = Tries::default();
    let (by_cable, by_ftp) = (frames / 4, frames / 6);
    let chaos = Chaos::new(ordeal.seed);
    let oracle = Mutex::new(Oracle::default());
    let join = |part: Oracle| oracle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).join(part);
    std::thread::scope(|scope| -> Outcome<()> {
        let (running, tries, chaos, join, cameras, folders) = (&running, &tries, &chaos, &join, &cameras, &folders);
        let shooting: Vec<_> = cameras
            .iter()
            .map(|(card, camera)| {
                let seed = ordeal.seed;
                scope.spawn(move || shoot(camera, card, by_cable, seed).map(join).map_err(|error| error.to_string()))
            })
            .collect();
        let sending: Vec<_> = CLIENTS
            .iter()
            .zip(&logins)
            .enumerate()
            .map(|(place, (client, login))| {
                let (folder, seed) = (folders.path().join("sends").join(client), ordeal.seed + 10 + place as u64);
                let server = move || running.ftp();
                scope.spawn(move || {
                    let sent = send(client, login, (&folder, seed, by_ftp), (&server, tries));
                    sent.map(join).map_err(|error| error.to_string())
                })
            })
            .collect();
        let breaking = scope.spawn(move || chaos.run(running, &cameras_of(cameras)));
        for work in shooting.into_iter().chain(sending) {
            work.join().map_err(|_panic| "a photographer panicked")??;
        }
        chaos.end();
        breaking.join().map_err(|_panic| "whoever breaks things panicked")?;
        Ok(())
    })?;
    for (_, camera) in &cameras {
        camera.plug()?;
    }
    let oracle = oracle.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let server = running.into_server();
    server.viewer().wait_safe(oracle.count());
    let order = out_of_order(&server);
    if !server.stop().success() {
        return Err("the last server did not stop well".into());
    }
    let verdict = oracle.judge(&folders.out)?;
    tally.times = chaos.count();
    tally.owed = oracle.count();
    tally.add(&verdict);
    if !verdict.is_good() {
        (ordeal.say)(&format!("{verdict:#?}\n{}", folders.log()));
    }
    let judged = judge_by_gphoto2(&folders, &cameras)?;
    (ordeal.say)(&format!(
        "{}; {} files sent by FTP in {} tries; gphoto2 read {judged} files from the cameras, each stands at the destination; {order} out of order",
        chaos.summary(),
        tries.sent.load(Ordering::Relaxed),
        tries.sent.load(Ordering::Relaxed) + tries.failed.load(Ordering::Relaxed),
    ));
    if order > 0 {
        return Err(format!("{order} photos are out of order").into());
    }
    Ok(tally)
}

type Named = (std::path::PathBuf, VirtualCamera);

fn cameras_of(cameras: &[Named; 2]) -> [&VirtualCamera; 2] {
    [&cameras[0].1, &cameras[1].1]
}

fn camera(folders: &Folders, name: &str, body: Body, seed: u64) -> Outcome<Named> {
    let card = folders.path().join("cards").join(name);
    fs::create_dir_all(&card)?;
    let options = CameraOptions { body, seed, size_bytes: Some(SIZE_BYTES), ..CameraOptions::default() };
    let camera = VirtualCamera::open(&card, options)?;
    Ok((card, camera))
}

/// A port that nobody has now: it must stay the same when the server is started again, as a camera's menu holds it.
fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn shoot(camera: &VirtualCamera, card: &Path, frames: u64, seed: u64) -> Outcome<Oracle> {
    let mut rng = SmallRng::seed_from_u64(seed ^ u64::from(camera.address().port()));
    let mut oracle = Oracle::default();
    for _ in 0..frames {
        for path in camera.shoot(1)? {
            oracle.closed(&path, &fs::read(card.join(&path))?);
        }
        pause(Duration::from_millis(rng.random_range(0..PACE_MS)));
    }
    Ok(oracle)
}

/// What the stock tool reads from the cameras, each file looked for at the destination; how many there are.
fn judge_by_gphoto2(folders: &Folders, cameras: &[Named; 2]) -> Outcome<usize> {
    let stored: BTreeSet<String> = hashes(&folders.out)?.into_iter().collect();
    let mut count = 0;
    for (place, (_, camera)) in cameras.iter().enumerate() {
        let folder = folders.path().join(format!("judge-{place}"));
        fs::create_dir_all(&folder)?;
        let mut gphoto2 = Command::new("gphoto2");
        gphoto2.current_dir(&folder).args([
            "--quiet",
            "--port",
            &camera.port(),
            "--get-all-files",
            "--force-overwrite",
        ]);
        let output = gphoto2.output()?;
        if !output.status.success() {
            return Err(format!("gphoto2 failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let read = hashes(&folder)?;
        count += read.len();
        if let Some(hash) = read.iter().find(|hash| !stored.contains(*hash)) {
            return Err(format!("gphoto2 read a file that does not stand at the destination: {hash}").into());
        }
    }
    Ok(count)
}

fn hashes(folder: &Path) -> Outcome<Vec<String>> {
    let mut hashes = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            hashes.extend(self::hashes(&entry.path())?);
        } else {
            hashes.push(hash_file(&fs::File::open(entry.path())?)?);
        }
    }
    Ok(hashes)
}

/// Photos that the server lists before one that was taken later.
fn out_of_order(server: &Server) -> usize {
    let mut taken: Vec<String> = Vec::new();
    let mut path = format!("/api/photos?limit={PAGE}");
    loop {
        let page = server.get(&path);
        let photos = page["photos"].as_array().cloned().unwrap_or_default();
        taken.extend(photos.iter().filter_map(|photo: &Value| photo["takenAt"].as_str()).map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/photos?limit={PAGE}&before={next}"),
            None => break,
        }
    }
    // Newest first.
    taken.windows(2).filter(|two| two[0] < two[1]).count()
}
