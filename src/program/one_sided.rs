//! One-sided derivatives: how outputs begin to change along a direction, at corners too.
//!
//! Every value is followed as `y + ẏ·t + ÿ·t²/2` for small `t > 0`. At a corner, an operation is evaluated a tiny step into the
//! side that its operands move to.

use super::function::Program;
use super::kinks::{Corner, corner, has_corner, near};
use crate::dual::Dual;
use crate::error::{Result, check_length};
use crate::op::{Law, Op};

impl Program {
    /// The one-sided derivatives of every output: the slopes of `y(x + t·v)` at `t = 0`, for `t ≥ 0`.
    ///
    /// Where the outputs are smooth, these are the derivatives of [`jvp`](Self::jvp). At a corner, each operation takes the
    /// side that `v` points to: `|x|` at 0 has slope 1 for `v = 1` and for `v = −1`, and at a tie in `max` the operand that
    /// grows faster wins. If a value jumps as soon as `x` moves, there is no such slope and the result is NaN; it is also
    /// NaN if a choice depends on such a value. If second derivatives do not tell to which side of a
    /// jump a value moves, the result is NaN too. If a comparison of the traced function takes another branch as soon as `x`
    /// moves, all results are NaN. Rounding to integers is ignored, and so are jumps smaller than a
    /// hundred-millionth of the value.
    ///
    /// Where an operation is infinitely steep, such as a root at 0, second derivatives decide: `√(x² + y²)` at 0 has the slope
    /// 5 along `(3, 4)`. If they are 0 or unknown too, as for `√(x⁴)`, the result is NaN.
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
                moves[id as usize] = Move {
                    tangent,
                    second: 0.0,
                    changes,
                    is_straight: true,
                };
            }
        }
        let mut of_operands = Vec::new();
        let values = self.walk(x, |op, operands, value, id| {
            let operand_ids = code.operands(id).iter();
            of_operands.clear();
            of_operands.extend(operand_ids.map(|&operand| moves[operand as usize]));
            let is_same = matches!(code.operands(id), [a, b] if a == b);
            moves[id as usize] = side(op, operands, value, &of_operands, is_same);
        })?;
        let outputs = code.outputs().iter();
        if self.branches(&values, &moves) {
            return Ok(vec![f64::NAN; outputs.len()]);
        }
        Ok(outputs
            .map(|&id| moves[id as usize].tangent + 0.0)
            .collect())
    }

    /// Whether a comparison of the traced function takes another branch as soon as its sides move, or may take one.
    fn branches(&self, values: &[f64], moves: &[Move]) -> bool {
        let mut guards = self.ir().guards().iter().zip(self.guards());
        guards.any(|(&sides, guard)| {
            let operands = sides.map(|id| values[id as usize]);
            let of_sides = sides.map(|id| moves[id as usize]);
            if guard.is_read() {
                return of_sides[0].changes;
            }
            if of_sides.iter().any(|side| side.tangent.is_nan()) {
                // A side jumps.
                return true;
            }
            match nudge_ties(&operands, &of_sides, Step::Smallest) {
                Some(nudged) => !guard.holds(nudged[0], nudged[1]),
                // A value and itself stay equal.
                None if sides[0] == sides[1] => false,
                None => {
                    ties_for_now(&operands, &of_sides)
                        || stays_undecided(Corner::Tie, &operands, &of_sides)
                }
            }
        })
    }
}

/// How a value moves along a direction.
#[derive(Clone, Copy)]
struct Move {
    /// The first derivative.
    tangent: f64,
    /// The second derivative; NaN if it is unknown.
    second: f64,
    /// Whether anything that it depends on moves. If so, it may move although its derivatives are 0, only more slowly.
    changes: bool,
    /// Whether the first derivative tells all: the value is a sum of multiples of inputs.
    is_straight: bool,
}

impl Move {
    const NONE: Self = Self {
        tangent: 0.0,
        second: 0.0,
        changes: false,
        is_straight: true,
    };
    const UNKNOWN: Self = Self {
        tangent: f64::NAN,
        second: f64::NAN,
        changes: true,
        is_straight: false,
    };

    /// The derivative that decides to which side it moves: the first one that is not 0.
    fn leading(self) -> f64 {
        if self.tangent == 0.0 {
            self.second
        } else {
            self.tangent
        }
    }

    /// Whether it may move, but to an unknown side.
    fn is_undecided(self) -> bool {
        let leading = self.leading();
        self.changes && (leading == 0.0 || leading.is_nan())
    }
}

/// How far an operation is moved off its corner: by the smallest step, or farther to see whether its slope stays.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Smallest,
    Farther,
}

