//! `/api/admin/clients`: who is connected and how far behind, and a trace of one connection.

use axum::Json;
use axum::extract::State;
use kilat_hub::ViewerInfo;
use kilat_wire::{ClientList, ClientTrace, ClientView};

use super::given::Path;
use crate::app::App;
use crate::refusal::Refusal;

/// Clients in the answer.
const MOST: usize = 1_000;

pub(crate) async fn list(State(app): State<App>) -> Json<ClientList> {
    let (viewers, subscriptions) = app.0.hub.count();
    let clients = app.0.hub.clients(MOST).into_iter().map(view).collect();
    Json(ClientList { clients, viewers: viewers as u64, subscriptions: subscriptions as u64 })
}

pub(crate) async fn trace(State(app): State<App>, Path(id): Path<String>) -> Result<Json<ClientTrace>, Refusal> {
    let number = id.strip_prefix("client-").unwrap_or(&id).parse::<u64>().ok();
    let lines = number.and_then(|number| app.0.hub.trace(number));
    let shown: String = id.chars().take(40).collect();
    let lines = lines.ok_or_else(|| Refusal::missing(format!("there is no client {shown:?}")))?;
    Ok(Json(ClientTrace { client_id: format!("client-{}", number.unwrap_or(0)), lines }))
}

fn view(client: ViewerInfo) -> ClientView {
    ClientView {
        client_id: format!("client-{}", client.id),
        who: client.peer.who.label.clone(),
        role: client.peer.who.role.to_string(),
        address: client.peer.address.to_string(),
        transport: client.peer.transport.to_owned(),
        agent: client.peer.agent.map(String::from),
        channels: client.channels.iter().collect(),
        connected_seconds: client.connected_s,
        last_heard_seconds: u64::from(client.quiet_s),
        behind: client.behind,
        queued: client.queued as u64,
        blocked_seconds: client.blocked_s,
        sent_messages: client.sent.0,
        sent_bytes: client.sent.1,
        skipped_states: client.skipped_states,
        resyncs: client.resyncs,
    }
}
