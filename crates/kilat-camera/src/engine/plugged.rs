//! Cameras on USB as the journal is told of them.
//!
//! A change is told at once; one that follows within [`CALM`] of the last is told when it has stood for so long, so
//! that a loose plug is one alarm and not a hundred. Who pulls from cameras hears of every change.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use kilat_core::{CameraFact, CameraId, CameraKind, CameraState, Fact, KnownCamera};

use crate::usb::{Holder, UsbChange, UsbDevice, UsbRole, who_holds};

/// How long a change must stand that follows another.
const CALM: Duration = Duration::from_secs(3);
/// When to look who has a camera: at once, and while a desktop finds it; then now and then.
const LOOKS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10)];
/// Between the looks after those.
const NOW_AND_THEN: Duration = Duration::from_secs(30);
/// Cameras remembered that are not there: as many as are followed at once.
const MAX_AWAY: usize = 64;

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

/// The cameras that are or were plugged in.
#[derive(Debug, Default)]
pub(super) struct PluggedIn(BTreeMap<CameraId, Seen>);

#[derive(Debug)]
struct Seen {
    device: UsbDevice,
    is_there: bool,
    /// Whether the journal says so, and since when.
    told: Option<(bool, Duration)>,
    /// When what is so now will have stood long enough.
    due: Option<Duration>,
    holder: Option<Holder>,
    looks: usize,
    next_look: Duration,
}

impl PluggedIn {
    /// What a change comes to; `now` is the monotonic clock.
    pub(super) fn take(&mut self, change: UsbChange, now: Duration) -> Vec<Fact> {
        match change {
            UsbChange::Plugged(device) if device.role == UsbRole::Camera => {
                let told = self.0.get(&device.id).and_then(|seen| seen.told);
                let id = device.id.clone();
                let seen = Seen { device, is_there: true, told, due: None, holder: None, looks: 0, next_look: now };
                self.0.insert(id.clone(), seen);
                self.tell_soon(&id, now)
            }
            UsbChange::Plugged(device) => {
                tracing::info!(name = device.name(), port = device.port, "a card reader or a disk is on USB");
                Vec::new()
            }
            UsbChange::Unplugged(device) => {
                let Some(seen) = self.0.get_mut(&device.id) else { return Vec::new() };
                seen.is_there = false;
                seen.holder = None;
                self.tell_soon(&device.id, now)
            }
            UsbChange::NoUsb(why) => {
                tracing::info!(why, "no USB: cameras are not seen when they are plugged in");
                Vec::new()
            }
        }
    }

    fn tell_soon(&mut self, id: &CameraId, now: Duration) -> Vec<Fact> {
        let Some(seen) = self.0.get_mut(id) else { return Vec::new() };
        match seen.told {
            Some((told, _)) if told == seen.is_there => {
                seen.due = None;
                // Perhaps at another port.
                if told { vec![Fact::Camera(added(&seen.device))] } else { Vec::new() }
            }
            Some((_, at)) if now.saturating_sub(at) < CALM => {
                seen.due = Some(now + CALM);
                Vec::new()
            }
            Some(_) | None => self.tell(id, now),
        }
    }

    fn tell(&mut self, id: &CameraId, now: Duration) -> Vec<Fact> {
        let Some(seen) = self.0.get_mut(id) else { return Vec::new() };
        (seen.told, seen.due) = (Some((seen.is_there, now)), None);
        let facts =
            if seen.is_there { vec![added(&seen.device), ready(&seen.device)] } else { vec![gone(&seen.device)] };
        self.forget_the_oldest();
        facts.into_iter().map(Fact::Camera).collect()
    }

    fn forget_the_oldest(&mut self) {
        let away = self.0.iter().filter(|(_, seen)| !seen.is_there && seen.due.is_none());
        let oldest = away.clone().min_by_key(|(_, seen)| seen.told.map(|(_, at)| at)).map(|(id, _)| id.clone());
        if away.count() > MAX_AWAY
            && let Some(oldest) = oldest
        {
            self.0.remove(&oldest);
        }
    }

    /// Those that can be pulled from.
    pub(super) fn free(&self) -> Vec<UsbCamera> {
        let free = self.0.values().filter(|seen| seen.is_there && seen.holder.is_none());
        let camera = |Seen { device, .. }: &Seen| UsbCamera {
            camera: device.id.clone(),
            port: device.gphoto2_port(),
            model: device.model.clone(),
        };
        free.map(camera).collect()
    }

    /// When [`PluggedIn::look`] has something to do.
    pub(super) fn next_look(&self) -> Option<Duration> {
        let looks = self.0.values().filter(|seen| seen.is_there).map(|seen| seen.next_look);
        looks.chain(self.0.values().filter_map(|seen| seen.due)).min()
    }

    /// Tells what has stood long enough, and looks who has those cameras that it is time for. Blocks on the system for
    /// some milliseconds.
    pub(super) fn look(&mut self, (proc, sys): (&Path, &Path), now: Duration) -> Vec<Fact> {
        let due: Vec<CameraId> = self
            .0
            .iter()
            .filter(|(_, seen)| seen.due.is_some_and(|due| due <= now))
            .map(|(id, _)| id.clone())
            .collect();
        let mut facts: Vec<Fact> = due.iter().flat_map(|id| self.tell(id, now)).collect();
        for seen in self.0.values_mut().filter(|seen| seen.is_there && seen.next_look <= now) {
            seen.next_look = now + LOOKS.get(seen.looks).copied().unwrap_or(NOW_AND_THEN);
            seen.looks += 1;
            let holder = who_holds(proc, sys, seen.device.address);
            if holder == seen.holder {
                continue;
            }
            facts.push(Fact::Camera(match &holder {
                Some(holder) => held(&seen.device, holder),
                None => ready(&seen.device),
            }));
            seen.holder = holder;
        }
        facts
    }
}

