//! Operations of any number of operands, for slices of floats. Text in Rust has a copy of those that it needs.

use super::compare::{larger, smaller};
use super::{exp_difference, ln};

pub(crate) trait Operands {
    fn count(&self) -> usize;
    fn at(&self, place: usize) -> f64;
}

impl Operands for [f64] {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, place: usize) -> f64 {
        self[place]
    }
}

pub(crate) fn total(xs: &[f64]) -> f64 {
    xs.iter().fold(-0.0, |sum, x| sum + x)
}

pub(crate) fn product(xs: &[f64]) -> f64 {
    xs.iter().fold(1.0, |product, x| product * x)
}

pub(crate) fn largest(xs: &[f64]) -> f64 {
    xs.iter().fold(f64::NEG_INFINITY, |most, &x| larger(most, x))
}

pub(crate) fn smallest(xs: &[f64]) -> f64 {
    xs.iter().fold(f64::INFINITY, |least, &x| smaller(least, x))
}

pub(crate) fn place_of_largest(xs: &[f64]) -> f64 {
    place_of_best(xs, |x, best| x > best)
}

pub(crate) fn place_of_smallest(xs: &[f64]) -> f64 {
    place_of_best(xs, |x, best| x < best)
}

fn place_of_best(xs: &[f64], better: fn(f64, f64) -> bool) -> f64 {
    if xs.is_empty() || xs.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    let best = (1..xs.len()).fold(0, |best, place| if better(xs[place], xs[best]) { place } else { best });
    best as f64
}

pub(crate) fn gather(xs: &[f64]) -> f64 {
    match xs {
        [index, values @ ..] if *index >= 0.0 => values.get(*index as usize).copied().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

pub(crate) fn dot(xs: &[f64]) -> f64 {
    let mut pairs = xs.chunks_exact(2);
    let Some(first) = pairs.next() else {
        return 0.0;
    };
    pairs.fold(first[0] * first[1], |sum, pair| pair[0].mul_add(pair[1], sum))
}

pub(crate) fn adjoint(xs: &[f64]) -> f64 {
    xs.chunks_exact(2).fold(0.0, |sum, pair| {
        if pair[0] == 0.0 || pair[1] == 0.0 {
            sum
        } else {
            pair[0].mul_add(pair[1], sum)
        }
    })
}

pub(crate) fn log_sum_exp(xs: &[f64]) -> f64 {
    let most = largest(xs);
    if most == f64::NEG_INFINITY {
        return most;
    }
    most + ln(xs.iter().fold(-0.0, |sum, &x| sum + exp_difference(x, most)))
}
