//! What is to be read of a card: what the event's shoot left on it and Kilat does not hold; what earlier shoots left apart.

use kilat_core::{CardTally, MAX_SAMPLES, is_of_earlier_shoot};
use kilat_journal::HandedIn;

use super::compare::{Compared, compare};
use super::list::{CardFile, Listing};

/// A card that was looked at.
#[derive(Debug)]
pub struct Plan {
    /// What is on it.
    pub tally: CardTally,
    pub(super) compared: Compared,
    /// Of earlier shoots and not held.
    pub(super) older: Vec<CardFile>,
}

impl Plan {
    /// The same, and what is of earlier shoots is read too, after the rest.
    pub(crate) fn with_older(mut self) -> Self {
        self.tally.left += self.tally.older;
        self.tally.left_bytes += bytes(&self.older);
        self.tally.older = 0;
        self.compared.unknown.append(&mut self.older);
        self
    }

    #[cfg(test)]
    pub(crate) fn of(tally: CardTally) -> Self {
        Self { tally, compared: Compared::default(), older: Vec::new() }
    }
}

/// What a listing comes to, before anything is read.
pub(super) fn compare_listing(listing: Listing, before: &[HandedIn], begins_s: i64) -> Plan {
    let Listing { files, mut faulty, is_cut } = listing;
    if is_cut {
        faulty.push("more files than Kilat lists".to_owned());
    }
    let frames = (files.len() + faulty.len()) as u64;
    let mut compared = compare(files, before);
    let (older, unknown) =
        compared.unknown.into_iter().partition(|file| is_of_earlier_shoot(Some(file.written_s()), begins_s));
    compared.unknown = unknown;
    let older: Vec<CardFile> = older;
    let mut names: Vec<String> = compared.cut_off.iter().map(CardFile::shown).collect();
    names.extend(faulty.iter().cloned());
    names.truncate(MAX_SAMPLES);
    let tally = CardTally {
        frames,
        held: compared.held.len() as u64,
        imported: 0,
        cut_off: compared.cut_off.len() as u64,
        unreadable: faulty.len() as u64,
        left: compared.unknown.len() as u64,
        left_bytes: bytes(&compared.unknown),
        older: older.len() as u64,
        names,
    };
    Plan { tally, compared, older }
}

fn bytes(files: &[CardFile]) -> u64 {
    files.iter().map(|file| file.size_bytes).sum()
}
