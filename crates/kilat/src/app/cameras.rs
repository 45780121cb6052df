//! Cameras and cards: what follows USB and the mounts, and what may be pulled from.

use std::path::{Path, PathBuf};

use kilat_camera::cards::Places;
use kilat_camera::import::Importer;
use kilat_camera::{CameraConfig, UsbCamera};
use kilat_core::{Stop, Tasks};
use tokio::sync::watch;

use super::run::Parts;
use crate::config::Config;

/// Starts to follow; answers the cameras on USB that nobody else has, whenever they change.
pub(super) fn start(tasks: &mut Tasks, config: &Config, parts: &Parts, stop: Stop) -> watch::Receiver<Vec<UsbCamera>> {
    let data = std::path::absolute(&config.data.value).unwrap_or_else(|_| config.data.value.clone());
    let (told, plugged) = watch::channel(Vec::new());
    let importer = Importer {
        intake: parts.intake.clone(),
        journal: parts.journal.clone(),
        board: parts.board.clone(),
        places: Places::real(),
        clock: parts.clock.clone(),
        ids: parts.ids.clone(),
    };
    let config =
        CameraConfig { import: config.cameras.card_import.value, data: canonical(&data), proc: "/proc".into() };
    tasks.spawn("cameras", kilat_camera::run(config, importer, told, stop));
    plugged
}

/// Mounts are listed under their real names.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
