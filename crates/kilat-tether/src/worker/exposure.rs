//! How a camera is set, in photographers' notation, whatever its maker calls it: `1/250 s, f/2.8, ISO 800`.

/// Longest shutter that is shown as a fraction: `1/3 s`, and `0.5 s` from there.
const FRACTIONS_BELOW_S: f64 = 0.4;
/// The standard tells exposure times in tenths of a millisecond.
const TICKS_PER_S: f64 = 10_000.0;

/// A shutter: `1/250`, `0.0040s`, `2`, `30"`, `bulb`. None for what tells no time, as automatic ones do.
pub(super) fn shutter(told: &str) -> Option<String> {
    let told = told.trim().trim_end_matches(['"', 's']).trim_end();
    if told.eq_ignore_ascii_case("bulb") {
        return Some("bulb".to_owned());
    }
    match told.split_once('/') {
        Some((above, below)) => seconds(positive(above)? / positive(below)?),
        None => seconds(positive(told)?),
    }
}

/// The same in the ticks of the standard, where the library knows the body too little to tell more.
pub(super) fn shutter_of_ticks(told: &str) -> Option<String> {
    let ticks: u32 = told.trim().parse().ok()?;
    // The largest value stands for bulb.
    if ticks == u32::MAX { Some("bulb".to_owned()) } else { seconds(f64::from(ticks) / TICKS_PER_S) }
}

/// An aperture: `2.8`, `f/2.8`, `F2.8`. None for `0` and `implicit auto`: no lens tells one.
pub(super) fn aperture(told: &str) -> Option<String> {
    let number = positive(told.trim().trim_start_matches(['f', 'F']).trim_start_matches('/'))?;
    Some(format!("f/{}", shortest(number)))
}

/// A sensitivity: `800`, `ISO 800`, `Auto`.
pub(super) fn iso(told: &str) -> Option<String> {
    let told = told.trim();
    let number = told.strip_prefix("ISO").unwrap_or(told).trim();
    (!number.is_empty()).then(|| format!("ISO {}", if number.eq_ignore_ascii_case("auto") { "auto" } else { number }))
}

fn positive(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0)
}

fn seconds(seconds: f64) -> Option<String> {
    if !seconds.is_finite() || seconds <= 0.0 {
        return None;
    }
    Some(if seconds < FRACTIONS_BELOW_S {
        let below = 1.0 / seconds;
        // One digit only where photographers write it: 1/2.5, not 1/250.0.
        if below < 10.0 { format!("1/{} s", shortest(below)) } else { format!("1/{below:.0} s") }
    } else {
        format!("{} s", shortest(seconds))
    })
}

/// One digit behind the point, unless it is nought.
fn shortest(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shutter_reads_as_on_the_camera_whatever_the_maker_calls_it() {
        let shown = [
            ("1/250", Some("1/250 s")),
            ("0.0040s", Some("1/250 s")),
            ("0.0001s", Some("1/10000 s")),
            ("0.3333s", Some("1/3 s")),
            ("10/25", Some("0.4 s")),
            ("0.5", Some("0.5 s")),
            ("2", Some("2 s")),
            ("30\"", Some("30 s")),
            ("Bulb", Some("bulb")),
            ("auto", None),
            ("0", None),
            ("1/0", None),
            ("NaN", None),
            ("", None),
        ];
        for (told, text) in shown {
            assert_eq!(shutter(told).as_deref(), text, "{told}");
        }
    }

    #[test]
    fn a_raw_exposure_time_counts_tenths_of_a_millisecond() {
        assert_eq!(shutter_of_ticks("40").as_deref(), Some("1/250 s"));
        assert_eq!(shutter_of_ticks("20000").as_deref(), Some("2 s"));
        assert_eq!(shutter_of_ticks("4294967295").as_deref(), Some("bulb"));
        assert_eq!(shutter_of_ticks("0"), None);
        assert_eq!(shutter_of_ticks("1/250"), None);
    }

    #[test]
    fn an_aperture_and_a_sensitivity_have_one_notation() {
        assert_eq!(aperture("2.8").as_deref(), Some("f/2.8"));
        assert_eq!(aperture("f/11").as_deref(), Some("f/11"));
        assert_eq!(aperture("F5.6").as_deref(), Some("f/5.6"));
        assert_eq!(aperture("implicit auto"), None);
        assert_eq!(aperture("0"), None);
        assert_eq!(iso("800").as_deref(), Some("ISO 800"));
        assert_eq!(iso("ISO 800").as_deref(), Some("ISO 800"));
        assert_eq!(iso("Auto").as_deref(), Some("ISO auto"));
        assert_eq!(iso(" "), None);
    }
}
