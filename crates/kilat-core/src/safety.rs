//! Whether photos have enough proven copies that the camera's card may be formatted: three copies, on two kinds of
//! media, one of them in another building, or whatever the studio asks for.
//!
//! Pure: the same copies and the same rule give the same verdict. The file that a photo came from is no copy.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Destination, Medium};

/// Between the disks of a volume that lies on several.
pub const VOLUME_PARTS: &str = "+";
/// Before what is known of a volume whose disks cannot be told.
pub const UNKNOWN_VOLUME: &str = "?";

/// What every photo must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafetyRule {
    /// Proven copies, each on a disk or service of its own.
    pub copies: u32,
    /// Kinds of media among them.
    pub media: u32,
    /// In another building.
    pub off_site: u32,
}

impl Default for SafetyRule {
    fn default() -> Self {
        Self { copies: 3, media: 2, off_site: 1 }
    }
}

/// What copies at some places amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Standing {
    /// Copies that do not fail together.
    pub copies: u32,
    /// Kinds of media.
    pub media: u32,
    /// In another building.
    pub off_site: u32,
}

impl Standing {
    /// Whether it is enough.
    #[must_use]
    pub fn meets(self, rule: SafetyRule) -> bool {
        self.copies >= rule.copies && self.media >= rule.media && self.off_site >= rule.off_site
    }
}

/// A place that holds a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyPlace {
    /// What it is; a repository is what its folder is on.
    pub medium: Medium,
    /// What fails as one, for people to read: disks, or an account at a service.
    pub volume: String,
    /// The same, one by one: two places with one of them in common fail together.
    parts: Parts,
    /// Whether it is in another building.
    pub is_off_site: bool,
}

/// What a place lies on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Parts {
    /// Disks, a server, an account.
    Known(Vec<String>),
    /// Some disk of this machine, which may be any.
    SomeDisk,
}

impl Parts {
    fn meet(&self, others: &Self, media: (Medium, Medium)) -> bool {
        match (self, others) {
            (Self::Known(one), Self::Known(other)) => one.iter().any(|part| other.contains(part)),
            (Self::SomeDisk, _) | (_, Self::SomeDisk) => media == (Medium::Disk, Medium::Disk),
        }
    }
}

impl CopyPlace {
    /// A destination; `volume` names its disk, as far as that was seen.
    #[must_use]
    pub fn of(destination: &Destination, volume: Option<&str>) -> Self {
        let medium = match destination.medium() {
            Medium::Vault => Medium::Disk,
            medium @ (Medium::Disk | Medium::S3 | Medium::WebDav | Medium::Sftp | Medium::Drive) => medium,
        };
        let (volume, parts) = match (medium, volume) {
            (Medium::Disk, Some(volume)) => match volume.strip_prefix(UNKNOWN_VOLUME) {
                None => {
                    let parts = volume.split(VOLUME_PARTS).map(str::to_owned).collect();
                    (format!("disk {volume}"), Parts::Known(parts))
                }
                // It may be the disk of any other.
                Some(why) => (format!("a disk that cannot be told ({why})"), Parts::SomeDisk),
            },
            // Nobody looked yet whether these are one disk, so they count as one.
            (Medium::Disk, None) => {
                let unseen = "a disk that was not seen yet".to_owned();
                (unseen.clone(), Parts::Known(vec![unseen]))
            }
            (Medium::S3 | Medium::WebDav | Medium::Sftp | Medium::Drive | Medium::Vault, _) => {
                let service = service(&destination.root.to_string_lossy());
                (service.clone(), Parts::Known(vec![service]))
            }
        };
        Self { medium, volume, parts, is_off_site: destination.is_off_site }
    }
}

/// The part of an address that folders of one account share.
fn service(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let (scheme, rest) = path.split_once(':').unwrap_or(("", path));
    let host = rest.trim_start_matches('/').split('/').next().unwrap_or(rest);
    let endpoint = query.split('&').find_map(|pair| pair.strip_prefix("endpoint=")).unwrap_or("");
    if endpoint.is_empty() { format!("{scheme}:{host}") } else { format!("{scheme}:{host} at {endpoint}") }
}

