//! What a camera tells of itself. Every body has other settings: the first of several names that it knows is taken.

use std::ffi::CStr;

use kilat_core::{Clock, SystemClock};

use super::exposure;
use crate::library::{Camera, Setting, Storage};
use crate::lines::{BodyLine, StatusLine};

/// Longest text that is passed on.
const MAX_CHARS: usize = 80;

/// What it is.
pub(super) fn body(camera: &Camera<'_>) -> BodyLine {
    BodyLine {
        make: text(camera, &[c"manufacturer"]),
        model: text(camera, &[c"cameramodel"]),
        serial: text(camera, &[c"eosserialnumber", c"serialnumber"]),
    }
}

/// How it is, with what its cards told.
pub(super) fn status(camera: &Camera<'_>, cards: &[Storage]) -> StatusLine {
    let told = |keys: &[&CStr], read: fn(&str) -> Option<String>| read(&text(camera, keys)?);
    let exposure: Vec<String> = [
        told(&[c"shutterspeed2", c"shutterspeed"], exposure::shutter)
            .or_else(|| told(&[c"500d"], exposure::shutter_of_ticks)),
        told(&[c"aperture", c"f-number"], exposure::aperture),
        told(&[c"iso"], exposure::iso),
    ]
    .into_iter()
    .flatten()
    .collect();
    let sum = |of: fn(&Storage) -> Option<u64>| cards.iter().filter_map(of).reduce(u64::saturating_add);
    StatusLine {
        battery_percent: text(camera, &[c"batterylevel"]).and_then(|level| percent(&level)),
        shots_left: text(camera, &[c"availableshots"])
            .and_then(|shots| shots.parse().ok())
            .or_else(|| sum(|card| card.shots_left)),
        free_bytes: sum(|card| card.free_bytes),
        capacity_bytes: sum(|card| card.capacity_bytes),
        lens: text(camera, &[c"lensname"]),
        exposure: (!exposure.is_empty()).then(|| exposure.join(", ")),
        clock_ahead_s: match camera.setting(c"datetime") {
            // The helper's time zone is UTC.
            Some(Setting::Time(at)) => Some(at - SystemClock::new().now().0.div_euclid(1_000)),
            Some(Setting::Text(_) | Setting::Number(_)) | None => None,
        },
    }
}

fn text(camera: &Camera<'_>, keys: &[&CStr]) -> Option<String> {
    keys.iter().find_map(|key| match camera.setting(key)? {
        Setting::Text(text) => {
            let text: String = text.trim().chars().filter(|sign| !sign.is_control()).take(MAX_CHARS).collect();
            (!text.is_empty() && text != "None").then_some(text)
        }
        Setting::Number(number) => Some(format!("{number}")),
        Setting::Time(_) => None,
    })
}

/// `80%`, `80`, and words that some bodies use.
fn percent(level: &str) -> Option<u8> {
    match level.trim_end_matches('%').trim().parse::<u8>() {
        Ok(percent) if percent <= 100 => Some(percent),
        Ok(_) => None,
        Err(_) => match level.to_ascii_lowercase().as_str() {
            "full" | "normal" => Some(100),
            "half" => Some(50),
            "low" => Some(20),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_battery_is_told_in_percent_whatever_the_body_calls_it() {
        assert_eq!(percent("80%"), Some(80));
        assert_eq!(percent("Half"), Some(50));
        assert_eq!(percent("255"), None);
        assert_eq!(percent("AC adapter"), None);
    }
}
