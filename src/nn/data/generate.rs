//! Generated data sets: points of a known shape in the plane, and Gaussian clouds in any space.
//!
//! Noise is Gaussian. Without noise, the points are exactly on the curves that each function states.

use std::f64::consts::{PI, TAU};
use std::iter::repeat_n;

use libm::{cos, log, sin, sqrt};
use rand::{Rng, RngExt};

use super::dataset::Dataset;
use crate::error::{Error, Result};
use crate::nn::check::{at_least_zero, below_one, ensure, require};

/// Two interleaving half circles of `n` points in the plane, labelled −1 and +1.
///
/// With t evenly spaced from 0 to π, both included, the first ⌊n/2⌋ rows are (cos t, sin t), labelled −1, and the others
/// are (1 − cos t, ½ − sin t), labelled +1. Gaussian noise of standard deviation `noise` is added to every coordinate.
/// The curves are those of scikit-learn's `make_moons`, and the labels those of micrograd's demo, which suit a hinge loss.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) if `n` is below 2, or `noise` is negative or not finite.
///
/// ```
/// use chainrule::nn::data::moons;
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let data = moons(5, 0.0, &mut StdRng::seed_from_u64(1))?;
/// assert_eq!(data.targets(), [-1.0, -1.0, 1.0, 1.0, 1.0]);
/// assert_eq!(data.inputs()[0], [1.0, 0.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn moons<R: Rng + ?Sized>(n: usize, noise: f64, rng: &mut R) -> Result<Dataset> {
    require("n", n, n >= 2, "at least 2")?;
    at_least_zero("noise", noise)?;
    let outer = even(0.0, PI, n / 2).map(|t| ([cos(t), sin(t)], -1.0));
    let inner = even(0.0, PI, n - n / 2).map(|t| ([1.0 - cos(t), 0.5 - sin(t)], 1.0));
    Ok(scatter(outer.chain(inner), noise, rng))
}

/// A circle of radius 1 and one of radius `factor` inside it, `n` points in all, labelled −1 and +1.
///
/// The first ⌊n/2⌋ rows are evenly spaced on the outer circle from angle 0 on, labelled −1; the others are evenly spaced on
/// the inner circle, labelled +1. Gaussian noise of standard deviation `noise` is added to every coordinate. The curves
/// are those of scikit-learn's `make_circles`.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) if `n` is below 2, `factor` is negative, or 1 or more, or `noise` is negative
/// or not finite.
///
/// ```
/// use chainrule::nn::data::circles;
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let data = circles(20, 0.5, 0.0, &mut StdRng::seed_from_u64(1))?;
/// for (point, label) in data.rows() {
///     let radius = point[0].hypot(point[1]);
///     assert!((radius - if label < 0.0 { 1.0 } else { 0.5 }).abs() < 1e-15);
/// }
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn circles<R: Rng + ?Sized>(n: usize, factor: f64, noise: f64, rng: &mut R) -> Result<Dataset> {
    require("n", n, n >= 2, "at least 2")?;
    below_one("factor", factor)?;
    at_least_zero("noise", noise)?;
    let circle = |points: usize, radius: f64, label: f64| {
        // A full turn ends where it begins, so its end is one step after the last point.
        let turn = even(0.0, TAU, points + 1).take(points);
        turn.map(move |t| ([radius * cos(t), radius * sin(t)], label))
    };
    let outer = circle(n / 2, 1.0, -1.0);
    let inner = circle(n - n / 2, factor, 1.0);
    Ok(scatter(outer.chain(inner), noise, rng))
}

/// Spiral arms in the plane, one per class, with `per_class` points each, labelled 0, 1, 2, ….
///
/// Rows are ordered by arm.
///
/// On the arm of class j, the radius r grows evenly from 0 to 1 while the angle t grows from 4j to 4(j + 1), both included;
/// a point is (r sin t, r cos t). Gaussian noise of standard deviation `noise`, in radians, is added to every angle, so
/// the radii stay exact. This is the spiral set of Stanford's cs231n notes, which use 3 classes of 100 points and noise 0.2.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) if `classes` or `per_class` is 0, or `noise` is negative or not finite.
///
/// ```
/// use chainrule::nn::data::spirals;
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let data = spirals(3, 100, 0.2, &mut StdRng::seed_from_u64(1))?;
/// assert_eq!(data.len(), 300);
/// assert_eq!(data.classes(3)?[99..101], [0, 1]);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn spirals<R: Rng + ?Sized>(
    classes: usize,
    per_class: usize,
    noise: f64,
    rng: &mut R,
) -> Result<Dataset> {
    require("classes", classes, classes >= 1, "at least 1")?;
    require("per_class", per_class, per_class >= 1, "at least 1")?;
    at_least_zero("noise", noise)?;
    let (mut inputs, mut targets) = (Vec::new(), Vec::new());
    for class in 0..classes {
        let start = 4.0 * class as f64;
        let radii = even(0.0, 1.0, per_class);
        for (r, angle) in radii.zip(even(start, start + 4.0, per_class)) {
            let t = angle + noise * gaussian_pair(rng)[0];
            inputs.push(vec![r * sin(t), r * cos(t)]);
            targets.push(class as f64);
        }
    }
    Ok(Dataset { inputs, targets })
}

