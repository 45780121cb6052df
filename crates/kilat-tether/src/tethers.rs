//! All tethered cameras: one supervisor for each, begun and ended as ports come and go.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use kilat_core::{CameraId, Stop};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::desk::{Desk, News};
use crate::supervise::{Reins, TetherConfig, Tethered, supervise};
use crate::words::sentence;
use kilat_core::CameraState;

/// Cameras at once: more than hubs have sockets.
const MAX_CAMERAS: usize = 32;

/// What whoever looks after USB and the settings tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortChange {
    /// A camera is at a port, perhaps at another than before.
    There(Tethered),
    /// Nothing is at its port any more.
    Away(CameraId),
    /// Its card is to be listed anew, because more of it is wanted: a session begins anew.
    Again(CameraId),
}

/// Pulls from all cameras that are told of, until it is told to stop. `desk` makes each camera's desk.
///
/// # Errors
/// None.
pub async fn run<D: Desk>(
    mut changes: mpsc::Receiver<PortChange>,
    desk: impl Fn(&Tethered) -> Arc<D> + Send + 'static,
    config: TetherConfig,
    stop: Stop,
) -> Result<(), Infallible> {
    let mut running: JoinSet<()> = JoinSet::new();
    let mut cameras: BTreeMap<CameraId, (Tethered, Arc<D>, Reins)> = BTreeMap::new();
    loop {
        let change = tokio::select! {
            change = changes.recv() => change,
            // A supervisor ends when it is told to.
            Some(_ended) = running.join_next() => continue,
            () = stop.asked() => None,
        };
        match change {
            None => break,
            Some(PortChange::There(camera)) => {
                if cameras.get(&camera.id).is_some_and(|(known, ..)| *known == camera) {
                    continue;
                }
                if let Some((_, _, before)) = cameras.remove(&camera.id) {
                    before.stop.ask();
                } else if cameras.len() >= MAX_CAMERAS {
                    tracing::warn!(camera = %camera.id, "more cameras than can be pulled from at once");
                    continue;
                }
                let (reins, desk) = (Reins::of(stop.child()), desk(&camera));
                running.spawn(supervise(camera.clone(), Arc::clone(&desk), config.clone(), reins.clone()));
                cameras.insert(camera.id.clone(), (camera, desk, reins));
            }
            Some(PortChange::Again(id)) => {
                if let Some((_, _, reins)) = cameras.get(&id) {
                    reins.again.notify_one();
                }
            }
            Some(PortChange::Away(id)) => {
                if let Some((camera, desk, before)) = cameras.remove(&id) {
                    before.stop.ask();
                    let message = sentence(&camera.name, &CameraState::Gone, "");
                    desk.told(News::State(CameraState::Gone, message)).await;
                }
            }
        }
    }
    // The sender went away first, or all is to end.
    if !stop.is_asked() {
        stop.asked().await;
    }
    while running.join_next().await.is_some() {}
    Ok(())
}
