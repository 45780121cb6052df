//! `/api/photos`: the active event's photos, one with its receipts, its preview.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use kilat_core::{EventId, PhotoId};
use kilat_wire::{PhotoDetail, PhotoList};
use serde::Deserialize;

use super::given::{Path, Query};
use crate::app::App;
use crate::previews::{PreviewFault, Size};
use crate::refusal::Refusal;

/// Photos in a page unless the call says otherwise.
const PAGE: usize = 60;

#[derive(Debug, Deserialize)]
pub(crate) struct Paging {
    event: Option<String>,
    before: Option<String>,
    limit: Option<usize>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Rendition {
    size: Option<String>,
}

pub(crate) async fn list(State(app): State<App>, Query(paging): Query<Paging>) -> Result<Json<PhotoList>, Refusal> {
    let event: Option<EventId> = match &paging.event {
        Some(id) => Some(id.parse().map_err(|_why| Refusal::missing(format!("there is no event {id:?}")))?),
        None => app.0.journal.active_event().await?.map(|event| event.id),
    };
    let Some(event) = event else { return Ok(Json(PhotoList { photos: Vec::new(), next: None })) };
    let before = paging.before.as_deref().map(photo_id).transpose()?;
    Ok(Json(app.0.hub.photos(&event, before.as_ref(), paging.limit.unwrap_or(PAGE)).await?))
}

pub(crate) async fn get(State(app): State<App>, Path(id): Path<String>) -> Result<Json<PhotoDetail>, Refusal> {
    match app.0.hub.photo(&photo_id(&id)?).await? {
        Some(photo) => Ok(Json(photo)),
        None => Err(missing(&id)),
    }
}

pub(crate) async fn preview(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(rendition): Query<Rendition>,
) -> Result<Response, Refusal> {
    let size = match rendition.size.as_deref() {
        None | Some("large") => Size::Large,
        Some("small") => Size::Small,
        Some(other) => {
            return Err(Refusal::bad("bad_size", format!("there is no size {other:?}"), "use small or large"));
        }
    };
    match app.0.previews.get(&photo_id(&id)?, size).await {
        Ok(jpeg) => {
            // A photo's content never changes under its id.
            let headers = [(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "private, max-age=31536000, immutable")];
            Ok((headers, Body::from(jpeg)).into_response())
        }
        Err(PreviewFault::NoPhoto) => Err(missing(&id)),
        Err(PreviewFault::None(why)) => {
            let remedy = "the original is held and copied all the same";
            Err(Refusal::new(StatusCode::NOT_FOUND, "no_preview", why, remedy))
        }
        Err(PreviewFault::Busy) => {
            let refusal = Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "preview_busy",
                "the preview is not ready yet",
                "ask again in a few seconds",
            );
            Ok(([(RETRY_AFTER, "3")], refusal).into_response())
        }
        Err(PreviewFault::Journal(error)) => Err(error.into()),
    }
}

fn photo_id(id: &str) -> Result<PhotoId, Refusal> {
    id.parse().map_err(|_why| missing(id))
}

fn missing(id: &str) -> Refusal {
    Refusal::missing(format!("there is no photo {:?}", id.chars().take(40).collect::<String>()))
}
