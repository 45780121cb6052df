//! Where the log stands for this client: what is new, what was seen already, and where a hole is.
//!
//! One cursor serves all channels and every transport. Beside it stands, by channel, up to where nothing is
//! missing: an entry tells what came before it in its own channels only, so a hole in one channel must be
//! found although entries of others have moved the cursor past it.

use kilat_wire::{Channel, Channels, Cursor};

use crate::envelope::{Entry, Skipped};
use crate::event::Missed;

/// What an entry is to this client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Hand it over.
    Next,
    /// It was handed over before, by whatever way it came.
    Seen,
    /// Something before it is missing.
    Hole,
}

/// The cursor, and what is known of each channel.
#[derive(Debug)]
pub(super) struct Log {
    channels: Channels,
    cursor: Option<Cursor>,
    /// By channel: nothing is missing up to here.
    whole: [u64; Channel::ALL.len()],
    /// Where the last question began.
    asked: u64,
    /// Where the next question must begin, when that is before the cursor.
    hole: Option<u64>,
}

impl Log {
    pub(super) fn new(channels: Channels, cursor: Option<Cursor>) -> Self {
        let seq = cursor.as_ref().map_or(0, |cursor| cursor.seq);
        Self { channels, cursor, whole: [seq; Channel::ALL.len()], asked: seq, hole: None }
    }

    pub(super) fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    pub(super) fn channels(&self) -> Channels {
        self.channels
    }

    /// Where to ask from: behind what was handed over, or before a hole. Whoever asks from the cursor has what is
    /// before it, in all channels, and the answer's first entries name that place as the one before them.
    pub(super) fn ask(&mut self) -> Option<Cursor> {
        let mut cursor = self.cursor.clone()?;
        cursor.seq = self.hole.map_or(cursor.seq, |hole| hole.min(cursor.seq));
        self.asked = cursor.seq;
        if self.hole.is_none() {
            self.whole = self.whole.map(|whole| whole.max(cursor.seq));
        }
        Some(cursor)
    }

    /// What the last question asked for did not come: it is asked again from the same place.
    pub(super) fn broke_off(&mut self) {
        self.hole = Some(self.hole.map_or(self.asked, |hole| hole.min(self.asked)));
    }

    /// Judges an entry, and moves behind it when it is the next one.
    pub(super) fn entry(&mut self, entry: &Entry) -> Verdict {
        let Some(cursor) = &mut self.cursor else { return Verdict::Hole };
        if entry.epoch != cursor.epoch {
            return Verdict::Hole;
        }
        let places: Vec<(Channel, u64)> = entry.places(self.channels).collect();
        let is_seen = places.iter().any(|(channel, _)| self.whole[channel.index()] >= entry.seq);
        if is_seen || places.is_empty() && entry.seq <= cursor.seq {
            return Verdict::Seen;
        }
        let holes = places.iter().filter(|(channel, before)| *before > self.whole[channel.index()]);
        if let Some(hole) = holes.map(|(channel, _)| self.whole[channel.index()]).min() {
            self.hole = Some(self.hole.map_or(hole, |known| known.min(hole)));
            return Verdict::Hole;
        }
        for (channel, _) in places {
            self.whole[channel.index()] = entry.seq;
        }
        cursor.seq = cursor.seq.max(entry.seq);
        Verdict::Next
    }

    /// An answer that promises everything since the question, or says what it cannot tell: then the cursor goes to
    /// where telling begins again, and what lies between is the answer.
    pub(super) fn answered(
        &mut self,
        (epoch, seq): (&str, u64),
        recovered: bool,
        skipped: Option<&Skipped>,
    ) -> Option<Missed> {
        let is_other = self.cursor.as_ref().is_some_and(|cursor| cursor.epoch != epoch);
        if recovered && skipped.is_none() && !is_other {
            match &self.cursor {
                None => *self = Self::new(self.channels, Some(Cursor { epoch: epoch.to_owned(), seq })),
                // Unasked, the server goes on from what it wrote last, which is the cursor.
                Some(cursor) if self.hole.is_none() => {
                    self.asked = cursor.seq;
                    self.whole = self.whole.map(|whole| whole.max(cursor.seq));
                }
                Some(_) => {}
            }
            return None;
        }
        let (why, message) = match skipped {
            Some(skipped) => (skipped.why.clone(), skipped.message.clone()),
            None if is_other => ("other_epoch".to_owned(), "the server tells another history".to_owned()),
            None => ("unknown".to_owned(), "the server gave no reason".to_owned()),
        };
        let up_to = skipped.map_or(seq, |skipped| skipped.up_to.min(seq));
        let up_to = Cursor { epoch: epoch.to_owned(), seq: up_to };
        let since = self.cursor.clone();
        // A cursor ahead of its history is worth nothing; any other one only moves forward.
        if is_other || why == "ahead" || since.is_none() {
            *self = Self::new(self.channels, Some(up_to.clone()));
        } else {
            self.told(epoch, up_to.seq);
        }
        Some(Missed { since, up_to, why, message })
    }

    /// Everything up to here was told.
    pub(super) fn told(&mut self, epoch: &str, seq: u64) {
        if let Some(cursor) = &mut self.cursor
            && cursor.epoch == epoch
        {
            cursor.seq = cursor.seq.max(seq);
            self.whole = self.whole.map(|whole| whole.max(seq));
            self.hole = None;
        }
    }
}
