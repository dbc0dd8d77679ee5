//! Compares every mode of differentiation of one function at one point.

use std::fmt;

use crate::check::{self, Entry, Verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::ir::{Ir, Kind, Level, Selection, apply};
use crate::op::{Law, Op};
use crate::program::{Kink, Outputs, Program};
use crate::tape;
use crate::transform::Transform;
use crate::var::Var;

/// The number of equal rows that a batch computes: more than a block.
const ROWS: usize = 70;

/// The largest relative rounding error of an operand for which the bound of a curved operation's error holds.
const SMALL: f64 = 1e-4;

/// The first disagreement that [`agree`] found.
///
/// ```
/// use chainrule::{derive, strategies};
/// // The slope of x² is declared as x.
/// let wrong = strategies::agree(|x| derive::custom(x[0].square(), &[(x[0], x[0])]), &[3.0]);
/// assert!(wrong.unwrap_err().to_string().contains("WRONG: 3.0, the quotients give 6.0"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Disagreement {
    /// Two modes give different numbers.
    Modes {
        /// What was computed, such as `the derivative with respect to input 1`.
        what: String,
        /// The first mode and its number.
        one: (&'static str, f64),
        /// The other mode and its number.
        other: (&'static str, f64),
        /// The largest difference that rounding can make; 0 if the bits must be the same.
        bound: f64,
    },
    /// A derivative differs from difference quotients.
    Quotients(Box<Entry>),
    /// A mode failed.
    Failed {
        /// The mode.
        mode: &'static str,
        /// Its error.
        error: Error,
    },
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Modes {
                what,
                one: (one, a),
                other: (other, b),
                bound,
            } => {
                write!(f, "{what}: {a:?} by {one}, {b:?} by {other}")?;
                if *bound == 0.0 {
                    f.write_str("; the bits must be the same")
                } else {
                    write!(f, "; rounding explains only {bound:.1e}")
                }
            }
            Self::Quotients(entry) => entry.fmt(f),
            Self::Failed { mode, error } => write!(f, "{mode}: {error}"),
        }
    }
}

impl std::error::Error for Disagreement {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Compares every mode of differentiation of a function's first value at a point, and the gradient with difference quotients.
///
/// The function may use operations of its own, made by [`derive::custom`](crate::derive::custom()) for example. It is called
/// several times. `Err` names the first disagreement, so `?` makes a property test of it.
///
/// | compared | with | must be |
/// |---|---|---|
/// | values and first derivatives | the tape, recorded gradients, programs at a point and over rows | the same bits |
/// | second derivatives | sweeps of recorded gradients, gradients recorded of them | the same bits |
/// | second derivatives | programs at a point and over rows | equal up to rounding |
/// | first derivatives | vector–Jacobian products, and Jacobian–vector products for each input | equal up to rounding |
/// | values and first derivatives | programs at level [`Fast`](Level::Fast), at a point and over rows | within the bound of that level |
/// | first derivatives; second ones, except at a corner | [`check::gradient`], [`check::hessian`] | not wrong or indeterminate, and not of a number that was read |
///
/// [`Dual`](crate::Dual) and [`Lanes`](crate::Lanes) are not compared, because the function takes `Var`s.
///
/// Rounding errors are bounded to first order by the operations on the way. Where that bound does not hold, because an operand is
/// within its error of a corner or has few correct digits, or where a number is not finite, only equal bits are compared. The same
/// holds for second derivatives at a corner, which depend on the order of differentiation.
///
/// A derivative that differs from difference quotients on purpose, as with
/// [`derive::stop_gradient`](crate::derive::stop_gradient), is a disagreement.
///
/// ```
/// use chainrule::{Var, derive, strategies};
/// use proptest::prelude::*;
///
/// fn cube(x: Var) -> Var {
///     derive::custom(x * x * x, &[(x, x * x * 3.0)])
/// }
///
/// proptest!(|(x in strategies::within([-10.0, 10.0]), y in -1.0..1.0)| {
///     strategies::agree(|x| cube(x[0]) * x[1].exp(), &[x, y])?;
/// });
/// ```
///
/// # Errors
/// The first [`Disagreement`], or a mode's error: a function that returns no value, or an opaque one, which cannot be traced.
///
/// # Panics
/// If the function computes with a value recorded outside of it.
pub fn agree<O: Outputs>(f: impl Fn(&[Var]) -> O, x: &[f64]) -> Result<(), Disagreement> {
    let tape = on_tape(&f, x)?;
    let program = Program::trace_at(x, &f).and_then(|program| program.select(&[0]));
    let program = program.map_err(failed("a program"))?;
    at_a_point(&program, &tape, x)?;
    products(&program, &tape, x)?;
    over_rows(&program, &tape, x)?;
    let failed = failed("difference quotients");
    let first = program.check_gradient(x).map_err(failed)?;
    let second = program.check_hessian(x).map_err(failed)?;
    // At a corner, second derivatives are those of a piece.
    let at_corner = at_corner(&program, x).map_err(failed)?;
    let second = second.entries.into_iter().filter(|_| !at_corner);
    match first.entries.into_iter().chain(second).find(is_wrong) {
        Some(entry) => Err(Disagreement::Quotients(Box::new(entry))),
        None => Ok(()),
    }
}

/// Whether a derivative is not that of the function: also if the function computes with a number that it read from a value.
fn is_wrong(entry: &Entry) -> bool {
    match &entry.verdict {
        Verdict::Wrong { .. } | Verdict::Indeterminate(_) => true,
        Verdict::Branch(branch) => branch.is_read,
        _ => false,
    }
}

/// The disagreement of a mode that failed.
fn failed(mode: &'static str) -> impl Fn(Error) -> Disagreement + Copy {
    move |error| Disagreement::Failed { mode, error }
}

/// What the tape computed.
struct Tape {
    /// One number.
    value: Vec<f64>,
    gradient: Vec<f64>,
    /// Row by row.
    hessian: Vec<f64>,
}

/// Numbers of one mode, and what they are, such as `the derivative with respect to input`.
struct Found<'a> {
    mode: &'static str,
    what: &'static str,
    numbers: &'a [f64],
}

