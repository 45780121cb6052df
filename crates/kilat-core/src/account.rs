//! Accounts for every frame: what each camera shot, what of it is held, what has copies, what is missing.
//!
//! Pure: the same facts give the same account. Everything is counted in files, so the RAW and the JPEG of one frame
//! are two. What a camera shot is known by its card's own list; else by the numbers in its file names, where a body
//! with a serial number, or one sender, wrote them: two bodies are never mixed. Else nobody knows it.
//!
//! A frame is the photo of its folded name and length that also fits its body or its second; a name alone is no proof,
//! and in doubt a frame is missing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

mod evidence;
mod gaps;

pub use evidence::{Evidence, HandedIn, HeldPhoto, KnownBody, ListedFrame};
use gaps::{Numbered, gaps};

use crate::{CameraKind, Millis, PhotoKind};

/// Names in a list of an account; more are counted.
pub const MAX_NAMED: usize = 200;
/// A file is written a little after its picture was taken; FAT counts in two seconds.
const WRITTEN_AFTER_S: std::ops::RangeInclusive<i64> = -2..=5;

/// Names, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// At most [`MAX_NAMED`].
    pub named: Vec<String>,
    /// All.
    pub count: u64,
}

impl Names {
    fn put(&mut self, name: &str) {
        self.count += 1;
        if self.named.len() < MAX_NAMED {
            self.named.push(name.to_owned());
        }
    }
}

/// Whose row it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Of a known camera, by its place in [`Evidence::cameras`].
    Known(usize),
    /// Of a body that Kilat only knows by its files.
    Body(String),
    /// Of files that name no body.
    Nobody,
}

/// How it is known what was shot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShotBy {
    /// By the card's own list.
    List,
    /// By the numbers in the names: what was shot after the last one is not known.
    Numbers,
    /// Nobody knows it.
    Nothing,
}

/// What the card holds now, by its last list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OnCard {
    /// Files.
    pub files: u64,
    /// Those that are not held.
    pub not_held: Names,
    /// Those of earlier shoots that are not held: no part of the event, and all the same on this card alone.
    pub older: Names,
    /// Held, and without enough copies.
    pub not_safe: Names,
}

/// One camera's part of the account. `shot ≥ held ≥ stored ≥ safe`, always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Whose.
    pub whose: Whose,
    /// How `shot` is known.
    pub shot_by: ShotBy,
    /// Files that it shot for the event.
    pub shot: Option<u64>,
    /// Those that Kilat holds.
    pub held: u64,
    /// Those with a proven copy at one destination or more.
    pub stored: u64,
    /// The same by destination.
    pub stored_at: Vec<u64>,
    /// Those with enough copies.
    pub safe: u64,
    /// Those that are not held, with the lost ones.
    pub missing: Names,
    /// Gone from the card, and never held.
    pub lost: Names,
    /// Came cut off, and were not sent again.
    pub cut_off: Vec<String>,
    /// Held, and without enough copies.
    pub not_safe: Names,
    /// What its card holds now; none where it has no list.
    pub on_card: Option<OnCard>,
    /// When the newest of its photos was filed.
    pub last_filed_at: Option<Millis>,
    /// The bodies that took them.
    pub bodies: BTreeSet<String>,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The known cameras in their order, then bodies.
    pub rows: Vec<AccountRow>,
    /// Distinct files that are known to be missing.
    pub missing: u64,
    /// Whether it is known of every photo's camera what it shot.
    pub is_complete: bool,
}

