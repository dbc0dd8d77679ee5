//! Taylor coefficients of any order along a line, computed from first partials alone.
//!
//! For `y = f(a, b, …)` and inputs `x(t)`, `y′ = Σ a′·∂f/∂a`. So the coefficients satisfy
//! `k·y_k = Σ Σ_{j=1…k} j·a_j·p_{k−j}`, where `p` is the series of the partial. A partial is code like any other, so the
//! same rule computes its series, one order shorter. Partials of partials are merged with existing values (the partial of
//! the sine's partial is the sine again), so there are few of them. The work is quadratic in the order.
//!
//! Where the table's partials would never close, this file has others. A quotient `y = a/b` has its own recurrence,
//! `b₀·y_k = a_k − Σ_{j=1…k} b_j·y_{k−j}`. The derivatives of `c·2ˣ` and `c·φ(x)` are written as multiples of themselves, and that of a power
//! with a constant exponent as products, or as a multiple of `aᵇ/a` if it is infinite at 0. Two kinds of operations still
//! need a new function for each order: a power with a variable exponent, and those whose derivatives are functions of an
//! order, up to the last one: the polygamma functions, and the derivatives of `sinc`, `log_erfc` and `log_normal_cdf`.

use super::outputs::without_signs;
use super::parts::Parts;
use super::reverse::sum;
use crate::ir::{Id, Ir, Kind, Symbol, compact, extend_merged, len, node};
use crate::op::{Binary, Op, Scalar, chain, rows};

const DIV: Op = Op::Binary(rows::Div::OP);
const POW: Op = Op::Binary(rows::Pow::OP);
const POW_LOG: Op = Op::Binary(rows::PowLog::OP);
const POW_SLOPE: Op = Op::Binary(rows::PowSlope::OP);
const SCALED_DENSITY: Op = Op::Binary(rows::ScaledDensity::OP);
const SCALED_EXP2: Op = Op::Binary(rows::ScaledExp2::OP);

/// The coefficients `y₀ … y_K` of `y(x + t·v)` for every output `y`. The directions `v` are new inputs, one per variable.
pub(super) fn taylor(ir: &Ir, order: usize) -> (Ir, Parts) {
    let mut ir = compact(ir);
    let mut directions = vec![None; ir.inputs.len()];
    for place in ir.variables() {
        let class = ir.inputs[place as usize];
        directions[place as usize] = Some(Symbol::Value(ir.push_input(class)));
    }
    let outputs = ir.outputs.clone();
    let (mut ir, coefficients) = extend_merged(ir, || {
        let mut series = Series::default();
        series.grow(&directions);
        series.expand(&outputs, order, &directions);
        series.run(order, &directions);
        let of = |&id: &Id| series.coefficients(id, order);
        outputs.iter().flat_map(of).collect::<Vec<Id>>()
    });
    let parts = Parts::values(coefficients.len());
    ir.outputs = coefficients;
    let ir = without_signs(ir, |place| place % (order + 1) != 0);
    (compact(&ir), parts)
}

#[derive(Default)]
struct Series {
    /// Whether a value changes along the line.
    varies: Vec<bool>,
    /// The highest order needed of each value's coefficients.
    order: Vec<usize>,
    /// The partials of the operation that makes each value, once they are written.
    partials: Vec<Option<Vec<Symbol>>>,
    /// The coefficients of each value from order 1 up.
    coefficients: Vec<Vec<Symbol>>,
}

impl Series {
    /// Adds entries for the values appended since the last call.
    fn grow(&mut self, directions: &[Option<Symbol>]) {
        for id in self.varies.len()..len() {
            let (kind, operands) = node(id as Id);
            self.varies.push(match kind {
                Kind::Input(place) => directions.get(place as usize).is_some_and(Option::is_some),
                _ => operands
                    .iter()
                    .any(|&operand| self.varies[operand as usize]),
            });
        }
        self.order.resize(self.varies.len(), 0);
        self.partials.resize(self.varies.len(), None);
    }

    /// Writes the partials that the outputs' coefficients up to `order` need, and the partials of those partials.
    fn expand(&mut self, outputs: &[Id], order: usize, directions: &[Option<Symbol>]) {
        for &id in outputs {
            self.order[id as usize] = order;
        }
        for order in (1..=order).rev() {
            let asked = |series: &Self, id: usize| series.varies[id] && series.order[id] >= order;
            let count = self.varies.len();
            for id in (0..count).rev().filter(|&id| self.varies[id]) {
                if asked(self, id) {
                    for operand in node(id as Id).1 {
                        let operand = &mut self.order[operand as usize];
                        *operand = order.max(*operand);
                    }
                }
            }
            for id in 0..count {
                if !asked(self, id) || self.partials[id].is_some() {
                    continue;
                }
                let (kind, operands) = node(id as Id);
                let Kind::Apply(op) = kind else { continue };
                let partials = partials(op, &Symbol::all(&operands), Symbol::at(id as Id));
                self.grow(directions);
                for (partial, &operand) in partials.iter().zip(&operands) {
                    if let (Symbol::Value(partial), true) =
                        (*partial, self.varies[operand as usize])
                    {
                        let asked = &mut self.order[partial as usize];
                        *asked = (order - 1).max(*asked);
                    }
                }
                self.partials[id] = Some(partials);
            }
        }
    }