impl Found<'_> {
    /// The first number that differs from another mode's by more than its bound; without bounds, in any bit.
    fn compare(&self, other: &Self, bounds: Option<&[f64]>) -> Result<(), Disagreement> {
        for (place, (&a, &b)) in self.numbers.iter().zip(other.numbers).enumerate() {
            let bound = bounds.map_or(0.0, |bounds| bounds[place]);
            let same = a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
            let close = bounds.is_some() && (!bound.is_finite() || (a - b).abs() <= bound);
            if !same && !close {
                return Err(Disagreement::Modes {
                    what: format!("{} {place}", self.what),
                    one: (self.mode, a),
                    other: (other.mode, b),
                    bound,
                });
            }
        }
        Ok(())
    }
}

const VALUE: &str = "value";
const SLOPE: &str = "the derivative with respect to input";
const SECOND: &str = "entry of the Hessian";

fn found<'a>(mode: &'static str, what: &'static str, numbers: &'a [f64]) -> Found<'a> {
    Found {
        mode,
        what,
        numbers,
    }
}

/// Records the function, and compares sweeps with recorded gradients.
fn on_tape<O: Outputs>(f: impl Fn(&[Var]) -> O, x: &[f64]) -> Result<Tape, Disagreement> {
    let (_, tape) = tape::record(|| {
        let x: Vec<Var> = x.iter().map(|&x| Var::new(x)).collect();
        let outputs = f(&x).outputs().map_err(failed("the tape"))?;
        let Some(&y) = outputs.first() else {
            let problem = "expected at least 1, found 0";
            return Err(failed("the tape")(Error::argument("outputs", problem)));
        };
        let gradient = y.backward().of(&x);
        let recorded = y.gradient(&x);
        let of_recorded: Vec<f64> = recorded.iter().map(|slope| slope.value()).collect();
        let swept = found("a sweep", SLOPE, &gradient);
        swept.compare(&found("a recorded gradient", SLOPE, &of_recorded), None)?;
        let mut hessian = Vec::with_capacity(x.len() * x.len());
        for slope in &recorded {
            let row = slope.backward().of(&x);
            let again = slope.gradient(&x);
            let again: Vec<f64> = again.iter().map(|second| second.value()).collect();
            let swept = found("a sweep of a recorded gradient", SECOND, &row);
            swept.compare(&found("a gradient recorded twice", SECOND, &again), None)?;
            hessian.extend(row);
        }
        Ok(Tape {
            value: vec![y.value()],
            gradient,
            hessian,
        })
    });
    tape
}

/// How far a value and a gradient may move by rounding.
struct Bounds {
    /// One number.
    value: Vec<f64>,
    gradient: Vec<f64>,
}

