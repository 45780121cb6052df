//! Drawn pictures: an evening sky, a ground, bokeh lights, two figures. Each looks different, and is
//! encoded once.

use jpeg_encoder::{ColorType, Encoder};
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::SmallRng;

/// Width and height of every picture.
pub(crate) const SIZE: (u16, u16) = (1_200, 800);
/// Different pictures; frames take turns, and differ by their metadata beyond that.
const PICTURES: usize = 12;

/// One picture in so many was taken upright.
const UPRIGHTS: usize = 5;

/// Encoded pictures to make frames from.
#[derive(Debug)]
pub struct Darkroom {
    pictures: Vec<Picture>,
}

#[derive(Debug)]
struct Picture {
    /// From the marker behind the JFIF header to the end mark.
    jpeg: Vec<u8>,
    is_upright: bool,
}

impl Darkroom {
    /// Draws and encodes the pictures; the same seed gives the same pictures. Takes about 0.2 s.
    ///
    /// # Errors
    /// The encoder's.
    pub fn open(seed: u64) -> Result<Self, jpeg_encoder::EncodingError> {
        Self::with(seed, PICTURES)
    }

    /// The same with fewer pictures, for programs that never look at them.
    ///
    /// # Errors
    /// The encoder's.
    pub fn with(seed: u64, pictures: usize) -> Result<Self, jpeg_encoder::EncodingError> {
        let mut rng = SmallRng::seed_from_u64(seed);
        let mut one = |number: usize| {
            let is_upright = number % UPRIGHTS == UPRIGHTS - 1;
            let jpeg = encode(&draw(&mut rng, is_upright))?;
            Ok::<_, jpeg_encoder::EncodingError>(Picture { jpeg, is_upright })
        };
        Ok(Self { pictures: (0..pictures.max(1)).map(&mut one).collect::<Result<_, _>>()? })
    }

    /// The picture of the frame with this number, without the file's head.
    pub(crate) fn picture(&self, number: u64) -> &[u8] {
        &self.of(number).jpeg
    }

    /// How the camera was held for the frame with this number, as EXIF says it.
    #[must_use]
    pub fn orientation(&self, number: u64) -> u16 {
        if self.of(number).is_upright { 6 } else { 1 }
    }

    fn of(&self, number: u64) -> &Picture {
        &self.pictures[usize::try_from(number).unwrap_or(0) % self.pictures.len()]
    }
}

fn encode(pixels: &[u8]) -> Result<Vec<u8>, jpeg_encoder::EncodingError> {
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 85).encode(pixels, SIZE.0, SIZE.1, ColorType::Rgb)?;
    // SOI and the JFIF segment make way for EXIF.
    let head = 2 + if jpeg[2..4] == [0xff, 0xe0] { 2 + usize::from(u16::from_be_bytes([jpeg[4], jpeg[5]])) } else { 0 };
    Ok(jpeg.split_off(head))
}

struct Light {
    at: (f32, f32),
    radius: f32,
    colour: [f32; 3],
}

/// The pixels as the sensor sees them: an upright scene lies on its side.
fn draw(rng: &mut SmallRng, is_upright: bool) -> Vec<u8> {
    let (long, short) = (f32::from(SIZE.0), f32::from(SIZE.1));
    let (width, height) = if is_upright { (short, long) } else { (long, short) };
    let hue = rng.random_range(0.0..1.0);
    let (top, low) = (tone(hue, 0.25), tone(hue + 0.12, 0.85));
    let horizon = rng.random_range(0.55..0.75) * height;
    let lights: Vec<Light> = (0..rng.random_range(14..26))
        .map(|_| Light {
            at: (rng.random_range(0.0..width), rng.random_range(0.0..horizon)),
            radius: rng.random_range(8.0..60.0),
            colour: tone(hue + rng.random_range(-0.1..0.25), 1.0),
        })
        .collect();
    let stand = rng.random_range(0.3..0.7) * width;
    let figures = [(stand - 38.0, 1.0), (stand + 38.0, 0.92)];
    let mut pixels = Vec::with_capacity(usize::from(SIZE.0) * usize::from(SIZE.1) * 3);
    for row in 0..SIZE.1 {
        for column in 0..SIZE.0 {
            let (x, y) = if is_upright {
                (short - 1.0 - f32::from(row), f32::from(column))
            } else {
                (f32::from(column), f32::from(row))
            };
            let mut colour = if y < horizon {
                blend(top, low, y / horizon)
            } else {
                blend(tone(hue + 0.5, 0.35), tone(hue + 0.5, 0.12), (y - horizon) / (height - horizon))
            };
            for light in &lights {
                let away = ((x - light.at.0).powi(2) + (y - light.at.1).powi(2)).sqrt() / light.radius;
                if away < 1.0 {
                    colour = blend(colour, light.colour, 0.45 * (1.0 - away.powi(6)));
                }
            }
            if figures.iter().any(|figure| is_figure(x, y, *figure, horizon)) {
                colour = [0.05, 0.05, 0.07];
            }
            pixels.extend(colour.map(|part| (part.clamp(0.0, 1.0) * 255.0) as u8));
        }
    }
    pixels
}

fn is_figure(x: f32, y: f32, (centre, scale): (f32, f32), horizon: f32) -> bool {
    let (dx, feet) = ((x - centre).abs() / scale, horizon + 60.0);
    let up = (feet - y) / scale;
    let is_body = (0.0..210.0).contains(&up) && dx < 34.0 - up * 0.09;
    let is_head = dx.powi(2) + (up - 238.0).powi(2) < 26.0_f32.powi(2);
    is_body || is_head
}

/// A colour of the circle, at this brightness.
fn tone(hue: f32, brightness: f32) -> [f32; 3] {
    [0.0, 0.33, 0.67].map(|shift| (0.55 + 0.45 * ((hue + shift) * std::f32::consts::TAU).cos()) * brightness)
}

fn blend(from: [f32; 3], to: [f32; 3], share: f32) -> [f32; 3] {
    [0, 1, 2].map(|part| from[part] + (to[part] - from[part]) * share)
}
