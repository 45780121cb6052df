//! What is measured of one server, and in which order: many viewers in one process, few in the next.
//!
//! Each round visits all servers, so that a machine that slows down slows all of them. Before and
//! after each measurement every viewer has got every message, so costs and counts belong together.

use std::time::{Duration, Instant};

use super::audience::{Arrival, Audience, Pace};
use super::mark::Kind;
use super::peer::{Peer, Running, Stand};
use super::viewer::Habit;
use crate::percentile::{median, percentile};
use crate::{Outcome, process};

/// Messages on their way when the publisher floods: enough to keep both cores busy.
const WINDOW: u32 = 32;
/// Published at once when flooding.
const BATCH: u32 = Peer::JOINED;
/// Messages that fill the buffers of a viewer that does not read: some 200 KB of them.
const FILL: u32 = 512;
/// Viewers that connect at once, below every server's backlog.
const AT_ONCE: usize = 128;
/// Nothing here takes so long where things work.
const PATIENCE: Duration = Duration::from_secs(60);

/// A round that would end later is not begun: on a busy machine there are fewer.
const LONGEST: Duration = Duration::from_secs(12 * 60);

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Viewers where processor time, memory and most deliveries are measured.
    pub many: usize,
    /// Viewers where latency is.
    pub few: usize,
    /// Viewers beside the few that never read.
    pub stalled: usize,
    /// Deliveries a second where processor time is measured.
    pub calm: f64,
    /// Deliveries a second where latency is measured.
    pub brisk: f64,
    /// One measurement.
    pub time: Duration,
    /// Before it.
    pub warm: Duration,
    /// The medians of so many count.
    pub rounds: usize,
}

impl Scale {
    /// What the targets are about.
    pub const FULL: Self = Self {
        many: 10_000,
        few: 1_000,
        stalled: 10,
        calm: 50_000.0,
        brisk: 100_000.0,
        time: Duration::from_secs(3),
        warm: Duration::from_secs(1),
        rounds: 3,
    };

    /// A look.
    pub const QUICK: Self = Self {
        many: 300,
        few: 200,
        stalled: 2,
        calm: 5_000.0,
        brisk: 5_000.0,
        time: Duration::from_millis(500),
        warm: Duration::from_millis(100),
        rounds: 1,
    };
}

/// One server's numbers; none where it was not asked.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sample {
    /// Processor time per delivered message, microseconds, unhurried.
    pub(crate) cpu_us: Option<f64>,
    /// The same when flooded, with many viewers and with few.
    pub(crate) flooded_many_us: Option<f64>,
    pub(crate) flooded_few_us: Option<f64>,
    /// Share of the server's core that it used when many were flooded, percent: below some 90 something else was
    /// the limit, such as other programs.
    pub(crate) busy: Option<f64>,
    /// Deliveries a second when flooded.
    pub(crate) most_many: Option<f64>,
    pub(crate) most_few: Option<f64>,
    /// Publication to receipt, milliseconds.
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p99_ms: Option<f64>,
    /// The same beside viewers that do not read.
    pub(crate) stalled_p99_ms: Option<f64>,
    /// Memory per idle viewer, thousands of bytes.
    pub(crate) idle_kb: Option<f64>,
    /// Bytes of one message as delivered.
    pub(crate) message_bytes: Option<f64>,
    /// Share of messages that viewers were spared, percent: only states may be.
    pub(crate) conflated: Option<f64>,
}

/// The medians of one server, or of one kind of Kilat's messages.
#[derive(Debug, Clone, Copy)]
pub struct Wire {
    pub(crate) peer: Peer,
    /// Of so many.
    pub(crate) rounds: usize,
    pub(crate) kind: Kind,
    pub(crate) median: Sample,
}

/// Measures these servers; `say` hears what is being done.
///
/// # Errors
/// When a server does not start, loses a viewer or a message, or says something strange.
pub fn measure(stand: &Stand, scale: &Scale, peers: &[Peer], say: &dyn Fn(&str)) -> Outcome<Vec<Wire>> {
    let begun = Instant::now();
    let mut all: Vec<(Peer, Kind, Vec<Sample>)> = Vec::new();
    for round in 1..=scale.rounds {
        // As long as those before it, on average.
        if round > 1 && begun.elapsed().mul_f64(round as f64 / (round - 1) as f64) > LONGEST {
            say(&format!("no time for round {round}: the machine is busy"));
            break;
        }
        for &peer in peers {
            let kinds: &[Kind] = if peer == Peer::Kilat { &[Kind::State, Kind::Log] } else { &[Kind::State] };
            let mut samples = vec![Sample::default(); kinds.len()];
            let visit = Visit { stand, scale, peer, kinds };
            visit.many(&mut samples).map_err(|error| format!("{peer}, {} viewers: {error}", scale.many))?;
            visit.few(&mut samples).map_err(|error| format!("{peer}, {} viewers: {error}", scale.few))?;
            for (&kind, sample) in kinds.iter().zip(samples) {
                say(&format!("round {round}: {peer} ({kind:?}): {}", shown(&sample)));
                match all.iter_mut().find(|(of, its, _)| (*of, *its) == (peer, kind)) {
                    Some((_, _, samples)) => samples.push(sample),
                    None => all.push((peer, kind, vec![sample])),
                }
            }
        }
    }
    let wire = |(peer, kind, samples): (Peer, Kind, Vec<Sample>)| {
        let (rounds, median) = (samples.len(), medians(&samples));
        Wire { peer, rounds, kind, median }
    };
    Ok(all.into_iter().map(wire).collect())
}

