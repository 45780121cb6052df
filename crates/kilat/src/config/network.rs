//! `[network]`: what copies over the network may take of it.

use std::num::NonZeroU64;
use std::path::PathBuf;

use kilat_core::Uplink;
use serde::Deserialize;

use super::origin::{Origin, Picker};
use super::{Sourced, absolute, split_paths};
use crate::fail::Fail;

/// While a ceremony is on, unless the settings say otherwise: a photo of 8 MB every half minute.
const DEFAULT_CEREMONY_MBIT: u64 = 2;
/// More than any line that a wedding has.
const MAX_MBIT: u64 = 1_000_000;

/// `[network]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileNetwork {
    limit_mbit_per_second: Option<u64>,
    ceremony_mbit_per_second: Option<u64>,
    folders: Option<Vec<PathBuf>>,
}

/// What copies over the network take together, at most.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    /// 0 is no limit.
    limit_mbit_per_second: Sourced<u64>,
    ceremony_mbit_per_second: Sourced<u64>,
    folders: Sourced<Vec<PathBuf>>,
}

impl Network {
    pub(super) fn load(
        file: FileNetwork,
        pick: &Picker<'_>,
        from: &dyn Fn(&'static str) -> Origin,
    ) -> Result<Self, Fail> {
        let number = |env, file, key: &'static str, default: u64, least: u64| {
            let number = pick.number(None, "", env, file, from(key))?.or_default(|| default);
            number.try_map(key, |n| {
                if (least..=MAX_MBIT).contains(n) {
                    return Ok(*n);
                }
                Err(Fail::setting(format!("{key} = {n} cannot be"), format!("use {least} to {MAX_MBIT} Mbit/s")))
            })
        };
        let named = (pick.env)("KILAT_NETWORK_FOLDERS")?.map(|list| split_paths(&list));
        let folders = pick.any(None, "", named, "KILAT_NETWORK_FOLDERS", file.folders, from("network.folders"));
        Ok(Self {
            folders: folders.or_default(Vec::new),
            limit_mbit_per_second: number(
                "KILAT_NETWORK_LIMIT_MBIT",
                file.limit_mbit_per_second,
                "network.limit_mbit_per_second",
                0,
                0,
            )?,
            ceremony_mbit_per_second: number(
                "KILAT_NETWORK_CEREMONY_MBIT",
                file.ceremony_mbit_per_second,
                "network.ceremony_mbit_per_second",
                DEFAULT_CEREMONY_MBIT,
                1,
            )?,
        })
    }

    /// In bytes.
    pub(crate) fn uplink(&self) -> Uplink {
        let bytes = |mbit: u64| NonZeroU64::new(mbit.saturating_mul(125_000));
        Uplink {
            always: bytes(self.limit_mbit_per_second.value),
            ceremony: bytes(self.ceremony_mbit_per_second.value).unwrap_or(NonZeroU64::MIN),
        }
    }

    /// Folders that count as reached over the network, besides those that are seen to be.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        self.folders.value.iter().map(|folder| absolute(folder)).collect()
    }

    /// Name, value and origin of each setting.
    pub(super) fn rows(&self) -> Vec<(&'static str, String, String)> {
        let row = |name, setting: &Sourced<u64>| (name, setting.value.to_string(), setting.origin.to_string());
        vec![
            row("network.limit_mbit_per_second", &self.limit_mbit_per_second),
            row("network.ceremony_mbit_per_second", &self.ceremony_mbit_per_second),
            ("network.folders", format!("{:?}", self.folders.value), self.folders.origin.to_string()),
        ]
    }
}