/// What copies at these places amount to.
#[must_use]
pub fn standing<'a>(places: impl IntoIterator<Item = &'a CopyPlace>) -> Standing {
    // What fails together, directly or by a third that has something in common with both.
    let mut volumes: Vec<Vec<&CopyPlace>> = Vec::new();
    for place in places {
        let meets = |other: &&CopyPlace| place.parts.meet(&other.parts, (place.medium, other.medium));
        let (together, apart) = volumes.into_iter().partition(|volume| volume.iter().any(meets));
        volumes = apart;
        volumes.push(together.into_iter().flatten().chain([place]).collect());
    }
    let media: BTreeSet<Medium> = volumes.iter().flatten().map(|place| place.medium).collect();
    // A disk counts as off site only when every destination on it does.
    let off_site = volumes.iter().filter(|volume| volume.iter().all(|place| place.is_off_site)).count();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Standing { copies: count(volumes.len()), media: count(media.len()), off_site: count(off_site) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DestinationHealth, Millis};

    fn place(root: &str, volume: Option<&str>, is_off_site: bool) -> CopyPlace {
        let health = DestinationHealth::Up { since: Millis(0) };
        let destination =
            Destination { is_off_site, ..Destination::new("a".parse().expect("an id"), root.into(), health) };
        CopyPlace::of(&destination, volume)
    }

    #[test]
    fn three_two_one_is_met_by_two_disks_and_a_service_elsewhere() {
        let all = [place("/a", Some("1"), false), place("/b", Some("2"), false), place("s3://b/x", None, true)];
        assert_eq!(standing(&all), Standing { copies: 3, media: 2, off_site: 1 });
        assert!(standing(&all).meets(SafetyRule::default()));
        assert!(!standing(&all[..2]).meets(SafetyRule::default()));
    }

    #[test]
    fn two_copies_on_one_disk_count_once_and_are_elsewhere_only_if_both_are() {
        let same = [place("/a", Some("1"), false), place("/a/b", Some("1"), true)];
        assert_eq!(standing(&same), Standing { copies: 1, media: 1, off_site: 0 });
        let unseen = [place("/a", None, false), place("/b", None, false)];
        assert_eq!(standing(&unseen).copies, 1, "nobody knows that they are two");
    }

    #[test]
    fn what_has_a_disk_in_common_is_one_copy_also_by_way_of_a_third() {
        let array = [place("/a", Some("1"), false), place("/b", Some("2"), false), place("/ab", Some("1+2"), false)];
        assert_eq!(standing(&array[..2]).copies, 2);
        assert_eq!(standing(&array).copies, 1, "the array joins them");
        let vault = [place("/a", Some("1"), false), place("restic:/b", Some("1"), false)];
        assert_eq!(standing(&vault), Standing { copies: 1, media: 1, off_site: 0 });
        let apart = [place("/a", Some("1"), false), place("restic:/b", Some("2"), false)];
        assert_eq!(standing(&apart), Standing { copies: 2, media: 1, off_site: 0 }, "both are disks");
    }

    #[test]
    fn a_disk_that_cannot_be_told_is_no_copy_beside_another_disk() {
        let unknown = place("/tank", Some("?zfs tank"), false);
        assert_eq!(unknown.volume, "a disk that cannot be told (zfs tank)");
        let all = [place("/a", Some("1"), false), unknown, place("s3://b/x", None, true)];
        assert_eq!(standing(&all), Standing { copies: 2, media: 2, off_site: 1 });
        assert_eq!(standing(&all[1..2]).copies, 1);
    }

    #[test]
    fn two_folders_of_one_bucket_are_one_copy_and_two_buckets_are_two() {
        let one =
            [place("s3://b/x?endpoint=http://h:1", None, true), place("s3://b/y?endpoint=http://h:1", None, true)];
        assert_eq!(standing(&one).copies, 1);
        let two = [place("s3://b/x", None, true), place("s3://c/x", None, true)];
        assert_eq!(standing(&two).copies, 2);
        assert_eq!(place("sftp://me@nas:22/x", None, false).volume, "sftp:me@nas:22");
    }

    #[test]
    fn no_copy_at_all_meets_no_rule_that_asks_for_one() {
        assert_eq!(standing([]), Standing::default());
        assert!(!standing([]).meets(SafetyRule { copies: 1, media: 0, off_site: 0 }));
    }
}
