//! A camera body and the names it gives: `100NCZ_9/DSC_9999.JPG`, then `101NCZ_9/DSC_0001.JPG`.

/// A camera body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Maker, as the file names it.
    pub make: &'static str,
    /// Model, as the file names it.
    pub model: &'static str,
    /// Serial number.
    pub serial: &'static str,
    /// Suffix of its folders on the card.
    pub folder: &'static str,
    /// Extension of its RAW files.
    pub raw: &'static str,
}

impl Body {
    /// The first photographer's body.
    pub const A: Self =
        Self { make: "NIKON CORPORATION", model: "NIKON Z 9", serial: "3004711", folder: "NCZ_9", raw: "NEF" };
    /// The second shooter's body, of the same model: it gives the same names.
    pub const B: Self = Self { serial: "3001108", ..Self::A };
}

/// A memory card in a body, and the number of its next frame.
#[derive(Debug, Clone)]
pub struct Card {
    next: u32,
    folder: u32,
}

impl Card {
    /// A card whose next frame has this number, 1 to 9,999.
    #[must_use]
    pub fn at(next: u32) -> Self {
        Self { next: next.clamp(1, 9_999), folder: 100 }
    }

    /// Folder and stem of the next frame; after 9,999 follows 1 in the next folder.
    pub fn next(&mut self, body: &Body) -> (String, String) {
        let names = (format!("{}{}", self.folder, body.folder), format!("DSC_{:04}", self.next));
        self.next += 1;
        if self.next > 9_999 {
            self.next = 1;
            self.folder = if self.folder >= 999 { 100 } else { self.folder + 1 };
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_roll_over_into_the_next_folder() {
        let mut card = Card::at(9_999);
        assert_eq!(card.next(&Body::A), ("100NCZ_9".to_owned(), "DSC_9999".to_owned()));
        assert_eq!(card.next(&Body::A), ("101NCZ_9".to_owned(), "DSC_0001".to_owned()));
    }
}
