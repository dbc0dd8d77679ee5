//! How many digits of a value and a gradient are right: a bound for their rounding errors, and where digits are lost.
//!
//! Every operation rounds its result. An error of `e` in a value `v` changes an output `y` by `∂y/∂v · e`, so the sum of
//! `|∂y/∂v|·e` over all values bounds the output's error, to first order. The gradient is code like the function itself, so its
//! errors are bounded in the same way. The idea is that of a running error analysis, J. H. Wilkinson (1963), run backwards.

use std::fmt;

use super::evaluate::{Evaluated, crosses, evaluate, moved, needed, own_rounding};
use crate::error::{BranchChanged, Result};
use crate::graph::Operation;
use crate::ir::{Id, Ir, Kind};
use crate::letters::shown;
use crate::op::{Law, Op};
use crate::program::{Outputs, Program};
use crate::transform::Transform;
use crate::var::Var;

/// A number with a bound for its rounding error.
///
/// ```
/// use chainrule::check;
/// let accuracy = check::accuracy(|x| (x[0] + 1e8) - 1e8, &[0.7])?;
/// let value = &accuracy.value;
/// assert!((value.value - 0.7).abs() <= value.bound);
/// assert!(value.condition > 1e8);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Bounded {
    /// The number.
    pub value: f64,
    /// A bound, to first order, for the difference from the number without rounding. The inputs and constants count as exact,
    /// and every operation as rounded, by up to 4 units in the last place if it is no sum or product, even where its result
    /// happens to be exact.
    /// It is infinite if an operation on the way is infinitely steep, or if rounding may decide to which side of a jump or of
    /// an `if` a value falls. It is NaN if the number is not finite.
    pub bound: f64,
    /// The bound in units of the rounding error of the number itself, `2⁻⁵³·|value|`, or `2⁻¹⁰⁷⁴` if that is greater. If it is 10ᵏ, about k
    /// digits are lost. It is infinite if the number is 0 and need not be.
    pub condition: f64,
    /// The operation whose rounding contributes most to the bound, or that may jump; `None` if nothing is rounded.
    pub worst: Option<Operation>,
    /// The part of the bound that it contributes, from 0 to 1.
    pub share: f64,
    /// Whether errors on the way are so small beside their numbers, at most a thousandth, that the first order decides, and no
    /// operand is within its error of a corner or a jump. If not, the bound is only an estimate.
    pub holds: bool,
}

impl Bounded {
    /// The number of decimal digits that are right at least, if the bound [`holds`](Self::holds).
    ///
    /// ```
    /// use chainrule::check;
    /// let accuracy = check::accuracy(|x| (x[0] + 1e8) - 1e8, &[0.7])?;
    /// assert_eq!((accuracy.value.digits(), accuracy.gradient[0].digits()), (7, 15));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn digits(&self) -> usize {
        if self.bound == 0.0 {
            return if self.holds { 15 } else { 0 };
        }
        let ratio = (self.value / self.bound).abs();
        (0..15)
            .take_while(|&digits| 10f64.powi(digits + 1) <= ratio)
            .count()
    }
}

/// A value and its gradient with bounds for their rounding errors.
///
/// ```
/// use chainrule::check;
///
/// // The variance as a difference of large numbers.
/// let variance = |x: &[chainrule::Var]| {
///     let mean = (x[0] + x[1]) * 0.5;
///     (x[0].square() + x[1].square()) * 0.5 - mean.square()
/// };
/// let accuracy = check::accuracy(variance, &[1e6, 1e6 + 1.0])?;
/// assert!(accuracy.value.digits() < 4);
/// assert_eq!(accuracy.value.worst.as_ref().unwrap().op.row().name, "Square");
/// println!("{accuracy}"); // value: 0.25 ± …, 2 digits; the largest part of the error, … %, is from rounding Square(1000000.5) = 1000001000000.25, …
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Accuracy {
    /// The first output.
    pub value: Bounded,
    /// Its derivatives with respect to every variable.
    pub gradient: Vec<Bounded>,
    /// The name of each variable; `None` if it was not named while tracing.
    pub names: Vec<Option<String>>,
    /// A comparison of the traced function that rounding may decide. Then every bound is infinite.
    pub branch: Option<BranchChanged>,
}

/// Bounds the rounding errors of a function's first value and its gradient at a point.
///
/// ```
/// use chainrule::check;
/// let accuracy = check::accuracy(|x| x[0] * x[1] + x[0].exp(), &[2.0, 3.0])?;
/// assert!(accuracy.gradient.iter().all(|slope| slope.digits() >= 14));
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// As [`Program::accuracy`], and the function's own error.
///
/// # Panics
/// If the function computes with a value recorded outside of it.
pub fn accuracy<O: Outputs>(f: impl FnOnce(&[Var]) -> O, x: &[f64]) -> Result<Accuracy> {
    Program::trace_at(x, f)?.accuracy(x)
}