/// Draws up the account; `is_safe` tells whether copies at these destinations are enough.
#[must_use]
pub fn account(evidence: &Evidence, is_safe: impl Fn(u64) -> bool) -> Account {
    let by_no: HashMap<i64, usize> = evidence.photos.iter().enumerate().map(|(at, photo)| (photo.no, at)).collect();
    let found = match_frames(evidence, &by_no);
    let listing: BTreeSet<usize> = evidence.frames.iter().map(|frame| frame.camera).collect();
    let mut of_camera: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); evidence.cameras.len()];
    for handed in &evidence.handed {
        if let Some(at) = by_no.get(&handed.photo).filter(|at| !evidence.photos[**at].is_elsewhere) {
            of_camera[handed.camera].insert(*at);
        }
    }
    for (frame, photo) in evidence.frames.iter().zip(&found) {
        if let Some(at) = photo.filter(|at| !evidence.photos[*at].is_elsewhere) {
            of_camera[frame.camera].insert(at);
        }
    }
    let tethered: HashMap<&str, usize> = evidence
        .cameras
        .iter()
        .enumerate()
        .filter(|(_, camera)| camera.kind == CameraKind::Tethered)
        .filter_map(|(at, camera)| Some((camera.serial.as_deref()?, at)))
        .collect();
    let mut of_body: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, photo) in evidence.photos.iter().enumerate().filter(|(_, photo)| !photo.is_elsewhere) {
        if let Some(serial) = photo.serial.as_deref() {
            of_body.entry(serial).or_default().push(at);
            if let Some(camera) = tethered.get(serial) {
                of_camera[*camera].insert(at);
            }
        }
    }
    let listed_bodies: HashSet<&str> =
        listing.iter().filter_map(|camera| evidence.cameras[*camera].serial.as_deref()).collect();

    let mut rows = Vec::with_capacity(evidence.cameras.len());
    let mut missing: BTreeSet<(String, String, u64)> = BTreeSet::new();
    let mut by_numbers: BTreeMap<String, u64> = BTreeMap::new();
    let mut is_complete = true;
    for (at, camera) in evidence.cameras.iter().enumerate() {
        let mut row = AccountRow::of(Whose::Known(at), evidence);
        row.cut_off.clone_from(&camera.cut_off);
        row.count(evidence, of_camera[at].iter().copied(), &is_safe);
        if listing.contains(&at) {
            row.shot_by = ShotBy::List;
            let mut card = OnCard::default();
            let frames = evidence.frames.iter().zip(&found).filter(|(frame, _)| frame.camera == at);
            for (frame, photo) in frames {
                card.files += u64::from(!frame.is_gone);
                let Some(photo) = photo.map(|photo| &evidence.photos[photo]) else {
                    if frame.is_older {
                        if !frame.is_gone {
                            card.older.put(frame.name());
                        }
                        continue;
                    }
                    row.missing.put(frame.name());
                    if frame.is_gone {
                        row.lost.put(frame.name());
                    } else {
                        card.not_held.put(frame.name());
                    }
                    let whose = camera.serial.clone().unwrap_or_else(|| format!("#{at}"));
                    missing.insert((whose, frame.folded.clone(), frame.size_bytes));
                    continue;
                };
                if !frame.is_gone && !has_enough(photo, &is_safe) {
                    card.not_safe.put(frame.name());
                }
            }
            row.on_card = Some(card);
        } else if row.held > 0 {
            let with_serial: BTreeSet<&str> =
                of_camera[at].iter().filter_map(|photo| evidence.photos[*photo].serial.as_deref()).collect();
            let mut groups: Vec<(String, Vec<usize>)> =
                with_serial.iter().map(|serial| ((*serial).to_owned(), of_body[*serial].clone())).collect();
            let others: Vec<usize> =
                of_camera[at].iter().copied().filter(|photo| evidence.photos[*photo].serial.is_none()).collect();
            if !others.is_empty() {
                groups.push((format!("#{at}"), others));
            }
            row.number(evidence, &groups, &listed_bodies, &mut by_numbers);
        }
        if row.held > 0 && row.shot_by == ShotBy::Nothing {
            is_complete = false;
        }
        rows.push(row);
    }

    let taken: HashSet<usize> = of_camera.iter().flatten().copied().collect();
    let mut rest: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (at, photo) in evidence.photos.iter().enumerate() {
        if !photo.is_elsewhere && !taken.contains(&at) && photo.kind != PhotoKind::Sidecar {
            rest.entry(photo.body.as_deref()).or_default().push(at);
        }
    }
    for (body, photos) in rest {
        let mut row = AccountRow::of(body.map_or(Whose::Nobody, |body| Whose::Body(body.to_owned())), evidence);
        row.count(evidence, photos.iter().copied(), &is_safe);
        if let Some(serial) = evidence.photos[photos[0]].serial.as_deref() {
            let groups = [(serial.to_owned(), of_body[serial].clone())];
            row.number(evidence, &groups, &listed_bodies, &mut by_numbers);
        }
        is_complete &= row.shot_by != ShotBy::Nothing;
        rows.push(row);
    }
    for row in &mut rows {
        row.shot = (row.shot_by != ShotBy::Nothing).then(|| row.held + row.missing.count);
    }
    Account { rows, missing: missing.len() as u64 + by_numbers.values().sum::<u64>(), is_complete }
}

/// The paths of the files that went from a camera's card and were never held.
#[must_use]
pub fn lost_frames(evidence: &Evidence, camera: usize) -> BTreeSet<&str> {
    let by_no: HashMap<i64, usize> = evidence.photos.iter().enumerate().map(|(at, photo)| (photo.no, at)).collect();
    let found = match_frames(evidence, &by_no);
    let frames = evidence.frames.iter().zip(found);
    let is_lost = |frame: &ListedFrame| frame.camera == camera && frame.is_gone && !frame.is_older;
    frames.filter(|(frame, photo)| photo.is_none() && is_lost(frame)).map(|(frame, _)| frame.path.as_str()).collect()
}

fn has_enough(photo: &HeldPhoto, is_safe: &impl Fn(u64) -> bool) -> bool {
    photo.copies != 0 && is_safe(photo.copies)
}

