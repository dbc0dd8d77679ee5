//! Features of small images: two that a person chose, and those of a convolution.

use std::f64::consts::PI;

use chainrule::Scalar;

use crate::images::SIDE;

/// The number of features of an image, of each kind.
pub(crate) const FEATURES: usize = 8;
/// The number of pixels along a side of a kernel.
pub(crate) const KERNEL: usize = 3;
/// The parameters of a kernel: its weights, then its bias.
pub(crate) const KERNEL_PARAMETERS: usize = KERNEL * KERNEL + 1;
/// The number of places of a kernel along a side of the image.
pub(crate) const PLACES: usize = SIDE - KERNEL + 1;
/// Features are sums over an image, and this makes them numbers of about 1.
const SCALE: f64 = 0.2;

/// Chosen: how many pixels are how bright. The first of the equally wide bins begins at 0, the last ends at 1.
pub(crate) fn intensities(pixels: &[f64]) -> Vec<f64> {
    let mut bins = vec![0.0; FEATURES];
    for pixel in pixels {
        #[expect(clippy::cast_sign_loss, reason = "pixels are from 0 to 1")]
        let bin = (pixel * FEATURES as f64) as usize;
        bins[bin.min(FEATURES - 1)] += SCALE;
    }
    bins
}

/// Chosen: how much the brightness changes in which direction. Opposite directions count as one, and the middle of the
/// first bin is the horizontal direction.
pub(crate) fn directions(pixels: &[f64]) -> Vec<f64> {
    let mut bins = vec![0.0; FEATURES];
    let at = |x: usize, y: usize| pixels[y * SIDE + x];
    for y in 1..SIDE - 1 {
        for x in 1..SIDE - 1 {
            let right = at(x + 1, y) - at(x - 1, y);
            let down = at(x, y + 1) - at(x, y - 1);
            let half_turns = Scalar::atan2(down, right) / PI;
            let bin = (half_turns * FEATURES as f64).round();
            #[expect(clippy::cast_sign_loss, reason = "the remainder is not negative")]
            let bin = bin.rem_euclid(FEATURES as f64) as usize;
            bins[bin] += SCALE * Scalar::hypot(right, down);
        }
    }
    bins
}

/// For each kernel, the sum of max(0, kernel · patch + bias) over all patches of the image. Every patch meets the same
/// kernel.
pub(crate) fn convolution<S: Scalar>(kernels: &[S], pixels: &[S]) -> chainrule::Result<Vec<S>> {
    let patches: Vec<Vec<S>> = (0..PLACES * PLACES)
        .map(|place| {
            let first = place / PLACES * SIDE + place % PLACES;
            let rows = (0..KERNEL).map(|row| &pixels[first + row * SIDE..][..KERNEL]);
            rows.flatten().copied().collect()
        })
        .collect();
    kernels
        .chunks(KERNEL_PARAMETERS)
        .map(|kernel| {
            let (weights, bias) = (&kernel[..KERNEL * KERNEL], kernel[KERNEL * KERNEL]);
            let mut found = Vec::with_capacity(patches.len());
            for patch in &patches {
                found.push((S::dot_product(weights, patch)? + bias).relu());
            }
            Ok(found.into_iter().sum::<S>() * SCALE)
        })
        .collect()
}
