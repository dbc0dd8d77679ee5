//! Corners and jumps: which branch a function is on, how far away the next one is, and one-sided derivatives.
//!
//! Everything comes from the table's laws. [`Kink`](Law::Kink) and [`Break`](Law::Break) name a value of an operand,
//! [`KinkAtTie`](Law::KinkAtTie) and [`BreakAtTie`](Law::BreakAtTie) mean equal operands, and
//! [`KinkAtOrigin`](Law::KinkAtOrigin) means that all are 0.

use std::cmp::Ordering;

use super::function::Program;
use crate::error::{Result, check_length};
use crate::ir::{Id, interpret};
use crate::op::{Law, Op};

/// An operation, at one point, where a function may have a corner or a jump.
///
/// ```
/// use chainrule::Program;
///
/// let f = Program::trace(2, |x| x[0].max(x[1]) + (x[0] - 1.0).abs())?;
/// let kinks = f.kinks(&[3.0, 2.5])?;
/// assert_eq!((kinks[0].op.row().name, kinks[0].branch, kinks[0].distance), ("Max", 0, 0.5));
/// assert_eq!((kinks[1].op.row().name, kinks[1].branch, kinks[1].distance), ("Abs", 1, 2.0));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Kink {
    /// The operation.
    pub op: Op,
    /// Its operands.
    pub operands: Vec<f64>,
    /// The branch that was taken. For a kink at a value of an operand: 0 below that value, 1 otherwise. For a choice of an
    /// operand: the index of the first that won. For a test: 1 if it holds. For a kink at the origin: 0.
    pub branch: usize,
    /// The distance of the operand from the kink's value, of the winner from the nearest other operand, or of the farthest
    /// operand from the origin. It is 0 at the kink, and NaN if an operand is NaN.
    pub distance: f64,
    /// Whether the value itself may jump at the kink, or only its slope.
    pub jumps: bool,
}

/// Where an operation has corners.
#[derive(Clone, Copy)]
enum Corner {
    /// Where an operand has this value; the first operand, if there are more than two.
    At(f64),
    /// Where two operands are equal.
    Tie,
    /// Where all operands are 0.
    Origin,
}

/// Where the laws put an operation's corners, and whether they are jumps.
fn corner(op: Op) -> Option<(Corner, bool)> {
    op.laws().iter().find_map(|law| match *law {
        Law::Kink(at) => Some((Corner::At(at), false)),
        Law::Break(at) => Some((Corner::At(at), true)),
        Law::KinkAtTie => Some((Corner::Tie, false)),
        Law::KinkAtOrigin => Some((Corner::Origin, false)),
        Law::BreakAtTie => Some((Corner::Tie, true)),
        _ => None,
    })
}

/// The distance between two numbers; 0 for equal infinities.
fn apart(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { (a - b).abs() }
}

/// The smallest distance, or NaN if any is NaN.
fn least(distances: impl Iterator<Item = f64>) -> f64 {
    distances.fold(f64::INFINITY, |least, d| {
        if d < least || d.is_nan() { d } else { least }
    })
}

impl Kink {
    fn new(op: Op, operands: &[f64], value: f64) -> Option<Self> {
        let (place, jumps) = corner(op)?;
        let (branch, distance) = match place {
            Corner::At(at) => {
                let watched = watched(operands);
                let distance = least(watched.iter().map(|&x| apart(x, at)));
                let nearest = watched.iter().find(|&&x| apart(x, at) == distance);
                (usize::from(nearest.is_some_and(|&x| x >= at)), distance)
            }
            Corner::Tie => {
                let winner = operands.iter().position(|&x| x == value).unwrap_or(0);
                let others = operands.iter().enumerate().filter(|&(i, _)| i != winner);
                let distance = least(others.map(|(_, &x)| apart(x, operands[winner])));
                // A test has a truth value instead of a winner.
                let branch = if jumps {
                    usize::from(value == 1.0)
                } else {
                    winner
                };
                (branch, distance)
            }
            Corner::Origin => {
                let farther = |far: f64, x: &f64| if x.abs() <= far { far } else { x.abs() };
                (0, operands.iter().fold(0.0, farther))
            }
        };
        Some(Self {
            op,
            operands: operands.to_vec(),
            branch,
            distance,
            jumps,
        })
    }
}

