//! How safe an event is: how many proven copies its photos have, and whether that meets the studio's rule.

use std::collections::BTreeMap;

use kilat_core::{CopyPlace, Destination, DestinationId, Event, SafetyRule, Standing, count_text, standing};
use kilat_journal::{Journal, JournalError};
use kilat_wire::{SafetyMissing, SafetyPlace, SafetyRuleView, SafetyTally, SafetyView};

use crate::hub::Hub;

/// Photos that are named; `photos` and `safePhotos` say how many there are.
const MAX_MISSING: usize = 100;

impl Hub {
    /// How safe an event is by this rule.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn safety(&self, event: &Event, rule: SafetyRule) -> Result<SafetyView, JournalError> {
        let journal = &self.0.journal;
        let places = places(journal).await?;
        let sets = journal.copy_sets(&event.id).await?;
        let mut tally: BTreeMap<Standing, u64> = BTreeMap::new();
        let mut held: BTreeMap<&DestinationId, u64> = BTreeMap::new();
        let mut missing = Vec::new();
        for (at, photos) in &sets {
            let stands = standing(at.iter().filter_map(|id| places.get(id)));
            *tally.entry(stands).or_default() += photos;
            for id in at {
                *held.entry(id).or_default() += photos;
            }
            if !stands.meets(rule) && missing.len() < MAX_MISSING {
                for (photo, name) in journal.photos_in_set(&event.id, at, MAX_MISSING - missing.len()).await? {
                    let copies_at = at.iter().map(ToString::to_string).collect();
                    missing.push(SafetyMissing { photo_id: photo.to_string(), name, copies_at });
                }
            }
        }
        let photos: u64 = tally.values().sum();
        let safe_photos = tally.iter().filter(|(stands, _)| stands.meets(rule)).map(|(_, photos)| photos).sum();
        let unfiled = journal.unfiled(&event.id).await?;
        let place = |(id, photos): (&&DestinationId, &u64)| {
            let place = places.get(*id)?;
            let (medium, volume) = (place.medium, place.volume.clone());
            Some(SafetyPlace { id: id.to_string(), medium, off_site: place.is_off_site, volume, photos: *photos })
        };
        Ok(SafetyView {
            event_id: event.id.to_string(),
            event_name: event.name.clone(),
            safe_to_format: photos > 0 && safe_photos == photos && unfiled == 0,
            verdict: verdict(rule, photos, safe_photos, unfiled),
            rule: SafetyRuleView { copies: rule.copies, media: rule.media, off_site: rule.off_site },
            photos,
            safe_photos,
            unfiled,
            tally: tally.iter().map(row).collect(),
            places: held.iter().filter_map(place).collect(),
            missing,
        })
    }
}

pub(crate) async fn places(journal: &Journal) -> Result<BTreeMap<DestinationId, CopyPlace>, JournalError> {
    let volumes = journal.volumes().await?;
    let known = journal.destinations().await?;
    let place = |place: Destination| {
        let copy = CopyPlace::of(&place, volumes.get(&place.id).map(String::as_str));
        (place.id, copy)
    };
    Ok(known.into_iter().map(place).collect())
}

fn row((stands, photos): (&Standing, &u64)) -> SafetyTally {
    SafetyTally { copies: stands.copies, media: stands.media, off_site: stands.off_site, photos: *photos }
}

fn verdict(rule: SafetyRule, photos: u64, safe: u64, unfiled: u64) -> String {
    let copies = if rule.copies == 1 { "copy" } else { "copies" };
    let kinds = if rule.media == 1 { "kind" } else { "kinds" };
    let asks =
        format!("{} {copies} on {} {kinds} of media, {} in another building", rule.copies, rule.media, rule.off_site);
    if photos == 0 && unfiled == 0 {
        return "NOT safe to format a card: no photo of this event has arrived".to_owned();
    }
    let mut why = Vec::new();
    if safe < photos {
        why.push(format!("{} of {} without {asks}", photos - safe, count_text(photos, "photo")));
    }
    if unfiled > 0 {
        let files = count_text(unfiled, "file");
        why.push(format!("{files} arrived and could not be taken in, or not yet"));
    }
    if why.is_empty() {
        return format!("safe to format the card: all {} have {asks}", count_text(photos, "photo"));
    }
    format!("NOT safe to format the card: {}", why.join("; "))
}
