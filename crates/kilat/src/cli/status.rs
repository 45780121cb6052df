//! `kilat status`: the verdict, the counts, sources and destinations, of the running server.

use kilat_core::count_text;
use kilat_wire::Now;

use super::call::{Server, no_server};
use super::out;
use crate::config::Config;
use crate::fail::Fail;

pub(super) fn run(config: &Config, json: bool) -> Result<(), Fail> {
    let now = match Server::find(&config.data.value)? {
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
    out::text(&describe(&now))
}

/// What a person reads first comes first.
fn describe(now: &Now) -> String {
    let mut text = format!("{}\n", verdict(now));
    let event = now.event.as_ref().map_or("none".to_owned(), |event| format!("{} ({})", event.name, event.date));
    let counts = &now.counts;
    let shot = counts.shot.map_or("–".to_owned(), |shot| shot.to_string());
    text += &format!("event         {event}\n");
    text += &format!("photos        shot {shot}, held {}, stored {}, safe {}", counts.held, counts.stored, counts.safe);
    text += &format!("; waiting {}, failed {}, incomplete {}\n", counts.waiting, counts.failed, counts.incomplete);
    for source in &now.sources {
        let state = if source.online { "online".to_owned() } else { offline(&source.since, source.reason.as_deref()) };
        let held = source.held.map_or("– photos".to_owned(), |held| count_text(held, "photo"));
        text += &format!("source        {} · {state} · {held}\n", source.path);
    }
    for camera in &now.cameras {
        let serial = camera.camera.serial.as_deref().unwrap_or("no serial");
        text += &format!("camera        {} ({serial}) · {}\n", camera.camera.model, count_text(camera.held, "photo"));
    }
    for place in &now.destinations {
        let state = if place.up { "up".to_owned() } else { offline(&place.since, place.reason.as_deref()) };
        text +=
            &format!("destination   {} · {state} · {} stored, {} waiting\n", place.path, place.stored, place.waiting);
    }
    for problem in &now.problems {
        text += &format!("problem       {}: {}\n", problem.what, problem.message);
    }
    text
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
