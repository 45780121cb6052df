//! `[cameras]`: what happens with cards.

use kilat_camera::CardImport;
use serde::Deserialize;

use super::Sourced;
use super::origin::{Origin, Picker};
use crate::fail::Fail;

/// `[cameras]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileCameras {
    card_import: Option<String>,
}

/// Cameras and cards.
#[derive(Debug, Clone)]
pub(crate) struct Cameras {
    pub(crate) card_import: Sourced<CardImport>,
}

impl Cameras {
    pub(super) fn load(
        file: FileCameras,
        pick: &Picker<'_>,
        from: &dyn Fn(&'static str) -> Origin,
    ) -> Result<Self, Fail> {
        let word = pick.text(None, "", "KILAT_CARD_IMPORT", file.card_import, from("cameras.card_import"))?;
        let word = word.or_default(|| word_of(CardImport::Ask).to_owned());
        let card_import = word.try_map("cameras.card_import", |word| {
            let mut known = [CardImport::Ask, CardImport::Auto, CardImport::Off].into_iter();
            known.find(|import| word_of(*import) == word).ok_or_else(|| {
                Fail::setting(format!("cameras.card_import = {word:?} cannot be"), "use ask, auto or off")
            })
        })?;
        Ok(Self { card_import })
    }

    pub(super) fn rows(&self) -> Vec<(&'static str, String, String)> {
        let word = word_of(self.card_import.value);
        vec![("cameras.card_import", format!("{word:?}"), self.card_import.origin.to_string())]
    }
}

fn word_of(import: CardImport) -> &'static str {
    match import {
        CardImport::Ask => "ask",
        CardImport::Auto => "auto",
        CardImport::Off => "off",
    }
}
