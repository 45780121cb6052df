//! `GET /api/admin/monitoring`: the machine now, what is wrong with it, and its last seven days.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kilat_core::{Alarm, AlarmKind, Gauge, Machine, Millis, Span, Stretch};
use kilat_hub::machine_summary;
use kilat_wire::{
    HistoryPoint, MachineAlert, MachineAlerts, MachineHistory, MachineMetrics, MachineStats, MachineSummary,
    MonitoringAnswer, MonitoringView,
};
use serde::Deserialize;

use super::given::Query;
use super::health;
use crate::app::App;
use crate::refusal::Refusal;

/// Minutes of history unless the call says otherwise.
const MINUTES: u64 = 60;
/// Seven days: what the journal keeps.
const MAX_MINUTES: u64 = 7 * 24 * 60;
/// Up to here the samples in memory are told, one a second at best.
const RECENT_MINUTES: u64 = 10;
/// Points of one answer: more than a chart has pixels for are no use.
const MAX_POINTS: u64 = 360;

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    r#type: Option<String>,
    minutes: Option<String>,
}

pub(crate) async fn get(State(app): State<App>, Query(asked): Query<Asked>) -> Result<Json<MonitoringAnswer>, Refusal> {
    let view = match asked.r#type.as_deref() {
        None | Some("overview") => MonitoringView::Overview(summary(&app)),
        Some("metrics") => MonitoringView::Metrics(Box::new(metrics(&app))),
        Some("health") => MonitoringView::Health(health_view(&app).await?),
        Some("alerts") => MonitoringView::Alerts(alerts(&app).await?),
        Some("stats") => MonitoringView::Stats(stats(&app).await?),
        Some("history") => MonitoringView::History(history(&app, minutes(asked.minutes.as_deref())?).await?),
        Some(other) => {
            let remedy = format!("use {}", kilat_wire::MONITORING_TYPES.join(", "));
            return Err(Refusal::bad("unknown_type", format!("there is no type {other:?}"), remedy));
        }
    };
    Ok(Json(MonitoringAnswer { success: true, timestamp: app.0.clock.now().to_rfc3339(), view }))
}

fn minutes(asked: Option<&str>) -> Result<u64, Refusal> {
    let Some(asked) = asked else { return Ok(MINUTES) };
    asked.parse().ok().filter(|minutes| (1..=MAX_MINUTES).contains(minutes)).ok_or_else(|| {
        Refusal::bad("bad_minutes", format!("{asked:?} minutes cannot be"), format!("use 1 to {MAX_MINUTES}"))
    })
}

fn summary(app: &App) -> MachineSummary {
    app.0.board.machine().map(|machine| machine_summary(&machine)).unwrap_or_default()
}

fn metrics(app: &App) -> MachineMetrics {
    let Some(machine) = app.0.board.machine() else { return MachineMetrics::default() };
    let Machine { at, cpu, memory, disks, network, temperatures, process, commits, clock, alarms: _ } =
        Machine::clone(&machine);
    MachineMetrics {
        measured_at: Some(at.to_rfc3339()),
        cpu: Some(cpu),
        memory,
        storage: disks,
        network,
        temperatures,
        process: Some(process),
        journal: commits,
        clock: Some(clock),
    }
}

/// What `/api/health` tells, with the machine: status 200 either way, since the answer itself is well.
async fn health_view(app: &App) -> Result<kilat_wire::Health, Refusal> {
    let mut checks = health::checks(app).await?;
    let machine = app.0.board.machine();
    for kind in [AlarmKind::Cpu, AlarmKind::Memory, AlarmKind::Storage] {
        checks.extend(
            machine.as_deref().and_then(|machine| check(machine, kind)).map(|it| (kind.as_str().to_owned(), it)),
        );
    }
    Ok(health::health(app, checks))
}

