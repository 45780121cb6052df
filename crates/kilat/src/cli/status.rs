//! `kilat status`: the verdict, the counts, sources, cameras and destinations, of the running server.

use kilat_core::{DestinationKind, count_text};
use kilat_wire::{CameraList, CameraRow, CameraRowState, Now};

use super::call::{Server, no_server};
use super::out;
use crate::config::Config;
use crate::fail::Fail;

pub(super) fn run(config: &Config, json: bool) -> Result<(), Fail> {
    let server = Server::find(&config.data.value)?;
    let now = match &server {
        Some(server) => server.get::<Now>("/api/now")?,
        None if config.data.value.join("journal.db").exists() => {
            out::note("kilat: no server is running; this is what the data folder says");
            crate::app::offline::Journal::open(&config.data.value)?.now()?
        }
        None => return Err(no_server(&config.data.value)),
    };
    if json {
        return out::json(&now);
    }
    for line in describe(&now) {
        out::line(&out::safe(&line))?;
    }
    if let Some(server) = &server {
        for line in server.get::<CameraList>("/api/cameras")?.cameras.iter().filter_map(in_touch) {
            out::line(&out::safe(&line))?;
        }
    }
    if let (Some(server), Some(event)) = (&server, &now.event)
        && let Some(line) = super::backup::safety_line(server, &event.id)?
    {
        out::line(&out::safe(&line))?;
    }
    Ok(())
}

/// What a person reads first comes first. Names in it are as hostile as they came.
fn describe(now: &Now) -> Vec<String> {
    let mut lines = vec![verdict(now)];
    let event = now.event.as_ref().map_or("none".to_owned(), |event| format!("{} ({})", event.name, event.date));
    let counts = &now.counts;
    let shot = counts.shot.map_or("–".to_owned(), |shot| shot.to_string());
    lines.push(format!("event         {event}"));
    lines.push(format!(
        "photos        shot {shot}, held {}, stored {}, safe {}; waiting {}, failed {}, incomplete {}",
        counts.held, counts.stored, counts.safe, counts.waiting, counts.failed, counts.incomplete
    ));
    for source in &now.sources {
        let state = if source.online { "online".to_owned() } else { offline(&source.since, source.reason.as_deref()) };
        let held = source.held.map_or("– photos".to_owned(), |held| count_text(held, "photo"));
        lines.push(format!("source        {} · {state} · {held}", source.path));
    }
    for camera in &now.cameras {
        let serial = camera.camera.serial.as_deref().unwrap_or("no serial");
        let held = count_text(camera.held, "photo");
        lines.push(format!("camera        {} ({serial}) · {held}", camera.camera.model));
    }
    for place in &now.destinations {
        let state = if place.up { "up".to_owned() } else { offline(&place.since, place.reason.as_deref()) };
        let holds = match place.kind {
            DestinationKind::Upload => format!("{} stored, {} waiting", place.stored, place.waiting),
            DestinationKind::Backup => "for backups: kilat backup status".to_owned(),
        };
        lines.push(format!("destination   {} · {state} · {holds}", place.path));
    }
    for problem in &now.problems {
        lines.push(format!("problem       {}: {}", problem.what, problem.message));
    }
    lines
}

/// Of what Kilat is in touch with; bodies that are only known by their files have their line already.
fn in_touch(camera: &CameraRow) -> Option<String> {
    let state = match camera.state {
        CameraRowState::Unknown => return None,
        CameraRowState::Unseen => "not heard of yet",
        CameraRowState::Ready => "ready",
        CameraRowState::Asleep => "asleep",
        CameraRowState::Held => "HELD by another program",
        CameraRowState::Wedged => "ANSWERS NO MORE",
        CameraRowState::Unsupported => "cannot be read here",
        CameraRowState::Gone => "not connected",
    };
    let shot = camera.shot.map_or("–".to_owned(), |shot| shot.to_string());
    let (held, stored, safe) = (camera.held, camera.stored, camera.safe);
    let counts = format!("shot {shot}, held {held}, stored {stored}, safe {safe}");
    Some(format!("camera        {} · {state} · {counts} · {}", camera.name, camera.safe_to_format.reason))
}

fn offline(since: &str, reason: Option<&str>) -> String {
    format!("NOT AVAILABLE since {since}: {}", reason.unwrap_or("no reason known"))
}

fn verdict(now: &Now) -> String {
    let counts = &now.counts;
    let pauses = if now.paused { " Copying is paused." } else { "" };
    if !now.problems.is_empty() {
        let problems = count_text(now.problems.len() as u64, "problem");
        return format!("TROUBLE: {problems}. Safe: {} of {}.{pauses}", counts.safe, count_text(counts.held, "photo"));
    }
    if now.event.is_none() {
        return format!("No event is in use: new photos wait. Begin one: kilat event create NAME --use.{pauses}");
    }
    if counts.held == 0 {
        return format!("Nothing yet: no photo has arrived.{pauses}");
    }
    if counts.safe < counts.held {
        let left = counts.held - counts.safe;
        return format!("Safe: {}. {left} more on the way.{pauses}", count_text(counts.safe, "photo"));
    }
    match counts.safe {
        1 => format!("The one photo is safe.{pauses}"),
        safe => format!("All {safe} photos are safe.{pauses}"),
    }
}