/// One server in one round.
struct Visit<'a> {
    stand: &'a Stand,
    scale: &'a Scale,
    peer: Peer,
    kinds: &'a [Kind],
}

impl Visit<'_> {
    /// Memory, processor time and most deliveries with many viewers.
    fn many(&self, samples: &mut [Sample]) -> Outcome<()> {
        let (server, mut audience) = self.open(self.scale.many)?;
        let (before, _) = process::memory(server.pid)?;
        audience.gather(&self.arrival(self.scale.many, Habit::Reads))?;
        audience.run(Kind::State, Pace::Never, self.scale.warm)?;
        let (after, _) = process::memory(server.pid)?;
        let idle = after.saturating_sub(before) as f64 / 1e3 / self.scale.many as f64;
        for (&kind, sample) in self.kinds.iter().zip(samples) {
            sample.idle_kb = Some(idle);
            // The joining floor waits for its 8 messages: nothing there is unhurried.
            if self.peer != Peer::FloorJoined {
                let pace = pace(self.scale.many, self.scale.calm);
                audience.run(kind, pace, self.scale.warm)?;
                self.begin(kind, &mut audience)?;
                let cpu = process::cpu(server.pid)?;
                audience.run(kind, pace, self.scale.time)?;
                self.settle(kind, &mut audience)?;
                let cpu = process::cpu(server.pid)?.saturating_sub(cpu);
                sample.cpu_us = per_message(cpu, audience.tally.delivered);
                sample.message_bytes = Some(audience.tally.bytes as f64 / audience.tally.delivered.max(1) as f64);
            }
            let flood = self.flood(kind, &server, &mut audience)?;
            (sample.most_many, sample.flooded_many_us, sample.busy) =
                (Some(flood.most), flood.cpu_us, Some(flood.busy));
            sample.conflated = Some(flood.conflated);
        }
        Ok(())
    }

    /// Most deliveries and latency with few viewers, alone and beside some that do not read.
    fn few(&self, samples: &mut [Sample]) -> Outcome<()> {
        let (server, mut audience) = self.open(self.scale.few)?;
        audience.gather(&self.arrival(self.scale.few, Habit::Reads))?;
        for (&kind, sample) in self.kinds.iter().zip(samples.iter_mut()) {
            let flood = self.flood(kind, &server, &mut audience)?;
            (sample.most_few, sample.flooded_few_us) = (Some(flood.most), flood.cpu_us);
            if self.peer != Peer::FloorJoined {
                (sample.p50_ms, sample.p99_ms) = self.latency(kind, &mut audience)?;
            }
        }
        if self.peer == Peer::FloorJoined {
            return Ok(());
        }
        audience.gather(&self.arrival(self.scale.stalled, Habit::Stalls))?;
        for (&kind, sample) in self.kinds.iter().zip(samples) {
            let filled = audience.tally.complete() + FILL;
            let flood = Pace::Flood { window: WINDOW, batch: BATCH };
            audience.run_until(kind, flood, PATIENCE, |audience| audience.tally.complete() >= filled)?;
            self.settle(kind, &mut audience)?;
            (_, sample.stalled_p99_ms) = self.latency(kind, &mut audience)?;
        }
        Ok(())
    }

    fn open(&self, viewers: usize) -> Outcome<(Running, Audience)> {
        let server = Running::start(self.stand, self.peer)?;
        let audience = Audience::open(server.viewers, server.feed, server.dialect.clone(), viewers)?;
        Ok((server, audience))
    }

    fn arrival(&self, viewers: usize, habit: Habit) -> Arrival {
        Arrival { viewers, at_once: AT_ONCE, habit, limit: PATIENCE }
    }

    fn flood(&self, kind: Kind, server: &Running, audience: &mut Audience) -> Outcome<Flood> {
        let flood = Pace::Flood { window: WINDOW, batch: BATCH };
        // In full swing once the first window has gone round.
        let swinging = audience.tally.complete() + WINDOW;
        audience.run_until(kind, flood, PATIENCE, |audience| audience.tally.complete() >= swinging)?;
        audience.run(kind, flood, self.scale.warm)?;
        self.check(kind, audience)?;
        audience.tally.reset();
        let cpu = process::cpu(server.pid)?;
        let time = audience.run(kind, flood, self.scale.time)?;
        let cpu = process::cpu(server.pid)?.saturating_sub(cpu);
        let (delivered, skipped) = (audience.tally.delivered, audience.tally.skipped);
        self.check(kind, audience)?;
        self.settle(kind, audience)?;
        Ok(Flood {
            most: delivered as f64 / time.as_secs_f64(),
            cpu_us: per_message(cpu, delivered),
            busy: cpu.as_secs_f64() * 100.0 / time.as_secs_f64(),
            conflated: skipped as f64 * 100.0 / (delivered + skipped).max(1) as f64,
        })
    }

    fn latency(&self, kind: Kind, audience: &mut Audience) -> Outcome<(Option<f64>, Option<f64>)> {
        let pace = pace(self.scale.few, self.scale.brisk);
        audience.run(kind, pace, self.scale.warm)?;
        self.begin(kind, audience)?;
        audience.tally.is_timing = true;
        audience.run(kind, pace, self.scale.time)?;
        self.settle(kind, audience)?;
        audience.tally.is_timing = false;
        let at = |percent| percentile(&audience.tally.latencies_us, percent).map(|us| f64::from(us) / 1e3);
        Ok((at(50), at(99)))
    }

    /// Begins a new count where everybody has everything.
    fn begin(&self, kind: Kind, audience: &mut Audience) -> Outcome<()> {
        self.settle(kind, audience)?;
        audience.tally.reset();
        Ok(())
    }

    /// Waits until everybody has everything.
    fn settle(&self, kind: Kind, audience: &mut Audience) -> Outcome<()> {
        audience.settle(PATIENCE)?;
        self.check(kind, audience)
    }

    /// Every viewer got every message in order; of Kilat's states the latest suffice.
    fn check(&self, kind: Kind, audience: &Audience) -> Outcome<()> {
        let (skipped, late) = (audience.tally.skipped, audience.tally.late);
        let may_skip = self.peer == Peer::Kilat && kind == Kind::State;
        if may_skip || skipped + late == 0 {
            return Ok(());
        }
        Err(format!("{skipped} messages were not delivered before later ones, {late} came late or twice").into())
    }
}