/// The operands whose values can cause a kink.
fn watched(operands: &[f64]) -> &[f64] {
    if operands.len() > 2 {
        &operands[..1]
    } else {
        operands
    }
}

impl Program {
    /// Every operation where the function may have a corner or a jump, evaluated at a point, in the order of tracing.
    ///
    /// Rounding to integers and periodic poles are not listed, because they jump at too many points.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].relu() * x[1].sin())?;
    /// assert_eq!(f.kinks(&[-0.25, 1.0])?.len(), 1);
    /// assert_eq!(f.kinks(&[-0.25, 1.0])?[0].distance, 0.25);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn kinks(&self, x: &[f64]) -> Result<Vec<Kink>> {
        let mut kinks = Vec::new();
        self.walk(x, |op, operands, value, _| {
            kinks.extend(Kink::new(op, operands, value));
        })?;
        Ok(kinks)
    }

    /// The distance to the nearest corner or jump, measured in the operand that causes it. It is infinite if there is none,
    /// and NaN if an operand is NaN.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].abs() + x[0].max(x[1]))?;
    /// assert_eq!(f.nearest_kink(&[2.0, 1.5])?, 0.5);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn nearest_kink(&self, x: &[f64]) -> Result<f64> {
        Ok(least(self.kinks(x)?.into_iter().map(|kink| kink.distance)))
    }

    /// The one-sided derivatives of every output: the slopes of `y(x + t·v)` at `t = 0`, for `t ≥ 0`.
    ///
    /// Where the outputs are smooth, these are the derivatives of [`jvp`](Self::jvp). At a corner, each operation takes the
    /// side that `v` points to: `|x|` at 0 has slope 1 for `v = 1` and for `v = −1`, and at a tie in `max` the operand that
    /// grows faster wins. If a value jumps as soon as `x` moves, there is no such slope and the result is NaN; it is also
    /// NaN if a choice depends on such a value. This considers only changes in proportion to `t`, ignores rounding to
    /// integers, and ignores jumps smaller than a hundred-millionth of the value.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[0].abs(), x[0].max(x[1])])?;
    /// assert_eq!(f.one_sided(&[0.0, 0.0], &[-1.0, 2.0])?, [1.0, 2.0]);
    /// assert_eq!(f.jvp(&[0.0, 0.0], &[-1.0, 2.0])?.1, [0.0, 0.5]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`value`](Self::value), and if `v.len()` is not the number of [`variables`](Self::variables).
    pub fn one_sided(&self, x: &[f64], v: &[f64]) -> Result<Vec<f64>> {
        let variables = self.ir().variables();
        check_length("v", variables.len(), v.len())?;
        let code = self.ir();
        let inputs = code.input_values();
        let mut tangents = vec![0.0; code.len()];
        for (&place, &v) in variables.iter().zip(v) {
            if let Some(id) = inputs[place as usize] {
                tangents[id as usize] = v;
            }
        }
        let mut moved = Vec::new();
        self.walk(x, |op, operands, value, id| {
            let operand_ids = code.operands(id).iter();
            moved.clear();
            moved.extend(operand_ids.map(|&operand| tangents[operand as usize]));
            tangents[id as usize] = side(op, operands, value, &moved);
        })?;
        let tangents = code.outputs().iter().map(|&id| tangents[id as usize] + 0.0);
        Ok(tangents.collect())
    }

    /// Computes every value at a point. Calls `see` for each operation with its operands, its value and its index.
    fn walk(&self, x: &[f64], see: impl FnMut(Op, &[f64], f64, Id)) -> Result<()> {
        check_length("x", self.inputs(), x.len())?;
        let values = interpret(self.ir(), x, see);
        for (sides, guard) in self.ir().guards().iter().zip(&self.core().guards) {
            let [left, right] = sides.map(|id| values[id as usize]);
            if !guard.holds(left, right) {
                return Err(guard.error(None, left, right));
            }
        }
        Ok(())
    }
}

