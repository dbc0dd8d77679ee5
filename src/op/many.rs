//! The functions that fold any number of operands.

#![expect(
    clippy::inline_always,
    reason = "only functions that are inlined are compiled for the vector instructions"
)]

use smallvec::SmallVec;

use super::algebra::Scalar;
use super::names::rows::{
    ChainAdd, Chosen, ExpDifference, Flat, Greater, Less, Max, Min, MulAdd, Select, Share, Sum,
};
use super::names::{INFINITY, NEG_INFINITY};
use super::operands::Operands;

// The folds are written as loops: code that the compiler does not inline is not compiled for the vector instructions.

macro_rules! folds {
    ($($(#[doc = $doc:literal])+ $name:ident($start:expr, |$so_far:ident, $x:ident| $next:expr);)+) => { $(
        $(#[doc = $doc])+
        #[inline(always)]
        pub(super) fn $name<S: Scalar>(xs: &(impl Operands<S> + ?Sized)) -> S {
            let mut $so_far = S::from($start);
            for place in 0..xs.count() {
                let $x = xs.at(place);
                $so_far = $next;
            }
            $so_far
        }
    )+ };
}

folds! {
    /// The sum from left to right; −0 of none, so that a single operand keeps its sign.
    total(-0.0, |sum, x| sum + x);
    /// The product from left to right; 1 of none.
    product(1.0, |product, x| product * x);
    /// The largest of many, −∞ of none.
    largest(NEG_INFINITY, |largest, x| largest.apply2::<Max>(x));
    /// The smallest of many, ∞ of none.
    smallest(INFINITY, |smallest, x| smallest.apply2::<Min>(x));
}

/// The partials of [`largest`] and [`smallest`]: 1 for the operand that is the value `y`, divided equally among ties.
pub(super) fn ties<S: Scalar>(xs: &[S], y: S, emit: &mut impl FnMut(usize, S)) {
    let ties: Vec<S> = xs.iter().map(|x| x.equal(y)).collect();
    let share = ties.iter().copied().sum::<S>().recip();
    for (i, tie) in ties.into_iter().enumerate() {
        emit(i, tie * share);
    }
}

/// The logarithm of a sum of exponentials, through the largest so that nothing overflows.
#[inline(always)]
pub(super) fn log_sum_exp<S: Scalar>(xs: &(impl Operands<S> + ?Sized)) -> S {
    let mut terms: SmallVec<[S; 32]> = (0..xs.count()).map(|place| xs.at(place)).collect();
    let largest = S::max_of(&terms);
    for x in &mut terms {
        *x = x.apply2::<ExpDifference>(largest);
    }
    let sum = S::apply_n::<Sum>(&terms);
    // −∞ − (−∞) is NaN, but the logarithm of a sum of zeros is −∞.
    largest
        .equal(NEG_INFINITY)
        .select(largest, largest + sum.ln())
}

/// For each term, the sum of all others; `None` if there are none.
///
/// Up a tree of pairs and down again: three additions for each term, and few of them depend on one another. Each half of a level
/// is added to the other half, so that terms side by side are added side by side.
fn sums_of_others<S: Scalar>(terms: &[S]) -> Vec<Option<S>> {
    let mut levels = vec![terms.to_vec()];
    while let Some(level) = levels.last().filter(|level| level.len() > 1) {
        let half = level.len().next_power_of_two() / 2;
        let pair = |i: usize| match level.get(i + half) {
            Some(&other) => level[i] + other,
            None => level[i],
        };
        levels.push((0..half).map(pair).collect());
    }
    let mut above: Vec<Option<S>> = vec![None; terms.len().min(1)];
    for level in levels.iter().rev().skip(1) {
        let half = level.len().next_power_of_two() / 2;
        let rest = |i: usize| {
            let other = if i < half { i + half } else { i - half };
            match (level.get(other), above[i % half]) {
                (Some(&other), Some(above)) => Some(other + above),
                (other, above) => other.copied().or(above),
            }
        };
        above = (0..level.len()).map(rest).collect();
    }
    above
}

/// The share of each of these positive terms in their sum, computed from the sum of the others, which keeps its digits.
pub(crate) fn shares<S: Scalar>(terms: &[S], emit: &mut impl FnMut(usize, S)) {
    let rests = sums_of_others(terms);
    for (i, (&term, rest)) in terms.iter().zip(rests).enumerate() {
        emit(i, term.apply2::<Share>(rest.unwrap_or(S::from(0.0))));
    }
}

/// The place of the first operand that is largest.
#[inline(always)]
pub(super) fn place_of_largest<S: Scalar>(xs: &(impl Operands<S> + ?Sized)) -> S {
    place_of_best(xs, |x, best| x.apply2::<Greater>(best))
}

/// The place of the first operand that is smallest.
#[inline(always)]
pub(super) fn place_of_smallest<S: Scalar>(xs: &(impl Operands<S> + ?Sized)) -> S {
    place_of_best(xs, |x, best| x.apply2::<Less>(best))
}

/// The place of the best operand, the first one among ties; NaN of none or if one is NaN.
#[inline(always)]
fn place_of_best<S: Scalar>(xs: &(impl Operands<S> + ?Sized), better: impl Fn(S, S) -> S) -> S {
    if xs.count() == 0 {
        return S::from(f64::NAN);
    }
    let (mut best, mut place_of_best) = (xs.at(0), S::from(0.0));
    for place in 1..xs.count() {
        let x = xs.at(place);
        // NaN if either is NaN, and then both are from here on.
        let is_better = better(x, best);
        best = is_better.apply3::<Select>(x, best);
        place_of_best = is_better.apply3::<Select>(S::from(place as f64), place_of_best);
    }
    place_of_best + best.apply::<Flat>()
}

/// The value at an index. The first operand is the index, rounded down; the others are the values, counted from 0. NaN if the index
/// is out of range.
#[inline(always)]
pub(super) fn gather<S: Scalar>(xs: &(impl Operands<S> + ?Sized)) -> S {
    let Some(count) = xs.count().checked_sub(1) else {
        return S::from(f64::NAN);
    };
    let index = xs.at(0);
    if let Some(index) = S::only_number(&index) {
        let place = place(index).filter(|&place| place < count);
        return place.map_or(S::from(f64::NAN), |place| xs.at(1 + place));
    }
    let mut value = S::from(f64::NAN);
    for place in 0..count {
        let is_chosen = index.apply3::<Chosen>(S::from(place as f64), S::from(count as f64));
        value = is_chosen.apply3::<Select>(xs.at(1 + place), value);
    }
    value
}

/// The partials of [`gather`]: 1 for the chosen operand. That of the index is a constant, so that no derivative goes on to what the
/// choice was made from; if the index is NaN, so is the value.
pub(super) fn chosen_places<S: Scalar>(xs: &[S], emit: &mut impl FnMut(usize, S)) {
    let count = S::from(xs.len().saturating_sub(1) as f64);
    for i in 0..xs.len() {
        let slope = match i.checked_sub(1) {
            Some(place) => xs[0].apply3::<Chosen>(S::from(place as f64), count),
            None => S::from(0.0),
        };
        emit(i, slope);
    }
}

/// The partials that operands declare: each second operand has its slope after it.
pub(super) fn declared_slopes<S: Scalar>(xs: &[S], emit: &mut impl FnMut(usize, S)) {
    for i in 0..xs.len() {
        let slope = if i % 2 == 1 { xs.get(i + 1) } else { None };
        emit(i, slope.copied().unwrap_or(S::from(0.0)));
    }
}

/// An index, rounded down.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is not negative, and one that is too large stays so"
)]
#[inline(always)]
fn place(index: f64) -> Option<usize> {
    (index >= 0.0).then_some(index as usize)
}

