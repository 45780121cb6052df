//! When to look at the bus: at once when the system says that something happened, and every few seconds, for nobody
//! says anything in a container.
//!
//! What an event says is not believed, only that there was one: the look that follows tells what is so. Whatever comes
//! and goes between two looks was never there.

use std::time::Duration;

use futures_util::StreamExt;
use kilat_core::Stop;
use nusb::MaybeFuture;
use nusb::hotplug::HotplugWatch;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::device::{Descriptors, UsbDevice};
use super::table::Table;

/// Between two looks without an event.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);
/// From an event to the look: a plug makes and breaks contact for some milliseconds, and the system sets a device up
/// just after it told of it.
const SETTLE: Duration = Duration::from_millis(15);
/// To the next look while a device is not set up yet.
const UNREADY: Duration = Duration::from_millis(40);
/// To the second look after an event: the system tells that a device goes while its entries are still there.
const SECOND_LOOK: Duration = Duration::from_millis(150);
/// Looks in a row for devices that are not set up; then they are left to the next event or [`LOOK_EVERY`].
const MAX_UNREADY: u32 = 25;
/// Changes that wait for whoever follows: the devices of a machine twice over. When it is full, the bus is looked at
/// later.
const QUEUE: usize = 128;

/// What happened on USB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsbChange {
    /// It is there now.
    Plugged(UsbDevice),
    /// It is not there any more.
    Unplugged(UsbDevice),
    /// There is no USB, and why; told once.
    NoUsb(String),
}

/// What a look at the bus saw.
#[derive(Debug, Clone)]
pub enum Bus {
    /// Cameras and card readers.
    Devices(Vec<UsbDevice>),
    /// The system has no USB.
    None(String),
}

/// One look at the bus, for whoever asks once. Blocks on the system.
#[must_use]
pub fn look() -> Bus {
    match descriptors() {
        Ok(seen) => {
            let mut table = Table::default();
            let plugged = table.look(&seen).into_iter().filter_map(|change| match change {
                UsbChange::Plugged(device) => Some(device),
                UsbChange::Unplugged(_) | UsbChange::NoUsb(_) => None,
            });
            Bus::Devices(plugged.collect())
        }
        Err(why) => Bus::None(why),
    }
}

fn descriptors() -> Result<Vec<Descriptors>, String> {
    match nusb::list_devices().wait() {
        Ok(devices) => Ok(devices.map(|info| Descriptors::from(&info)).collect()),
        Err(error) => Err(error.to_string()),
    }
}

/// Follows the bus until `stop`, beginning with what is there. The task must be run for anything to be told.
pub fn changes(stop: Stop) -> (mpsc::Receiver<UsbChange>, impl Future<Output = ()> + Send + 'static) {
    let (told, hear) = mpsc::channel(QUEUE);
    (hear, follow(told, stop))
}

async fn follow(told: mpsc::Sender<UsbChange>, stop: Stop) {
    let mut events = nusb::watch_devices()
        .inspect_err(|error| tracing::info!(%error, "the system does not tell of USB: it is looked at every 2 s"))
        .ok();
    let mut table = Table::default();
    let mut is_no_usb_told = false;
    let mut unready = 0;
    let mut is_event = false;
    loop {
        let seen = tokio::task::spawn_blocking(descriptors).await.unwrap_or_else(|error| Err(error.to_string()));
        let next = match seen {
            Ok(seen) => {
                is_no_usb_told = false;
                unready = if seen.iter().any(Descriptors::is_unready) { unready + 1 } else { 0 };
                if !tell(&told, table.look(&seen), &stop).await {
                    return;
                }
                match unready {
                    1..=MAX_UNREADY => UNREADY,
                    _ if is_event => SECOND_LOOK,
                    _ => LOOK_EVERY,
                }
            }
            Err(why) => {
                let mut changes = table.look(&[]);
                if !std::mem::replace(&mut is_no_usb_told, true) {
                    changes.push(UsbChange::NoUsb(why));
                }
                if !tell(&told, changes, &stop).await {
                    return;
                }
                LOOK_EVERY
            }
        };
        is_event = tokio::select! {
            () = stop.asked() => return,
            is_event = event_within(&mut events, next) => is_event,
        };
        if is_event {
            // Others of the same moment are answered by the same look.
            let settled = Instant::now() + SETTLE;
            while event_within(&mut events, settled.saturating_duration_since(Instant::now())).await {}
        }
    }
}

/// Whether the system told of an event within that time. Cancel-safe: an event leads to a look, not to a change.
async fn event_within(events: &mut Option<HotplugWatch>, patience: Duration) -> bool {
    let Some(watch) = events else {
        tokio::time::sleep(patience).await;
        return false;
    };
    match tokio::time::timeout(patience, watch.next()).await {
        Ok(Some(_)) => true,
        Ok(None) => {
            // Without events, the looks go on.
            *events = None;
            false
        }
        Err(_) => false,
    }
}

/// False when nobody listens any more, or it is to stop.
async fn tell(told: &mpsc::Sender<UsbChange>, changes: Vec<UsbChange>, stop: &Stop) -> bool {
    for change in changes {
        tokio::select! {
            () = stop.asked() => return false,
            sent = told.send(change) => if sent.is_err() {
                return false;
            },
        }
    }
    true
}