impl Bounds {
    fn of(program: &Program, x: &[f64]) -> Result<Self> {
        Ok(Self {
            value: fast_bounds(program, Transform::Values, x)?,
            gradient: fast_bounds(program, Transform::Gradient, x)?,
        })
    }
}

impl Tape {
    /// Compares a mode's value and gradient with the tape's.
    fn compare(
        &self,
        mode: &'static str,
        (value, gradient): (f64, &[f64]),
        bounds: Option<&Bounds>,
    ) -> Result<(), Disagreement> {
        let of_value = bounds.map(|bounds| &bounds.value[..]);
        let of_gradient = bounds.map(|bounds| &bounds.gradient[..]);
        let values = found("the tape", VALUE, &self.value);
        values.compare(&found(mode, VALUE, &[value]), of_value)?;
        let slopes = found("the tape", SLOPE, &self.gradient);
        slopes.compare(&found(mode, SLOPE, gradient), of_gradient)
    }

    /// Compares a mode's Hessian with the tape's.
    fn compare_hessian(
        &self,
        mode: &'static str,
        hessian: &[f64],
        bounds: &[f64],
    ) -> Result<(), Disagreement> {
        let entries = found("the tape", SECOND, &self.hessian);
        entries.compare(&found(mode, SECOND, hessian), Some(bounds))
    }
}

/// Compares programs at a point with the tape.
fn at_a_point(program: &Program, tape: &Tape, x: &[f64]) -> Result<(), Disagreement> {
    let failed = failed("a program");
    let (value, gradient) = program.gradient(x).map_err(failed)?;
    tape.compare("a program", (value, &gradient), None)?;
    let (_, _, hessian) = program.hessian(x).map_err(failed)?;
    let seconds = bounds(program, Transform::Hessian, x).map_err(failed)?;
    tape.compare_hessian("a program", &hessian, &seconds)?;
    let near = Bounds::of(program, x).map_err(failed)?;
    match program.at_level(Level::Fast).gradient(x) {
        Ok((value, gradient)) => tape.compare("level Fast", (value, &gradient), Some(&near)),
        Err(error) => unless_branch("level Fast", error),
    }
}

/// At level `Fast`, a comparison of numbers that differ by their rounding errors may find another branch, which is an error and
/// not a wrong number.
fn unless_branch(mode: &'static str, error: Error) -> Result<(), Disagreement> {
    match error.kind() {
        ErrorKind::Branch => Ok(()),
        _ => Err(failed(mode)(error)),
    }
}

/// Compares products with the Jacobian with the tape.
fn products(program: &Program, tape: &Tape, x: &[f64]) -> Result<(), Disagreement> {
    let failed = failed("a product with the Jacobian");
    let (_, backward) = program.vjp(x, &[1.0]).map_err(failed)?;
    let slopes = bounds(program, Transform::Gradient, x).map_err(failed)?;
    let swept = found("the tape", SLOPE, &tape.gradient);
    let product = found("a vector–Jacobian product", SLOPE, &backward);
    swept.compare(&product, Some(&slopes))?;
    let (mut forward, mut both) = (Vec::new(), Vec::new());
    for place in 0..x.len() {
        let mut direction = vec![0.0; x.len()];
        direction[place] = 1.0;
        let (_, tangents) = program.jvp(x, &direction).map_err(failed)?;
        forward.push(tangents[0]);
        let at = [x, &direction[..]].concat();
        let tangents = bounds(program, Transform::Jvp, &at).map_err(failed)?;
        both.push(slopes[place] + tangents[0]);
    }
    let product = found("a Jacobian–vector product", SLOPE, &forward);
    swept.compare(&product, Some(&both))
}

/// Compares programs over equal rows with the tape.
fn over_rows(program: &Program, tape: &Tape, x: &[f64]) -> Result<(), Disagreement> {
    let failed = failed("a program over rows");
    let (rows, none) = (vec![x; ROWS], [0.0; 0]);
    let mut batch = program.batch(&rows).map_err(failed)?;
    let (values, gradients) = batch.gradients(&none).map_err(failed)?;
    each_row("a program over rows", tape, (values, gradients), None)?;
    let (_, _, hessians) = batch.hessians(&none).map_err(failed)?;
    let seconds = bounds(program, Transform::Hessian, x).map_err(failed)?;
    for hessian in hessians.chunks(tape.hessian.len().max(1)) {
        tape.compare_hessian("a program over rows", hessian, &seconds)?;
    }
    let near = Bounds::of(program, x).map_err(failed)?;
    let mut batch = program.at_level(Level::Fast).batch(&rows).map_err(failed)?;
    let mode = "level Fast over rows";
    match batch.gradients(&none) {
        Ok(found) => each_row(mode, tape, found, Some(&near)),
        Err(error) => unless_branch(mode, error),
    }
}

