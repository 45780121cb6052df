//! Restores that the server does: what one would do, to begin one, to look at them, to end one, to begin one again.
//!
//! A folder of one's own choice is for those who decide where copies go; everyone else gets a new one.

use std::path::PathBuf;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};
use kilat_auth::{Operation, Who};
use kilat_core::{BackupId, DestinationId, Event, RestoreId, count_text};
use kilat_restore::{Plan, RestoreRefusal, Wish};
use kilat_wire::{
    RestoreAnswer, RestoreListAnswer, RestorePhase, RestorePlan, RestorePlanAnswer, RestoreRun, RetryRestore,
    StartRestore,
};

use super::events::find as find_event;
use super::given::Path;
use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn list(State(app): State<App>) -> Result<Json<RestoreListAnswer>, Refusal> {
    Ok(Json(RestoreListAnswer { success: true, data: app.0.hub.restores().await? }))
}

pub(crate) async fn get(State(app): State<App>, Path(id): Path<String>) -> Result<Json<RestoreAnswer>, Refusal> {
    let data = one(&app, &id).await?;
    let message = if data.end_time.is_some() { "it ended" } else { "it goes" };
    Ok(Json(RestoreAnswer { success: true, message: message.to_owned(), data }))
}

pub(crate) async fn plan(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
    body: Result<Json<StartRestore>, JsonRejection>,
) -> Result<Json<RestorePlanAnswer>, Refusal> {
    let Json(request) = body.map_err(|rejection| unreadable(&rejection))?;
    let (event, wish) = wish(&app, &who, &id, request).await?;
    let Plan { folder, photos, bytes, missing, room } = app.0.restores.plan(&wish).await?;
    let data = RestorePlan {
        event_id: event.id.to_string(),
        from: wish.from.to_string(),
        folder: folder.display().to_string(),
        photos,
        bytes,
        missing_photos: missing,
        needed_bytes: room.needed_bytes,
        free_bytes: room.free_bytes,
    };
    Ok(Json(RestorePlanAnswer { success: true, data }))
}

pub(crate) async fn start(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
    body: Result<Json<StartRestore>, JsonRejection>,
) -> Result<(StatusCode, Json<RestoreAnswer>), Refusal> {
    let Json(request) = body.map_err(|rejection| unreadable(&rejection))?;
    let (event, wish) = wish(&app, &who, &id, request).await?;
    let (restore, plan) = app.0.restores.begin(wish).await?;
    let message = format!("{} of {} from {}", count_text(plan.photos, "photo"), event.name, restore.from);
    began(&app, &restore.id, message).await
}

pub(crate) async fn retry(
    State(app): State<App>,
    Path(id): Path<String>,
    body: Result<Option<Json<RetryRestore>>, JsonRejection>,
) -> Result<(StatusCode, Json<RestoreAnswer>), Refusal> {
    let request = body.map_err(|rejection| unreadable(&rejection))?.map(|Json(request)| request).unwrap_or_default();
    let from = request.from.map(|name| destination(&name)).transpose()?;
    let (restore, _) = app.0.restores.again(&id, from).await?;
    began(&app, &restore.id, "it goes again; what is there already is taken as it is".to_owned()).await
}

pub(crate) async fn cancel(State(app): State<App>, Path(id): Path<String>) -> Result<Json<RestoreAnswer>, Refusal> {
    let before = one(&app, &id).await?;
    app.0.restores.cancel(&id).await?;
    let data = one(&app, &id).await?;
    let message = match before.phase {
        RestorePhase::Reading | RestorePhase::Copying | RestorePhase::Cancelling => "it ends; whole photos stay",
        RestorePhase::Completed
        | RestorePhase::Incomplete
        | RestorePhase::Failed
        | RestorePhase::Cancelled
        | RestorePhase::Interrupted => "it has ended already",
    };
    Ok(Json(RestoreAnswer { success: true, message: message.to_owned(), data }))
}

async fn began(app: &App, id: &RestoreId, message: String) -> Result<(StatusCode, Json<RestoreAnswer>), Refusal> {
    let data = one(app, id.as_str()).await?;
    Ok((StatusCode::ACCEPTED, Json(RestoreAnswer { success: true, message, data })))
}

async fn one(app: &App, id: &str) -> Result<RestoreRun, Refusal> {
    let missing = || Refusal::missing(format!("there is no restore {id:?}"));
    let parsed: RestoreId = id.parse().map_err(|_why| missing())?;
    app.0.hub.restore(&parsed).await?.ok_or_else(missing)
}

/// What is asked for, by somebody who may ask for it.
async fn wish(app: &App, who: &Who, id: &str, request: StartRestore) -> Result<(Event, Wish), Refusal> {
    let StartRestore { from, run, photos, folder } = request;
    let event = find_event(app, id).await?;
    if folder.is_some() && !app.0.access.may(who, Operation::ManageDestinations) {
        let error = format!("the role {} may not choose a folder of the server", who.role);
        let remedy = "leave folder out, or ask an admin";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "not_allowed", error, remedy));
    }
    let from = match (from, run) {
        (Some(from), None) => destination(&from)?,
        (None, Some(run)) => of_run(app, &event, &run).await?,
        (Some(_), Some(_)) | (None, None) => {
            return Err(Refusal::bad("bad_body", "it takes one of from and run", "name the destination with from"));
        }
    };
    let wish = Wish { event: event.id.clone(), from, photos, folder: folder.map(PathBuf::from) };
    Ok((event, wish))
}

/// Where a run of this event brought its copies.
async fn of_run(app: &App, event: &Event, id: &str) -> Result<DestinationId, Refusal> {
    let missing = || Refusal::missing(format!("there is no backup {id:?} of {}", event.name));
    let parsed: BackupId = id.parse().map_err(|_why| missing())?;
    let state = app.0.journal.backup(&parsed).await?.filter(|state| state.run.event == event.id).ok_or_else(missing)?;
    Ok(state.run.destination)
}

fn destination(name: &str) -> Result<DestinationId, Refusal> {
    name.parse().map_err(|_why| {
        let name: String = name.chars().take(64).collect();
        Refusal::missing(format!("there is no destination {name:?}"))
    })
}

impl From<RestoreRefusal> for Refusal {
    fn from(refusal: RestoreRefusal) -> Self {
        let (told, remedy) = (refusal.to_string(), refusal.remedy());
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, told.clone(), remedy);
        match refusal {
            RestoreRefusal::UnknownDestination(_) | RestoreRefusal::UnknownRestore(_) => {
                Self::new(StatusCode::NOT_FOUND, "not_found", told, remedy)
            }
            RestoreRefusal::NothingThere { .. } => conflict("nothing_there"),
            RestoreRefusal::NoSuchPhotos { .. } => conflict("no_such_photos"),
            RestoreRefusal::Names(_) => Self::bad("bad_body", told, remedy),
            RestoreRefusal::Folder(_) => conflict("folder_refused"),
            RestoreRefusal::NoRoom { .. } => Self::new(StatusCode::INSUFFICIENT_STORAGE, "no_room", told, remedy),
            RestoreRefusal::Goes(_) => conflict("restore_goes"),
            RestoreRefusal::Journal(error) => error.into(),
        }
    }
}
