//! Corners and jumps: which side a function is on, how far from the other, and derivatives to one side.
//!
//! Everything is read from the table's laws: [`Kink`](Law::Kink) and [`Break`](Law::Break) name a place of an operand,
//! [`KinkAtTie`](Law::KinkAtTie) and [`BreakAtTie`](Law::BreakAtTie) are where operands meet,
//! [`KinkAtOrigin`](Law::KinkAtOrigin) where all are 0.

use std::cmp::Ordering;

use super::program::Program;
use crate::error::{Result, check_length};
use crate::ir::{Id, Kind, interpret};
use crate::op::{Law, Op};

/// An operation at which a function may turn a corner or jump, at one point.
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
pub struct Kink {
    /// The operation.
    pub op: Op,
    /// Its operands.
    pub operands: Vec<f64>,
    /// Which branch was taken. Of operations that turn where an operand is at a place: 0 below it, 1 above and at it. Of
    /// those that choose an operand: which, the first of several. Of tests: 1 if they hold. At the origin: 0.
    pub branch: usize,
    /// How far the operand is from the place, the winner from the nearest other operand, or the farthest operand from the
    /// origin; 0 at the kink, NaN of NaN.
    pub distance: f64,
    /// Whether the value itself may jump there, not only its slope.
    pub jumps: bool,
}

/// Where an operation's corners are.
#[derive(Clone, Copy)]
enum Place {
    /// Where one of its operands is this; the first, where it has more than two.
    At(f64),
    /// Where two of its operands are equal.
    Tie,
    /// Where all its operands are 0.
    Origin,
}

/// What the laws say of an operation's corners, and whether they are jumps.
fn place(op: Op) -> Option<(Place, bool)> {
    op.laws().iter().find_map(|law| match *law {
        Law::Kink(at) => Some((Place::At(at), false)),
        Law::Break(at) => Some((Place::At(at), true)),
        Law::KinkAtTie => Some((Place::Tie, false)),
        Law::KinkAtOrigin => Some((Place::Origin, false)),
        Law::BreakAtTie => Some((Place::Tie, true)),
        _ => None,
    })
}

/// How far two numbers are apart; equal infinities are not.
fn apart(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { (a - b).abs() }
}

/// The smallest, NaN if any is.
fn least(distances: impl Iterator<Item = f64>) -> f64 {
    distances.fold(f64::INFINITY, |least, d| {
        if d < least || d.is_nan() { d } else { least }
    })
}

impl Kink {
    fn of(op: Op, operands: &[f64], value: f64) -> Option<Self> {
        let (place, jumps) = place(op)?;
        let (branch, distance) = match place {
            Place::At(at) => {
                let watched = watched(operands);
                let distance = least(watched.iter().map(|&x| apart(x, at)));
                let nearest = watched.iter().find(|&&x| apart(x, at) == distance);
                (usize::from(nearest.is_some_and(|&x| x >= at)), distance)
            }
            Place::Tie => {
                let winner = operands.iter().position(|&x| x == value).unwrap_or(0);
                let others = operands.iter().enumerate().filter(|&(i, _)| i != winner);
                let distance = least(others.map(|(_, &x)| apart(x, operands[winner])));
                // A test has a truth value, not a winner.
                let branch = if jumps {
                    usize::from(value == 1.0)
                } else {
                    winner
                };
                (branch, distance)
            }
            Place::Origin => (
                0,
                operands.iter().fold(
                    0.0,
                    |far: f64, x| if x.abs() <= far { far } else { x.abs() },
                ),
            ),
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

/// The operands at whose place an operation may turn a corner.
fn watched(operands: &[f64]) -> &[f64] {
    if operands.len() > 2 {
        &operands[..1]
    } else {
        operands
    }
}

impl Program {
    /// Every operation at which the function may turn a corner or jump, at a point, in the order of tracing.
    ///
    /// Rounding to integers and periodic poles jump at so many places that they are not listed.
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
            kinks.extend(Kink::of(op, operands, value));
        })?;
        Ok(kinks)
    }

    /// How far the nearest corner or jump is, in the operand that would meet it; infinite if there is none,
    /// NaN if an operand is.
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

    /// The derivatives of every output on one side: the slopes at `t = 0` of `y(x + t·v)`, for `t` from 0 upwards.
    ///
    /// Where the outputs are smooth these are [`jvp`](Self::jvp)'s. At a corner each operation follows the side into which
    /// `v` leads: `|x|` at 0 has slope 1 for `v = 1` and for `v = −1`, and of a tie in `max` the operand wins that grows
    /// faster. Where a value jumps as soon as `x` moves there is no such slope, and it is NaN; so it is where a choice
    /// depends on such a value. Only what moves in proportion to `t` is seen, rounding to integers is left out, and a jump
    /// smaller than a hundred-millionth of the value is taken for none.
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
    /// As [`value`](Self::value), and if `v` has not as many values as there are inputs.
    pub fn one_sided(&self, x: &[f64], v: &[f64]) -> Result<Vec<f64>> {
        check_length("v", self.inputs(), v.len())?;
        let code = self.ir();
        let mut tangents = vec![0.0; code.len()];
        for id in code.ids() {
            if let Kind::Input(place) = code.kind(id) {
                tangents[id as usize] = v[place as usize];
            }
        }
        let mut moved = Vec::new();
        self.walk(x, |op, operands, value, id| {
            moved.clear();
            moved.extend(
                code.operands(id)
                    .iter()
                    .map(|&operand| tangents[operand as usize]),
            );
            tangents[id as usize] = side(op, operands, value, &moved);
        })?;
        let tangents = code.outputs().iter().map(|&id| tangents[id as usize] + 0.0);
        Ok(tangents.collect())
    }

    /// Computes every value at a point and shows each operation with its operands, its value and its index.
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
    if let Some((Place::At(_), true)) = place(op)
        && operands.len() > 2
        && !known(&tangents[..1])
    {
        // What the choice depends on jumps itself: which side it is on is not known.
        return f64::NAN;
    }
    let moves = tangents.iter().any(|&t| t != 0.0);
    let nudged = place(op).filter(|_| moves).and_then(|(place, jumps)| {
        let nudged = match place {
            Place::At(at) => nudge_at(operands, tangents, at),
            Place::Tie => nudge_ties(operands, tangents),
            Place::Origin => operands.iter().all(|&x| x == 0.0).then(|| step(tangents)),
        };
        Some((nudged?, jumps))
    });
    let (operands, value) = match nudged {
        None => (operands.to_vec(), value),
        Some((nudged, jumps)) => {
            let beside = op.apply(&nudged).unwrap_or(f64::NAN);
            // A jump is more than a step between neighbouring numbers makes.
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

/// Operands at a place, moved off it by the least step, as they move.
fn nudge_at(operands: &[f64], tangents: &[f64], at: f64) -> Option<Vec<f64>> {
    let mut nudged = operands.to_vec();
    let mut changed = false;
    for (x, &tangent) in nudged
        .iter_mut()
        .zip(tangents)
        .take(watched(operands).len())
    {
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

/// Operands that are equal but move differently, put in the order that they are in a moment later.
fn nudge_ties(operands: &[f64], tangents: &[f64]) -> Option<Vec<f64>> {
    let mut order: Vec<usize> = (0..operands.len()).collect();
    // By numbers, so that −0 and +0 are equal.
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
    let largest = tangents
        .iter()
        .fold(0.0, |largest: f64, t| largest.max(t.abs()));
    tangents.iter().map(|t| t / largest * TINY).collect()
}
