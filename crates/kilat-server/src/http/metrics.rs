//! `GET /metrics`: what was counted and how old things are, in the text format of Prometheus.

use std::fmt::Write;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use kilat_core::{DestinationHealth, SourceHealth};

use crate::app::App;
use crate::refusal::Refusal;

/// The version of the format.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(crate) async fn get(State(app): State<App>) -> Result<Response, Refusal> {
    let inside = app.0.hub.inside();
    let now = app.0.hub.now().await?;
    let uptime = app.0.clock.now().0.saturating_sub(app.0.started_at.0) / 1_000;
    let mut text = Text::default();
    text.gauge("kilat_uptime_seconds", "Seconds since the server started.", uptime);
    text.gauge("kilat_viewers", "Connected viewers.", inside.viewers);
    text.gauge("kilat_subscriptions", "Subscriptions of all viewers.", inside.subscriptions);
    text.gauge("kilat_journal_offset", "The newest committed record.", app.0.journal.head().0);
    text.gauge("kilat_published_offset", "The newest record that viewers were told.", inside.published);
    text.counter("kilat_frames_total", "Messages published.", inside.frames);
    text.counter("kilat_passes_total", "Walks along the viewers; messages that gathered share one.", inside.passes);
    text.counter("kilat_deliveries_total", "Messages handed to viewers.", inside.deliveries);
    text.counter("kilat_writes_total", "System calls that wrote them.", inside.writes);
    text.counter("kilat_written_bytes_total", "Bytes that those took.", inside.bytes);
    text.counter("kilat_blocked_writes_total", "Writes that a slow connection did not take whole.", inside.blocked);
    text.counter("kilat_replays_total", "Viewers brought up to date.", inside.replays);
    text.counter("kilat_replayed_total", "Entries told to them.", inside.replayed);
    text.counter("kilat_cut_slow_total", "Viewers ended because they took nothing.", inside.cut_slow);
    text.counter("kilat_cut_silent_total", "Viewers ended because nothing was heard of them.", inside.cut_silent);
    text.gauge("kilat_photos_held", "Photos of the active event.", now.counts.held);
    text.gauge("kilat_photos_stored", "Those with one proven copy.", now.counts.stored);
    text.gauge("kilat_photos_safe", "Those with all copies proven.", now.counts.safe);
    text.gauge("kilat_copies_waiting", "Copies due.", now.counts.waiting);
    text.gauge("kilat_copies_failed", "Copies given up.", now.counts.failed);
    text.head("kilat_source_up", "Whether a source can be read.", "gauge");
    for source in app.0.journal.sources().await? {
        let up = matches!(source.health, SourceHealth::Online { .. });
        text.labelled("kilat_source_up", "source", source.id.as_str(), u64::from(up));
    }
    text.head("kilat_destination_up", "Whether a destination takes copies.", "gauge");
    for destination in app.0.journal.destinations().await? {
        let up = matches!(destination.health, DestinationHealth::Up { .. });
        text.labelled("kilat_destination_up", "destination", destination.id.as_str(), u64::from(up));
    }
    Ok(([(CONTENT_TYPE, FORMAT)], text.0).into_response())
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, help, "gauge");
        self.line(format_args!("{name} {value}\n"));
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.line(format_args!("{name} {value}\n"));
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// Ids hold letters, digits and dashes only: nothing to escape.
    fn labelled(&mut self, name: &str, label: &str, id: &str, value: u64) {
        self.line(format_args!("{name}{{{label}=\"{id}\"}} {value}\n"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a text cannot fail.
        if self.0.write_fmt(line).is_err() {
            tracing::error!("a metric was not written");
        }
    }
}