/// The derivative of an operation on the side into which its operands move.
fn side(op: Op, operands: &[f64], value: f64, tangents: &[f64]) -> f64 {
    let known = |tangents: &[f64]| !tangents.iter().any(|t| t.is_nan());
    if let Some((Corner::At(_), true)) = corner(op)
        && operands.len() > 2
        && !known(&tangents[..1])
    {
        // The choice depends on a value that jumps, so its side is unknown.
        return f64::NAN;
    }
    let moves = tangents.iter().any(|&t| t != 0.0);
    let nudged = corner(op).filter(|_| moves).and_then(|(place, jumps)| {
        let nudged = match place {
            Corner::At(at) => nudge_at(operands, tangents, at),
            Corner::Tie => nudge_ties(operands, tangents),
            Corner::Origin => operands.iter().all(|&x| x == 0.0).then(|| step(tangents)),
        };
        Some((nudged?, jumps))
    });
    let (operands, value) = match nudged {
        None => (operands.to_vec(), value),
        Some((nudged, jumps)) => {
            let beside = op.apply(&nudged).unwrap_or(f64::NAN);
            // A jump is larger than the difference that a step between neighbouring numbers makes.
            let near = beside == value
                || (beside - value).abs() <= 1e-8 * value.abs().clamp(f64::MIN_POSITIVE, f64::MAX);
            if jumps && !near {
                return f64::NAN;
            }
            (nudged, beside)
        }
    };
    let partials = op.partials(&operands, value);
    partials
        .iter()
        .zip(tangents)
        .fold(0.0, |sum: f64, (&p, &t)| {
            // The zero rule.
            if p == 0.0 || t == 0.0 {
                sum
            } else {
                t.mul_add(p, sum)
            }
        })
}

/// Moves operands that are at `at` off it by the smallest step, in their directions.
fn nudge_at(operands: &[f64], tangents: &[f64], at: f64) -> Option<Vec<f64>> {
    let mut nudged = operands.to_vec();
    let mut changed = false;
    let watched = watched(operands).len();
    for (x, &tangent) in nudged.iter_mut().zip(tangents).take(watched) {
        if *x == at && tangent != 0.0 {
            *x = if tangent > 0.0 {
                at.next_up()
            } else {
                at.next_down()
            };
            changed = true;
        }
    }
    changed.then_some(nudged)
}

/// Moves operands that are equal but move differently into the order they have a moment later.
fn nudge_ties(operands: &[f64], tangents: &[f64]) -> Option<Vec<f64>> {
    let mut order: Vec<usize> = (0..operands.len()).collect();
    // Compares as numbers, so that −0 equals +0.
    order.sort_by(|&a, &b| {
        let values = operands[a]
            .partial_cmp(&operands[b])
            .unwrap_or(Ordering::Equal);
        values.then(tangents[a].total_cmp(&tangents[b]))
    });
    let mut nudged = operands.to_vec();
    let mut changed = false;
    for pair in order.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        if operands[before] == operands[after] {
            let faster = tangents[after] > tangents[before];
            nudged[after] = if faster {
                nudged[before].next_up()
            } else {
                nudged[before]
            };
            changed |= faster;
        }
    }
    changed.then_some(nudged)
}

/// A tiny step from the origin.
fn step(tangents: &[f64]) -> Vec<f64> {
    const TINY: f64 = 1e-150;
    let largest = tangents.iter().map(|t| t.abs()).fold(0.0, f64::max);
    tangents.iter().map(|t| t / largest * TINY).collect()
}
