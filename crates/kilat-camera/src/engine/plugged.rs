//! Cameras on USB as the journal is told of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use kilat_core::{CameraFact, CameraId, CameraKind, CameraState, Fact, KnownCamera};

use crate::usb::{Holder, UsbChange, UsbDevice, UsbRole, who_holds};

/// When to look who has a camera: at once, and while a desktop finds it; then now and then.
const LOOKS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10)];
/// Between the looks after those.
const NOW_AND_THEN: Duration = Duration::from_secs(30);

/// A camera that can be pulled from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsbCamera {
    /// Which.
    pub camera: CameraId,
    /// What libgphoto2 calls its port.
    pub port: String,
    /// What it is, as people know it.
    pub model: String,
}

/// The cameras that are plugged in.
#[derive(Debug, Default)]
pub(super) struct PluggedIn(BTreeMap<CameraId, Plugged>);

#[derive(Debug)]
struct Plugged {
    device: UsbDevice,
    holder: Option<Holder>,
    looks: usize,
    next_look: Duration,
}

impl PluggedIn {
    /// What a change comes to; `now` is the monotonic clock.
    pub(super) fn take(&mut self, change: UsbChange, now: Duration) -> Vec<Fact> {
        match change {
            UsbChange::Plugged(device) if device.role == UsbRole::Camera => {
                let known = KnownCamera {
                    id: device.id.clone(),
                    name: device.name(),
                    kind: CameraKind::Tethered,
                    body: Some(device.body()),
                    place: Some(device.place()),
                    login: None,
                };
                let facts = [CameraFact::Added { camera: known }, ready(&device)];
                let plugged = Plugged { device, holder: None, looks: 0, next_look: now };
                self.0.insert(plugged.device.id.clone(), plugged);
                facts.map(Fact::Camera).into()
            }
            UsbChange::Plugged(device) => {
                tracing::info!(name = device.name(), port = device.port, "a card reader or a disk is on USB");
                Vec::new()
            }
            UsbChange::Unplugged(device) => {
                let Some(gone) = self.0.remove(&device.id) else { return Vec::new() };
                let message = Some(format!("unplugged from {}, or switched off", gone.device.place()));
                vec![Fact::Camera(CameraFact::Changed { camera: device.id, state: CameraState::Gone, message })]
            }
            UsbChange::NoUsb(why) => {
                tracing::info!(why, "no USB: cameras are not seen when they are plugged in");
                Vec::new()
            }
        }
    }

    /// Those that can be pulled from.
    pub(super) fn free(&self) -> Vec<UsbCamera> {
        let free = self.0.values().filter(|plugged| plugged.holder.is_none());
        let camera = |Plugged { device, .. }: &Plugged| UsbCamera {
            camera: device.id.clone(),
            port: device.gphoto2_port(),
            model: device.model.clone(),
        };
        free.map(camera).collect()
    }

    /// When somebody is to look who has a camera.
    pub(super) fn next_look(&self) -> Option<Duration> {
        self.0.values().map(|plugged| plugged.next_look).min()
    }

    /// Looks who has those cameras that it is time for. Blocks on the system for some milliseconds.
    pub(super) fn look(&mut self, (proc, sys): (&Path, &Path), now: Duration) -> Vec<Fact> {
        let mut facts = Vec::new();
        for plugged in self.0.values_mut().filter(|plugged| plugged.next_look <= now) {
            plugged.next_look = now + LOOKS.get(plugged.looks).copied().unwrap_or(NOW_AND_THEN);
            plugged.looks += 1;
            let holder = who_holds(proc, sys, plugged.device.address);
            if holder == plugged.holder {
                continue;
            }
            facts.push(Fact::Camera(match &holder {
                Some(holder) => held(&plugged.device, holder),
                None => ready(&plugged.device),
            }));
            plugged.holder = holder;
        }
        facts
    }
}

fn ready(device: &UsbDevice) -> CameraFact {
    let message = Some(format!("plugged in at {}", device.place()));
    CameraFact::Changed { camera: device.id.clone(), state: CameraState::Ready, message }
}

fn held(device: &UsbDevice, holder: &Holder) -> CameraFact {
    let message = Some(format!("{} has it; to free it: {}", holder.who(), holder.remedy));
    CameraFact::Changed { camera: device.id.clone(), state: CameraState::Held { by: holder.program.clone() }, message }
}