/// The photo that each listed frame is.
fn match_frames(evidence: &Evidence, by_no: &HashMap<i64, usize>) -> Vec<Option<usize>> {
    let mut handed: HashMap<(usize, &str, u64, i64), usize> = HashMap::with_capacity(evidence.handed.len());
    for one in &evidence.handed {
        if let Some(at) = by_no.get(&one.photo) {
            handed.insert((one.camera, &one.folded, one.size_bytes, one.written_s), *at);
        }
    }
    let mut named: HashMap<(&str, u64), Vec<usize>> = HashMap::new();
    let wanted: HashSet<(&str, u64)> =
        evidence.frames.iter().map(|frame| (frame.folded.as_str(), frame.size_bytes)).collect();
    for (at, photo) in evidence.photos.iter().enumerate() {
        let key = (photo.folded.as_str(), photo.size_bytes);
        if wanted.contains(&key) {
            named.entry(key).or_default().push(at);
        }
    }
    // A photo is one frame of a card, not two of one name.
    let mut claimed: HashSet<(usize, usize)> = HashSet::new();
    let mut found = vec![None; evidence.frames.len()];
    for (place, frame) in evidence.frames.iter().enumerate() {
        let Some(written_s) = frame.written_s else { continue };
        let key = (frame.camera, frame.folded.as_str(), frame.size_bytes, written_s);
        if let Some(at) = handed.get(&key).filter(|at| claimed.insert((frame.camera, **at))) {
            found[place] = Some(*at);
        }
    }
    for (place, frame) in
        evidence.frames.iter().enumerate().filter(|(place, _)| found[*place].is_none()).collect::<Vec<_>>()
    {
        let serial = evidence.cameras[frame.camera].serial.as_deref();
        let fits = |at: &&usize| {
            let photo = &evidence.photos[**at];
            let is_body = serial.zip(photo.serial.as_deref()).map(|(one, other)| one == other);
            let is_time =
                frame.written_s.zip(photo.taken_s).map(|(written, taken)| WRITTEN_AFTER_S.contains(&(written - taken)));
            // Neither may speak against it, and one must speak for it.
            is_body != Some(false) && is_time != Some(false) && (is_body.is_some() || is_time.is_some())
        };
        let candidates = named.get(&(frame.folded.as_str(), frame.size_bytes)).into_iter().flatten();
        let free = |at: &&usize| !claimed.contains(&(frame.camera, **at));
        let photo = candidates.filter(free).find(fits).copied();
        if let Some(at) = photo {
            claimed.insert((frame.camera, at));
            found[place] = Some(at);
        }
    }
    found
}

impl AccountRow {
    /// A row of nothing.
    #[must_use]
    pub fn empty(whose: Whose) -> Self {
        Self::of(whose, &Evidence::default())
    }

    fn of(whose: Whose, evidence: &Evidence) -> Self {
        Self {
            whose,
            shot_by: ShotBy::Nothing,
            shot: None,
            held: 0,
            stored: 0,
            stored_at: vec![0; evidence.places],
            safe: 0,
            missing: Names::default(),
            lost: Names::default(),
            cut_off: Vec::new(),
            not_safe: Names::default(),
            on_card: None,
            last_filed_at: None,
            bodies: BTreeSet::new(),
        }
    }

    fn count(&mut self, evidence: &Evidence, photos: impl Iterator<Item = usize>, is_safe: &impl Fn(u64) -> bool) {
        for photo in photos.map(|at| &evidence.photos[at]) {
            self.held += 1;
            self.stored += u64::from(photo.copies != 0);
            if has_enough(photo, is_safe) {
                self.safe += 1;
            } else {
                self.not_safe.put(&photo.name);
            }
            for (place, stored) in self.stored_at.iter_mut().enumerate() {
                *stored += photo.copies >> place & 1;
            }
            self.last_filed_at = self.last_filed_at.max(Some(photo.filed_at));
            if let Some(body) = &photo.body
                && !self.bodies.contains(body)
            {
                self.bodies.insert(body.clone());
            }
        }
    }

    /// What is missing by the numbers of each body, unless the body's own list is the better witness.
    fn number(
        &mut self,
        evidence: &Evidence,
        groups: &[(String, Vec<usize>)],
        listed: &HashSet<&str>,
        known: &mut BTreeMap<String, u64>,
    ) {
        for (body, photos) in groups.iter().filter(|(body, _)| !listed.contains(body.as_str())) {
            let frames = photos.iter().filter_map(|at| Numbered::of(&evidence.photos[*at])).collect();
            let Some(missing) = gaps(frames) else { continue };
            self.shot_by = ShotBy::Numbers;
            known.insert(body.clone(), missing.count);
            self.missing.count += missing.count;
            let room = MAX_NAMED - self.missing.named.len();
            self.missing.named.extend(missing.named.into_iter().take(room));
        }
    }
}

#[cfg(test)]
mod tests;