/// `ok`, or what is wrong; none where it cannot be measured.
fn check(machine: &Machine, kind: AlarmKind) -> Option<String> {
    match kind {
        AlarmKind::Cpu => machine.cpu.usage.map(|_| ())?,
        AlarmKind::Memory => machine.memory.as_ref().map(|_| ())?,
        AlarmKind::Storage | AlarmKind::Filling => machine.fullest()?.usage.map(|_| ())?,
    }
    let is_about = |alarm: &&Alarm| match alarm.kind {
        AlarmKind::Filling => kind == AlarmKind::Storage,
        AlarmKind::Cpu | AlarmKind::Memory | AlarmKind::Storage => alarm.kind == kind,
    };
    let wrong: Vec<&str> = machine.alarms.iter().filter(is_about).map(|alarm| alarm.message.as_str()).collect();
    Some(if wrong.is_empty() { "ok".to_owned() } else { wrong.join(" ") })
}

async fn alerts(app: &App) -> Result<MachineAlerts, Refusal> {
    let thresholds = app.0.journal.settings().await?.thresholds;
    let machine = app.0.board.machine();
    let active = machine.iter().flat_map(|machine| &machine.alarms).map(alert).collect();
    Ok(MachineAlerts { active, thresholds })
}

fn alert(alarm: &Alarm) -> MachineAlert {
    MachineAlert {
        kind: alarm.kind,
        place: alarm.place.clone(),
        since: alarm.since.to_rfc3339(),
        value: alarm.value,
        limit: alarm.limit,
        message: alarm.message.clone(),
    }
}

async fn stats(app: &App) -> Result<MachineStats, Refusal> {
    let now = app.0.clock.now();
    let week = rows(app, (ago(now, MAX_MINUTES), now)).await?;
    let day = ago(now, 24 * 60);
    Ok(MachineStats {
        recent: joined(&recent(app, (ago(now, RECENT_MINUTES), now))),
        day: joined(week.iter().filter(|row| row.at >= day)),
        week: joined(&week),
    })
}

async fn history(app: &App, minutes: u64) -> Result<MachineHistory, Refusal> {
    let now = app.0.clock.now();
    let from = ago(now, minutes);
    let (pieces, finest) = if minutes <= RECENT_MINUTES {
        (recent(app, (from, now)), Duration::from_secs(1))
    } else {
        (rows(app, (from, now)).await?, Duration::from_secs(60))
    };
    let step = step(minutes, finest);
    let points = points(&pieces, from, step)
        .into_iter()
        .map(|point| HistoryPoint { at: point.at.to_rfc3339(), values: point.spans })
        .collect();
    Ok(MachineHistory { minutes, step_seconds: step.as_secs(), points })
}

/// The samples in memory, each as a piece of its own. What a clock that was set back left in the future has its time.
fn recent(app: &App, (from, now): (Millis, Millis)) -> Vec<Stretch> {
    let samples = app.0.board.samples().into_iter().filter(|sample| sample.at >= from && sample.at < now);
    let piece = |sample: kilat_core::Sample| {
        let mut piece = Stretch::new(sample.at);
        piece.note(&sample.values);
        piece
    };
    samples.map(piece).collect()
}

/// The rows in the journal.
async fn rows(app: &App, (from, now): (Millis, Millis)) -> Result<Vec<Stretch>, Refusal> {
    let journal = app.0.journal.clone();
    match tokio::task::spawn_blocking(move || journal.samples_blocking(from, now)).await {
        Ok(rows) => Ok(rows?),
        Err(error) => {
            tracing::error!(%error, "cannot read the machine's past");
            let remedy = "ask again; if it goes on, look into the log";
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "no_history", "the past cannot be read", remedy))
        }
    }
}

fn ago(now: Millis, minutes: u64) -> Millis {
    let length = i64::try_from(minutes.saturating_mul(60_000)).unwrap_or(i64::MAX);
    Millis(now.0.saturating_sub(length))
}