/// The dot product of alternating factors, `w₀·x₀`, then each further term added with one rounding; 0 of none. The caller
/// enables the fused instruction.
#[inline(always)]
pub(super) fn dot<S: Scalar>(xs: &(impl Operands<S> + ?Sized)) -> S {
    if xs.count() < 2 {
        return S::from(0.0);
    }
    let mut sum = xs.at(0) * xs.at(1);
    for pair in 1..xs.count() / 2 {
        sum = xs.at(2 * pair).apply3::<MulAdd>(xs.at(2 * pair + 1), sum);
    }
    sum
}

/// The sum of products of the chain rule; the caller enables the fused instruction.
#[inline(always)]
pub(super) fn adjoint<S: Scalar>(xs: &(impl Operands<S> + ?Sized)) -> S {
    let mut sum = S::from(0.0);
    for pair in 0..xs.count() / 2 {
        sum = xs.at(2 * pair).apply3::<ChainAdd>(xs.at(2 * pair + 1), sum);
    }
    sum
}

/// The partials of a product: for each operand, the product of those before it times the product of those after it.
///
/// Not by a tree: products of every second factor can overflow where the whole product does not.
pub(super) fn product_partials<S: Scalar>(xs: &[S], emit: &mut impl FnMut(usize, S)) {
    let mut after = vec![S::from(1.0); xs.len()];
    for i in (1..xs.len()).rev() {
        after[i - 1] = after[i] * xs[i];
    }
    let mut before = S::from(1.0);
    for (i, &x) in xs.iter().enumerate() {
        emit(i, before * after[i]);
        before *= x;
    }
}
