//! Whether photos have enough proven copies that the camera's card may be formatted: three copies, on two kinds of
//! media, one of them in another building, or whatever the studio asks for.
//!
//! Pure: the same copies and the same rule give the same verdict. The file that a photo came from is no copy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Destination, Medium};

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
    /// What it is.
    pub medium: Medium,
    /// What fails as one: a disk, or an account at a service.
    pub volume: String,
    /// Whether it is in another building.
    pub is_off_site: bool,
}

impl CopyPlace {
    /// A destination; `volume` names its disk, as far as that was seen.
    #[must_use]
    pub fn of(destination: &Destination, volume: Option<&str>) -> Self {
        let medium = destination.medium();
        let volume = match (medium, volume) {
            (Medium::Disk, Some(volume)) => format!("disk {volume}"),
            // Nobody looked yet whether these are one disk, so they count as one.
            (Medium::Disk, None) => "a disk that was not seen yet".to_owned(),
            (Medium::S3 | Medium::WebDav | Medium::Sftp | Medium::Drive | Medium::Vault, _) => {
                service(&destination.root.to_string_lossy())
            }
        };
        Self { medium, volume, is_off_site: destination.is_off_site }
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
    // A disk counts as off site only when every destination on it does.
    let mut volumes: BTreeMap<&str, (Medium, bool)> = BTreeMap::new();
    for place in places {
        volumes
            .entry(&place.volume)
            .and_modify(|(_, is_off_site)| *is_off_site &= place.is_off_site)
            .or_insert((place.medium, place.is_off_site));
    }
    let media: std::collections::BTreeSet<Medium> = volumes.values().map(|(medium, _)| *medium).collect();
    let off_site = volumes.values().filter(|(_, is_off_site)| *is_off_site).count();
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
