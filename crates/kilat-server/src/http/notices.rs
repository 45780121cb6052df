//! `GET /api/notifications`: the newest notices.

use axum::Json;
use axum::extract::State;
use kilat_hub::notification_of;
use kilat_wire::NoticeList;

use crate::app::App;
use crate::refusal::Refusal;

/// Notices in the answer.
const MOST: usize = 100;

pub(crate) async fn list(State(app): State<App>) -> Result<Json<NoticeList>, Refusal> {
    let notices = app.0.journal.notices(None, MOST).await?;
    Ok(Json(NoticeList { notifications: notices.iter().map(|(_, notice)| notification_of(notice)).collect() }))
}
