//! Predators and prey over 1000 steps of the classical Runge-Kutta method: a step, the whole loop, and its gradient by hand.

use chainrule::{Program, Scan};

use crate::formulas::Number;

pub(crate) const STEPS: usize = 1000;
const H: f64 = 0.01;
/// The start, and the four rates.
pub(crate) const AT: [f64; 6] = [1.5, 1.0, 1.1, 0.4, 0.1, 0.4];

/// How fast prey and predators grow: `x' = ax − bxy` and `y' = cxy − dy`.
fn growth<S: Number>([x, y]: [S; 2], p: &[S]) -> [S; 2] {
    let met = x * y;
    [p[0] * x - p[1] * met, p[2] * met - p[3] * y]
}

fn moved<S: Number>(s: [S; 2], k: [S; 2], h: f64) -> [S; 2] {
    [s[0] + k[0] * h, s[1] + k[1] * h]
}

/// The states at which a step computes the growth, and the state after it.
pub(crate) fn step<S: Number>(s: [S; 2], p: &[S]) -> ([[S; 2]; 4], [S; 2]) {
    let k1 = growth(s, p);
    let s2 = moved(s, k1, H / 2.0);
    let k2 = growth(s2, p);
    let s3 = moved(s, k2, H / 2.0);
    let k3 = growth(s3, p);
    let s4 = moved(s, k3, H);
    let k4 = growth(s4, p);
    let next = [0, 1].map(|i| s[i] + (k1[i] + (k2[i] + k3[i]) * 2.0 + k4[i]) * (H / 6.0));
    ([s, s2, s3, s4], next)
}

/// The sum of the squares of the last state.
pub(crate) fn value<S: Number>(x: &[S]) -> S {
    let mut s = [x[0], x[1]];
    for _ in 0..STEPS {
        s = step(s, &x[2..]).1;
    }
    s[0] * s[0] + s[1] * s[1]
}

/// The adjoints of a state by those of its growth. Adds those of the rates.
fn growth_adjoint([x, y]: [f64; 2], p: &[f64], u: [f64; 2], rates: &mut [f64]) -> [f64; 2] {
    let met = x * y;
    rates[0] += u[0] * x;
    rates[1] -= u[0] * met;
    rates[2] += u[1] * met;
    rates[3] -= u[1] * y;
    let u_met = u[1] * p[2] - u[0] * p[1];
    [u[0] * p[0] + u_met * y, u_met * x - u[1] * p[3]]
}

pub(crate) fn gradient_by_hand(
    x: &[f64],
    kept: &mut Vec<[[f64; 2]; 4]>,
    gradient: &mut [f64],
) -> f64 {
    let (mut s, p) = ([x[0], x[1]], &x[2..]);
    kept.clear();
    for _ in 0..STEPS {
        let (states, next) = step(s, p);
        kept.push(states);
        s = next;
    }
    let (start, rates) = gradient.split_at_mut(2);
    rates.fill(0.0);
    let mut u = s.map(|s| 2.0 * s);
    for states in kept.iter().rev() {
        let scaled = |u: [f64; 2], by: f64| u.map(|u| u * by);
        let v4 = growth_adjoint(states[3], p, scaled(u, H / 6.0), rates);
        let v3 = growth_adjoint(states[2], p, moved(scaled(u, H / 3.0), v4, H), rates);
        let v2 = growth_adjoint(states[1], p, moved(scaled(u, H / 3.0), v3, H / 2.0), rates);
        let v1 = growth_adjoint(states[0], p, moved(scaled(u, H / 6.0), v2, H / 2.0), rates);
        u = [0, 1].map(|i| u[i] + v1[i] + v2[i] + v3[i] + v4[i]);
    }
    start.copy_from_slice(&u);
    s[0] * s[0] + s[1] * s[1]
}

/// Every step as one program, with the rates as parameters and the state as the row.
pub(crate) fn scan(of: impl Fn(&Program) -> Program) -> Scan {
    let step = Program::trace_rows(&[0.0; 4], 2, |p, s| step([s[0], s[1]], p).1);
    let end = Program::trace_rows(&[0.0; 4], 2, |_, s| s[0] * s[0] + s[1] * s[1]);
    let [step, end] = [step, end].map(|program| of(&program.expect("a program")));
    let scan = Scan::new(&step, 2).expect("a scan");
    scan.with_end(&end).expect("an end")
}
