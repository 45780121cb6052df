//! `kilat tail`: live messages in the terminal, over the same wire as any client.
//!
//! Never gives up, repeats nothing, and says on standard error what it missed; the client does all of that.

use kilat_client::{Client, Config as ClientConfig, Event, Link, Message, Patience, Transport};
use kilat_core::size_text;
use kilat_wire::{Channel, Cursor, Envelope, RestorePhase, ServerMessage, UploadStatus};
use rand::SeedableRng;
use rand::rngs::SmallRng;

use super::call::{Server, no_server};
use super::dial::Local;
use super::{out, wire};
use crate::config::Config;
use crate::fail::Fail;

#[derive(Debug, clap::Args)]
pub(crate) struct TailFlags {
    /// A channel: dslr, backup, upload, camera, system; all by default
    #[arg(long = "channel", value_name = "C")]
    channels: Vec<String>,
    /// Messages as they come, one JSON object a line
    #[arg(long)]
    json: bool,
    /// Begin with what was missed since this place: epoch and seq of the last entry that was seen
    #[arg(long, value_name = "EPOCH:SEQ")]
    since: Option<String>,
}

pub(super) fn run(config: &Config, flags: &TailFlags) -> Result<(), Fail> {
    let since = flags.since.as_deref().map(cursor).transpose()?;
    let channels = channels(&flags.channels)?;
    let data = config.data.value.clone();
    if Server::find(&data)?.is_none() {
        return Err(no_server(&data));
    }
    let watch = ClientConfig { channels: channels.into_iter().collect(), since, patience: Patience::default() };
    wire::runtime()?.block_on(async {
        let client = Client::start(watch, Local(data), SmallRng::from_os_rng());
        tokio::select! {
            result = follow(client, flags.json) => result,
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

fn cursor(text: &str) -> Result<Cursor, Fail> {
    text.parse().map_err(|why| {
        Fail::setting(format!("--since {text:?}: {why}"), "kilat tail --json shows epoch and seq with every message")
    })
}

fn channels(names: &[String]) -> Result<Vec<Channel>, Fail> {
    if names.is_empty() {
        return Ok(Channel::ALL.to_vec());
    }
    names.iter().map(|name| wire::channel(name)).collect()
}

async fn follow(mut client: Client, json: bool) -> Result<(), Fail> {
    loop {
        let told = client.next().await.map_err(|ended| wire::ended(&ended))?;
        match told.event {
            Event::Message(message) if json => out::line(&message.text)?,
            Event::Message(message) => show(&message)?,
            Event::Missed(missed) => {
                let since = missed.since.map_or("the beginning".to_owned(), |since| since.to_string());
                let what = out::safe(&format!("{}: {}", missed.why, missed.message));
                out::note(&format!("kilat: MISSED what happened between {since} and {}: {what}", missed.up_to));
            }
            Event::Link(Link::Down { why, again_in }) => {
                out::note(&format!("kilat: {}; connecting again in {:.1} s", out::safe(&why), again_in.as_secs_f32()));
            }
            Event::Link(Link::Hole { before }) => {
                out::note(&format!("kilat: something is missing before entry {before}; asking for it again"));
            }
            Event::Link(Link::Up(Transport::Polling)) => {
                out::note("kilat: no WebSocket gets through; asking again and again meanwhile");
            }
            Event::Link(Link::Up(Transport::WebSocket)) => {}
        }
    }
}

fn show(message: &Message) -> Result<(), Fail> {
    let text = &message.text;
    let Ok(envelope) = serde_json::from_str::<Envelope>(text) else { return out::line(&out::safe(text)) };
    let time = envelope.timestamp.get(11..23).unwrap_or("");
    match describe(&envelope.message) {
        Some(line) => out::line(&format!("{time} {}", out::safe(&line))),
        None => Ok(()),
    }
}

fn phase(phase: RestorePhase) -> &'static str {
    match phase {
        RestorePhase::Reading => "reads what is there",
        RestorePhase::Copying => "goes",
        RestorePhase::Cancelling => "ends",
        RestorePhase::Completed => "is complete",
        RestorePhase::Incomplete => "is NOT complete",
        RestorePhase::Failed => "FAILED",
        RestorePhase::Cancelled => "was cancelled",
        RestorePhase::Interrupted => "was interrupted",
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
        ServerMessage::BackupProgress(p) => {
            let (done, all) = (p.processed_photos, p.total_photos);
            let rate = p.bytes_per_second.map(|rate| format!(", {}/s", size_text(rate))).unwrap_or_default();
            format!("backup    {} → {} {:.0} %, {done} of {all} photos{rate}", p.event_id, p.destination, p.progress)
        }
        ServerMessage::RestoreStatus(r) => {
            let done = r.restored_photos.zip(r.was_there).map(|(new, there)| new + there);
            let done = done.map(|done| format!(", {done} of {} photos", r.total_photos)).unwrap_or_default();
            let rate = r.bytes_per_second.map(|rate| format!(", {}/s", size_text(rate))).unwrap_or_default();
            format!("restore   {} ← {} {}{done}{rate}", r.event_id, r.from, phase(r.phase))
        }
        ServerMessage::CameraStatus(c) => format!("source    {} {}", c.status, c.message),
        ServerMessage::Connected(c) => format!("connected to Kilat {} as {}", c.version, c.client_id),
        ServerMessage::Error(e) => format!("ERROR     {}: {}", e.code, e.message),
        ServerMessage::Now(_)
        | ServerMessage::DslrStatus(_)
        | ServerMessage::SystemStatus(_)
        | ServerMessage::BackupStatus(_)
        | ServerMessage::Subscribed(_)
        | ServerMessage::Published(_)
        | ServerMessage::Draining(_)
        | ServerMessage::HeartbeatResponse(_) => return None,
    })
}
