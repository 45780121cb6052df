//! `/api/admin/system/settings`: how pages ask, and from when on the machine is worth a notice.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use kilat_core::{Fact, Settings, Thresholds};
use kilat_wire::{SetSystemSettings, SetThresholds, SystemSettingsAnswer};

use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

/// Milliseconds between two questions of a page: from a second, which is how often the machine is measured, to an hour.
const POLLING_MS: std::ops::RangeInclusive<u64> = 1_000..=3_600_000;
/// Percent; at 0 an alarm would never end.
const PERCENT: std::ops::RangeInclusive<u8> = 1..=100;

pub(crate) async fn get(State(app): State<App>) -> Result<Json<SystemSettingsAnswer>, Refusal> {
    Ok(Json(answer(&app.0.journal.settings().await?)))
}

pub(crate) async fn set(
    State(app): State<App>,
    body: Result<Json<SetSystemSettings>, JsonRejection>,
) -> Result<Json<SystemSettingsAnswer>, Refusal> {
    let Json(patch) = body.map_err(|rejection| unreadable(&rejection))?;
    let before = app.0.journal.settings().await?;
    let settings = patched(before.clone(), &patch)?;
    let told = answer(&settings);
    if settings != before {
        app.0.journal.append(vec![Fact::SettingsChanged { settings }]).await?;
    }
    Ok(Json(told))
}

fn answer(settings: &Settings) -> SystemSettingsAnswer {
    SystemSettingsAnswer {
        success: true,
        use_realtime: settings.use_realtime,
        polling_interval: settings.polling_interval_ms,
        alert_thresholds: settings.thresholds,
        enable_notifications: settings.notifications_enabled,
    }
}

fn patched(mut settings: Settings, patch: &SetSystemSettings) -> Result<Settings, Refusal> {
    if let Some(use_realtime) = patch.use_realtime {
        settings.use_realtime = use_realtime;
    }
    if let Some(interval) = patch.polling_interval {
        if !POLLING_MS.contains(&interval) {
            let remedy = format!("use {} to {} milliseconds", POLLING_MS.start(), POLLING_MS.end());
            return Err(Refusal::bad("bad_settings", format!("pollingInterval cannot be {interval}"), remedy));
        }
        settings.polling_interval_ms = interval;
    }
    if let Some(thresholds) = &patch.alert_thresholds {
        settings.thresholds = crossed(settings.thresholds, thresholds)?;
    }
    if let Some(enabled) = patch.enable_notifications {
        settings.notifications_enabled = enabled;
    }
    Ok(settings)
}

fn crossed(mut thresholds: Thresholds, patch: &SetThresholds) -> Result<Thresholds, Refusal> {
    let asked = [
        ("cpu", patch.cpu, &mut thresholds.cpu),
        ("memory", patch.memory, &mut thresholds.memory),
        ("storage", patch.storage, &mut thresholds.storage),
    ];
    for (name, asked, threshold) in asked {
        let Some(percent) = asked else { continue };
        if !PERCENT.contains(&percent) {
            let error = format!("alertThresholds.{name} cannot be {percent}");
            return Err(Refusal::bad("bad_settings", error, "use 1 to 100 percent; 100 means never"));
        }
        *threshold = percent;
    }
    Ok(thresholds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_and_a_wrong_part_changes_nothing() {
        let before = Settings { polling_interval_ms: 5_000, ..Settings::default() };
        let storage = Some(SetThresholds { storage: Some(70), ..SetThresholds::default() });
        let patch = SetSystemSettings { alert_thresholds: storage, ..SetSystemSettings::default() };
        let after = patched(before.clone(), &patch).unwrap();
        assert_eq!(after.thresholds, Thresholds { storage: 70, ..before.thresholds });
        assert_eq!(after.polling_interval_ms, 5_000);
        for wrong in [0, 101] {
            let cpu = Some(SetThresholds { cpu: Some(wrong), ..SetThresholds::default() });
            assert!(patched(before.clone(), &SetSystemSettings { alert_thresholds: cpu, ..patch.clone() }).is_err());
        }
        for wrong in [0, 999, 3_600_001] {
            assert!(
                patched(before.clone(), &SetSystemSettings { polling_interval: Some(wrong), ..patch.clone() }).is_err()
            );
        }
    }
}