impl Program {
    /// Bounds the rounding errors of the first output and its gradient at a point, and names the operations that lose digits.
    ///
    /// It takes time in proportion to the program's length times the number of variables. The bounds are of first order;
    /// [`Bounded::holds`] says where that is enough. They are those of level [`Exact`](crate::Level::Exact).
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(1, |x| x[0].exp() - 1.0)?;
    /// let near_0 = f.accuracy(&[1e-9])?;
    /// assert!(near_0.value.condition > 1e8); // `exp_m1` would keep these digits
    /// assert_eq!(near_0.value.worst.unwrap().op.row().name, "Exp");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn accuracy(&self, x: &[f64]) -> Result<Accuracy> {
        self.gradient(x)?;
        let names = self.input_names();
        let names = self
            .variables()
            .into_iter()
            .map(|input| names[input].clone());
        let (ir, _) = Transform::Gradient.apply(self.ir())?;
        let ir = &ir;
        let there = evaluate(ir, |place| x[place]);
        let roundings: Vec<Rounding> = ir.ids().map(|id| Rounding::new(ir, &there, id)).collect();
        let outputs = ir.outputs().iter();
        let outputs = outputs.map(|&y| bounded(ir, &there, &roundings, y));
        let mut gradient: Vec<Bounded> = outputs.collect();
        let branch = self.decided_by_rounding(ir, &there);
        if branch.is_some() {
            for entry in &mut gradient {
                (entry.bound, entry.condition) = (f64::INFINITY, f64::INFINITY);
                entry.holds = false;
            }
        }
        Ok(Accuracy {
            value: gradient.remove(0),
            gradient,
            names: names.collect(),
            branch,
        })
    }

    /// The first comparison whose outcome may change if its sides move by their rounding errors.
    fn decided_by_rounding(&self, ir: &Ir, there: &Evaluated) -> Option<BranchChanged> {
        let mut guards = ir.guards().iter().zip(self.guards());
        guards.find_map(|(sides, guard)| {
            let [a, b] = sides.map(|id| there.values[id as usize]);
            let errors = sides.map(|id| there.errors[id as usize]);
            let sides = [a, b];
            let mut moved = moved(&sides, &errors, errors[0] + errors[1]);
            moved.find(|sides| !guard.holds(sides[0], sides[1]))?;
            guard.error(None, a, b).branch().cloned()
        })
    }
}

/// How one value takes part in the error of others.
#[derive(Default)]
struct Rounding {
    /// The error that the operation adds by rounding its value.
    own: f64,
    /// The slopes; near a corner, the steepest ones within the operands' errors.
    partials: Vec<f64>,
    /// Whether a corner or a jump is within the operands' errors.
    crosses: bool,
    /// Whether it is a jump.
    jumps: bool,
}

impl Rounding {
    fn new(ir: &Ir, there: &Evaluated, id: Id) -> Self {
        let Kind::Apply(op) = ir.kind(id) else {
            return Self::default();
        };
        let (operands, value) = (operands(ir, there, id), there.values[id as usize]);
        let errors = ir.operands(id).iter();
        let errors: Vec<f64> = errors.map(|&id| there.errors[id as usize]).collect();
        let mut partials = op.partials(&operands, value);
        let own = own_rounding(op, &operands, value, size(&partials, &operands));
        let crosses = crosses(op, &operands, value, &errors);
        if crosses {
            for beside in moved(&operands, &errors, errors.iter().sum()) {
                let value = op.apply(&beside).unwrap_or(f64::NAN);
                for (steepest, partial) in partials.iter_mut().zip(op.partials(&beside, value)) {
                    if partial.abs() > steepest.abs() {
                        *steepest = partial;
                    }
                }
            }
        }
        if op.obeys(Law::Declared) || op.obeys(Law::Stop) {
            // The value passes unchanged, whatever slopes are declared.
            partials.fill(0.0);
            partials[0] = 1.0;
        }
        Self {
            own,
            partials,
            crosses,
            jumps: crosses && jumps(op),
        }
    }
}

/// Whether an operation's value, and not only its slope, may jump at the places that its laws name.
fn jumps(op: Op) -> bool {
    let jumps = |law: &Law| {
        matches!(
            law,
            Law::Break(..) | Law::Breaks | Law::BreakAtTie | Law::Remainder
        )
    };
    op.laws().iter().any(jumps)
}

/// The sum of the magnitudes of an operation's terms, and whether all are 0.
fn size(partials: &[f64], operands: &[f64]) -> (f64, bool) {
    let terms = partials.iter().zip(operands);
    let size: f64 = terms
        .filter(|&(&p, &x)| p != 0.0 && x != 0.0)
        .map(|(p, x)| (p * x).abs())
        .sum();
    (size, size == 0.0)
}

