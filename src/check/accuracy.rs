//! How many digits of a value and a gradient are right: a bound for their rounding errors, and where digits are lost.
//!
//! Every operation rounds its result. An error of `e` in a value `v` changes an output `y` by `∂y/∂v · e`, so the sum of
//! `|∂y/∂v|·e` over all values bounds the output's error, to first order. The gradient is code like the function itself, so its
//! errors are bounded in the same way. The idea is that of a running error analysis, J. H. Wilkinson (1963), run backwards.

use std::fmt;

use super::evaluate::{Evaluated, evaluate, input, needed, own_rounding};
use crate::error::Result;
use crate::graph::Operation;
use crate::ir::{Id, Ir, Kind};
use crate::letters::shown;
use crate::op::Law;
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
    /// It is infinite if an operation on the way is infinitely steep, and NaN if the number is not finite.
    pub bound: f64,
    /// The bound in units of the rounding error of the number itself, `2⁻⁵³·|value|`, or `2⁻¹⁰⁷⁴` if that is greater. If it is 10ᵏ, about k
    /// digits are lost. It is infinite if the number is 0 and need not be.
    pub condition: f64,
    /// The operation whose rounding contributes most to the bound; `None` if nothing is rounded.
    pub worst: Option<Operation>,
    /// The part of the bound that it contributes, from 0 to 1.
    pub share: f64,
    /// Whether errors on the way are so small beside their numbers, at most a thousandth, that the first order decides. If not,
    /// the bound is only an estimate.
    pub holds: bool,
}

impl Bounded {
    /// The number of decimal digits that are right at least.
    ///
    /// ```
    /// use chainrule::check;
    /// let accuracy = check::accuracy(|x| (x[0] + 1e8) - 1e8, &[0.7])?;
    /// assert_eq!((accuracy.value.digits(), accuracy.gradient[0].digits()), (7, 15));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn digits(&self) -> usize {
        if self.bound == 0.0 {
            return 15;
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
/// println!("{accuracy}"); // value: 0.25 ± …, 2 digits; most is lost by rounding Square(1000000.5) = 1000001000000.25, …
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
        let there = evaluate(ir, ir.len(), |id| input(ir, id).map(|place| x[place]));
        let own = own_roundings(ir, &there);
        let outputs = ir.outputs().iter();
        let mut gradient: Vec<Bounded> = outputs.map(|&y| bounded(ir, &there, &own, y)).collect();
        Ok(Accuracy {
            value: gradient.remove(0),
            gradient,
            names: names.collect(),
        })
    }
}

/// The error that each operation adds by rounding its value.
fn own_roundings(ir: &Ir, there: &Evaluated) -> Vec<f64> {
    let own = ir.ids().map(|id| match ir.kind(id) {
        Kind::Apply(op) => {
            let (operands, value) = (operands(ir, there, id), there.values[id as usize]);
            let partials = op.partials(&operands, value);
            let terms = partials.iter().zip(&operands).map(|(p, x)| {
                if *p == 0.0 || *x == 0.0 {
                    0.0
                } else {
                    (p * x).abs()
                }
            });
            let size: f64 = terms.sum();
            own_rounding(op, &operands, value, (size, size == 0.0))
        }
        _ => 0.0,
    });
    own.collect()
}

fn operands(ir: &Ir, there: &Evaluated, id: Id) -> Vec<f64> {
    let operands = ir.operands(id).iter();
    operands.map(|&id| there.values[id as usize]).collect()
}

/// One output with its bound.
fn bounded(ir: &Ir, there: &Evaluated, own: &[f64], y: Id) -> Bounded {
    let value = there.values[y as usize];
    let mut sensitivities = vec![0.0; y as usize + 1];
    sensitivities[y as usize] = 1.0;
    let (mut bound, mut worst, mut most) = (0.0, None, 0.0);
    for id in (0..=y).rev() {
        let sensitivity = sensitivities[id as usize];
        let Kind::Apply(op) = ir.kind(id) else {
            continue;
        };
        if sensitivity == 0.0 {
            continue;
        }
        if own[id as usize] != 0.0 {
            let part = (sensitivity * own[id as usize]).abs();
            bound += part;
            if part > most {
                (worst, most) = (Some((op, id)), part);
            }
        }
        let values = operands(ir, there, id);
        // The value passes unchanged, whatever slopes are declared.
        let is_first = op.obeys(Law::Declared) || op.obeys(Law::Stop);
        let partials = op.partials(&values, there.values[id as usize]);
        for (place, (&operand, &partial)) in ir.operands(id).iter().zip(&partials).enumerate() {
            let unchanged = if place == 0 { 1.0 } else { 0.0 };
            let partial = if is_first { unchanged } else { partial };
            if partial != 0.0 {
                sensitivities[operand as usize] += sensitivity * partial;
            }
        }
    }
    let is_needed = needed(ir, y);
    let mut ids = (0..=y).filter(|&id| is_needed[id as usize]);
    let holds = value.is_finite() && ids.all(|id| is_first_order(ir, there, id));
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
        worst: worst.map(|(op, id)| Operation {
            op,
            operands: operands(ir, there, id),
            value: there.values[id as usize],
            origin: ir.origin(id),
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
        let about = if self.holds { "" } else { " or so" };
        write!(
            f,
            "{value:?} ± {bound:.1e}{about}, {} digits",
            self.digits()
        )?;
        match &self.worst {
            Some(worst) if self.condition > 100.0 => {
                write!(f, "; most is lost by rounding {worst}")
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
        Ok(())
    }
}
