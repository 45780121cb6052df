//! `kilat demo`: a virtual shoot on a data folder of its own, which is emptied at each start.
//!
//! With `--tether`, two virtual cameras take the place of the hot folder, and the server pulls from them.
//! Only a folder that a demo made is ever emptied: it holds a mark. Everything behind the hot
//! folder is the real server.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use kilat_core::{Clock, SystemClock};
use kilat_demo::{Body, CameraOptions, Photographer, Shot, VirtualCamera, ZONE_HOURS, write};

use super::out;
use crate::app::{self, Kind};
use crate::config::{Config, Flags, ServeFlags};
use crate::fail::{Code, Fail};
use crate::log;

/// Says that a folder belongs to a demo.
const MARK: &str = ".kilat-demo";
/// The card is full then: with the copies, some 2 GB.
const CARD_FRAMES: u32 = 1_500;
/// Different pictures of a virtual camera.
const PICTURES: usize = 6;
/// How long a file of a virtual camera is at least.
const TETHERED_BYTES: usize = 400_000;
/// Between two frames of a burst.
const BURST: Duration = Duration::from_millis(120);

#[derive(Debug, clap::Args)]
pub(super) struct DemoFlags {
    /// How fast the photographer shoots, for example 2/s or 30/min
    #[arg(long, value_name = "N/s", default_value = "1/s", value_parser = pace)]
    rate: Duration,
    #[command(flatten)]
    serve: ServeFlags,
}

pub(super) fn run(flags: &Flags, demo: &DemoFlags) -> Result<(), Fail> {
    // It could fill somebody's disk with what is no photo.
    if !demo.serve.watch.is_empty() || !demo.serve.to.is_empty() {
        let what = "a demo has a hot folder and a destination of its own: --watch and --to cannot be";
        return Err(Fail::setting(what.to_owned(), "leave them out; kilat demo --data DIR says where it works"));
    }
    if demo.serve.tether.iter().any(|address| !address.is_empty()) {
        let what = "a demo has virtual cameras of its own: --tether takes no address here";
        return Err(Fail::setting(what.to_owned(), "kilat serve --tether ADDRESS pulls from a real one"));
    }
    let folder = flags.data.clone().unwrap_or_else(|| PathBuf::from("kilat-demo"));
    prepare(&folder).map_err(|error| {
        let what = format!("cannot prepare the demo folder {}: {error}", folder.display());
        Fail::new(Code::DataFolder, what, "choose another: kilat demo --data DIR")
    })?;
    let hot = folder.join("hot");
    let cameras = if demo.serve.tether.is_empty() { Vec::new() } else { cameras(&folder)? };
    let serve = ServeFlags {
        tether: cameras.iter().map(VirtualCamera::port).collect(),
        event: demo.serve.event.clone().or_else(|| Some("Demo wedding".to_owned())),
        watch: vec![hot.clone()],
        to: vec![folder.join("photos").to_string_lossy().into_owned()],
        ..demo.serve.clone()
    };
    let flags = Flags { data: Some(folder.join("data")), ..flags.clone() };
    let config = Config::load(&flags, &serve)?;
    log::start(&config)?;

    let (alive, ended) = sync_channel::<()>(0);
    let rate = demo.rate;
    let mut shooting = None;
    let outcome = app::run(&config, Kind::Demo, |welcome| {
        out::note(&format!("This is a demo: no photo in it is real. Look: {}/admin", welcome.http));
        super::serve::sign_in(welcome);
        let who = if cameras.is_empty() { hot.display().to_string() } else { ports(&cameras) };
        out::note(&format!("  the virtual photographer shoots into {who}"));
        shooting = Some(std::thread::spawn(move || {
            let shot = if cameras.is_empty() { shoot(&hot, rate, &ended) } else { release(&cameras, rate, &ended) };
            if let Err(error) = shot {
                tracing::error!(%error, "the virtual photographer stopped");
            }
        }));
    });
    drop(alive);
    if shooting.is_some_and(|thread| thread.join().is_err()) {
        tracing::error!("the virtual photographer panicked");
    }
    outcome
}