    /// Writes all coefficients that are needed.
    fn run(&mut self, order: usize, directions: &[Option<Symbol>]) {
        self.coefficients = vec![Vec::new(); self.varies.len()];
        for k in 1..=order {
            for id in 0..self.varies.len() {
                if self.order[id] < k || !self.varies[id] {
                    continue;
                }
                let (kind, operands) = node(id as Id);
                let coefficient = match kind {
                    Kind::Input(place) if k == 1 => {
                        directions[place as usize].unwrap_or(Symbol::ZERO)
                    }
                    Kind::Apply(DIV) => self.next_of_quotient(k, id, &operands),
                    Kind::Apply(_) => self.next(k, id, &operands),
                    _ => Symbol::ZERO,
                };
                self.coefficients[id].push(coefficient);
            }
        }
    }

    /// Coefficient `k` of a value, from its operands' coefficients and those of its partials below `k`, which are already
    /// written.
    fn next(&self, k: usize, id: usize, operands: &[Id]) -> Symbol {
        let partials = self.partials[id].as_deref().unwrap_or_default();
        // A constant partial has no series: k·y_k = k·a_k·p. This omits the factor k and its rounding.
        let (mut linear, mut terms) = (Vec::new(), Vec::new());
        let add = |terms: &mut Vec<[Id; 2]>, u: Symbol, p: Symbol| {
            if !u.vanishes() && !p.vanishes() {
                terms.push([u.id(), p.id()]);
            }
        };
        for (&operand, &partial) in operands.iter().zip(partials) {
            if !self.varies[operand as usize] {
                continue;
            }
            if partial.constant().is_some() {
                add(&mut linear, self.coefficient(operand, k), partial);
                continue;
            }
            for j in 1..=k {
                let a = self.coefficient(operand, j);
                let scaled = if j == 1 || a.vanishes() {
                    a
                } else {
                    a * j as f64
                };
                add(&mut terms, scaled, self.coefficient(partial.id(), k - j));
            }
        }
        if terms.is_empty() {
            return sum(&linear);
        }
        let curved = sum(&terms);
        let curved = if k == 1 { curved } else { curved / k as f64 };
        match linear[..] {
            [] => curved,
            _ => sum(&linear) + curved,
        }
    }

    /// Coefficient `k` of a quotient, from those of its operands and its own below `k`.
    fn next_of_quotient(&self, k: usize, id: usize, operands: &[Id]) -> Symbol {
        let &[a, b] = operands else {
            return Symbol::ZERO;
        };
        let terms = (1..=k).filter_map(|j| {
            let of_divisor = self.coefficient(b, j);
            let term = || [of_divisor.id(), self.coefficient(id as Id, k - j).id()];
            (!of_divisor.vanishes()).then(term)
        });
        let terms: Vec<[Id; 2]> = terms.collect();
        let dividend = self.coefficient(a, k);
        match (dividend.vanishes(), terms.is_empty()) {
            (true, true) => Symbol::ZERO,
            (false, true) => dividend / Symbol::at(b),
            (true, false) => -sum(&terms) / Symbol::at(b),
            (false, false) => (dividend - sum(&terms)) / Symbol::at(b),
        }
    }

    /// A coefficient that was written; 0 if the value does not change.
    fn coefficient(&self, id: Id, k: usize) -> Symbol {
        if k == 0 {
            return Symbol::at(id);
        }
        let known = self
            .coefficients
            .get(id as usize)
            .and_then(|known| known.get(k - 1));
        known.copied().unwrap_or(Symbol::ZERO)
    }

    /// All coefficients of an output.
    fn coefficients(&self, id: Id, order: usize) -> Vec<Id> {
        (0..=order).map(|k| self.coefficient(id, k).id()).collect()
    }
}

/// The partials of an operation, written so that their own partials are existing values or come to an end.
fn partials(op: Op, operands: &[Symbol], y: Symbol) -> Vec<Symbol> {
    match (op, operands) {
        (DIV, _) => Vec::new(),
        (SCALED_DENSITY, &[x, _]) => vec![
            y.apply2::<rows::Chain>(-x),
            x.apply2::<rows::ScaledDensity>(Symbol::Constant(1.0)),
        ],
        (SCALED_EXP2, &[x, _]) => vec![y * std::f64::consts::LN_2, x.exp2()],
        (POW, &[a, b]) => vec![a.apply2::<rows::PowSlope>(b), chain(y, a.ln())],
        (POW_LOG, &[a, b]) => vec![slope_of_log_power(a, b), chain(y, a.ln())],
        (POW_SLOPE, &[a, Symbol::Constant(b)]) => vec![slope_of_power(a, b, y), Symbol::ZERO],
        (POW_SLOPE, &[a, b]) => vec![
            chain(b, a.apply2::<rows::PowSlope>(b - 1.0)),
            slope_of_log_power(a, b),
        ],
        _ => op.partials(operands, y),
    }
}

