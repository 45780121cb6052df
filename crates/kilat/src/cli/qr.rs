//! A QR code in a terminal: two rows of squares in each line of text.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

/// The code of a short text; empty where it does not fit, since the text itself stands beside it.
pub(super) fn draw(text: &str) -> String {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else { return String::new() };
    // Terminals are dark more often than not, and a phone reads a code of either colour if its edge is light.
    let drawn = code.render::<Dense1x2>().dark_color(Dense1x2::Dark).light_color(Dense1x2::Light).build();
    format!("{drawn}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_fits_into_a_small_terminal() {
        let drawn = draw("http://192.168.100.100:3000/admin#in=abcdefghijklmnopqrstuvwxyz");
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines.len() <= 24 && lines.len() > 10, "{}", lines.len());
        assert!(lines.iter().all(|line| line.chars().count() <= 60));
    }
}
