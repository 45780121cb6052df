//! Decides what an arrival becomes: which frame it belongs to, and under which key it stands.
//!
//! A frame is recognised by camera, capture second and stem; never by its name alone, for names
//! come again after a roll-over and on every second body. Nothing is written here.

use std::path::Path;

use jiff::tz::TimeZone;
use kilat_core::{
    ArrivalStatus, Camera, GroupId, IdSource, Millis, ObjectKey, Photo, PhotoId, PhotoKind, TakenAt, fold_name,
    path_text, safe_segment,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::fail::Fail;
use super::{arrivals, read};
use crate::Refusal;
use crate::model::{Filed, Filing};

/// Longest stem, in bytes: what a key's segment holds, less an extension and a number.
const MAX_STEM_BYTES: usize = 130;
/// Longest extension kept, in bytes: `NEF.xmp` is 7.
const MAX_EXT_BYTES: usize = 20;
/// Bytes left for the folders of a key: 900 less the last segment and its separator.
const MAX_FOLDERS_BYTES: usize = 700;
/// Numbers tried one by one when the next free one is taken by a file that was named like it.
const MAX_NUMBERS_TRIED: u32 = 100;
/// Members of one camera, second and stem that are looked through, newest first. A second is one
/// press or burst; more of one stem are revisions, and each is a frame of its own.
const MAX_MEMBERS_TRIED: u32 = 16;

/// What filing an arrival comes to.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It was filed before; the answer was lost.
    Done(Filed),
    /// The event holds this content.
    SeenAgain(PhotoId),
    /// A new photo.
    New(Photo),
}

/// Decides what becomes of `filing` now.
pub(super) fn judge(db: &Connection, filing: Filing, ids: &IdSource, at: Millis) -> Result<Verdict, Fail> {
    match arrivals::known(db, &filing.arrival)? {
        (_, ArrivalStatus::Seen) => {}
        (_, ArrivalStatus::Again(photo)) => return Ok(Verdict::Done(Filed::Again(photo))),
        (_, ArrivalStatus::Filed(id)) => {
            let photo = read::photo(db, &id)?.ok_or(Refusal::UnknownPhoto(id))?;
            return Ok(Verdict::Done(Filed::New(photo)));
        }
        (arrival, ArrivalStatus::Failed(_) | ArrivalStatus::Forgotten) => {
            let id = arrival.id.as_str().to_owned();
            return Err(Refusal::Contradicts { what: "arrival", id, why: "it has failed already" }.into());
        }
    }
    if let Some(photo) = read::photo_with_hash(db, &filing.event, &filing.hash)? {
        return Ok(Verdict::SeenAgain(photo));
    }
    let (group, key) = place(db, &filing, ids, at)?;
    Ok(Verdict::New(Photo {
        id: ids.photo(),
        event: filing.event,
        group,
        hash: filing.hash,
        proof: filing.proof,
        size_bytes: filing.size_bytes,
        kind: filing.kind,
        name: filing.name,
        key,
        camera: filing.camera,
        taken: filing.taken,
        orientation: filing.orientation,
        pixels: filing.pixels,
        filed_at: at,
        source: filing.source,
        path: filing.path,
    }))
}

/// The group and key of a new photo.
fn place(db: &Connection, filing: &Filing, ids: &IdSource, at: Millis) -> Result<(GroupId, ObjectKey), Fail> {
    let name = Name::of(&filing.name, filing.kind);
    let frame = Frame::of_filing(filing, at);
    for group in frames(db, filing, &frame)? {
        if let Some(key) = free_key(db, &group.stem, &name.ext)? {
            return Ok((group.id, key));
        }
    }
    Ok((ids.group(), first_key(db, filing, &name, ids)?))
}

#[derive(Debug)]
struct Group {
    id: GroupId,
    stem: String,
}

/// Groups that the file belongs to, likeliest first, that have no member of its extension.
fn frames(db: &Connection, filing: &Filing, frame: &Frame) -> Result<Vec<Group>, Fail> {
    let mut groups = Vec::new();
    if filing.kind == PhotoKind::Sidecar {
        groups.extend(neighbour(db, filing, frame, Neighbour::Frame)?);
    } else {
        groups.extend(same_shot(db, filing, frame)?);
    }
    if groups.is_empty() {
        groups.extend(neighbour(db, filing, frame, Neighbour::SidecarsOnly)?);
    }
    Ok(groups)
}

/// Groups with a member of the same camera, second and stem.
fn same_shot(db: &Connection, filing: &Filing, frame: &Frame) -> Result<Vec<Group>, Fail> {
    let (Some(camera), Some(second)) = (&frame.camera, &frame.taken_second) else { return Ok(Vec::new()) };
    let groups = db
        .prepare_cached(
            "SELECT groups.id, groups.stem FROM groups WHERE groups.no IN (
                 SELECT group_no FROM photos INDEXED BY photos_frames
                 WHERE event = ?1 AND camera = ?2 AND taken_second = ?3 AND stem_folded = ?4
                 ORDER BY no DESC LIMIT ?6
             ) AND NOT EXISTS (SELECT 1 FROM photos AS m WHERE m.group_no = groups.no AND m.ext_folded = ?5)
             ORDER BY groups.no DESC",
        )?
        .query_map(
            params![filing.event.as_str(), camera, second, frame.stem_folded, frame.ext_folded, MAX_MEMBERS_TRIED],
            group,
        )?
        .collect::<Result<_, _>>()?;
    Ok(groups)
}

