//! Judges a run: the journal says what was owed, the watchers say what came.

use std::fmt;
use std::sync::Arc;

use kilat_core::{Fact, Offset, Recorded};
use kilat_wire::{Channel, Channels};

use crate::world::{Watcher, World, lock};

/// What a run was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Runs.
    pub runs: u64,
    /// Entries owed to watchers, all of them together.
    pub owed: u64,
    /// Faults of network, hosts and watchers.
    pub faults: u64,
    /// Times that a WebSocket came up.
    pub connections: u64,
    /// Times that the server brought a slow watcher up to date on the same connection.
    pub resyncs: u64,
    /// Times that polling came up.
    pub polls: u64,
}

impl Summary {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            runs: self.runs + other.runs,
            owed: self.owed + other.owed,
            faults: self.faults + other.faults,
            connections: self.connections + other.connections,
            resyncs: self.resyncs + other.resyncs,
            polls: self.polls + other.polls,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs, owed, faults, connections, resyncs, polls } = self;
        write!(
            f,
            "{runs} runs: {owed} entries owed, {faults} faults, {connections} connections, {resyncs} resyncs of slow \
             watchers, {polls} times polling"
        )
    }
}

/// What must not be.
#[derive(Debug)]
pub struct Failure {
    /// The run.
    pub seed: u64,
    /// What is wrong, to whom.
    pub what: String,
    /// What was broken before.
    pub story: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.what)?;
        self.story.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// Whether everybody has everything, as far as can be seen from their cursors.
pub(crate) fn is_settled(world: &World, head: u64, paused: bool) -> bool {
    world.watchers.iter().all(|watcher| {
        let seen = lock(&watcher.seen);
        let is_told = seen.cursor.as_ref().is_some_and(|cursor| cursor.seq >= head);
        is_told && (!watcher.channels.has(Channel::Dslr) || seen.paused == Some(paused))
    })
}

/// The log's entries: place and channels.
pub(crate) fn entries(records: &[Recorded]) -> Vec<(u64, Channels)> {
    let entry = |recorded: &Recorded| {
        let Fact::Published { channel, .. } = &recorded.fact else { return None };
        Some((recorded.offset.0, Channels::of(&[channel.parse().ok()?])))
    };
    records.iter().filter_map(entry).collect()
}

/// The last place at which everybody must be.
pub(crate) fn last(log: &[(u64, Channels)]) -> u64 {
    log.last().map_or(Offset(0).0, |(seq, _)| *seq)
}

/// What is wrong with what a watcher saw; none when nothing is.
pub(crate) fn judge(watcher: &Arc<Watcher>, log: &[(u64, Channels)], paused: bool) -> Result<Summary, String> {
    let seen = lock(&watcher.seen);
    let name = &watcher.name;
    if let Some(ended) = &seen.ended {
        return Err(format!("{name} gave up: {ended}"));
    }
    if let Some(missed) = seen.missed.first() {
        return Err(format!("{name} was told of a gap that nothing explains: {missed:?}"));
    }
    if let Some(hole) = seen.holes.first() {
        return Err(format!("{name} was left out of something before entry {hole}"));
    }
    let Some(first) = &seen.first else { return Err(format!("{name} never had a place in the log")) };
    let owed: Vec<u64> =
        log.iter().filter(|(seq, of)| *seq > first.seq && of.meets(watcher.channels)).map(|(seq, _)| *seq).collect();
    if let Some(at) = (0..owed.len().max(seen.entries.len())).find(|at| owed.get(*at) != seen.entries.get(*at)) {
        let near =
            |list: &[u64]| format!("{:?}", &list[at.saturating_sub(3).min(list.len())..(at + 5).min(list.len())]);
        let (due, had) = (near(&owed), near(&seen.entries));
        let (owed, had_all) = (owed.len(), seen.entries.len());
        return Err(format!(
            "{name} was owed {owed} entries and got {had_all}; they differ at number {at}: owed …{due}…, got …{had}…"
        ));
    }
    if watcher.channels.has(Channel::Dslr) && seen.paused != Some(paused) {
        return Err(format!("{name} shows paused: {:?}, and it is {paused}", seen.paused));
    }
    let (owed, resyncs) = (owed.len() as u64, seen.resyncs.saturating_sub(seen.connections));
    Ok(Summary { owed, resyncs, connections: seen.connections, polls: seen.polls, ..Summary::default() })
}
