//! Backup runs: all of them, those of an event, and what an operator may do to them.
//!
//! A call that changes something appends facts and answers at once; the engine takes it from there.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use kilat_core::{
    AskedBy, BackupFact, BackupId, BackupRun, Destination, DestinationKind, Event, Fact, RunKind, count_text,
};
use kilat_wire::{
    BackupAnswer, BackupListAnswer, BackupPhase, BackupsForgotten, BackupsStarted, EventBackups, OneOrAll, StartBackup,
};
use serde::Deserialize;

use super::events::find as find_event;
use super::given::{Path, Query};
use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

/// Days that records of ended runs are kept unless the call says otherwise.
const MAX_AGE_DAYS: u32 = 7;
const DAY_MS: i64 = 86_400_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Age {
    max_age: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Which {
    backup_id: Option<String>,
}

pub(crate) async fn status(State(app): State<App>) -> Result<Json<BackupListAnswer>, Refusal> {
    Ok(Json(BackupListAnswer { success: true, data: app.0.hub.backups().await? }))
}

/// Forgets records of ended runs; never a file.
pub(crate) async fn forget(State(app): State<App>, Query(age): Query<Age>) -> Result<Json<BackupsForgotten>, Refusal> {
    let days: u32 = match age.max_age {
        None => MAX_AGE_DAYS,
        Some(text) => text.parse().map_err(|_why| {
            Refusal::bad("bad_age", format!("maxAge={text:?} is no number of days"), "use for example maxAge=7")
        })?,
    };
    let ended_before = kilat_core::Millis(app.0.clock.now().0 - i64::from(days) * DAY_MS);
    app.0.journal.append(vec![Fact::Backup(BackupFact::Forgotten { ended_before })]).await?;
    let message = format!("no record of a run that ended more than {days} days ago is kept");
    Ok(Json(BackupsForgotten { success: true, message }))
}

pub(crate) async fn of_event(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<Json<EventBackups>, Refusal> {
    let event = find_event(&app, &id).await?;
    let data = match which.backup_id {
        None => OneOrAll::All(app.0.hub.backups_of(&event.id).await?),
        Some(id) => {
            let run = one(&app, &id).await?;
            if run.event_id != event.id.as_str() {
                return Err(missing(&id));
            }
            OneOrAll::One(Box::new(run))
        }
    };
    Ok(Json(EventBackups { success: true, data }))
}

pub(crate) async fn start(
    State(app): State<App>,
    Path(id): Path<String>,
    body: Result<Option<Json<StartBackup>>, JsonRejection>,
) -> Result<(StatusCode, Json<BackupsStarted>), Refusal> {
    let request = body.map_err(|rejection| unreadable(&rejection))?.map(|Json(request)| request).unwrap_or_default();
    let event = find_event(&app, &id).await?;
    let kind = request.kind.unwrap_or(RunKind::Copy);
    let places = places(&app, request.destinations).await?;
    let asked = |place: &Destination| {
        let (event, destination) = (event.id.clone(), place.id.clone());
        let run = BackupRun { id: app.0.ids.backup(), event, destination, kind, asked_by: AskedBy::Operator };
        Fact::Backup(BackupFact::Asked { run })
    };
    app.0.journal.append(places.iter().map(asked).collect()).await?;
    let runs = newest(&app, &event, &places, kind).await?;
    let Some(first) = runs.first().cloned() else { return Err(Refusal::missing("the run was forgotten at once")) };
    let what = if kind == RunKind::Copy { "backup" } else { "verification" };
    let message = format!("{} of {} asked for", count_text(runs.len() as u64, what), event.name);
    Ok((StatusCode::ACCEPTED, Json(BackupsStarted { success: true, message, data: first, runs })))
}

/// Where to: what was named, else every backup destination.
async fn places(app: &App, named: Option<Vec<String>>) -> Result<Vec<Destination>, Refusal> {
    let known = app.0.journal.destinations().await?;
    let Some(named) = named else {
        let places: Vec<_> = known.into_iter().filter(|place| place.kind == DestinationKind::Backup).collect();
        if places.is_empty() {
            return Err(Refusal::new(
                StatusCode::CONFLICT,
                "no_destination",
                "there is no backup destination",
                "add one: kilat destination add NAME URL --kind backup; or name another destination with --to",
            ));
        }
        return Ok(places);
    };
    let mut places: Vec<Destination> = Vec::new();
    for name in named {
        let found = known.iter().find(|place| place.id.as_str() == name);
        let place = found.ok_or_else(|| Refusal::missing(format!("there is no destination {name:?}")))?;
        if !places.iter().any(|other| other.id == place.id) {
            places.push(place.clone());
        }
    }
    if places.is_empty() {
        return Err(Refusal::bad("bad_body", "destinations is empty", "name one, or leave the field out for all"));
    }
    Ok(places)
}

/// The newest run of the kind at each place: the one that was begun, or the one that went already.
async fn newest(
    app: &App,
    event: &Event,
    places: &[Destination],
    kind: RunKind,
) -> Result<Vec<kilat_wire::BackupRun>, Refusal> {
    let all = app.0.hub.backups_of(&event.id).await?;
    let of =
        |place: &Destination| all.iter().find(|run| run.destination == place.id.as_str() && run.kind == kind).cloned();
    Ok(places.iter().filter_map(of).collect())
}

pub(crate) async fn pause(app: State<App>, id: Path<String>) -> Result<Json<BackupAnswer>, Refusal> {
    change(app, id, |run| BackupFact::Paused { run }, "it is paused").await
}

pub(crate) async fn resume(app: State<App>, id: Path<String>) -> Result<Json<BackupAnswer>, Refusal> {
    change(app, id, |run| BackupFact::Resumed { run }, "it goes on").await
}

pub(crate) async fn cancel(app: State<App>, id: Path<String>) -> Result<Json<BackupAnswer>, Refusal> {
    change(app, id, |run| BackupFact::CancelAsked { run }, "it ends; whole copies stay").await
}

pub(crate) async fn retry(app: State<App>, id: Path<String>) -> Result<Json<BackupAnswer>, Refusal> {
    change(app, id, |run| BackupFact::RetryAsked { run }, "it goes on with what has no copy yet").await
}

/// Asking again changes nothing more, and is answered alike.
async fn change(
    State(app): State<App>,
    Path(id): Path<String>,
    fact: fn(BackupId) -> BackupFact,
    done: &str,
) -> Result<Json<BackupAnswer>, Refusal> {
    let before = one(&app, &id).await?;
    let parsed: BackupId = id.parse().map_err(|_why| missing(&id))?;
    app.0.journal.append(vec![Fact::Backup(fact(parsed))]).await?;
    let data = one(&app, &id).await?;
    let message = match (before.end_time.is_some(), data.end_time.is_some()) {
        (true, true) if data.phase == BackupPhase::Completed => "it has ended well already",
        (true, true) => "it has ended already",
        (true, false) | (false, _) => done,
    };
    Ok(Json(BackupAnswer { success: true, message: message.to_owned(), data }))
}

async fn one(app: &App, id: &str) -> Result<kilat_wire::BackupRun, Refusal> {
    let parsed: BackupId = id.parse().map_err(|_why| missing(id))?;
    app.0.hub.backup(&parsed).await?.ok_or_else(|| missing(id))
}

fn missing(id: &str) -> Refusal {
    Refusal::missing(format!("there is no backup {id:?}"))
}
