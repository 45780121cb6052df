//! `/api/notifications`: the ledger, and what a person has seen of it.

use axum::Json;
use axum::extract::{Extension, State};
use kilat_auth::Who;
use kilat_core::{Fact, Lang, NoticeChange, Offset};
use kilat_hub::notification_of;
use kilat_journal::{JournalError, NoticeFilter, Refusal as Refused};
use kilat_wire::{AckAnswer, NoticeList};
use serde::Deserialize;

use super::given::{Path, Query};
use crate::app::App;
use crate::refusal::Refusal;

/// Notices in a page unless the call says otherwise.
const PAGE: usize = 100;
/// Most notices in a page.
const MAX_PAGE: usize = 200;

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Which {
    #[default]
    All,
    Open,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Paging {
    #[serde(default)]
    state: Which,
    before: Option<u64>,
    limit: Option<usize>,
    #[serde(default)]
    lang: Lang,
}

pub(crate) async fn list(State(app): State<App>, Query(paging): Query<Paging>) -> Result<Json<NoticeList>, Refusal> {
    let filter = match paging.state {
        Which::All => NoticeFilter::All,
        Which::Open => NoticeFilter::Open,
    };
    let limit = paging.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    // One more shows whether there is another page.
    let mut notices = app.0.journal.notices(filter, paging.before.map(Offset), limit + 1).await?;
    let has_more = notices.len() > limit;
    notices.truncate(limit);
    let next = notices.last().filter(|_| has_more).map(|(offset, _)| offset.0);
    let notifications = notices.iter().map(|(_, standing)| notification_of(standing, paging.lang)).collect();
    Ok(Json(NoticeList { notifications, open: app.0.journal.open_notices().await?, next }))
}

pub(crate) async fn acknowledge(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
) -> Result<Json<AckAnswer>, Refusal> {
    match app.0.journal.append(vec![seen(id.clone(), &who)]).await {
        Ok(recorded) => Ok(Json(AckAnswer { success: true, acknowledged: recorded.len() as u64 })),
        Err(JournalError::Refused(Refused::UnknownNotice(_))) => {
            Err(Refusal::missing(format!("there is no notification {id:?}")))
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn acknowledge_all(
    State(app): State<App>,
    Extension(who): Extension<Who>,
) -> Result<Json<AckAnswer>, Refusal> {
    let (mut before, mut acknowledged) = (None, 0);
    loop {
        let page = app.0.journal.notices(NoticeFilter::Open, before, kilat_journal::MAX_LIMIT).await?;
        let Some((last, _)) = page.last() else { return Ok(Json(AckAnswer { success: true, acknowledged })) };
        before = Some(*last);
        let facts = page.into_iter().map(|(_, standing)| seen(standing.notice.id, &who)).collect();
        acknowledged += app.0.journal.append(facts).await?.len() as u64;
    }
}

fn seen(id: String, who: &Who) -> Fact {
    Fact::Notice { change: NoticeChange::Acknowledged { id, by: who.label.clone() }, standing: None }
}
