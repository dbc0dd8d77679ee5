//! Corners and jumps: which branch a function is on, how far away the next one is, and one-sided derivatives.
//!
//! Everything comes from the table's laws. [`Kink`](Law::Kink) and [`Break`](Law::Break) name a value of an operand,
//! [`KinkAtTie`](Law::KinkAtTie) and [`BreakAtTie`](Law::BreakAtTie) mean equal operands, and
//! [`KinkAtOrigin`](Law::KinkAtOrigin) means that all are 0.

use super::function::Program;
use crate::error::{Result, check_length};
use crate::ir::{Id, Kind, interpret};
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
    /// Where the operand with this index has this value.
    At(usize, f64),
    /// Where two operands are equal.
    Tie,
    /// Where all operands are 0.
    Origin,
}

/// Where the laws put an operation's corners, and whether they are jumps.
fn corner(op: Op) -> Option<(Corner, bool)> {
    op.laws().iter().find_map(|law| match *law {
        Law::Kink(place, at) => Some((Corner::At(place, at), false)),
        Law::Break(place, at) => Some((Corner::At(place, at), true)),
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

/// Whether an operation has a corner where one operand is `at`, for these other operands: whether its value or a slope
/// differs just below and just above. A power with a positive exponent has none at 0, for example.
fn has_corner(
    op: Op,
    operands: &[f64],
    (place, at): (usize, f64),
    can_move: impl Fn(usize) -> bool,
) -> bool {
    let beside = |x: f64| {
        let mut operands = operands.to_vec();
        operands[place] = x;
        let value = op.apply(&operands).unwrap_or(f64::NAN);
        (value, op.partials(&operands, value))
    };
    let [below, there, above] = [at.next_down(), at, at.next_up()].map(beside);
    // At the corner itself, slopes are a choice.
    let jumps = !near(below.0, there.0) || !near(below.0, above.0);
    let mut slopes = below.1.iter().zip(&above.1).enumerate();
    jumps || slopes.any(|(operand, (&a, &b))| can_move(operand) && !near(a, b))
}

/// Whether two numbers differ by no more than the step between neighbouring operands makes.
fn near(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-8 * b.abs().clamp(f64::MIN_POSITIVE, f64::MAX)
}

impl Kink {
    /// The kink of an operation. `can_move` says of an operand whether it can come closer to the corner.
    pub(crate) fn new(
        op: Op,
        operands: &[f64],
        value: f64,
        can_move: impl Fn(usize) -> bool,
    ) -> Option<Self> {
        let (place, jumps) = corner(op)?;
        let (branch, distance) = match place {
            Corner::At(place, at) => {
                let x = operands[place];
                let corner = || can_move(place) && has_corner(op, operands, (place, at), &can_move);
                if !(x.is_nan() || corner()) {
                    return None;
                }
                (usize::from(x >= at), apart(x, at))
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

impl Program {
    /// Every operation where the function may have a corner or a jump, evaluated at a point, in the order of tracing.
    ///
    /// Rounding to integers and periodic poles are not listed, because they jump at too many points. A corner of an operand
    /// that is a constant, or is itself constant between jumps (such as the condition of a `select`), is not listed either.
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
        let code = self.ir();
        self.walk(x, |op, operands, value, id| {
            let can_move = |place: usize| match code.kind(code.operands(id)[place]) {
                Kind::Constant(_) => false,
                Kind::Apply(op) => !op.obeys(Law::Blocks),
                Kind::Input(_) | Kind::SumOverRows => true,
            };
            kinks.extend(Kink::new(op, operands, value, can_move));
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
    /// integers, and ignores jumps smaller than a hundred-millionth of the value. If a value changes more slowly than `t`,
    /// and an operation is infinitely steep there, the result is NaN: write `√(x² + y²)` as `hypot`.
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
        let mut moves = vec![Move::NONE; code.len()];
        for (&place, &tangent) in variables.iter().zip(v) {
            if let Some(id) = inputs[place as usize] {
                let changes = tangent != 0.0;
                moves[id as usize] = Move { tangent, changes };
            }
        }
        let mut of_operands = Vec::new();
        self.walk(x, |op, operands, value, id| {
            let operand_ids = code.operands(id).iter();
            of_operands.clear();
            of_operands.extend(operand_ids.map(|&operand| moves[operand as usize]));
            moves[id as usize] = side(op, operands, value, &of_operands);
        })?;
        let outputs = code.outputs().iter();
        Ok(outputs
            .map(|&id| moves[id as usize].tangent + 0.0)
            .collect())
    }

    /// Computes every value at a point. Calls `see` for each operation with its operands, its value and its index.
    fn walk(&self, x: &[f64], see: impl FnMut(Op, &[f64], f64, Id)) -> Result<()> {
        check_length("x", self.inputs(), x.len())?;
        let values = interpret(self.ir(), x, see);
        self.check_guards(&values)
    }
}

/// How a value moves along a direction.
#[derive(Clone, Copy)]
struct Move {
    tangent: f64,
    /// Whether anything that it depends on moves. If so, it may move although its tangent is 0, only more slowly.
    changes: bool,
}

impl Move {
    const NONE: Self = Self {
        tangent: 0.0,
        changes: false,
    };
    const UNKNOWN: Self = Self {
        tangent: f64::NAN,
        changes: true,
    };
}

/// How an operation moves on the side into which its operands move.
fn side(op: Op, operands: &[f64], value: f64, of_operands: &[Move]) -> Move {
    let tangents: Vec<f64> = of_operands.iter().map(|operand| operand.tangent).collect();
    let tangents = &tangents[..];
    let known = |tangents: &[f64]| !tangents.iter().any(|t| t.is_nan());
    if let Some((Corner::At(place, _), true)) = corner(op)
        && operands.len() > 2
        && !known(&tangents[place..=place])
    {
        // The choice depends on a value that jumps, so its side is unknown.
        return Move::UNKNOWN;
    }
    let moves = tangents.iter().any(|&t| t != 0.0);
    let nudged = corner(op).filter(|_| moves).and_then(|(place, jumps)| {
        let nudged = match place {
            Corner::At(place, at) => nudge_at(operands, tangents, place, at),
            Corner::Tie => nudge_ties(operands, tangents),
            Corner::Origin => operands.iter().all(|&x| x == 0.0).then(|| step(tangents)),
        };
        Some((nudged?, jumps))
    });
    let (operands, value) = match nudged {
        None => (operands.to_vec(), value),
        Some((nudged, jumps)) => {
            let beside = op.apply(&nudged).unwrap_or(f64::NAN);
            if jumps && !near(beside, value) {
                return Move::UNKNOWN;
            }
            (nudged, beside)
        }
    };
    let partials = op.partials(&operands, value);
    let terms = partials.iter().zip(of_operands);
    let tangent = terms.clone().fold(0.0, |sum: f64, (&p, operand)| {
        let t = operand.tangent;
        if t == 0.0 && operand.changes && !p.is_finite() {
            // The operand moves too slowly for a tangent, but the operation is infinitely steep.
            f64::NAN
        } else if p == 0.0 || t == 0.0 {
            // The zero rule.
            sum
        } else {
            t.mul_add(p, sum)
        }
    });
    // A gate that is closed stays constant; a smooth operation may move although its slope is 0.
    let closed = op.obeys(Law::Blocks) || op.obeys(Law::Stop);
    let passes = |p: f64| !closed && (p != 0.0 || !op.obeys(Law::Routes));
    let changes = terms
        .into_iter()
        .any(|(&p, operand)| operand.changes && passes(p));
    Move { tangent, changes }
}

/// Moves the operand with this index off `at` by the smallest step, in its direction.
fn nudge_at(operands: &[f64], tangents: &[f64], place: usize, at: f64) -> Option<Vec<f64>> {
    if operands[place] != at || tangents[place] == 0.0 {
        return None;
    }
    let mut nudged = operands.to_vec();
    nudged[place] = if tangents[place] > 0.0 {
        at.next_up()
    } else {
        at.next_down()
    };
    Some(nudged)
}

/// Moves operands that are equal but move differently into the order they have a moment later.
fn nudge_ties(operands: &[f64], tangents: &[f64]) -> Option<Vec<f64>> {
    let mut order: Vec<usize> = (0..operands.len()).collect();
    // Adding 0 makes −0 equal to +0.
    order.sort_by(|&a, &b| {
        let values = (operands[a] + 0.0).total_cmp(&(operands[b] + 0.0));
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