/// Two cameras of one model with a card each; a line when this machine cannot pull from them.
fn cameras(folder: &Path) -> Result<Vec<VirtualCamera>, Fail> {
    if let Some(what) = app::cables::missing() {
        out::note(&what);
    }
    let open = |name: &str, options: CameraOptions| {
        let card = folder.join("cards").join(name);
        std::fs::create_dir_all(&card).and_then(|()| VirtualCamera::open(&card, options)).map_err(|error| {
            let what = format!("cannot switch on a virtual camera with the card {}: {error}", card.display());
            Fail::new(Code::DataFolder, what, "choose another folder: kilat demo --data DIR")
        })
    };
    let seed = SystemClock::new().now().0.unsigned_abs();
    let options = CameraOptions { size_bytes: Some(TETHERED_BYTES), pictures: PICTURES, ..CameraOptions::default() };
    let second = CameraOptions { body: Body::B, seed: seed + 1, ..options };
    let first = CameraOptions { has_raw: true, seed, ..options };
    Ok(vec![open("a", first)?, open("b", second)?])
}

fn ports(cameras: &[VirtualCamera]) -> String {
    cameras.iter().map(VirtualCamera::port).collect::<Vec<_>>().join(" and ")
}

/// Releases the cameras' shutters, the first one's more often, until the cards are full or the server has ended.
fn release(
    cameras: &[VirtualCamera],
    rate: Duration,
    ended: &Receiver<()>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    for frame in 0..CARD_FRAMES {
        if !wait(rate, ended) {
            return Ok(());
        }
        let which = if frame % 4 == 3 { cameras.len() - 1 } else { 0 };
        cameras[which].shoot(1)?;
    }
    Ok(())
}

/// Empties what an earlier demo left, and nothing else.
fn prepare(folder: &Path) -> io::Result<()> {
    let has_mark = folder.join(MARK).try_exists()?;
    if !has_mark && folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(io::Error::other("it is not empty and no demo made it"));
    }
    if has_mark {
        for part in ["hot", "photos", "data", "cards"] {
            match std::fs::remove_dir_all(folder.join(part)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
    }
    std::fs::create_dir_all(folder.join("hot"))?;
    std::fs::write(folder.join(MARK), "A Kilat demo made this folder and empties it at its next start.\n")
}

/// Shoots until the card is full or the server has ended.
fn shoot(hot: &Path, rate: Duration, ended: &Receiver<()>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let clock = SystemClock::new();
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(ZONE_HOURS));
    let mut photographer = Photographer::start(clock.now().0.unsigned_abs())?;
    for _ in 0..CARD_FRAMES {
        let pause = if photographer.is_in_burst() { BURST.min(rate) } else { rate };
        if !wait(pause, ended) {
            return Ok(());
        }
        let taken = jiff::Timestamp::from_millisecond(clock.now().0)?.to_zoned(zone.clone()).datetime();
        for Shot { path, bytes, manner } in photographer.shoot(taken) {
            write(&hot.join(path), &bytes, manner, || {
                wait(BURST, ended);
            })?;
        }
    }
    tracing::info!(frames = CARD_FRAMES, "the virtual photographer's card is full; start the demo again for a new one");
    Ok(())
}

/// Waits; false when the server has ended.
fn wait(pause: Duration, ended: &Receiver<()>) -> bool {
    matches!(ended.recv_timeout(pause), Err(RecvTimeoutError::Timeout))
}

/// `2/s`, `0.5/s`, `30/min`: the time between two frames.
fn pace(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no pace; write for example 2/s or 30/min (at most 20/s)");
    let (count, unit) = text.split_once('/').unwrap_or((text, "s"));
    let count: f64 = count.trim().parse().map_err(|_why| wrong())?;
    let seconds = match unit.trim() {
        "s" | "sec" | "second" => 1.0,
        "m" | "min" | "minute" => 60.0,
        _ => return Err(wrong()),
    };
    let per_second = count / seconds;
    if !(0.001..=20.0).contains(&per_second) {
        return Err(wrong());
    }
    Ok(Duration::from_secs_f64(1.0 / per_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_read_as_people_write_it() {
        assert_eq!(pace("2/s"), Ok(Duration::from_millis(500)));
        assert_eq!(pace("30/min"), Ok(Duration::from_secs(2)));
        for wrong in ["0/s", "-1/s", "fast", "1/h", "1e9/s", "NaN/s"] {
            assert!(pace(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_folder_with_somebodys_files_is_never_emptied() {
        let folder = tempfile::tempdir().expect("a folder");
        let photo = folder.path().join("hot/DSC_1.JPG");
        std::fs::create_dir(folder.path().join("hot")).expect("made");
        std::fs::write(&photo, b"mine").expect("written");
        assert!(prepare(folder.path()).is_err());
        assert!(photo.exists());
    }
}
