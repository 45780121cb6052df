//! Cameras on USB and cards: who follows them, and who pulls from what is plugged in.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use kilat_camera::cards::Places;
use kilat_camera::import::Importer;
use kilat_camera::{CameraConfig, UsbCamera};
use kilat_core::{Stop, Tasks};
use kilat_tether::{PortChange, Tethered};
use tokio::sync::{mpsc, watch};

use super::run::Parts;
use crate::config::Config;

/// Starts to follow USB and the mounts; `ports` hears of the cameras on USB that nobody else has.
pub(super) fn start(tasks: &mut Tasks, config: &Config, parts: &Parts, ports: mpsc::Sender<PortChange>) {
    let (told, plugged) = watch::channel(Vec::new());
    let importer = Importer {
        intake: parts.intake.clone(),
        journal: parts.journal.clone(),
        board: parts.board.clone(),
        places: Places::real(),
        clock: parts.clock.clone(),
        ids: parts.ids.clone(),
    };
    let data = canonical(&config.data.value);
    let config = CameraConfig { import: config.cameras.card_import.value, data, proc: "/proc".into() };
    tasks.spawn("cameras", kilat_camera::run(config, importer, told, parts.engines_stop.clone()));
    tasks.spawn("ports", tell_ports(plugged, ports, parts.engines_stop.clone()));
}

/// Mounts are listed under their real names.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// What changed of the cameras on USB, as whoever pulls from them is told; what went first.
async fn tell_ports(
    mut plugged: watch::Receiver<Vec<UsbCamera>>,
    ports: mpsc::Sender<PortChange>,
    stop: Stop,
) -> Result<(), Infallible> {
    let mut known: Vec<UsbCamera> = Vec::new();
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(()),
            // Its sender ends with `stop` only.
            changed = plugged.changed() => if changed.is_err() {
                stop.asked().await;
                return Ok(());
            },
        }
        let now = plugged.borrow_and_update().clone();
        let away = known.iter().filter(|camera| !now.contains(camera));
        let there = now.iter().filter(|camera| !known.contains(camera));
        let away = away.map(|camera| PortChange::Away(camera.camera.clone()));
        let changes: Vec<PortChange> = away.chain(there.map(|camera| PortChange::There(tethered(camera)))).collect();
        for change in changes {
            tokio::select! {
                () = stop.asked() => return Ok(()),
                // The receiver ends only when all does.
                sent = ports.send(change) => if sent.is_err() {
                    stop.asked().await;
                    return Ok(());
                },
            }
        }
        known = now;
    }
}

fn tethered(camera: &UsbCamera) -> Tethered {
    Tethered { id: camera.camera.clone(), name: camera.model.clone(), port: camera.port.clone() }
}
