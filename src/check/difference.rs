//! Derivatives from difference quotients, each with a bound for its error.
//!
//! Quotients are taken with steps that halve, and pairs of them are extrapolated (Richardson). An estimate's bound has two
//! parts: how much the extrapolation still changes, and the rounding errors of the values divided by the width. Large steps
//! suffer from the first, small steps from the second; the estimate with the least bound wins, among those that all smaller
//! steps confirm. Ridders, "Accurate computation of F′(x) and F′(x)F″(x)", 1982, does the same without the second part.

use smallvec::SmallVec;

/// How often an estimate is extrapolated at most. More would amplify rounding errors.
const EXTRAPOLATIONS: usize = 4;

/// A derivative and a bound for its error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub(super) slope: f64,
    pub(super) bound: f64,
}

/// A side of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Below,
    Above,
}

/// A value of the function, and a bound for its rounding error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) value: f64,
    pub(super) error: f64,
}

impl Sample {
    /// A value without an error.
    pub(super) fn exact(value: f64) -> Self {
        Self { value, error: 0.0 }
    }
}

/// The values at one step to both sides. A side is `None` if nothing is known there: outside the domain, on another branch.
#[derive(Clone, Debug)]
pub(super) struct Pair<T> {
    pub(super) step: f64,
    /// The points, which differ from `x − h` and `x + h` by rounding.
    pub(super) at: [f64; 2],
    pub(super) below: Option<T>,
    pub(super) above: Option<T>,
}

/// Samples a function around a point, at ladders of steps that halve. The last ladder suits points close to 0.
pub(super) fn scan<T>(x: f64, mut f: impl FnMut(Side, f64) -> Option<T>) -> Vec<Vec<Pair<T>>> {
    let near = x.abs() < 2f64.powi(-14) && x != 0.0;
    let wide = (x.abs().max(1.0) / 4.0, 44);
    let narrow = near.then_some((x.abs() / 4.0, 30));
    let ladders = std::iter::once(wide).chain(narrow);
    let ladders = ladders.map(|(first, count)| {
        let steps = (0..count).map(|k| first * 2f64.powi(-k));
        let pairs = steps.map(|step| {
            let at = [x - step, x + step];
            Pair {
                step,
                at,
                below: f(Side::Below, at[0]),
                above: f(Side::Above, at[1]),
            }
        });
        pairs.collect()
    });
    ladders.collect()
}

impl<T> Pair<T> {
    /// The same pair with what `f` makes of each side.
    pub(super) fn map<U>(&self, mut f: impl FnMut(Side, &T) -> Option<U>) -> Pair<U> {
        Pair {
            step: self.step,
            at: self.at,
            below: self.below.as_ref().and_then(|below| f(Side::Below, below)),
            above: self.above.as_ref().and_then(|above| f(Side::Above, above)),
        }
    }
}

/// A quotient with one step, and a bound for its rounding error.
#[derive(Clone, Copy)]
struct Quotient {
    slope: f64,
    noise: f64,
}

fn quotient(low: (f64, Sample), high: (f64, Sample)) -> Option<Quotient> {
    let width = high.0 - low.0;
    let slope = (high.1.value - low.1.value) / width;
    let noise = (high.1.error + low.1.error) / width + 4.0 * f64::EPSILON * slope.abs();
    let usable = width > 0.0 && slope.is_finite() && noise.is_finite();
    usable.then_some(Quotient { slope, noise })
}

/// The derivative from differences to both sides.
pub(super) fn central(ladders: &[Vec<Pair<Sample>>]) -> Option<Estimate> {
    best(ladders, 4.0, |pair| {
        quotient((pair.at[0], pair.below?), (pair.at[1], pair.above?))
    })
}

/// How a function bends at a point, seen from the smallest steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bend {
    /// The slopes to both sides approach each other, or rounding hides it.
    Smooth,
    /// They do not.
    Corner,
    /// They move apart. The function changes its direction within the smallest step, like the sine of a huge number.
    Rough,
}

/// How a function bends at a point.
pub(super) fn bend(ladders: &[Vec<Pair<Sample>>], middle: (f64, Sample)) -> Bend {
    let smallest_first = ladders.last().into_iter().flatten().rev();
    let bends = smallest_first.filter_map(|pair| {
        let left = quotient((pair.at[0], pair.below?), middle)?;
        let right = quotient(middle, (pair.at[1], pair.above?))?;
        let (bend, noise) = ((right.slope - left.slope).abs(), left.noise + right.noise);
        Some((bend - noise, bend + noise))
    });
    let bends: Vec<(f64, f64)> = bends.collect();
    let Some(&(smallest, _)) = bends.first() else {
        return Bend::Smooth;
    };
    // If the function is smooth, a step that is 16 times as large bends 16 times as much.
    let larger = bends.iter().skip(4).step_by(4).take(4);
    let least = larger.fold(f64::INFINITY, |least, &(_, bend)| least.min(bend));
    if smallest <= 0.0 || smallest < 0.5 * least {
        Bend::Smooth
    } else if smallest < 2.0 * least {
        Bend::Corner
    } else {
        Bend::Rough
    }
}

