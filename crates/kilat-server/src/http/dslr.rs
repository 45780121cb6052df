//! `/api/dslr/status`: state of ingest as existing pages know it; pause, resume, settings.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use kilat_core::{Fact, Settings};
use kilat_wire::{DslrAction, DslrAnswer, DslrRequest, DslrStatus, SettingsPatch};

use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

/// Longest name of a photographer.
const MAX_NAME_CHARS: usize = 100;

pub(crate) async fn get(State(app): State<App>) -> Result<Json<DslrAnswer>, Refusal> {
    Ok(Json(DslrAnswer { success: true, status: app.0.hub.dslr().await? }))
}

pub(crate) async fn post(
    State(app): State<App>,
    body: Result<Json<DslrRequest>, JsonRejection>,
) -> Result<Json<DslrAnswer>, Refusal> {
    let Json(request) = body.map_err(|rejection| unreadable(&rejection))?;
    let fact = match DslrAction::named(&request.action) {
        Some(DslrAction::Pause) => Fact::UploadsPaused,
        Some(DslrAction::Resume) => Fact::UploadsResumed,
        Some(DslrAction::UpdateSettings) => {
            let patch = request.settings.ok_or_else(|| {
                Refusal::bad(
                    "no_settings",
                    "update_settings came without settings",
                    "send settings with what shall change",
                )
            })?;
            unchanged(&patch, &app.0.hub.dslr().await?)?;
            Fact::SettingsChanged { settings: patched(app.0.journal.settings().await?, patch)? }
        }
        None => {
            let error = format!("there is no action {:?}", request.action);
            return Err(Refusal::bad("unknown_action", error, "use pause, resume or update_settings"));
        }
    };
    app.0.journal.append(vec![fact]).await?;
    get(State(app)).await
}

/// Refuses to change what this call cannot change.
fn unchanged(patch: &SettingsPatch, status: &DslrStatus) -> Result<(), Refusal> {
    let is_kept = |asked: Option<bool>, is: bool| asked.is_none_or(|asked| asked == is);
    let is_same = |asked: &Option<String>, is: &str| asked.as_ref().is_none_or(|asked| asked == is);
    for (name, is_kept, remedy) in [
        ("autoDetect", is_kept(patch.auto_detect, status.auto_detect), "new files are always found by themselves"),
        (
            "backupEnabled",
            is_kept(patch.backup_enabled, status.backup_enabled),
            "add or remove a backup destination: kilat destination, or POST /api/admin/destinations",
        ),
        ("watermarkEnabled", is_kept(patch.watermark_enabled, status.watermark_enabled), "Kilat never marks photos"),
        ("watchFolder", is_same(&patch.watch_folder, &status.watch_folder), "start Kilat with another --watch"),
        ("eventId", is_same(&patch.event_id, &status.event_id), "use POST /api/admin/events/ID/use"),
    ] {
        if !is_kept {
            return Err(Refusal::bad("bad_settings", format!("{name} cannot be changed here"), remedy));
        }
    }
    Ok(())
}

fn patched(mut settings: Settings, patch: SettingsPatch) -> Result<Settings, Refusal> {
    if let Some(name) = patch.uploader_name {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
            let remedy = format!("use 1 to {MAX_NAME_CHARS} characters on one line");
            return Err(Refusal::bad("bad_settings", "uploaderName cannot be that", remedy));
        }
        name.clone_into(&mut settings.uploader_name);
    }
    if let Some(enabled) = patch.notifications_enabled {
        settings.notifications_enabled = enabled;
    }
    Ok(settings)
}
