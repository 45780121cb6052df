//! Decode, scale, turn upright, encode.
//!
//! Invariant: what a picture would cost is known from its header before a pixel is decoded.

use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use jpeg_encoder::{ColorType, Encoder};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::{Limits, Preview, PreviewError};

/// Good on a phone at 2048 px, and about 400 KB.
const QUALITY: u8 = 82;

/// Red, green and blue, a byte each.
struct Pixels {
    rgb: Vec<u8>,
    width: usize,
    height: usize,
}

/// Makes a preview of the picture `jpeg`.
pub(super) fn render(jpeg: &[u8], orientation: u8, limits: &Limits) -> Result<Preview, PreviewError> {
    let pixels = upright(scale(decode(jpeg, limits)?, limits.max_side)?, orientation);
    let (Ok(width), Ok(height)) = (u16::try_from(pixels.width), u16::try_from(pixels.height)) else {
        return Err(damaged("its size"));
    };
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, QUALITY).encode(&pixels.rgb, width, height, ColorType::Rgb).map_err(damaged)?;
    Ok(Preview { jpeg, width: width.into(), height: height.into() })
}

fn decode(jpeg: &[u8], limits: &Limits) -> Result<Pixels, PreviewError> {
    // The decoder's own bounds are per side; ours, on the product, come next.
    let side = usize::from(u16::MAX);
    let options = DecoderOptions::default()
        .set_max_width(side)
        .set_max_height(side)
        .set_strict_mode(false)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    decoder.decode_headers().map_err(damaged)?;
    let info = decoder.info().ok_or_else(|| damaged("its headers"))?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    let count = width as u64 * height as u64;
    // Three bytes of colour, and where all coefficients are held until the last scan six more.
    let memory = count * if info.sof.is_sequential_dct() { 3 } else { 9 };
    if count > limits.max_pixels || memory > limits.max_memory_bytes {
        return Err(PreviewError::TooLarge { detail: format!("{width} × {height} pixels") });
    }
    let rgb = decoder.decode().map_err(damaged)?;
    if count == 0 || rgb.len() as u64 != count * 3 {
        return Err(damaged("its colours"));
    }
    Ok(Pixels { rgb, width, height })
}

fn scale(pixels: Pixels, max_side: u32) -> Result<Pixels, PreviewError> {
    let max_side = max_side.clamp(1, u32::from(u16::MAX)) as usize;
    let long_side = pixels.width.max(pixels.height);
    if long_side <= max_side {
        return Ok(pixels);
    }
    let scaled = |side: usize| (side * max_side).div_ceil(long_side).max(1);
    let (width, height) = (scaled(pixels.width), scaled(pixels.height));
    let from = Image::from_vec_u8(narrow(pixels.width), narrow(pixels.height), pixels.rgb, PixelType::U8x3)
        .map_err(damaged)?;
    let mut to = Image::new(narrow(width), narrow(height), PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize(&from, &mut to, &options).map_err(damaged)?;
    Ok(Pixels { rgb: to.into_vec(), width, height })
}

/// Sides are at most 65,535 here.
fn narrow(side: usize) -> u32 {
    u32::try_from(side).unwrap_or(u32::MAX)
}

/// Turns the picture so that its top is up. `orientation` is EXIF's; values it does not define
/// leave the picture as it is.
fn upright(pixels: Pixels, orientation: u8) -> Pixels {
    if !(2..=8).contains(&orientation) {
        return pixels;
    }
    let (w, h) = (pixels.width, pixels.height);
    let (width, height) = if orientation >= 5 { (h, w) } else { (w, h) };
    let mut rgb = Vec::with_capacity(pixels.rgb.len());
    for y in 0..height {
        for x in 0..width {
            let (from_x, from_y) = match orientation {
                2 => (w - 1 - x, y),
                3 => (w - 1 - x, h - 1 - y),
                4 => (x, h - 1 - y),
                5 => (y, x),
                6 => (y, h - 1 - x),
                7 => (w - 1 - y, h - 1 - x),
                _ => (w - 1 - y, x),
            };
            let at = (from_y * w + from_x) * 3;
            rgb.extend_from_slice(pixels.rgb.get(at..at + 3).unwrap_or(&[0; 3]));
        }
    }
    Pixels { rgb, width, height }
}

fn damaged(detail: impl ToString) -> PreviewError {
    PreviewError::Damaged { detail: detail.to_string() }
}