fn added(device: &UsbDevice) -> CameraFact {
    let camera = KnownCamera {
        id: device.id.clone(),
        name: device.name(),
        kind: CameraKind::Tethered,
        body: Some(device.body()),
        place: Some(device.place()),
        login: None,
    };
    CameraFact::Added { camera }
}

fn ready(device: &UsbDevice) -> CameraFact {
    let message = Some(format!("plugged in at {}", device.place()));
    CameraFact::Changed { camera: device.id.clone(), state: CameraState::Ready, message }
}

fn gone(device: &UsbDevice) -> CameraFact {
    let message = Some(format!("unplugged from {}, or switched off", device.place()));
    CameraFact::Changed { camera: device.id.clone(), state: CameraState::Gone, message }
}

fn held(device: &UsbDevice, holder: &Holder) -> CameraFact {
    let message = Some(format!("{} has it; to free it: {}", holder.who(), holder.remedy));
    CameraFact::Changed { camera: device.id.clone(), state: CameraState::Held { by: holder.program.clone() }, message }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::usb::nikon;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(100_000 + ms)
    }

    fn words(facts: &[Fact]) -> Vec<String> {
        let word = |fact: &Fact| {
            if let Fact::Camera(CameraFact::Added { camera }) = fact {
                format!("added at {}", camera.place.as_deref().unwrap_or("?"))
            } else if let Fact::Camera(CameraFact::Changed { state, message, .. }) = fact {
                format!("{state:?}: {}", message.as_deref().unwrap_or(""))
            } else {
                format!("{fact:?}")
            }
        };
        facts.iter().map(word).collect()
    }

    fn plug(usb: &mut PluggedIn, device: u8, ms: u64) -> Vec<String> {
        words(&usb.take(UsbChange::Plugged(nikon(device, 3, Some("301")).device().expect("a camera")), at(ms)))
    }

    fn unplug(usb: &mut PluggedIn, device: u8, ms: u64) -> Vec<String> {
        words(&usb.take(UsbChange::Unplugged(nikon(device, 3, Some("301")).device().expect("a camera")), at(ms)))
    }

    fn look(usb: &mut PluggedIn, ms: u64) -> Vec<String> {
        words(&usb.look((Path::new("/nowhere"), Path::new("/nowhere")), at(ms)))
    }

    const READY: [&str; 2] = ["added at USB 1-2.3", "Ready: plugged in at USB 1-2.3"];
    const GONE: [&str; 1] = ["Gone: unplugged from USB 1-2.3, or switched off"];

    #[test]
    fn a_change_is_told_at_once_and_a_flap_when_it_has_stood() {
        let mut usb = PluggedIn::default();
        assert_eq!(plug(&mut usb, 7, 0), READY);
        assert_eq!(unplug(&mut usb, 7, 5_000), GONE, "at once");
        assert!(plug(&mut usb, 8, 5_400).is_empty());
        assert_eq!(usb.free()[0].port, "usb:001,008", "who pulls hears of it at once");
        assert!(unplug(&mut usb, 8, 5_500).is_empty(), "it is gone as it was told");
        assert!(usb.free().is_empty());
        assert_eq!(usb.next_look(), None, "nothing is left to tell");
        assert!(plug(&mut usb, 9, 6_000).is_empty());
        assert!(look(&mut usb, 8_900).is_empty());
        assert_eq!(look(&mut usb, 9_000), READY, "it stood for three seconds");
        assert_eq!(unplug(&mut usb, 9, 20_000), GONE);
    }

    #[test]
    fn a_loose_plug_of_an_hour_is_told_no_more_often_than_every_three_seconds() {
        let mut usb = PluggedIn::default();
        let mut told = 0;
        for n in 0..36_000_u64 {
            let ms = n * 100;
            let facts = if n % 2 == 0 { plug(&mut usb, 7, ms) } else { unplug(&mut usb, 7, ms) };
            told += facts.iter().filter(|fact| !fact.starts_with("added")).count() + look(&mut usb, ms).len();
        }
        assert!(told <= 1_200, "{told} in an hour");
    }

    #[test]
    fn one_that_comes_back_at_another_address_before_it_was_missed_is_told_by_its_place_alone() {
        let mut usb = PluggedIn::default();
        plug(&mut usb, 7, 0);
        assert!(unplug(&mut usb, 7, 500).is_empty());
        assert_eq!(plug(&mut usb, 8, 600), ["added at USB 1-2.3"]);
        assert_eq!(usb.free()[0].port, "usb:001,008");
    }

    #[test]
    fn a_camera_that_the_desktop_has_is_told_with_the_way_to_free_it_and_is_not_offered() {
        let proc = tempfile::tempdir().expect("a folder");
        let own = proc.path().join("812");
        fs::create_dir_all(own.join("fd")).expect("a process");
        fs::write(own.join("cmdline"), "/usr/libexec/gvfsd-gphoto2\0").expect("a command");
        symlink("/dev/bus/usb/001/007", own.join("fd/9")).expect("a file");
        let mut usb = PluggedIn::default();
        plug(&mut usb, 7, 0);
        let roots = (proc.path(), Path::new("/nowhere"));
        let held = words(&usb.look(roots, at(0)));
        assert_eq!(
            held,
            ["Held { by: \"gvfsd-gphoto2\" }: gvfsd-gphoto2 (pid 812) has it; to free it: gio mount -s gphoto2"]
        );
        assert!(usb.free().is_empty() && usb.look(roots, at(1_000)).is_empty(), "told once");
        fs::remove_dir_all(own).expect("it ends");
        assert_eq!(words(&usb.look(roots, at(4_000))), [READY[1]]);
        assert_eq!(usb.free().len(), 1);
    }
}