/// The derivative of `b·a^(b−1)` with respect to `b`, which is that of `a^b·ln a` with respect to `a`.
fn slope_of_log_power(a: Symbol, b: Symbol) -> Symbol {
    chain(a.apply2::<rows::Pow>(b - 1.0), chain(b, a.ln()) + 1.0)
}

/// The derivative of `y = b·a^(b−1)` with respect to `a`, `b·(b − 1)·a^(b−2)`.
fn slope_of_power(a: Symbol, b: f64, y: Symbol) -> Symbol {
    // Infinite at 0, except for a constant or a linear power.
    if b < 1.0 && b != 0.0 {
        return y * (b - 1.0) / a;
    }
    if b < 2.0 {
        return match b {
            0.0 | 1.0 => Symbol::ZERO,
            _ => a.apply2::<rows::PowSlope>(Symbol::Constant(b - 1.0)) * b,
        };
    }
    if b.is_infinite() {
        return a.apply2::<rows::PowCurvature>(Symbol::Constant(b));
    }
    let whole = (b - 2.0).floor();
    let rest = b - 2.0 - whole;
    let mut power = Symbol::Constant(b * (b - 1.0));
    if rest > 0.0 {
        power = a.apply2::<rows::Pow>(Symbol::Constant(rest)) * power;
    }
    times_power(power, a, whole)
}

/// `x·aⁿ` for a finite `n`, by multiplication.
fn times_power(x: Symbol, a: Symbol, n: f64) -> Symbol {
    let (mut product, mut factor, mut n) = (x, a, n);
    while n > 0.0 {
        if n % 2.0 == 1.0 {
            product = factor * product;
        }
        n = (n / 2.0).floor();
        if n > 0.0 {
            factor = factor.square();
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::taylor;
    use crate::ir::parse;
    use crate::op::{BinaryOp, Law, NaryOp, Op, TernaryOp, UnaryOp};

    /// The number of operands in the code of the coefficients of `op` up to `order`. Its operands are exponentials, whose
    /// own coefficients are all nonzero, and then `constant`, if given.
    fn size(op: Op, operands: usize, constant: Option<f64>, order: usize) -> usize {
        let mut text = String::new();
        let mut list = String::new();
        let constant = constant.map(|number| format!("{number:?}"));
        for place in 0..operands {
            let _ = match &constant {
                Some(number) if place + 1 == operands => writeln!(text, "e{place} = {number}"),
                _ => writeln!(
                    text,
                    "x{place} = input {place} uniform\ne{place} = Exp x{place}"
                ),
            };
            let _ = write!(list, " e{place}");
        }
        let _ = writeln!(text, "y = {}{list}\noutput y", op.row().name);
        let (code, _) = taylor(&parse(&text), order);
        code.len() + code.operand_count()
    }

    #[test]
    fn series_are_quadratic_in_the_order() {
        let mut rows: Vec<(Op, usize, Option<f64>)> = Vec::new();
        rows.extend(UnaryOp::ALL.iter().map(|&op| (Op::Unary(op), 1, None)));
        for &op in BinaryOp::ALL {
            if !op.row().laws.contains(&Law::IntegerRight) {
                rows.push((Op::Binary(op), 2, None));
            }
            rows.push((Op::Binary(op), 2, Some(3.0)));
        }
        for power in [BinaryOp::Pow, BinaryOp::PowSlope] {
            for exponent in [-1.5, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.5, 40.0] {
                rows.push((Op::Binary(power), 2, Some(exponent)));
            }
        }
        rows.extend(TernaryOp::ALL.iter().map(|&op| (Op::Ternary(op), 3, None)));
        rows.extend(NaryOp::ALL.iter().map(|&op| (Op::Nary(op), 4, None)));
        for (op, operands, constant) in rows {
            let new_functions = match op {
                Op::Unary(
                    UnaryOp::LnGamma
                    | UnaryOp::Digamma
                    | UnaryOp::Sinc
                    | UnaryOp::LogErfc
                    | UnaryOp::LogNormalCdf,
                )
                | Op::Binary(
                    BinaryOp::Polygamma
                    | BinaryOp::SincDerivative
                    | BinaryOp::LogErfcDerivative
                    | BinaryOp::LogNormalCdfDerivative,
                ) => true,
                Op::Binary(
                    BinaryOp::Pow
                    | BinaryOp::PowSlope
                    | BinaryOp::PowLog
                    | BinaryOp::PowMixed
                    | BinaryOp::PowLogSquared
                    | BinaryOp::PowCurvature,
                ) => constant.is_none(),
                _ => false,
            };
            let [once, twice] = [16, 32].map(|order| size(op, operands, constant, order));
            assert!(
                new_functions || 2 * twice <= 9 * once,
                "{op:?} {constant:?}: {once} at order 16, {twice} at order 32"
            );
        }
    }
}