/// Compares the values and gradients of rows with the tape's.
fn each_row(
    mode: &'static str,
    tape: &Tape,
    (values, gradients): (&[f64], &[f64]),
    bounds: Option<&Bounds>,
) -> Result<(), Disagreement> {
    let width = tape.gradient.len();
    for (row, &value) in values.iter().enumerate() {
        let gradient = &gradients[row * width..(row + 1) * width];
        tape.compare(mode, (value, gradient), bounds)?;
    }
    Ok(())
}

/// The same as [`bounds`], also for level `Fast`, at which the terms of a chain of additions may be added in any order.
fn fast_bounds(program: &Program, transform: Transform, x: &[f64]) -> Result<Vec<f64>> {
    let chains = Selection::of(|pass| pass.name == "chains");
    bounds_after(program, transform, x, chains)
}

/// Bounds for the differences that rounding makes to the numbers of a transform, for two ways to compute them; infinite where
/// none is known.
fn bounds(program: &Program, transform: Transform, x: &[f64]) -> Result<Vec<f64>> {
    bounds_after(program, transform, x, Selection::of(|_| false))
}

/// The same for the numbers of a transform after these passes.
fn bounds_after(
    program: &Program,
    transform: Transform,
    x: &[f64],
    passes: Selection,
) -> Result<Vec<f64>> {
    // At a corner, second derivatives depend on the order of differentiation.
    let at_corner = transform == Transform::Hessian && at_corner(program, x)?;
    let program = program.transform(transform)?;
    let code = &apply(program.ir().clone(), passes);
    let there = check::evaluate(code, |place| x[place]);
    let holds = !at_corner && holds(code, &there.values, &there.errors);
    let all: f64 = there.values.iter().map(|value| value.abs()).sum();
    // Roundings of second order, where the first derivatives vanish.
    let square = (f64::EPSILON * all).powi(2);
    let bound = |&id: &u32| {
        // Constants that a transform computes are exact here, but not on the tape.
        let folded = 4.0 * f64::EPSILON * there.values[id as usize].abs();
        let error = 4.0 * there.errors[id as usize] + folded + square + 1e-300;
        if holds { error } else { f64::INFINITY }
    };
    Ok(code.outputs().iter().map(bound).collect())
}

/// Whether an operation is at its corner, also at one that is too flat to be listed as a kink.
fn at_corner(program: &Program, x: &[f64]) -> Result<bool> {
    let code = program.ir();
    let there = check::evaluate(code, |place| x[place]);
    let is_at = |op: Op, operands: &[u32]| {
        op.laws().iter().any(|law| match *law {
            Law::Kink(place, at) | Law::Break(place, at) => {
                there.values[operands[place] as usize] == at
            }
            _ => false,
        })
    };
    let flat = code.ids().any(|id| match code.kind(id) {
        Kind::Apply(op) => is_at(op, code.operands(id)),
        _ => false,
    });
    Ok(flat || program.nearest_kink(x)? == 0.0)
}

/// Whether the bounds hold: no operand is within its rounding error of a corner or a jump, and operands of curved operations
/// have correct digits.
fn holds(code: &Ir, values: &[f64], errors: &[f64]) -> bool {
    code.ids().all(|id| {
        let Kind::Apply(op) = code.kind(id) else {
            return true;
        };
        let places = code.operands(id).iter().map(|&id| id as usize);
        let operands: Vec<f64> = places.clone().map(|place| values[place]).collect();
        let moved = places.clone().map(|place| errors[place]).sum::<f64>();
        if moved == 0.0 {
            return true;
        }
        let is_straight = op.obeys(Law::Linear) || op.obeys(Law::Bilinear);
        let has_digits = |place: usize| errors[place] <= SMALL * values[place].abs();
        let kink = Kink::new(op, &operands, values[id as usize], |_| true);
        !op.obeys(Law::Breaks)
            && kink.is_none_or(|kink| kink.distance > 4.0 * moved)
            && (is_straight || op.obeys(Law::Declared) || places.clone().all(has_digits))
    })
}