fn operands(ir: &Ir, there: &Evaluated, id: Id) -> Vec<f64> {
    let operands = ir.operands(id).iter();
    operands.map(|&id| there.values[id as usize]).collect()
}

/// One output with its bound.
fn bounded(ir: &Ir, there: &Evaluated, roundings: &[Rounding], y: Id) -> Bounded {
    let value = there.values[y as usize];
    let mut sensitivities = vec![0.0; y as usize + 1];
    sensitivities[y as usize] = 1.0;
    let (mut bound, mut worst, mut most) = (0.0, None, 0.0);
    for id in (0..=y).rev() {
        let sensitivity = sensitivities[id as usize];
        let rounding = &roundings[id as usize];
        if sensitivity == 0.0 {
            continue;
        }
        if rounding.own != 0.0 {
            let part = (sensitivity * rounding.own).abs();
            bound += part;
            if part > most {
                (worst, most) = (Some(id), part);
            }
        }
        for (&operand, &partial) in ir.operands(id).iter().zip(&rounding.partials) {
            if partial != 0.0 {
                sensitivities[operand as usize] += sensitivity * partial;
            }
        }
    }
    let is_needed = needed(ir, y);
    let mut ids = (0..=y).filter(|&id| is_needed[id as usize]);
    if let Some(id) = ids.clone().find(|&id| roundings[id as usize].jumps) {
        (bound, worst, most) = (f64::INFINITY, Some(id), f64::INFINITY);
    }
    let is_first_order = |id| !roundings[id as usize].crosses && is_first_order(ir, there, id);
    let holds = value.is_finite() && bound.is_finite() && ids.all(is_first_order);
    let least = if value == 0.0 { 0.0 } else { f64::from_bits(1) };
    let unit = (0.5 * f64::EPSILON * value.abs()).max(least);
    let bound = if !value.is_finite() {
        f64::NAN
    } else if bound.is_nan() {
        f64::INFINITY
    } else {
        bound
    };
    Bounded {
        value,
        bound,
        condition: if bound == 0.0 { 0.0 } else { bound / unit },
        worst: worst.and_then(|id| {
            let Kind::Apply(op) = ir.kind(id) else {
                return None;
            };
            Some(Operation {
                op,
                operands: operands(ir, there, id),
                value: there.values[id as usize],
                origin: ir.origin(id),
            })
        }),
        share: if most == f64::INFINITY {
            1.0
        } else if bound > 0.0 {
            most / bound
        } else {
            0.0
        },
        holds,
    }
}

/// Whether the errors of a value's operands are so small that their products do not matter.
fn is_first_order(ir: &Ir, there: &Evaluated, id: Id) -> bool {
    let Kind::Apply(op) = ir.kind(id) else {
        return true;
    };
    let errors = ir.operands(id).iter();
    let errors = errors.map(|&id| (there.errors[id as usize], there.values[id as usize].abs()));
    let uncertain = errors.clone().filter(|&(error, _)| error != 0.0).count();
    if op.obeys(Law::Linear) || op.obeys(Law::Bilinear) && uncertain < 2 {
        return true;
    }
    let mut errors = errors;
    errors.all(|(error, size)| error <= 1e-3 * size)
}

impl fmt::Display for Bounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, bound, .. } = self;
        let about = if self.holds { "" } else { ", an estimate" };
        write!(
            f,
            "{value:?} ± {bound:.1e}{about}, {} digits",
            self.digits()
        )?;
        match &self.worst {
            Some(worst) if self.bound == f64::INFINITY => {
                write!(
                    f,
                    "; rounding decides the side of a jump, or the slope is infinite, in {worst}"
                )
            }
            Some(worst) if self.condition > 100.0 => {
                let percent = 100.0 * self.share;
                let digits = usize::from(percent < 1.0);
                write!(
                    f,
                    "; the largest part of the error, {percent:.digits$} %, is from rounding {worst}"
                )
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Accuracy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "value: {}", self.value)?;
        for (place, slope) in self.gradient.iter().enumerate() {
            match &self.names[place] {
                Some(name) => writeln!(f, "derivative {place} `{}`: {slope}", shown(name))?,
                None => writeln!(f, "derivative {place}: {slope}")?,
            }
        }
        if let Some(branch) = &self.branch {
            let (comparison, at) = (&branch.comparison, &branch.at);
            if branch.is_index {
                writeln!(
                    f,
                    "rounding decides the index at {at}: {comparison}; without rounding, the index may be another"
                )?;
            } else {
                writeln!(f, "rounding decides the comparison {comparison} at {at}")?;
            }
        }
        Ok(())
    }
}