/// Gaussian clouds, one around each center, with `per_class` points each, labelled 0, 1, 2, … in the order of `centers`.
///
/// Centers may have any number of coordinates, the same for all centers. Every coordinate of a point has the standard
/// deviation `deviation`, independently of the others. Rows are ordered by cloud.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) if there are no centers, a center has no coordinates or one that is not
/// finite, `per_class` is 0, or `deviation` is negative or not finite; [`Length`](crate::ErrorKind::Length) if a center
/// does not have as many coordinates as center 0.
///
/// ```
/// use chainrule::nn::data::blobs;
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let data = blobs(&[[0.0, 0.0], [4.0, 4.0]], 50, 0.5, &mut StdRng::seed_from_u64(1))?;
/// assert_eq!((data.len(), data.width()), (100, 2));
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn blobs<C: AsRef<[f64]>, R: Rng + ?Sized>(
    centers: &[C],
    per_class: usize,
    deviation: f64,
    rng: &mut R,
) -> Result<Dataset> {
    let width = centers.first().map(|center| center.as_ref().len());
    let none = || Error::argument("centers", "must contain at least one center");
    let width = width.ok_or_else(none)?;
    ensure(width > 0, "centers", || "center 0 has no coordinates")?;
    for (index, center) in centers.iter().map(AsRef::as_ref).enumerate() {
        if center.len() != width {
            let name = format!("centers, center {index}");
            return Err(Error::length(&name, width, center.len()));
        }
        for value in center {
            ensure(value.is_finite(), "centers", || {
                format!("center {index} must be finite, found {value}")
            })?;
        }
    }
    require("per_class", per_class, per_class >= 1, "at least 1")?;
    at_least_zero("deviation", deviation)?;
    let points = centers.iter().enumerate();
    let points = points.flat_map(|(class, center)| repeat_n((center, class as f64), per_class));
    Ok(scatter(points, deviation, rng))
}

/// Points with labels, and Gaussian noise of this deviation in every coordinate.
fn scatter<P: AsRef<[f64]>, R: Rng + ?Sized>(
    points: impl Iterator<Item = (P, f64)>,
    noise: f64,
    rng: &mut R,
) -> Dataset {
    let scattered = points.map(|(point, label)| (around(point.as_ref(), noise, rng), label));
    let (inputs, targets) = scattered.unzip();
    Dataset { inputs, targets }
}

/// A random point around `center`, whose coordinates are independent and Gaussian with this deviation.
fn around<R: Rng + ?Sized>(center: &[f64], deviation: f64, rng: &mut R) -> Vec<f64> {
    let mut point = center.to_vec();
    for pair in point.chunks_mut(2) {
        for (value, z) in pair.iter_mut().zip(gaussian_pair(rng)) {
            *value += deviation * z;
        }
    }
    point
}

/// Two independent standard Gaussian numbers, from the transform of Box and Muller (1958).
fn gaussian_pair<R: Rng + ?Sized>(rng: &mut R) -> [f64; 2] {
    // `random` returns 0 but never 1; the logarithm needs a number above 0.
    let u1 = 1.0 - rng.random::<f64>();
    let u2 = rng.random::<f64>();
    let radius = sqrt(-2.0 * log(u1));
    [radius * cos(TAU * u2), radius * sin(TAU * u2)]
}

/// `count` evenly spaced numbers from `start` to `end`, both included; a single number is `start`.
fn even(start: f64, end: f64, count: usize) -> impl Iterator<Item = f64> {
    let steps = count.saturating_sub(1).max(1) as f64;
    (0..count).map(move |index| start + (end - start) * (index as f64 / steps))
}
