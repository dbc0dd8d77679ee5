//! Random expressions over every operation of the table, for property tests.
//!
//! proptest draws a list of raw steps. [`Expression::resolve`] turns them into applications of operations whose operands
//! exist. Shrinking drops steps, and the `Debug` form prints the rest as a small program.

#![allow(
    dead_code,
    reason = "several test programs share this, and each uses only part of it"
)]

use std::fmt;

use chainrule::Scalar;
use chainrule::op::{BinaryOp, Interval, Law, NaryOp, Op, TernaryOp, UnaryOp};
use proptest::prelude::*;

/// An operand: an earlier value or a constant.
#[derive(Clone, Copy)]
pub(crate) enum Operand {
    Value(usize),
    Constant(f64),
}

/// An expression: inputs, then one operation after another. The last value is the result.
#[derive(Clone)]
pub(crate) struct Expression {
    pub(crate) inputs: Vec<f64>,
    pub(crate) steps: Vec<(Op, Vec<Operand>)>,
}

/// Every operation of the table.
pub(crate) fn all_ops() -> Vec<Op> {
    let unary = UnaryOp::ALL.iter().map(|&op| Op::Unary(op));
    let binary = BinaryOp::ALL.iter().map(|&op| Op::Binary(op));
    let ternary = TernaryOp::ALL.iter().map(|&op| Op::Ternary(op));
    let nary = NaryOp::ALL.iter().map(|&op| Op::Nary(op));
    unary.chain(binary).chain(ternary).chain(nary).collect()
}

/// The number of operands; `None` if an operation takes any number.
pub(crate) fn arity(op: Op) -> Option<usize> {
    match op {
        Op::Unary(_) => Some(1),
        Op::Binary(_) => Some(2),
        Op::Ternary(_) => Some(3),
        _ => None,
    }
}

/// One step as drawn: an operation, earlier values, and constants that replace some of them.
type RawStep = (usize, [usize; 4], [Option<f64>; 4]);

impl Expression {
    /// Expressions of a few inputs and up to `steps` operations. If `tame`, operands stay within domains and values stay
    /// moderate; otherwise NaN, infinities and zeros may occur.
    pub(crate) fn any(steps: usize, tame: bool) -> impl Strategy<Value = Self> {
        let input = if tame {
            (-3.0..3.0).boxed()
        } else {
            prop_oneof![
                3 => -3.0..3.0,
                2 => prop::sample::select(vec![0.0, -0.0, 1.0, -1.0, f64::INFINITY, f64::NAN, 1e-310, 1e300]),
            ]
            .boxed()
        };
        let constant = prop::option::weighted(0.2, input.clone());
        let pick = || 0..usize::MAX;
        let step = (
            0..all_ops().len(),
            [pick(), pick(), pick(), pick()],
            [
                constant.clone(),
                constant.clone(),
                constant.clone(),
                constant,
            ],
        );
        (
            prop::collection::vec(input, 1..4),
            prop::collection::vec(step, 1..steps),
        )
            .prop_map(move |(inputs, raw)| Self::resolve(inputs, &raw, tame))
    }

    fn resolve(inputs: Vec<f64>, raw: &[RawStep], tame: bool) -> Self {
        let ops = all_ops();
        let mut values = inputs.clone();
        let mut expression = Self {
            inputs,
            steps: Vec::new(),
        };
        for &(op, picks, constants) in raw {
            let op = ops[op];
            // An even number of operands, for the dot product.
            let count = arity(op).unwrap_or(2 + 2 * (picks[0] % 2));
            let row = op.row();
            let mut operands = Vec::new();
            for place in 0..count {
                let domain = row.domain[place.min(row.domain.len() - 1)];
                let mut operand = match constants[place] {
                    Some(constant) if place > 0 => Operand::Constant(constant),
                    _ => Operand::Value(picks[place] % values.len()),
                };
                if place == 1 && row.laws.contains(&Law::IntegerRight) {
                    operand = Operand::Constant(domain[0].max(-3.0) + (picks[1] % 7) as f64);
                } else if tame {
                    operand = expression.fold(&mut values, operand, domain);
                }
                operands.push(operand);
            }
            expression.push(&mut values, op, operands);
        }
        expression
    }

    /// Appends an operation and its value.
    fn push(&mut self, values: &mut Vec<f64>, op: Op, operands: Vec<Operand>) -> Operand {
        let arguments: Vec<f64> = operands.iter().map(|operand| operand.of(values)).collect();
        values.push(op.apply(&arguments).expect("operands fit"));
        self.steps.push((op, operands));
        Operand::Value(values.len() - 1)
    }

    /// Moves an operand well inside a domain, with further operations if necessary.
    fn fold(&mut self, values: &mut Vec<f64>, operand: Operand, [low, high]: Interval) -> Operand {
        let value = operand.of(values);
        let (low, high) = (low.max(-30.0), high.min(30.0));
        let margin = (high - low) * 1e-3;
        if value > low + margin && value < high - margin {
            return operand;
        }
        if let Operand::Constant(_) = operand {
            return Operand::Constant(low + 0.4 * (high - low));
        }
        let (Operand::Value(_), true) = (operand, value.is_finite()) else {
            return Operand::Constant(low + 0.6 * (high - low));
        };
        // low + (high − low)·σ(x/8), far from both ends.
        let near = self.push(
            values,
            Op::Binary(BinaryOp::Div),
            vec![operand, Operand::Constant(8.0)],
        );
        let near = self.push(values, Op::Unary(UnaryOp::Tanh), vec![near]);
        let scale = Operand::Constant(0.45 * (high - low));
        let near = self.push(values, Op::Binary(BinaryOp::Mul), vec![near, scale]);
        let middle = Operand::Constant(0.5 * (high + low));
        self.push(values, Op::Binary(BinaryOp::Add), vec![near, middle])
    }

    /// The result, for any type of number.
    pub(crate) fn evaluate<S: Scalar>(&self, inputs: &[S]) -> S {
        self.evaluate_by(inputs, |op, operands| {
            op.apply(operands).expect("operands fit")
        })
    }

    /// The result, where `apply` computes each step.
    pub(crate) fn evaluate_by<S: Scalar>(
        &self,
        inputs: &[S],
        mut apply: impl FnMut(Op, &[S]) -> S,
    ) -> S {
        let mut values = inputs.to_vec();
        for (op, operands) in &self.steps {
            let arguments: Vec<S> = operands
                .iter()
                .map(|operand| match *operand {
                    Operand::Value(i) => values[i],
                    Operand::Constant(constant) => S::from(constant),
                })
                .collect();
            values.push(apply(*op, &arguments));
        }
        values[values.len() - 1]
    }
}

impl Operand {
    fn of(self, values: &[f64]) -> f64 {
        match self {
            Self::Value(i) => values[i],
            Self::Constant(constant) => constant,
        }
    }
}

impl fmt::Debug for Expression {
    /// A small program: `v0 = 1.5`, `v1 = Exp(v0)`, …
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, input) in self.inputs.iter().enumerate() {
            write!(f, "v{i} = {input:?}; ")?;
        }
        for (i, (op, operands)) in self.steps.iter().enumerate() {
            write!(f, "v{} = {}(", self.inputs.len() + i, op.row().name)?;
            for (place, operand) in operands.iter().enumerate() {
                let comma = if place > 0 { ", " } else { "" };
                match operand {
                    Operand::Value(i) => write!(f, "{comma}v{i}")?,
                    Operand::Constant(constant) => write!(f, "{comma}{constant:?}")?,
                }
            }
            f.write_str("); ")?;
        }
        Ok(())
    }
}
