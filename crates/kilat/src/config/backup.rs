//! `[backup]`: how events are backed up, when by themselves, how copies are read back, and how many there must be.

use std::time::Duration;

use jiff::civil::Time;
use kilat_core::SafetyRule;
use serde::Deserialize;

use super::origin::{Origin, Picker};
use super::{DEFAULT_PARALLEL, MAX_PARALLEL, Sourced};
use crate::fail::Fail;

/// Days after which a copy is read back, unless the settings say otherwise: bits rot in years, and a month of a
/// few terabytes is no load.
const DEFAULT_SCRUB_DAYS: u64 = 30;
/// Megabytes a second that are read back in the background: nobody who works on the same disk notices.
const DEFAULT_SCRUB_MB: u64 = 20;
/// Longest quiet that is waited for, in minutes: a week.
const MAX_IDLE_MINUTES: u64 = 7 * 24 * 60;
/// More copies than there are destinations.
const MAX_COPIES: u64 = 64;

/// `[backup]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileBackup {
    parallel: Option<u64>,
    on_close: Option<bool>,
    daily_at: Option<String>,
    when_idle_minutes: Option<u64>,
    scrub_days: Option<u64>,
    scrub_mb_per_second: Option<u64>,
    copies: Option<u64>,
    media: Option<u64>,
    off_site: Option<u64>,
}

/// How events are backed up.
#[derive(Debug, Clone)]
pub(crate) struct Backup {
    pub(crate) parallel: Sourced<usize>,
    pub(crate) on_close: Sourced<bool>,
    pub(crate) daily_at: Sourced<Option<Time>>,
    /// 0 is never.
    pub(crate) when_idle_minutes: Sourced<u64>,
    /// 0 is never.
    pub(crate) scrub_days: Sourced<u64>,
    pub(crate) scrub_mb_per_second: Sourced<u64>,
    pub(crate) copies: Sourced<u32>,
    pub(crate) media: Sourced<u32>,
    pub(crate) off_site: Sourced<u32>,
}

impl Backup {
    pub(super) fn load(
        file: FileBackup,
        pick: &Picker<'_>,
        from: &dyn Fn(&'static str) -> Origin,
    ) -> Result<Self, Fail> {
        let number = |env, file, key, default: u64, (least, most): (u64, u64)| {
            let number = pick.number(None, "", env, file, from(key))?.or_default(|| default);
            number.try_map(key, |n| within(key, *n, least, most))
        };
        let count = |env, file, key, default: u32, least| {
            let number = number(env, file, key, u64::from(default), (least, MAX_COPIES))?;
            number.try_map(key, |n| Ok(u32::try_from(*n).unwrap_or(u32::MAX)))
        };
        let rule = SafetyRule::default();
        Ok(Self {
            parallel: number(
                "KILAT_BACKUP_PARALLEL",
                file.parallel,
                "backup.parallel",
                DEFAULT_PARALLEL as u64,
                (1, MAX_PARALLEL as u64),
            )?
            .try_map("backup.parallel", |n| Ok(usize::try_from(*n).unwrap_or(MAX_PARALLEL)))?,
            on_close: pick
                .flag(None, "", "KILAT_BACKUP_ON_CLOSE", file.on_close, from("backup.on_close"))?
                .or_default(|| false),
            daily_at: pick
                .text(None, "", "KILAT_BACKUP_DAILY_AT", file.daily_at, from("backup.daily_at"))?
                .optional()
                .try_map("backup.daily_at", |text| text.as_deref().map(time).transpose().map(Option::flatten))?,
            when_idle_minutes: number(
                "KILAT_BACKUP_WHEN_IDLE_MINUTES",
                file.when_idle_minutes,
                "backup.when_idle_minutes",
                0,
                (0, MAX_IDLE_MINUTES),
            )?,
            scrub_days: number(
                "KILAT_SCRUB_DAYS",
                file.scrub_days,
                "backup.scrub_days",
                DEFAULT_SCRUB_DAYS,
                (0, 36_500),
            )?,
            scrub_mb_per_second: number(
                "KILAT_SCRUB_MB_PER_SECOND",
                file.scrub_mb_per_second,
                "backup.scrub_mb_per_second",
                DEFAULT_SCRUB_MB,
                (1, 100_000),
            )?,
            copies: count("KILAT_BACKUP_COPIES", file.copies, "backup.copies", rule.copies, 1)?,
            media: count("KILAT_BACKUP_MEDIA", file.media, "backup.media", rule.media, 0)?,
            off_site: count("KILAT_BACKUP_OFF_SITE", file.off_site, "backup.off_site", rule.off_site, 0)?,
        })
    }

    /// How long nothing may have arrived before a run begins by itself.
    pub(crate) fn when_idle(&self) -> Option<Duration> {
        let minutes = self.when_idle_minutes.value;
        (minutes > 0).then(|| Duration::from_secs(minutes * 60))
    }

    /// How long a copy may stand without being read back.
    pub(crate) fn scrub_every(&self) -> Option<Duration> {
        let days = self.scrub_days.value;
        (days > 0).then(|| Duration::from_secs(days * 86_400))
    }

    /// What every photo must have before its card may be formatted.
    pub(crate) fn rule(&self) -> SafetyRule {
        SafetyRule { copies: self.copies.value, media: self.media.value, off_site: self.off_site.value }
    }

    /// Name, value and origin of each setting.
    pub(super) fn rows(&self) -> Vec<(&'static str, String, String)> {
        fn row<T>(name: &'static str, setting: &Sourced<T>, value: String) -> (&'static str, String, String) {
            (name, value, setting.origin.to_string())
        }
        let daily = self.daily_at.value.map_or(String::new(), |time| time.strftime("%H:%M").to_string());
        vec![
            row("backup.parallel", &self.parallel, self.parallel.value.to_string()),
            row("backup.on_close", &self.on_close, self.on_close.value.to_string()),
            row("backup.daily_at", &self.daily_at, format!("{daily:?}")),
            row("backup.when_idle_minutes", &self.when_idle_minutes, self.when_idle_minutes.value.to_string()),
            row("backup.scrub_days", &self.scrub_days, self.scrub_days.value.to_string()),
            row("backup.scrub_mb_per_second", &self.scrub_mb_per_second, self.scrub_mb_per_second.value.to_string()),
            row("backup.copies", &self.copies, self.copies.value.to_string()),
            row("backup.media", &self.media, self.media.value.to_string()),
            row("backup.off_site", &self.off_site, self.off_site.value.to_string()),
        ]
    }
}

fn within(key: &str, n: u64, least: u64, most: u64) -> Result<u64, Fail> {
    if (least..=most).contains(&n) {
        return Ok(n);
    }
    Err(Fail::setting(format!("{key} = {n} cannot be"), format!("use {least} to {most}")))
}

/// A time of the day; none for an empty text.
fn time(text: &str) -> Result<Option<Time>, Fail> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = text
        .split_once(':')
        .filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2)
        .and_then(|(hours, minutes)| Time::new(hours.parse().ok()?, minutes.parse().ok()?, 0, 0).ok());
    parsed
        .map(Some)
        .ok_or_else(|| Fail::setting(format!("{text:?} is not a time of the day"), "use for example \"03:00\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_the_day_has_hours_and_minutes() {
        assert_eq!(time("03:00").expect("a time"), Time::new(3, 0, 0, 0).ok());
        assert_eq!(time("").expect("none"), None);
        for wrong in ["3", "24:00", "03:60", "3:00", "03:00:00", "noon"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
