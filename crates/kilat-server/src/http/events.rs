//! `/api/admin/events`: list, create, use, close.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use kilat_core::{Event, EventId, EventStatus, Fact, NewEvent};
use kilat_wire::{CreateEvent, EventRow};

use super::given::Path;
use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn list(State(app): State<App>) -> Result<Json<Vec<EventRow>>, Refusal> {
    Ok(Json(app.0.journal.events().await?.iter().map(row).collect()))
}

pub(crate) async fn create(
    State(app): State<App>,
    body: Result<Json<CreateEvent>, JsonRejection>,
) -> Result<(StatusCode, Json<EventRow>), Refusal> {
    let Json(request) = body.map_err(|rejection| unreadable(&rejection))?;
    let taken = app.0.journal.events().await?;
    let event = NewEvent { name: request.name, date: request.date }
        .plan(&taken, &app.0.ids, app.0.clock.now())
        .map_err(|error| Refusal::bad("bad_event", error.to_string(), error.remedy()))?;
    let mut facts = vec![Fact::EventCreated { event: event.clone() }];
    if request.use_now {
        facts.push(Fact::EventUsed { event: event.id.clone() });
    }
    app.0.journal.append(facts).await?;
    let event = find(&app, event.id.as_str()).await?;
    Ok((StatusCode::CREATED, Json(row(&event))))
}

pub(crate) async fn use_now(State(app): State<App>, Path(id): Path<String>) -> Result<Json<EventRow>, Refusal> {
    let event = find(&app, &id).await?;
    if event.status == EventStatus::Closed {
        let error = format!("{} is closed and takes no new photos", event.name);
        return Err(Refusal::new(StatusCode::CONFLICT, "event_closed", error, "create a new event"));
    }
    change(&app, &event.id, Fact::EventUsed { event: event.id.clone() }).await
}

pub(crate) async fn close(State(app): State<App>, Path(id): Path<String>) -> Result<Json<EventRow>, Refusal> {
    let event = find(&app, &id).await?;
    change(&app, &event.id, Fact::EventClosed { event: event.id.clone() }).await
}

async fn change(app: &App, id: &EventId, fact: Fact) -> Result<Json<EventRow>, Refusal> {
    app.0.journal.append(vec![fact]).await?;
    Ok(Json(row(&find(app, id.as_str()).await?)))
}

pub(super) async fn find(app: &App, id: &str) -> Result<Event, Refusal> {
    let missing = || Refusal::missing(format!("there is no event {id:?}"));
    let parsed: EventId = id.parse().map_err(|_why| missing())?;
    app.0.journal.event(&parsed).await?.ok_or_else(missing)
}

fn row(event: &Event) -> EventRow {
    EventRow { id: event.id.to_string(), name: event.name.clone(), date: event.date.to_string(), status: event.status }
}
