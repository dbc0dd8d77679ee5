//! Generated data sets: takes the number of points, a noise level and a random generator, gives a
//! [`Dataset`] of a known shape.
//!
//! Noise is Gaussian. Without it the points lie exactly on the curves that each function states.

use std::f64::consts::{PI, TAU};

use libm::{cos, log, sin, sqrt};
use rand::{Rng, RngExt};

use super::Dataset;
use crate::error::{Error, Result};

/// Two interleaving half circles of `n` points in the plane, labelled −1 and +1.
///
/// With t evenly spaced from 0 to π, both ends included, the first ⌊n/2⌋ rows are (cos t, sin t), labelled −1, and
/// the others (1 − cos t, ½ − sin t), labelled +1. Gaussian noise of standard deviation `noise` is added to every
/// coordinate. The curves are those of scikit-learn's `make_moons`, the labels those of micrograd's demo, which
/// suit a hinge loss.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) when `n` is below 2, or `noise` is negative or not finite.
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
    at_least("n", 2, n)?;
    deviation("noise", noise)?;
    let outer = even(0.0, PI, n / 2).map(|t| ([cos(t), sin(t)], -1.0));
    let inner = even(0.0, PI, n - n / 2).map(|t| ([1.0 - cos(t), 0.5 - sin(t)], 1.0));
    scatter(outer.chain(inner), noise, rng)
}

/// A circle of radius 1 and one of radius `factor` inside it, `n` points in all, labelled −1 and +1.
///
/// The first ⌊n/2⌋ rows are evenly spaced on the outer circle from angle 0 on, labelled −1; the others are so spaced
/// on the inner circle, labelled +1. Gaussian noise of standard deviation `noise` is added to every coordinate. The
/// curves are those of scikit-learn's `make_circles`.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) when `n` is below 2, `factor` is not in 0..1 (1 excluded), or `noise`
/// is negative or not finite.
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
    at_least("n", 2, n)?;
    if !(0.0..1.0).contains(&factor) {
        let problem = format!("must be at least 0 and below 1, found {factor}");
        return Err(Error::argument("factor", problem));
    }
    deviation("noise", noise)?;
    let circle = |points: usize, radius: f64, label: f64| {
        // The end of the turn is its beginning, so it is one step beyond the last point.
        let turn = even(0.0, TAU, points + 1).take(points);
        turn.map(move |t| ([radius * cos(t), radius * sin(t)], label))
    };
    let outer = circle(n / 2, 1.0, -1.0);
    let inner = circle(n - n / 2, factor, 1.0);
    scatter(outer.chain(inner), noise, rng)
}

/// Spiral arms in the plane, one a class, `per_class` points each, labelled 0, 1, 2, ….
///
/// On the arm of class j the radius r runs evenly from 0 to 1 while the angle t runs from 4j to 4(j + 1), both ends
/// included; a point is (r sin t, r cos t). Gaussian noise of standard deviation `noise`, in radians, is added to
/// every angle, so that the radii stay exact. This is the spiral set of Stanford's cs231n notes, which take 3
/// classes, 100 points each and noise 0.2.
///
/// Rows come arm by arm.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) when `classes` or `per_class` is 0, or `noise` is negative or not
/// finite.
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
    at_least("classes", 1, classes)?;
    at_least("per_class", 1, per_class)?;
    deviation("noise", noise)?;
    let mut inputs = Vec::new();
    let mut targets = Vec::new();
    for class in 0..classes {
        let start = 4.0 * class as f64;
        let radii = even(0.0, 1.0, per_class);
        for (r, angle) in radii.zip(even(start, start + 4.0, per_class)) {
            let t = angle + noise * gaussian_pair(rng)[0];
            inputs.push(vec![r * sin(t), r * cos(t)]);
            targets.push(class as f64);
        }
    }
    Dataset::new(inputs, targets)
}

/// Gaussian clouds, one around each center, `per_class` points each, labelled 0, 1, 2, … in the order of `centers`.
///
/// Centers may lie in a space of any dimension, the same for all. Every coordinate has the standard deviation
/// `deviation`, independently of the others. Rows come cloud by cloud.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) when there are no centers, a center has no coordinates or one that is
/// not finite, `per_class` is 0, or `deviation` is negative or not finite; [`Length`](crate::ErrorKind::Length)
/// when a center has not as many coordinates as center 0.
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
    let width = match centers.first() {
        Some(center) if !center.as_ref().is_empty() => center.as_ref().len(),
        Some(_) => return Err(Error::argument("centers", "center 0 has no coordinates")),
        None => return Err(Error::argument("centers", "must hold at least one center")),
    };
    for (index, center) in centers.iter().map(AsRef::as_ref).enumerate() {
        if center.len() != width {
            let name = format!("centers, center {index}");
            return Err(Error::length(&name, width, center.len()));
        }
        if let Some(value) = center.iter().find(|value| !value.is_finite()) {
            let problem = format!("center {index} must be finite, found {value}");
            return Err(Error::argument("centers", problem));
        }
    }
    at_least("per_class", 1, per_class)?;
    self::deviation("deviation", deviation)?;

    let mut inputs = Vec::new();
    let mut targets = Vec::new();
    for (class, center) in centers.iter().map(AsRef::as_ref).enumerate() {
        for _ in 0..per_class {
            inputs.push(around(center, deviation, rng));
            targets.push(class as f64);
        }
    }
    Dataset::new(inputs, targets)
}

fn scatter<R: Rng + ?Sized>(
    points: impl Iterator<Item = ([f64; 2], f64)>,
    noise: f64,
    rng: &mut R,
) -> Result<Dataset> {
    let (inputs, targets) = points
        .map(|(point, label)| (around(&point, noise, rng), label))
        .unzip();
    Dataset::new(inputs, targets)
}

/// A random point with independent Gaussian coordinates of this deviation around `center`.
fn around<R: Rng + ?Sized>(center: &[f64], deviation: f64, rng: &mut R) -> Vec<f64> {
    let mut point = center.to_vec();
    for pair in point.chunks_mut(2) {
        for (value, z) in pair.iter_mut().zip(gaussian_pair(rng)) {
            *value += deviation * z;
        }
    }
    point
}

/// Two independent standard Gaussian numbers, by Box and Muller's transform (1958).
fn gaussian_pair<R: Rng + ?Sized>(rng: &mut R) -> [f64; 2] {
    // `random` gives 0 but never 1; the logarithm needs it the other way round.
    let u1 = 1.0 - rng.random::<f64>();
    let u2 = rng.random::<f64>();
    let radius = sqrt(-2.0 * log(u1));
    [radius * cos(TAU * u2), radius * sin(TAU * u2)]
}

/// `count` evenly spaced numbers from `start` to `end`, both included; one number is `start`.
fn even(start: f64, end: f64, count: usize) -> impl Iterator<Item = f64> {
    let steps = count.saturating_sub(1).max(1) as f64;
    (0..count).map(move |index| start + (end - start) * (index as f64 / steps))
}

fn at_least(name: &str, least: usize, found: usize) -> Result<()> {
    if found < least {
        let problem = format!("must be at least {least}, found {found}");
        return Err(Error::argument(name, problem));
    }
    Ok(())
}

fn deviation(name: &str, value: f64) -> Result<()> {
    if !(value.is_finite() && value >= 0.0) {
        let problem = format!("must be finite and at least 0, found {value}");
        return Err(Error::argument(name, problem));
    }
    Ok(())
}
