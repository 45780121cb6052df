//! What a photographer does: single frames, bursts, RAW beside JPEG, a second body, now and then a
//! transfer that breaks off and comes again.

use std::path::PathBuf;

use jiff::civil::DateTime;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::body::{Body, Card};
use crate::files::{self, Frame};
use crate::picture::Darkroom;
use crate::write::Manner;

/// Frames until the names of the first body roll over.
const BEFORE_ROLL_OVER: u32 = 40;
/// One frame in so many is half-written at first.
const HALVES: u64 = 25;
/// One in so many has a RAW file beside it.
const RAWS: u64 = 4;
/// One in so many is a short film.
const FILMS: u64 = 60;
/// How long the files of a JPEG and of a RAW are.
const JPEG_BYTES: usize = 400_000;
const RAW_BYTES: usize = 1_200_000;

/// One file to write.
#[derive(Debug, Clone)]
pub struct Shot {
    /// Below the hot folder.
    pub path: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
    /// How it comes.
    pub manner: Manner,
}

/// Shoots for ever.
#[derive(Debug)]
pub struct Photographer {
    darkroom: Darkroom,
    rng: SmallRng,
    cards: [(Body, Card); 2],
    number: u64,
    burst_left: u32,
}

impl Photographer {
    /// The same seed and times give the same shoot.
    ///
    /// # Errors
    /// The encoder's.
    pub fn start(seed: u64) -> Result<Self, jpeg_encoder::EncodingError> {
        let first = Card::at(10_000 - BEFORE_ROLL_OVER);
        Ok(Self {
            darkroom: Darkroom::open(seed)?,
            rng: SmallRng::seed_from_u64(seed),
            cards: [(Body::A, first), (Body::B, Card::at(1))],
            // Two shoots must not have one content.
            number: seed.wrapping_mul(1_000_003),
            burst_left: 0,
        })
    }

    /// Whether the next frame belongs to a burst and comes at once.
    #[must_use]
    pub fn is_in_burst(&self) -> bool {
        self.burst_left > 0
    }

    /// The files of a frame taken now, by the clock of [`ZONE_HOURS`], in the order in which they come.
    pub fn shoot(&mut self, taken: DateTime) -> Vec<Shot> {
        if self.burst_left > 0 {
            self.burst_left -= 1;
        } else if self.rng.random_ratio(1, 12) {
            self.burst_left = self.rng.random_range(3..9);
        }
        self.number = self.number.wrapping_add(1);
        let (body, card) = &mut self.cards[usize::from(self.rng.random_ratio(1, 4))];
        let (folder, stem) = card.next(body);
        let body = body.clone();
        let frame = Frame {
            body: body.clone(),
            number: self.number,
            taken,
            orientation: self.darkroom.orientation(self.number),
            size_bytes: Some(JPEG_BYTES),
        };
        let at = |extension: &str| PathBuf::from(&body.serial[3..]).join(&folder).join(format!("{stem}.{extension}"));
        if self.number.is_multiple_of(FILMS) {
            return vec![Shot { path: at("MOV"), bytes: files::mov(&frame), manner: Manner::Slow }];
        }
        let manner = if self.number.is_multiple_of(HALVES) { Manner::Halves } else { Manner::Close };
        let mut shots = vec![Shot { path: at("JPG"), bytes: files::jpeg(&self.darkroom, &frame), manner }];
        if self.number.is_multiple_of(RAWS) {
            let frame = Frame { size_bytes: Some(RAW_BYTES), ..frame };
            shots.push(Shot { path: at(body.raw), bytes: files::raw(&self.darkroom, &frame), manner: Manner::Rename });
        }
        shots
    }
}