struct Flood {
    most: f64,
    cpu_us: Option<f64>,
    busy: f64,
    conflated: f64,
}

fn pace(viewers: usize, deliveries: f64) -> Pace {
    Pace::Every(Duration::from_secs_f64(viewers as f64 / deliveries))
}

fn per_message(cpu: Duration, delivered: u64) -> Option<f64> {
    (delivered > 0).then(|| cpu.as_secs_f64() * 1e6 / delivered as f64)
}

fn medians(samples: &[Sample]) -> Sample {
    let of = |field: fn(&Sample) -> Option<f64>| median(&samples.iter().filter_map(field).collect::<Vec<_>>());
    Sample {
        cpu_us: of(|sample| sample.cpu_us),
        flooded_many_us: of(|sample| sample.flooded_many_us),
        flooded_few_us: of(|sample| sample.flooded_few_us),
        busy: of(|sample| sample.busy),
        most_many: of(|sample| sample.most_many),
        most_few: of(|sample| sample.most_few),
        p50_ms: of(|sample| sample.p50_ms),
        p99_ms: of(|sample| sample.p99_ms),
        stalled_p99_ms: of(|sample| sample.stalled_p99_ms),
        idle_kb: of(|sample| sample.idle_kb),
        message_bytes: of(|sample| sample.message_bytes),
        conflated: of(|sample| sample.conflated),
    }
}

fn shown(sample: &Sample) -> String {
    let number = |value: Option<f64>| match value {
        Some(value) if value.fract() == 0.0 => format!("{value:.0}"),
        Some(value) => format!("{value:.2}"),
        None => "–".to_owned(),
    };
    format!(
        "{} µs, flooded {} and {} µs at {} % of the core, most {} and {} a second, p50 {} ms, p99 {} ms ({} ms beside stalled), {} KB, {} bytes",
        number(sample.cpu_us),
        number(sample.flooded_many_us),
        number(sample.flooded_few_us),
        number(sample.busy.map(f64::round)),
        number(sample.most_many.map(f64::round)),
        number(sample.most_few.map(f64::round)),
        number(sample.p50_ms),
        number(sample.p99_ms),
        number(sample.stalled_p99_ms),
        number(sample.idle_kb),
        number(sample.message_bytes),
    )
}
