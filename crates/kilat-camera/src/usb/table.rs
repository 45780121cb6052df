//! What changed between two looks at the bus.
//!
//! A device is told once when it comes and once when it goes. Two that are there at once are never one, whatever they
//! say of themselves.

use std::collections::BTreeMap;

use super::device::{Descriptors, UsbDevice};
use super::watch::UsbChange;

/// Devices told of: seven hubs of seven ports have fewer.
const MAX_DEVICES: usize = 64;

/// What is there, by address.
#[derive(Debug, Default)]
pub(super) struct Table {
    there: BTreeMap<(u8, u8), UsbDevice>,
    is_full_told: bool,
}

impl Table {
    /// Takes what a look saw; answers what changed since, what went first.
    pub(super) fn look(&mut self, seen: &[Descriptors]) -> Vec<UsbChange> {
        let mut found: BTreeMap<(u8, u8), UsbDevice> =
            seen.iter().filter_map(Descriptors::device).map(|device| (device.address, device)).collect();
        let mut changes = Vec::new();
        self.there.retain(|address, known| {
            let is_same = found.get(address).is_some_and(|found| is_same(known, found));
            if is_same {
                found.remove(address);
            } else {
                changes.push(UsbChange::Unplugged(known.clone()));
            }
            is_same
        });
        for (address, device) in found {
            if self.there.len() >= MAX_DEVICES {
                if !std::mem::replace(&mut self.is_full_told, true) {
                    tracing::warn!(most = MAX_DEVICES, "more cameras and card readers are on USB than are followed");
                }
                break;
            }
            let is_taken = self.there.values().any(|known| known.id == device.id);
            let device = if is_taken { device.by_port() } else { device };
            self.there.insert(address, device.clone());
            changes.push(UsbChange::Plugged(device));
        }
        changes
    }
}

/// Whether a look found the device again that was told of, perhaps under an id that tells it apart.
fn is_same(known: &UsbDevice, found: &UsbDevice) -> bool {
    UsbDevice { id: known.id.clone(), ..found.clone() } == *known
}

#[cfg(test)]
mod tests {
    use super::super::device::tests::nikon;
    use super::*;

    fn told(changes: &[UsbChange]) -> Vec<String> {
        let word = |change: &UsbChange| match change {
            UsbChange::Plugged(device) => format!("+{} {}", device.id, device.gphoto2_port()),
            UsbChange::Unplugged(device) => format!("-{}", device.id),
            UsbChange::NoUsb(why) => why.clone(),
        };
        changes.iter().map(word).collect()
    }

    #[test]
    fn what_comes_and_goes_is_told_once() {
        let (a, b) = (nikon(7, 1, Some("301")), nikon(8, 2, Some("302")));
        let mut table = Table::default();
        assert_eq!(told(&table.look(std::slice::from_ref(&a))), ["+nikon-dsc-z-9-301 usb:001,007"]);
        assert!(table.look(std::slice::from_ref(&a)).is_empty(), "told again");
        assert_eq!(told(&table.look(&[a.clone(), b.clone()])), ["+nikon-dsc-z-9-302 usb:001,008"]);
        assert_eq!(told(&table.look(&[b])), ["-nikon-dsc-z-9-301"]);
        assert_eq!(told(&table.look(&[])), ["-nikon-dsc-z-9-302"]);
    }

    #[test]
    fn one_that_was_plugged_in_anew_between_two_looks_went_and_came() {
        let mut table = Table::default();
        table.look(&[nikon(7, 1, Some("301"))]);
        let changes = table.look(&[nikon(9, 1, Some("301"))]);
        assert_eq!(told(&changes), ["-nikon-dsc-z-9-301", "+nikon-dsc-z-9-301 usb:001,009"]);
        // An address that came round to another body.
        let changes = table.look(&[nikon(9, 1, Some("302"))]);
        assert_eq!(told(&changes), ["-nikon-dsc-z-9-301", "+nikon-dsc-z-9-302 usb:001,009"]);
    }

    #[test]
    fn two_bodies_that_claim_one_number_are_two_and_keep_their_names_while_they_are_there() {
        let (a, b) = (nikon(7, 1, Some("301")), nikon(8, 2, Some("301")));
        let mut table = Table::default();
        let changes = table.look(&[a.clone(), b.clone()]);
        let both = ["+nikon-dsc-z-9-301 usb:001,007", "+nikon-dsc-z-9-301-at-1-2-2 usb:001,008"];
        assert_eq!(told(&changes), both);
        assert!(table.look(&[a, b.clone()]).is_empty());
        assert_eq!(told(&table.look(std::slice::from_ref(&b))), ["-nikon-dsc-z-9-301"]);
        assert!(table.look(&[b]).is_empty(), "the other one keeps its name");
    }

    #[test]
    fn more_than_the_bound_is_not_followed() {
        let many: Vec<_> = (1..=100).map(|n| nikon(n, n, None)).collect();
        assert_eq!(Table::default().look(&many).len(), MAX_DEVICES);
    }
}
