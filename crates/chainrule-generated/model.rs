//! What is fitted: a quantity that decays, `a·exp(−b·t) + c`, to eight measurements.

use chainrule::Var;

/// Times and measured values.
const MEASURED: [(f64, f64); 8] = [
    (0.0, 5.1),
    (0.5, 3.7),
    (1.0, 2.9),
    (1.5, 2.2),
    (2.0, 1.8),
    (3.0, 1.4),
    (4.0, 1.1),
    (6.0, 1.0),
];

/// The model less the measurements, for the parameters `a`, `b` and `c`.
pub(crate) fn residuals(p: &[Var]) -> Vec<Var> {
    let [a, b, c] = [p[0].named("a"), p[1].named("b"), p[2].named("c")];
    let residual = |(time, value): (f64, f64)| a * (b * -time).exp() + c - value;
    MEASURED.map(residual).to_vec()
}