/// How an operation moves on the side into which its operands move. `is_same` says whether its two operands are one value.
fn side(op: Op, operands: &[f64], value: f64, moves: &[Move], is_same: bool) -> Move {
    let corner = corner(op);
    let jumping = |operand: &Move| operand.tangent.is_nan();
    let is_unknown = match corner {
        // Only the condition of a choice among others decides; what is chosen passes on its own derivative.
        Some((Corner::At(place, _), _)) if operands.len() > 2 => jumping(&moves[place]),
        Some(_) => moves.iter().any(jumping),
        None => false,
    };
    if is_unknown {
        // The side depends on a value that jumps.
        return Move::UNKNOWN;
    }
    let corner = corner.filter(|&(place, _)| match place {
        Corner::At(place, at) => {
            operands[place] != at
                || has_corner(op, operands, (place, at), |place| moves[place].changes)
        }
        Corner::Tie | Corner::Origin => true,
    });
    let nudge = |step| corner.and_then(|(place, _)| nudged(place, operands, moves, step));
    let nudged = nudge(Step::Smallest);
    let undecided = nudged.is_none()
        && corner.is_some_and(|(place, _)| stays_undecided(place, operands, moves));
    let jumps = corner.is_some_and(|(_, jumps)| jumps);
    let is_tie = matches!(corner, Some((Corner::Tie, _))) && !is_same;
    if jumps && nudged.is_none() && (undecided || is_tie && ties_for_now(operands, moves)) {
        return Move::UNKNOWN;
    }
    let at_corner = nudged.is_some();
    let (beside, value_beside) = match nudged {
        None => (operands.to_vec(), value),
        Some(nudged) => {
            let beside = op.apply(&nudged).unwrap_or(f64::NAN);
            if beside.is_nan() && !value.is_nan() {
                return Move::UNKNOWN;
            }
            if jumps && !near(beside, value) {
                return Move::UNKNOWN;
            }
            (nudged, beside)
        }
    };
    let mut partials = op.partials(&beside, value_beside);
    if value.is_infinite() && !at_corner {
        leave_pole(op, operands, value, &mut partials, moves);
    }
    let is_steep = |(p, operand): (&f64, &Move)| operand.changes && !p.is_finite();
    if value.is_finite() && partials.iter().zip(moves).any(is_steep) {
        return steep(op, operands, moves);
    }
    let terms = partials.iter().zip(moves);
    let is_exact_zero = |place| zero_stays(op, &beside, moves, place);
    let tangent = terms.clone().enumerate();
    let tangent = tangent.fold(0.0, |sum: f64, (place, (&p, operand))| {
        let t = operand.tangent;
        if t == 0.0 && operand.changes && !p.is_finite() {
            f64::NAN
        } else if p == 0.0 && !t.is_finite() && !is_exact_zero(place) {
            // 0·∞, or the value jumps, and the slope is 0 at this point only.
            f64::NAN
        } else if p == 0.0 || t == 0.0 {
            // The zero rule.
            sum
        } else {
            t.mul_add(p, sum)
        }
    });
    let mut second = second(op, &beside, moves);
    let along = |tangent| Move {
        tangent,
        second,
        changes: moves.iter().any(|operand| operand.changes),
        is_straight: false,
    };
    if op.obeys(Law::Remainder) && value == 0.0 && may_jump(op, operands, along(tangent)) {
        return Move::UNKNOWN;
    }
    if undecided
        || at_corner
            && !nudge(Step::Farther).is_some_and(|far| near(self::second(op, &far, moves), second))
    {
        second = f64::NAN;
    }
    // A gate that is closed stays constant; a smooth operation may move although its slope is 0.
    let closed = op.obeys(Law::Blocks) || op.obeys(Law::Stop);
    let passes = |p: f64| !closed && (p != 0.0 || undecided || !op.obeys(Law::Routes));
    let mut terms = terms;
    let changes = terms.any(|(&p, operand)| operand.changes && passes(p));
    Move {
        tangent,
        second,
        changes,
        is_straight: is_straight(op, moves),
    }
}

/// Whether a slope of 0 stays 0 when the operands move: a gate is closed, another operand was chosen, or the other factor is
/// a constant 0.
fn zero_stays(op: Op, operands: &[f64], moves: &[Move], place: usize) -> bool {
    let gates = [
        Law::Blocks,
        Law::BlocksAt(place),
        Law::Stop,
        Law::Declared,
        Law::Routes,
    ];
    let factor = place ^ 1;
    let is_zero = |factor: usize| operands[factor] == 0.0 && !moves[factor].changes;
    gates.into_iter().any(|law| op.obeys(law))
        || op.obeys(Law::Bilinear) && factor < operands.len() && is_zero(factor)
}

/// Whether an operation's value is a sum of multiples of inputs on the piece into which it moves.
fn is_straight(op: Op, moves: &[Move]) -> bool {
    let moving = moves.iter().filter(|operand| operand.changes);
    let is_product = op.obeys(Law::Bilinear) && moving.clone().count() == 1;
    let is_constant = moving.clone().count() == 0;
    let is_linear = op.obeys(Law::Linear) || op.obeys(Law::Routes) || is_product || is_constant;
    is_linear && moving.clone().all(|operand| operand.is_straight)
}

