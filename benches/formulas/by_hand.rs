//! Hand-written loops over `f64` for the same work, and a step of it on the tape. Only this crate's benches use them.

use std::time::Instant;

use chainrule::{Gradients, Var, tape};

use crate::formulas::{L2, LINK, Row, seconds};

/// The chain's value and gradient by hand. The forward loop keeps what the backward loop needs, which has no bookkeeping.
pub(crate) fn chain_by_hand(
    [x, a, b]: [f64; 3],
    nodes: usize,
    kept: &mut Vec<[f64; 3]>,
) -> (f64, [f64; 3]) {
    kept.clear();
    let mut value = x;
    for _ in 0..nodes / LINK {
        let sum = value * 0.5 + a;
        let t = -(3.0 - sum * b) + a;
        value = (t * t).sqrt();
        kept.push([sum, t, value]);
    }
    let (mut u, mut da, mut db) = (1.0, 0.0, 0.0);
    for &[sum, t, root] in kept.iter().rev() {
        u = u * 0.5 / root * (2.0 * t);
        da += u;
        db += u * sum;
        u *= b;
        da += u;
        u *= 0.5;
    }
    (value, [u, da, db])
}

/// Rosenbrock's value by hand. Writes the gradient to `gradient`.
pub(crate) fn rosenbrock_by_hand(x: &[f64], gradient: &mut [f64]) -> f64 {
    let mut value = 0.0;
    gradient.fill(0.0);
    for i in 0..x.len() - 1 {
        let (valley, rest) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
        value += 100.0 * valley * valley + rest * rest;
        gradient[i] -= 400.0 * valley * x[i] + 2.0 * rest;
        gradient[i + 1] += 200.0 * valley;
    }
    value
}

/// The same loss by hand. Writes its gradient to `gradient`.
pub(crate) fn moons_by_hand(p: &[f64], rows: &[Row], gradient: &mut [f64]) -> f64 {
    const H: usize = 16;
    // The first layer has 48 parameters, the second 272 and the third 17.
    let (first, rest) = p.split_at(3 * H);
    let (second, last) = rest.split_at(H * (H + 1));
    let (g1, g) = gradient.split_at_mut(3 * H);
    let (g2, g3) = g.split_at_mut(H * (H + 1));
    g1.fill(0.0);
    g2.fill(0.0);
    g3.fill(0.0);
    let (mut losses, scale) = (0.0, 1.0 / rows.len() as f64);
    for &[x, y, label] in rows {
        let mut h1 = [0.0; H];
        for (h, w) in h1.iter_mut().zip(first.as_chunks::<3>().0) {
            *h = (w[0] * x + w[1] * y + w[2]).max(0.0);
        }
        let mut h2 = [0.0; H];
        for (h, w) in h2.iter_mut().zip(second.chunks_exact(H + 1)) {
            let sum: f64 = w[..H].iter().zip(&h1).map(|(w, x)| w * x).sum();
            *h = (sum + w[H]).max(0.0);
        }
        let score: f64 = last[..H].iter().zip(&h2).map(|(w, x)| w * x).sum::<f64>() + last[H];
        let loss = 1.0 - label * score;
        if loss <= 0.0 {
            continue;
        }
        losses += loss;
        let u = -label * scale;
        let mut u1 = [0.0; H];
        for i in 0..H {
            g3[i] += u * h2[i];
            if h2[i] > 0.0 {
                let u2 = u * last[i];
                let w = &second[i * (H + 1)..][..=H];
                let g = &mut g2[i * (H + 1)..][..=H];
                for j in 0..H {
                    g[j] += u2 * h1[j];
                    u1[j] += u2 * w[j];
                }
                g[H] += u2;
            }
        }
        g3[H] += u;
        for (i, g) in g1.chunks_exact_mut(3).enumerate() {
            if h1[i] > 0.0 {
                g[0] += u1[i] * x;
                g[1] += u1[i] * y;
                g[2] += u1[i];
            }
        }
    }
    let mut squares = 0.0;
    for (g, &p) in gradient.iter_mut().zip(p) {
        squares += p * p;
        *g += 2.0 * L2 * p;
    }
    losses * scale + L2 * squares
}

/// Records a formula at a point, sweeps it, reads the gradient and frees the nodes. Returns the seconds of recording, of
/// sweeping and reading, and of freeing.
pub(crate) fn step(grads: &mut Gradients, at: &[f64], formula: impl Fn(&[Var]) -> Var) -> [f64; 3] {
    let (record, sweep, freed_from) = tape::scope(|| {
        let (record, (x, y)) = seconds(|| {
            let x: Vec<Var> = at.iter().map(|&x| Var::new(x)).collect();
            let y = formula(&x);
            (x, y)
        });
        let (sweep, _) = seconds(|| {
            grads.sweep(&[(y, 1.0)]);
            grads.of(&x)
        });
        (record, sweep, Instant::now())
    });
    [record, sweep, freed_from.elapsed().as_secs_f64()]
}