/// The slope to one side: from the value at the point to those above it, or below it. `None` if the function jumps.
pub(super) fn to_one_side(
    ladders: &[Vec<Pair<Sample>>],
    middle: (f64, Sample),
    side: Side,
) -> Option<Estimate> {
    let quotient = |pair: &Pair<Sample>| match side {
        Side::Below => quotient((pair.at[0], pair.below?), middle),
        Side::Above => quotient(middle, (pair.at[1], pair.above?)),
    };
    if jumps(ladders.last()?.iter().rev().filter_map(quotient)) {
        return None;
    }
    best(ladders, 2.0, quotient)
}

/// Whether quotients, from the smallest step on, grow without limit as the step gets smaller.
fn jumps(mut quotients: impl Iterator<Item = Quotient>) -> bool {
    let Some(smallest) = quotients.next() else {
        return false;
    };
    let larger = quotients.nth(7);
    let least = smallest.slope.abs() - smallest.noise;
    larger.is_some_and(|larger| least > 4.0 * (larger.slope.abs() + larger.noise))
}

/// The estimate with the least bound that agrees with all smaller steps. Halving the step divides the error's leading term
/// by `ratio`.
fn best(
    ladders: &[Vec<Pair<Sample>>],
    ratio: f64,
    quotient: impl Fn(&Pair<Sample>) -> Option<Quotient>,
) -> Option<Estimate> {
    let mut estimates: Vec<(f64, Estimate)> = Vec::new();
    for ladder in ladders {
        let mut before: SmallVec<[Quotient; EXTRAPOLATIONS]> = SmallVec::new();
        let mut change_before = f64::INFINITY;
        let mut last_change = 0.0;
        let mut of_ladder = Vec::new();
        for pair in ladder {
            let Some(quotient) = quotient(pair) else {
                before.clear();
                change_before = f64::INFINITY;
                continue;
            };
            let mut safety = 2.0;
            if let Some(previous) = before.first() {
                let change = (quotient.slope - previous.slope).abs();
                if change > quotient.noise + previous.noise {
                    safety = safety_at(change / change_before);
                }
                change_before = change;
            }
            let (row, estimate) = extrapolate(quotient, &before, ratio);
            if safety.is_infinite() {
                // Nothing converges here, so larger steps cannot be trusted either.
                of_ladder.clear();
            } else if let Some((change, Quotient { slope, noise })) = estimate {
                // Two estimates can be close by chance. So the change counts as no smaller than four extrapolations make it.
                let least = last_change / ratio.powi(4);
                last_change = change;
                let bound = safety * change.max(least) + noise;
                of_ladder.push((pair.step, Estimate { slope, bound }));
            }
            before = row;
        }
        estimates.append(&mut of_ladder);
    }
    estimates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    let mut best: Option<Estimate> = None;
    for (_, estimate) in estimates {
        let Estimate { slope, bound } = estimate;
        if slope - bound > high || slope + bound < low {
            continue;
        }
        (low, high) = (low.max(slope - bound), high.min(slope + bound));
        if best.is_none_or(|best| bound <= best.bound) {
            best = Some(estimate);
        }
    }
    best
}

/// How many times larger than an estimate's last change its error may be, if the quotients' changes shrink by this factor from
/// step to step. Infinite if they hardly shrink, like those of `x^1.03` at 0: then the limit may be far away.
fn safety_at(shrink: f64) -> f64 {
    if shrink < 0.9 {
        // What is still to come is a geometric series.
        2.0 * f64::max(1.0, shrink / (1.0 - shrink))
    } else {
        f64::INFINITY
    }
}

/// Extrapolates a quotient with those of the step before it. Returns the new row of the table, and the row's estimate that is
/// best: its last change, then the estimate with a bound for its rounding error.
fn extrapolate(
    quotient: Quotient,
    before: &[Quotient],
    ratio: f64,
) -> (
    SmallVec<[Quotient; EXTRAPOLATIONS]>,
    Option<(f64, Quotient)>,
) {
    let mut row: SmallVec<[Quotient; EXTRAPOLATIONS]> = SmallVec::new();
    row.push(quotient);
    let mut best: Option<(f64, Quotient)> = None;
    let mut factor = ratio;
    for (place, previous) in before.iter().enumerate() {
        let current = row[place];
        let slope = current.slope + (current.slope - previous.slope) / (factor - 1.0);
        let noise = (factor * current.noise + previous.noise) / (factor - 1.0);
        let change = (slope - current.slope)
            .abs()
            .max((slope - previous.slope).abs());
        if best.is_none_or(|(least, quotient)| change + noise < least + quotient.noise) {
            best = Some((change, Quotient { slope, noise }));
        }
        if row.len() < EXTRAPOLATIONS {
            row.push(Quotient { slope, noise });
        }
        factor *= ratio;
    }
    (row, best)
}
