//! The lines of a function whose value and gradient are also written by hand.

use std::hint::black_box;

use chainrule::{Batch, Evaluator, Level, Result};

use crate::numbers::check;
use crate::race::Race;
use crate::table::Line;

/// A program that is ready to answer: at a point, or with the sum over its rows.
pub(crate) trait Ready {
    fn value(&mut self, at: &[f64]) -> f64;
    fn gradient(&mut self, at: &[f64]) -> (f64, &[f64]);
}

impl Ready for Evaluator {
    fn value(&mut self, at: &[f64]) -> f64 {
        self.value(at).expect("a value")
    }

    fn gradient(&mut self, at: &[f64]) -> (f64, &[f64]) {
        self.gradient(at).expect("a gradient")
    }
}

impl Ready for Batch {
    fn value(&mut self, at: &[f64]) -> f64 {
        self.sum_values(at).expect("values")[0]
    }

    fn gradient(&mut self, at: &[f64]) -> (f64, &[f64]) {
        self.sum_gradient(at).expect("a gradient")
    }
}

/// Two functions that answer.
pub(crate) struct Answering<V, G> {
    value: V,
    gradient: G,
    last: Vec<f64>,
}

impl<V, G> Answering<V, G>
where
    V: FnMut(&[f64]) -> Result<f64>,
    G: FnMut(&[f64]) -> Result<(f64, Vec<f64>)>,
{
    pub(crate) fn new(value: V, gradient: G) -> Self {
        Self {
            value,
            gradient,
            last: Vec::new(),
        }
    }
}

impl<V, G> Ready for Answering<V, G>
where
    V: FnMut(&[f64]) -> Result<f64>,
    G: FnMut(&[f64]) -> Result<(f64, Vec<f64>)>,
{
    fn value(&mut self, at: &[f64]) -> f64 {
        (self.value)(at).expect("a value")
    }

    fn gradient(&mut self, at: &[f64]) -> (f64, &[f64]) {
        let (value, gradient) = (self.gradient)(at).expect("a gradient");
        self.last = gradient;
        (value, &self.last)
    }
}

/// Checks the program against the loops by hand, and times all of them: the value alone, and the value with its gradient.
/// `gradient` writes the gradient and returns the value.
pub(crate) fn lines<P: Ready>(
    race: Race,
    (key, title): (&str, &str),
    ready: impl Fn(Level) -> P,
    at: &[f64],
    value: impl Fn(&[f64]) -> f64,
    mut gradient: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<Line> {
    let expected = value(at);
    let mut by_hand = vec![0.0; at.len()];
    check(&[gradient(at, &mut by_hand)], &[expected]);
    let [mut values, mut exact, mut fast] = [Level::Exact, Level::Exact, Level::Fast].map(ready);
    check(&[values.value(at)], &[expected]);
    for ready in [&mut exact, &mut fast] {
        let (value, gradient) = ready.gradient(at);
        check(&[value], &[expected]);
        check(gradient, &by_hand);
    }
    let [values, exact, fast, value, gradient] = race.run([
        &mut || _ = black_box(values.value(at)),
        &mut || _ = exact.gradient(at),
        &mut || _ = fast.gradient(at),
        &mut || _ = black_box(value(black_box(at))),
        &mut || _ = black_box(gradient(black_box(at), black_box(&mut by_hand))),
    ]);
    let line = |suffix: &str, what: &str, ours| {
        Line::new(format!("{key}{suffix}"), format!("{title}, {what}"), ours).check(expected)
    };
    vec![
        line("-value", "value, Exact", values).beside("value by hand", value),
        line("", "gradient, Exact", exact).beside("gradient by hand", gradient),
        line("-fast", "gradient, Fast", fast).beside("gradient by hand", gradient),
    ]
}