/// The shortest whole number of the finest that makes no more than [`MAX_POINTS`].
fn step(minutes: u64, finest: Duration) -> Duration {
    let seconds = minutes * 60;
    let finest = finest.as_secs();
    Duration::from_secs(seconds.div_ceil(MAX_POINTS).div_ceil(finest) * finest)
}

/// Joins the pieces of each step; the pieces come by time.
fn points(pieces: &[Stretch], from: Millis, step: Duration) -> Vec<Stretch> {
    let step_ms = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1);
    let mut points: Vec<(i64, Stretch)> = Vec::new();
    for piece in pieces {
        let number = piece.at.0.saturating_sub(from.0) / step_ms;
        match points.last_mut() {
            Some((last, point)) if *last == number => point.add(&piece.spans),
            _ => points.push((number, piece.clone())),
        }
    }
    points.into_iter().map(|(_, point)| point).collect()
}

fn joined<'a>(pieces: impl IntoIterator<Item = &'a Stretch>) -> BTreeMap<Gauge, Span> {
    let mut all = Stretch::new(Millis(0));
    for piece in pieces {
        all.add(&piece.spans);
    }
    all.spans
}

#[cfg(test)]
mod tests {
    use kilat_core::Disk;

    use super::*;

    fn piece(at: i64, value: f64) -> Stretch {
        let mut piece = Stretch::new(Millis(at));
        piece.note(&BTreeMap::from([(Gauge::Cpu, value)]));
        piece
    }

    #[test]
    fn a_week_is_no_more_points_than_an_hour_has_room_for_and_loses_no_peak() {
        let minute = 60_000;
        let week: Vec<Stretch> = (0..10_080_i32).map(|n| piece(i64::from(n) * minute, f64::from(n))).collect();
        let step = step(MAX_MINUTES, Duration::from_secs(60));
        let points = points(&week, Millis(0), step);
        assert!(points.len() as u64 <= MAX_POINTS, "{}", points.len());
        assert_eq!(
            joined(&points).get(&Gauge::Cpu).map(|span| (span.min, span.max, span.count)),
            Some((0.0, 10_079.0, 10_080))
        );
    }

    #[test]
    fn where_nothing_was_measured_there_is_no_point() {
        let points =
            points(&[piece(0, 1.0), piece(10_000, 3.0), piece(3_600_000, 9.0)], Millis(0), Duration::from_secs(60));
        let told: Vec<(i64, f64)> = points.iter().map(|point| (point.at.0, point.spans[&Gauge::Cpu].avg)).collect();
        assert_eq!(told, [(0, 2.0), (3_600_000, 9.0)]);
    }

    #[test]
    fn a_step_is_whole_seconds_in_memory_and_whole_minutes_in_the_journal() {
        assert_eq!(step(5, Duration::from_secs(1)), Duration::from_secs(1));
        assert_eq!(step(10, Duration::from_secs(1)), Duration::from_secs(2));
        assert_eq!(step(60, Duration::from_secs(60)), Duration::from_secs(60));
        assert_eq!(step(1_440, Duration::from_secs(60)), Duration::from_secs(240));
        assert!(minutes(Some("0")).is_err() && minutes(Some("10081")).is_err() && minutes(Some("x")).is_err());
    }

    #[test]
    fn a_disk_that_fills_is_told_with_the_storage() {
        let alarm = |kind| Alarm {
            kind,
            place: None,
            since: Millis(0),
            value: None,
            limit: 1.0,
            message: "make room.".to_owned(),
        };
        let own = Disk { usage: Some(40.0), used_for: vec!["data folder".to_owned()], ..Disk::default() };
        let mut machine = Machine { alarms: vec![alarm(AlarmKind::Filling)], disks: vec![own], ..Machine::default() };
        assert_eq!(check(&machine, AlarmKind::Storage).as_deref(), Some("make room."));
        assert_eq!(check(&machine, AlarmKind::Cpu), None, "nothing was measured");
        machine.cpu.usage = Some(3.0);
        assert_eq!(check(&machine, AlarmKind::Cpu).as_deref(), Some("ok"));
    }
}