/// Whether two operands are equal and have the same first and second derivatives, but third ones may differ.
fn ties_for_now(operands: &[f64], moves: &[Move]) -> bool {
    let (&[a, b], &[of_a, of_b]) = (operands, moves) else {
        return false;
    };
    let are_straight = of_a.is_straight && of_b.is_straight;
    a == b && of_a.tangent == of_b.tangent && (of_a.changes || of_b.changes) && !are_straight
}

/// Gives the infinite slopes of an infinite value the signs that they have on the side into which the operands move; NaN if
/// the function ends there or has the other sign.
fn leave_pole(op: Op, operands: &[f64], value: f64, partials: &mut [f64], moves: &[Move]) {
    for (place, slope) in partials.iter_mut().enumerate() {
        let tangent = moves[place].tangent;
        if slope.is_infinite() && tangent != 0.0 && !tangent.is_nan() {
            let mut nearby = operands.to_vec();
            nearby[place] = nudge_by(operands[place], tangent, Step::Smallest);
            let there = op.apply(&nearby).unwrap_or(f64::NAN);
            let goes_on = there * value > 0.0;
            let sign = op.partials(&nearby, there)[place];
            *slope = if goes_on {
                slope.copysign(sign)
            } else {
                f64::NAN
            };
        }
    }
}

/// Whether a remainder of 0 may jump if it moves as on its piece: by half a divisor to that side, it is not on the piece.
fn may_jump(op: Op, operands: &[f64], moves: Move) -> bool {
    let &[dividend, divisor] = operands else {
        return false;
    };
    let half = divisor.abs().min(f64::MAX) / 2.0;
    let jumps = |side: f64| {
        let there = op.apply(&[dividend + half * side, divisor]);
        !there.is_some_and(|there| there * side > 0.0)
    };
    let (either, leading) = (moves.is_undecided(), moves.leading());
    (either || leading > 0.0) && jumps(1.0) || (either || leading < 0.0) && jumps(-1.0)
}

/// The second derivative of an operation's value along the direction; NaN if it is not finite.
fn second(op: Op, operands: &[f64], moves: &[Move]) -> f64 {
    let operands = operands.iter().zip(moves);
    let operands: Vec<Dual<f64>> = operands
        .map(|(&value, operand)| Dual {
            value,
            tangent: operand.tangent,
        })
        .collect();
    let Some(value) = op.apply(&operands) else {
        return f64::NAN;
    };
    let partials = op.partials(&operands, value);
    let product = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
    let terms = partials.iter().zip(moves);
    let second: f64 = terms
        .map(|(p, operand)| product(p.value, operand.second) + product(p.tangent, operand.tangent))
        .sum();
    if second.is_finite() { second } else { f64::NAN }
}

/// How an operation moves that is infinitely steep at the point: what its slope tends to nearby.
fn steep(op: Op, operands: &[f64], moves: &[Move]) -> Move {
    const NEAR: f64 = 1.0 / (1_u128 << 127) as f64 / (1_u128 << 127) as f64;
    const FAR: f64 = NEAR * (1_u64 << 60) as f64;
    let there = op.apply(operands).unwrap_or(f64::NAN);
    let slope = |step: f64| {
        let nearby = operands.iter().zip(moves);
        let nearby: Vec<f64> = nearby
            .map(|(&x, operand)| {
                let second = if operand.second.is_nan() {
                    0.0
                } else {
                    operand.second
                };
                x + operand.tangent * step + second / 2.0 * step * step
            })
            .collect();
        let value = op.apply(&nearby).unwrap_or(f64::NAN);
        let partials = op.partials(&nearby, value);
        let jumps = (value - there).abs() > 1e-8 * there.abs().max(1.0);
        let mut sum = if value.is_nan() || jumps {
            f64::NAN
        } else {
            0.0
        };
        for (place, (&p, operand)) in partials.iter().zip(moves).enumerate() {
            if !operand.changes || p == 0.0 {
                continue;
            }
            let is_lost = !p.is_finite() && nearby[place] == operands[place];
            if !p.is_finite() && operand.is_undecided() || is_lost && operand.tangent == 0.0 {
                return f64::NAN;
            }
            if is_lost {
                let beside = nudge_by(operands[place], operand.tangent, Step::Smallest);
                let mut nearby = nearby.clone();
                nearby[place] = beside;
                if op.apply(&nearby).is_none_or(f64::is_nan) {
                    // The function ends here.
                    return f64::NAN;
                }
            }
            let rate = operand.tangent + operand.second * step;
            let rate = if operand.second.is_nan() {
                operand.tangent
            } else {
                rate
            };
            sum += if rate == 0.0 { 0.0 } else { p * rate };
        }
        sum
    };
    let (close, far) = (slope(NEAR), slope(FAR));
    let partials = op.partials(operands, there);
    let infinite = |(p, operand): (&f64, &Move)| p.is_infinite() && operand.tangent != 0.0;
    let tangent = if partials.iter().zip(moves).any(infinite) && close.abs() >= far.abs() {
        f64::INFINITY.copysign(close)
    } else if near(close, far) {
        close
    } else if close.abs() > 1e3 * far.abs() {
        f64::INFINITY.copysign(close)
    } else if close.abs() < 1e-3 * far.abs() {
        0.0
    } else {
        f64::NAN
    };
    Move {
        tangent,
        second: f64::NAN,
        changes: true,
        is_straight: false,
    }
}

