//! `kilat tail`: live messages in the terminal, over the same wire as any client.
//!
//! Reconnects for ever; says so on standard error.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use kilat_core::{Backoff, size_text};
use kilat_wire::{Channel, Envelope, ServerMessage, UploadStatus};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::call::{Server, no_server, not_signed_in, token};
use super::dial::dial;
use super::out;
use crate::config::Config;
use crate::fail::{Code, Fail};
use crate::ready::Ready;

/// A connection attempt that hangs longer is given up.
const CONNECT_PATIENCE: Duration = Duration::from_secs(8);
/// A server that says nothing for longer than its heartbeat answers is gone.
const SILENCE: Duration = Duration::from_secs(45);
/// How often to say that we are there.
const HEARTBEAT: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub(crate) struct TailFlags {
    /// A channel: dslr, backup, upload, camera, system; all by default
    #[arg(long = "channel", value_name = "C")]
    channels: Vec<String>,
    /// Messages as they come, one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(config: &Config, flags: &TailFlags) -> Result<(), Fail> {
    let channels = channels(&flags.channels)?;
    let data = config.data.value.clone();
    if Server::find(&data)?.is_none() {
        return Err(no_server(&data));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Fail::new(Code::Output, format!("cannot start: {error}"), "is this machine out of memory?"))?;
    runtime.block_on(async {
        tokio::select! {
            result = follow(&data, &channels, flags.json) => result,
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

fn channels(names: &[String]) -> Result<Vec<Channel>, Fail> {
    if names.is_empty() {
        return Ok(Channel::ALL.to_vec());
    }
    let known = Channel::ALL.map(Channel::as_str).join(", ");
    let parse = |name: &String| {
        name.parse()
            .map_err(|_why| Fail::setting(format!("there is no channel {name:?}"), format!("channels: {known}")))
    };
    names.iter().map(parse).collect()
}

async fn follow(data: &std::path::Path, channels: &[Channel], json: bool) -> Result<(), Fail> {
    let backoff = Backoff { first: Duration::from_millis(500), most: Duration::from_secs(20) };
    let mut rng = SmallRng::from_os_rng();
    let mut attempt = 0;
    loop {
        // Read again each time: a restarted server may answer elsewhere.
        if let Some(ready) = Ready::read(data) {
            match watch(&ready.ws, token(data)?, (channels, json), &mut attempt).await {
                Ok(why) => out::note(&format!("kilat: {why}; connecting again")),
                Err(fail) => return Err(fail),
            }
        }
        attempt += 1;
        tokio::time::sleep(backoff.delay(attempt, &mut rng)).await;
    }
}

/// Shows messages until the connection ends; answers why it ended.
async fn watch(
    url: &str,
    token: Option<String>,
    (channels, json): (&[Channel], bool),
    attempt: &mut u32,
) -> Result<String, Fail> {
    let mut socket = match tokio::time::timeout(CONNECT_PATIENCE, dial(url, token.as_deref())).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(WsError::Http(refused))) if refused.status() == StatusCode::UNAUTHORIZED => {
            return Err(not_signed_in("the server does not know this token"));
        }
        Ok(Err(WsError::Http(refused))) if refused.status() == StatusCode::FORBIDDEN => {
            return Err(Fail::not_allowed("this token may not watch", "use one of the role viewer or above"));
        }
        Ok(Err(error)) => return Ok(format!("cannot connect to {url}: {error}")),
        Err(_) => return Ok(format!("{url} does not answer")),
    };
    for channel in channels {
        let ask = format!(r#"{{"type":"subscribe","payload":{{"channel":"{channel}"}}}}"#);
        if let Err(error) = socket.send(Message::text(ask)).await {
            return Ok(error.to_string());
        }
    }
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    loop {
        tokio::select! {
            _ = heartbeat.tick() => {
                if let Err(error) = socket.send(Message::text(r#"{"type":"heartbeat","payload":{}}"#)).await {
                    return Ok(error.to_string());
                }
            }
            message = tokio::time::timeout(SILENCE, socket.next()) => match message {
                Ok(Some(Ok(Message::Text(text)))) => {
                    *attempt = 0;
                    if json { out::line(&text)? } else { show(&text)? }
                }
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => return Ok(error.to_string()),
                Ok(None) => return Ok("the server closed the connection".to_owned()),
                Err(_) => return Ok(format!("nothing heard for {} s", SILENCE.as_secs())),
            },
        }
    }
}

fn show(text: &str) -> Result<(), Fail> {
    let Ok(envelope) = serde_json::from_str::<Envelope>(text) else { return out::line(&out::safe(text)) };
    let time = envelope.timestamp.get(11..23).unwrap_or("");
    match describe(&envelope.message) {
        Some(line) => out::line(&format!("{time} {}", out::safe(&line))),
        None => Ok(()),
    }
}

/// One line for what a person follows; none for what repeats.
fn describe(message: &ServerMessage) -> Option<String> {
    Some(match message {
        ServerMessage::UploadProgress(p) => {
            let size = p.file_size.map(|size| format!(" {}", size_text(size))).unwrap_or_default();
            match p.status {
                UploadStatus::Starting => format!("arrived   {}{size}", p.file_name),
                UploadStatus::Uploading => format!("copying   {} {:.0} %", p.file_name, p.progress.unwrap_or(0.0)),
                UploadStatus::Completed => {
                    format!(
                        "stored    {}{size} at {}",
                        p.file_name,
                        p.destination.as_deref().unwrap_or("its destination")
                    )
                }
                UploadStatus::Failed => format!("FAILED    {}: {}", p.file_name, p.error.as_deref().unwrap_or("")),
            }
        }
        ServerMessage::Notification(n) => format!("notice    [{:?}] {}: {}", n.priority, n.title, n.message),
        ServerMessage::CameraStatus(c) => format!("source    {} {}", c.status, c.message),
        ServerMessage::Connected(c) => format!("connected to Kilat {} as {}", c.version, c.client_id),
        ServerMessage::Error(e) => format!("ERROR     {}: {}", e.code, e.message),
        ServerMessage::Now(_)
        | ServerMessage::DslrStatus(_)
        | ServerMessage::SystemStatus(_)
        | ServerMessage::BackupStatus(_)
        | ServerMessage::BackupProgress(_)
        | ServerMessage::Subscribed(_)
        | ServerMessage::Published(_)
        | ServerMessage::Draining(_)
        | ServerMessage::HeartbeatResponse(_) => return None,
    })
}
