//! Checks the slopes of a function of plain numbers.

use super::difference::{Bend, Pair, Sample, Side, bend, central, scan, to_one_side};
use super::point::{UNKNOWN, between, continues, decide, spread};
use super::report::{Entry, Report, Verdict};
use crate::error::{Result, check_length};

/// A few distances between subnormal numbers.
const TINY: f64 = 1e-320;

/// Checks the slopes that a function of plain numbers gives together with its value, as [`derive::opaque`] takes it.
///
/// The function is called about two hundred times for each input. Its operations are not known, so its rounding errors are
/// estimated from its values at points that are close together (Moré and Wild, "Estimating computational noise", 2011). A slope
/// whose terms cancel, so that only their rounding errors are left, is called wrong where the function is constant. No verdict is [`Branch`](Verdict::Branch) or [`Indeterminate`](Verdict::Indeterminate), and none names an operation.
///
/// [`derive::opaque`]: crate::derive::opaque()
///
/// ```
/// use chainrule::check::{self, Verdict};
/// let area = |x: &[f64]| (x[0] * x[1], vec![x[1], x[0]]);
/// assert!(check::opaque(area, &[3.0, 4.0])?.all_agree());
///
/// let wrong = |x: &[f64]| (x[0] * x[1], vec![x[1], x[1]]);
/// let report = check::opaque(wrong, &[3.0, 4.0])?;
/// assert!(matches!(report.entries[1].verdict, Verdict::Wrong { .. }));
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// [`Length`](crate::ErrorKind::Length) if the number of slopes is not the number of inputs.
pub fn opaque(f: impl Fn(&[f64]) -> (f64, Vec<f64>), x: &[f64]) -> Result<Report> {
    let (value, slopes) = f(x);
    check_length("slopes", x.len(), slopes.len())?;
    let entries = slopes.iter().enumerate().map(|(input, &slope)| {
        let along = |at: f64| {
            let mut moved = x.to_vec();
            moved[input] = at;
            f(&moved).0
        };
        Entry {
            output: 0,
            input,
            name: None,
            derivative: slope,
            verdict: verdict(along, (x[input], value), slope),
        }
    });
    Ok(Report {
        entries: entries.collect(),
    })
}

/// What difference quotients of a function of one number say about its slope.
fn verdict(f: impl Fn(f64) -> f64, (x, value): (f64, f64), slope: f64) -> Verdict {
    if !value.is_finite() || !slope.is_finite() {
        return Verdict::NonFinite { first: None };
    }
    let noise = [-1.0, 1.0].map(|side| noise(&f, x, side));
    let known = noise.into_iter().filter(|noise| noise.is_finite());
    let noise = known.fold(0.0, f64::max);
    let relative = if value == 0.0 {
        0.0
    } else {
        noise / value.abs()
    };
    let relative = relative.max(4.0 * f64::EPSILON);
    let sample = |value: f64| Sample {
        value,
        error: noise
            .max(relative * value.abs())
            .max(if value.is_subnormal() { TINY } else { 0.0 }),
    };
    let there = sample(value);
    let ladders: Vec<Vec<Pair<Sample>>> = scan(x, |_, at| {
        let value = f(at);
        value.is_finite().then(|| sample(value))
    });
    let decide = |estimate| decide(slope, estimate, spread(&ladders, there));
    let bend = bend(&ladders, (x, there));
    if bend == Bend::Smooth && continues(&ladders) {
        return central(&ladders).map_or(UNKNOWN, decide);
    }
    let to = |side| to_one_side(&ladders, (x, there), side);
    match (to(Side::Below), to(Side::Above)) {
        (Some(left), Some(right)) if bend == Bend::Corner => between(slope, (left, right), decide),
        (Some(_), Some(_)) | (None, None) => UNKNOWN,
        (left, right) if continues(&ladders) => Verdict::Kink {
            left: left.map_or(f64::NAN, |left| left.slope),
            right: right.map_or(f64::NAN, |right| right.slope),
        },
        (left, right) => left.or(right).map_or(UNKNOWN, decide),
    }
}

/// An estimate of the error of a function's values on one side of a point: a multiple of what their sixth differences show. What
/// is smooth hardly changes these.
fn noise(f: impl Fn(f64) -> f64, x: f64, side: f64) -> f64 {
    /// The root of (6!)² / 12!: the standard deviation of errors whose sixth differences have a standard deviation of 1.
    const DEVIATION: f64 = 0.0329;
    let scale = if x == 0.0 { 1.0 } else { x.abs() };
    let of_spacing = |spacing: f64| {
        let at = |k: i32| f(x + side * spacing * scale * f64::from(k));
        let mut values: Vec<f64> = (1..=8).map(at).collect();
        for _ in 0..6 {
            values = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
        }
        8.0 * DEVIATION * values.iter().fold(0.0, |largest, d| d.abs().max(largest))
    };
    // Values that are too close are rounded to the same number.
    let spacings = [-44, -36, -28].map(|exponent| of_spacing(2f64.powi(exponent)));
    spacings.into_iter().fold(0.0, f64::max)
}