/// Which neighbour in the source's folder a file may join.
#[derive(Debug, Clone, Copy)]
enum Neighbour {
    /// The newest frame of this stem, for a sidecar.
    Frame,
    /// Sidecars that came before their photo.
    SidecarsOnly,
}

/// The group of the newest file of this stem in this folder of the source, if it fits. Only the
/// newest: an older frame of the same name is another shot.
fn neighbour(db: &Connection, filing: &Filing, frame: &Frame, wanted: Neighbour) -> Result<Option<Group>, Fail> {
    let sql = match wanted {
        Neighbour::Frame => {
            "SELECT groups.id, groups.stem FROM groups WHERE groups.no = (
                 SELECT group_no FROM photos INDEXED BY photos_neighbours
                 WHERE event = ?1 AND source = ?2 AND folder = ?3 AND stem_folded = ?4 AND kind <> 'sidecar'
                 ORDER BY no DESC LIMIT 1
             ) AND NOT EXISTS (SELECT 1 FROM photos AS m WHERE m.group_no = groups.no AND m.ext_folded = ?5)"
        }
        Neighbour::SidecarsOnly => {
            "SELECT groups.id, groups.stem FROM groups WHERE groups.no = (
                 SELECT group_no FROM photos INDEXED BY photos_neighbours
                 WHERE event = ?1 AND source = ?2 AND folder = ?3 AND stem_folded = ?4
                 ORDER BY no DESC LIMIT 1
             ) AND NOT EXISTS (
                 SELECT 1 FROM photos AS m
                 WHERE m.group_no = groups.no AND (m.kind <> 'sidecar' OR m.ext_folded = ?5)
             )"
        }
    };
    let found = db
        .prepare_cached(sql)?
        .query_row(
            params![filing.event.as_str(), filing.source.as_str(), frame.folder, frame.stem_folded, frame.ext_folded],
            group,
        )
        .optional()?;
    Ok(found)
}

fn group(row: &rusqlite::Row<'_>) -> rusqlite::Result<Group> {
    Ok(Group { id: super::rows::parsed(row, "id")?, stem: row.get("stem")? })
}

/// The key of a new group's first member: the file's own stem, numbered if another frame has it.
fn first_key(db: &Connection, filing: &Filing, name: &Name, ids: &IdSource) -> Result<ObjectKey, Fail> {
    let folder = folder(filing);
    let base = format!("{folder}/{}", name.stem);
    let last: Option<u32> = db
        .prepare_cached("SELECT MAX(number) FROM groups WHERE base_folded = ?1")?
        .query_row([fold_name(&base)], |row| row.get(0))?;
    let next = last.unwrap_or(1).saturating_add(1);
    for number in std::iter::once(1).chain(next..next.saturating_add(MAX_NUMBERS_TRIED)) {
        let stem = if number == 1 { base.clone() } else { format!("{base} ({number})") };
        if let Some(key) = free_key(db, &stem, &name.ext)?
            && is_stem_free(db, &KeyParts::of(&key, filing.kind))?
        {
            return Ok(key);
        }
    }
    // Someone named a hundred files like our numbers: an id is free by construction.
    Ok(ObjectKey::from_names(format!("{base} ({}).{}", ids.group(), name.ext).split('/')))
}

/// The folders of the key. Inner ones that would make it too long for storage are left out.
fn folder(filing: &Filing) -> String {
    let mut folder = safe_segment(&filing.event_folder);
    for name in &filing.folder {
        let segment = safe_segment(name);
        if folder.len() + 1 + segment.len() <= MAX_FOLDERS_BYTES {
            folder.push('/');
            folder.push_str(&segment);
        }
    }
    folder
}

fn is_stem_free(db: &Connection, parts: &KeyParts) -> Result<bool, Fail> {
    let free = db
        .prepare_cached("SELECT NOT EXISTS (SELECT 1 FROM groups WHERE stem_folded = ?1)")?
        .query_row([&parts.stem_folded], |row| row.get(0))?;
    Ok(free)
}

/// The key of stem and extension, unless a photo has it.
fn free_key(db: &Connection, stem: &str, ext: &str) -> Result<Option<ObjectKey>, Fail> {
    let key = ObjectKey::from_names(format!("{stem}.{ext}").split('/'));
    let free: bool = db
        .prepare_cached("SELECT NOT EXISTS (SELECT 1 FROM photos WHERE key_folded = ?1)")?
        .query_row([key.folded()], |row| row.get(0))?;
    Ok(free.then_some(key))
}

