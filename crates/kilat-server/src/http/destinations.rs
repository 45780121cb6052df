//! `/api/admin/destinations`: list, add, test, remove.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use kilat_core::{Destination, DestinationHealth};
use kilat_objects::Found;
use kilat_places::{DeskError, NewDestination, Tested};
use kilat_wire::{CapabilityView, CreateDestination, DestinationRow, DestinationTested, Done};

use super::given::Path;
use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn list(State(app): State<App>) -> Result<Json<Vec<DestinationRow>>, Refusal> {
    Ok(Json(app.0.journal.destinations().await?.iter().map(destination_row).collect()))
}

pub(crate) async fn create(
    State(app): State<App>,
    body: Result<Json<CreateDestination>, JsonRejection>,
) -> Result<(StatusCode, Json<DestinationRow>), Refusal> {
    let Json(request) = body.map_err(|rejection| unreadable(&rejection))?;
    let added = app.0.places.add(new_destination(request), app.0.clock.now()).await?;
    Ok((StatusCode::CREATED, Json(destination_row(&added))))
}

pub(crate) async fn remove(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Done>, Refusal> {
    app.0.places.remove(&id).await?;
    Ok(Json(Done { success: true }))
}

pub(crate) async fn test(State(app): State<App>, Path(id): Path<String>) -> Result<Json<DestinationTested>, Refusal> {
    let tested = app.0.places.test(&id).await?;
    Ok(Json(destination_tested(&id, &tested)))
}

/// A request as the desk takes it.
#[must_use]
pub fn new_destination(request: CreateDestination) -> NewDestination {
    let CreateDestination { name, url, kind, off_site, secrets, untested } = request;
    NewDestination {
        name,
        address: url,
        kind,
        is_off_site: off_site,
        secrets: secrets.into_iter().map(|(name, value)| (name, value.into())).collect(),
        first_test: !untested,
    }
}

/// What a test showed, as answers show it.
#[must_use]
pub fn destination_tested(id: &str, tested: &Tested) -> DestinationTested {
    let view = |capability: &kilat_objects::Capability| CapabilityView {
        name: capability.name.to_owned(),
        found: match capability.found {
            Found::Yes => Some(true),
            Found::No => Some(false),
            Found::Unknown => None,
        },
    };
    DestinationTested {
        success: true,
        id: id.to_owned(),
        took_ms: u64::try_from(tested.took.as_millis()).unwrap_or(u64::MAX),
        free_bytes: tested.space.map(|space| space.free_bytes),
        capabilities: tested.capabilities.iter().map(view).collect(),
    }
}

/// A destination as answers show it.
#[must_use]
pub fn destination_row(destination: &Destination) -> DestinationRow {
    let (up, since, reason) = match &destination.health {
        DestinationHealth::Up { since } => (true, since, None),
        DestinationHealth::Down { since, reason } => (false, since, Some(reason.clone())),
    };
    DestinationRow {
        id: destination.id.to_string(),
        url: destination.root.display().to_string(),
        kind: destination.kind,
        medium: destination.medium(),
        off_site: destination.is_off_site,
        named_by: destination.named_by,
        up,
        since: since.to_rfc3339(),
        reason,
    }
}

impl From<DeskError> for Refusal {
    fn from(error: DeskError) -> Self {
        let (told, remedy) = (error.to_string(), error.remedy());
        match error {
            DeskError::Name(_) | DeskError::Address(_) | DeskError::Unusable { .. } => {
                Self::bad("bad_destination", told, remedy)
            }
            DeskError::Taken(..) => Self::new(StatusCode::CONFLICT, "destination_taken", told, remedy),
            DeskError::OfSettings(_) => Self::new(StatusCode::CONFLICT, "destination_of_settings", told, remedy),
            DeskError::Unknown(_) => Self::missing(told),
            DeskError::Store(_) | DeskError::Seal(_) => {
                Self::new(StatusCode::CONFLICT, "destination_fails", told, remedy)
            }
            DeskError::Journal(error) => error.into(),
        }
    }
}