/// The operands moved off a corner, if they are at it and known to move.
fn nudged(corner: Corner, operands: &[f64], moves: &[Move], step: Step) -> Option<Vec<f64>> {
    match corner {
        Corner::At(place, at) => {
            let leading = moves[place].leading();
            if operands[place] != at || leading == 0.0 || leading.is_nan() {
                return None;
            }
            let mut nudged = operands.to_vec();
            nudged[place] = nudge_by(at, leading, step);
            Some(nudged)
        }
        Corner::Tie => nudge_ties(operands, moves, step),
        Corner::Origin => {
            let tangents = moves.iter().map(|operand| operand.tangent);
            let seconds = moves.iter().map(|operand| operand.second);
            let direction: Vec<f64> = if tangents.clone().any(|t| t != 0.0) {
                tangents.collect()
            } else {
                seconds.collect()
            };
            let moves = direction.iter().any(|&t| t != 0.0);
            let is_there = operands.iter().all(|&x| x == 0.0);
            (moves && is_there).then(|| from_origin(&direction, step))
        }
    }
}

/// Whether operands are at a corner and may leave it, but to an unknown side.
fn stays_undecided(corner: Corner, operands: &[f64], moves: &[Move]) -> bool {
    let undecided = || moves.iter().any(|operand| operand.is_undecided());
    match corner {
        Corner::At(place, at) => operands[place] == at && moves[place].is_undecided(),
        Corner::Tie => {
            let unknown =
                |place: usize| moves[place].second.is_nan() || moves[place].is_undecided();
            let tied = |a: usize, b: usize| {
                operands[a] == operands[b] && moves[a].tangent == moves[b].tangent
            };
            let mut places = 0..operands.len();
            places.any(|a| (0..a).any(|b| tied(a, b) && (unknown(a) || unknown(b))))
        }
        Corner::Origin => undecided() && operands.iter().all(|&x| x == 0.0),
    }
}

/// A number moved off `at` to the side of a derivative.
fn nudge_by(at: f64, derivative: f64, step: Step) -> f64 {
    let smallest = if derivative > 0.0 {
        at.next_up()
    } else {
        at.next_down()
    };
    match step {
        Step::Smallest => smallest,
        Step::Farther if at == 0.0 => 1e-160_f64.copysign(derivative),
        Step::Farther => at + 1e3 * (smallest - at),
    }
}

/// Moves operands that are equal but move differently into the order they have a moment later.
fn nudge_ties(operands: &[f64], moves: &[Move], step: Step) -> Option<Vec<f64>> {
    let mut order: Vec<usize> = (0..operands.len()).collect();
    // Adding 0 makes −0 equal to +0.
    let compare = |a: f64, b: f64| (a + 0.0).total_cmp(&(b + 0.0));
    let compare_moves = |a: usize, b: usize| {
        let tangents = compare(moves[a].tangent, moves[b].tangent);
        tangents.then(compare(moves[a].second, moves[b].second))
    };
    order.sort_by(|&a, &b| compare(operands[a], operands[b]).then_with(|| compare_moves(a, b)));
    let mut nudged = operands.to_vec();
    let mut changed = false;
    for pair in order.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        if operands[before] == operands[after] {
            let known = [before, after]
                .iter()
                .all(|&place| !moves[place].second.is_nan());
            let faster = compare(moves[after].tangent, moves[before].tangent).is_gt()
                || known && compare_moves(after, before).is_gt();
            nudged[after] = if faster {
                nudge_by(nudged[before], 1.0, step)
            } else {
                nudged[before]
            };
            changed |= faster;
        }
    }
    changed.then_some(nudged)
}

/// A tiny step from the origin.
fn from_origin(direction: &[f64], step: Step) -> Vec<f64> {
    let tiny = match step {
        Step::Smallest => 1e-150,
        Step::Farther => 1e-130,
    };
    let largest = direction.iter().map(|t| t.abs()).fold(0.0, f64::max);
    direction.iter().map(|t| t / largest * tiny).collect()
}
