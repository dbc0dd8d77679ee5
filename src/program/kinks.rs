//! Corners and jumps: which branch a function is on, and how far away the next one is.
//!
//! Everything comes from the table's laws. [`Kink`](Law::Kink) and [`Break`](Law::Break) name a value of an operand,
//! [`KinkAtTie`](Law::KinkAtTie) and [`BreakAtTie`](Law::BreakAtTie) mean equal operands, and
//! [`KinkAtOrigin`](Law::KinkAtOrigin) means that all are 0.

use super::function::Program;
use crate::error::{Result, check_length};
use crate::graph::Origin;
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
    /// operand: the index of the first that won. For a test: 1 if it holds. For a kink at the origin: 0. If an operand is NaN: 0, or for
    /// a test 1 if it holds.
    pub branch: usize,
    /// The distance of the operand from the kink's value, of the winner from the nearest other operand, or of the farthest
    /// operand from the origin. It is 0 at the kink and where the operation is infinitely steep, and NaN if an operand is NaN.
    pub distance: f64,
    /// Whether the value itself may jump at the kink, or only its slope.
    pub jumps: bool,
    /// Where the operation was recorded.
    pub origin: Origin,
}

/// Where an operation has corners.
#[derive(Clone, Copy)]
pub(super) enum Corner {
    /// Where the operand with this index has this value.
    At(usize, f64),
    /// Where two operands are equal.
    Tie,
    /// Where all operands are 0.
    Origin,
}

/// Where the laws put an operation's corners, and whether they are jumps.
pub(super) fn corner(op: Op) -> Option<(Corner, bool)> {
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
pub(super) fn has_corner(
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
pub(super) fn near(a: f64, b: f64) -> bool {
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
            origin: Origin::default(),
        })
    }

    /// An operation that is infinitely steep at this point.
    fn steep(
        op: Op,
        operands: &[f64],
        value: f64,
        can_move: impl Fn(usize) -> bool,
    ) -> Option<Self> {
        let partials = op.partials(operands, value);
        let mut slopes = operands.iter().zip(partials).enumerate();
        let is_steep =
            slopes.any(|(place, (x, p))| x.is_finite() && p.is_infinite() && can_move(place));
        is_steep.then(|| Self {
            op,
            operands: operands.to_vec(),
            branch: 0,
            distance: 0.0,
            jumps: !value.is_finite(),
            origin: Origin::default(),
        })
    }
}

impl Program {
    /// Every operation where the function may have a corner or a jump, evaluated at a point, in the order of tracing; and every
    /// operation that is infinitely steep at this point, such as a root at 0, with distance 0.
    ///
    /// Rounding to integers, remainders and poles at many points, such as those of the tangent and of the digamma function, are
    /// not listed, because there are too many. A corner of an operand
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
            let kink = Kink::new(op, operands, value, can_move);
            let kink = kink.or_else(|| Kink::steep(op, operands, value, can_move));
            kinks.extend(kink.map(|kink| Kink {
                origin: code.origin(id),
                ..kink
            }));
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

    /// Computes every value at a point. Calls `see` for each operation with its operands, its value and its index.
    pub(super) fn walk(&self, x: &[f64], see: impl FnMut(Op, &[f64], f64, Id)) -> Result<Vec<f64>> {
        check_length("x", self.inputs(), x.len())?;
        let values = interpret(self.ir(), x, see);
        self.check_guards(&values)?;
        Ok(values)
    }
}