/// A file name as stem and extension, each safe for storage.
#[derive(Debug)]
struct Name {
    stem: String,
    ext: String,
}

impl Name {
    /// `DSC_0001.NEF.xmp`, as raw developers write, is the stem `DSC_0001` with the extension `NEF.xmp`.
    fn of(name: &str, kind: PhotoKind) -> Self {
        let safe = safe_segment(name);
        let (stem, ext) = split(&safe, kind);
        // What the names around it cut off may end in a space or a dot, which Windows drops.
        let stem = safe_segment(cut(stem, MAX_STEM_BYTES));
        Self { stem, ext: safe_segment(cut(ext, MAX_EXT_BYTES)) }
    }
}

fn split(name: &str, kind: PhotoKind) -> (&str, &str) {
    let Some((stem, ext)) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) else { return (name, "") };
    let inner = stem.rsplit_once('.').filter(|(inner, _)| !inner.is_empty() && is_photo(stem));
    match inner {
        Some((inner, _)) if kind == PhotoKind::Sidecar => (inner, &name[inner.len() + 1..]),
        Some(_) | None => (stem, ext),
    }
}

fn is_photo(name: &str) -> bool {
    PhotoKind::of_path(Path::new(name)).is_some_and(|kind| kind != PhotoKind::Sidecar)
}

fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// What a group's row keeps of its first member's key.
#[derive(Debug)]
pub(super) struct KeyParts {
    pub(super) stem: String,
    pub(super) stem_folded: String,
    pub(super) base_folded: String,
    pub(super) number: u32,
}

impl KeyParts {
    /// `event/DSC_0001 (2).JPG` has the base `event/dsc_0001` and the number 2.
    pub(super) fn of(key: &ObjectKey, kind: PhotoKind) -> Self {
        let (name_stem, _) = split(key.name(), kind);
        let folders = key.as_str().len() - key.name().len();
        let stem = &key.as_str()[..folders + name_stem.len()];
        let stem_folded = fold_name(stem);
        let (base_folded, number) = match numbered(&stem_folded) {
            Some((base, number)) => (base.to_owned(), number),
            None => (stem_folded.clone(), 1),
        };
        Self { stem: stem.to_owned(), stem_folded, base_folded, number }
    }
}

/// The parts of `stem (7)`. A file that came with such a name counts too, which only skips numbers.
fn numbered(stem: &str) -> Option<(&str, u32)> {
    let (base, rest) = stem.rsplit_once(" (")?;
    let number = rest.strip_suffix(')')?;
    // Six digits: beyond every roll-over, and far from overflow.
    if base.is_empty() || base.ends_with('/') || number.len() > 6 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    number.parse().ok().map(|number| (base, number))
}

/// What grouping and ordering look at.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) folder: String,
    pub(super) stem_folded: String,
    pub(super) ext_folded: String,
    pub(super) camera: Option<String>,
    pub(super) taken_second: Option<String>,
    pub(super) order_ms: i64,
}

impl Frame {
    pub(super) fn of_photo(photo: &Photo) -> Self {
        Self::of(&photo.name, photo.kind, &photo.path, photo.camera.as_ref(), photo.taken, photo.filed_at)
    }

    fn of_filing(filing: &Filing, at: Millis) -> Self {
        Self::of(&filing.name, filing.kind, &filing.path, filing.camera.as_ref(), filing.taken, at)
    }

    fn of(
        name: &str,
        kind: PhotoKind,
        path: &Path,
        camera: Option<&Camera>,
        taken: Option<TakenAt>,
        filed_at: Millis,
    ) -> Self {
        let Name { stem, ext } = Name::of(name, kind);
        Self {
            folder: path.parent().map(path_text::encode).unwrap_or_default(),
            stem_folded: fold_name(&stem),
            ext_folded: fold_name(&ext),
            camera: camera.map(body),
            taken_second: taken.map(|taken| taken.civil.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
            order_ms: taken.map_or(filed_at.0, |taken| instant(taken, filed_at)),
        }
    }
}

/// One text per camera body: by its serial number, else all of its model are one.
pub(super) fn body(camera: &Camera) -> String {
    match camera.serial.as_deref().map(str::trim).filter(|serial| !serial.is_empty()) {
        Some(serial) => format!("serial {serial}"),
        None => format!("model {} {}", camera.make.trim(), camera.model.trim()),
    }
}

/// A camera's time as an instant. Without an offset it is read in this computer's zone, which is
/// the venue's; a time outside the calendar counts as the time of filing.
fn instant(taken: TakenAt, filed_at: Millis) -> i64 {
    let zoned = match taken.offset_minutes {
        Some(minutes) => {
            jiff::tz::Offset::from_seconds(i32::from(minutes) * 60).and_then(|offset| offset.to_timestamp(taken.civil))
        }
        None => taken.civil.to_zoned(TimeZone::system()).map(|zoned| zoned.timestamp()),
    };
    zoned.map_or(filed_at.0, |timestamp| timestamp.as_millisecond())
}
