//! Random expressions over every operation of the table.
//!
//! proptest draws a list of raw steps. `resolve` turns them into applications of operations whose operands exist. Shrinking
//! drops steps, and the `Debug` form prints the rest as a small program.
//!
//! This file names the crate as its users do, because the tests of the public interface include it as a file: they run
//! without the feature `proptest`.

use std::fmt;

use chainrule::Scalar;
use chainrule::op::{Binary, BinaryOp, Interval, Law, NaryOp, Op, TernaryOp, Unary, UnaryOp, rows};
use proptest::prelude::{Strategy, prop, prop_oneof};

/// An operand of a step of an [`Expression`].
///
/// ```
/// use chainrule::op::{Op, UnaryOp};
/// use chainrule::strategies::{Expression, Operand};
/// let e = Expression::new(vec![0.5], vec![(Op::Unary(UnaryOp::Square), vec![Operand::Value(0)])]);
/// assert_eq!(e.evaluate(&[3.0]), 9.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operand {
    /// The value with this index: the inputs come first, then the result of each step.
    Value(usize),
    /// A constant.
    Constant(f64),
}

/// A random expression: inputs, then one operation after another. The last value is the result.
///
/// Its `Debug` form is a small program.
///
/// ```
/// use chainrule::op::{BinaryOp, Op, UnaryOp};
/// use chainrule::strategies::{Expression, Operand};
///
/// let [x, product] = [0, 1].map(Operand::Value);
/// let steps = vec![
///     (Op::Binary(BinaryOp::Mul), vec![x, Operand::Constant(2.0)]),
///     (Op::Unary(UnaryOp::Exp), vec![product]),
/// ];
/// let e = Expression::new(vec![0.5], steps);
/// assert_eq!(e.evaluate(e.inputs()), 1_f64.exp());
/// assert_eq!(format!("{e:?}"), "v0 = 0.5; v1 = Mul(v0, 2.0); v2 = Exp(v1); ");
/// ```
#[derive(Clone, PartialEq)]
pub struct Expression {
    pub(crate) inputs: Vec<f64>,
    pub(crate) steps: Vec<(Op, Vec<Operand>)>,
}

/// Every operation of the table.
///
/// ```
/// use chainrule::op::{Op, UnaryOp};
/// use chainrule::strategies::all_ops;
/// assert!(all_ops().contains(&Op::Unary(UnaryOp::Exp)));
/// ```
pub fn all_ops() -> Vec<Op> {
    let unary = UnaryOp::ALL.iter().map(|&op| Op::Unary(op));
    let binary = BinaryOp::ALL.iter().map(|&op| Op::Binary(op));
    let ternary = TernaryOp::ALL.iter().map(|&op| Op::Ternary(op));
    let nary = NaryOp::ALL.iter().map(|&op| Op::Nary(op));
    unary.chain(binary).chain(ternary).chain(nary).collect()
}

/// The number of operands; `None` if an operation takes any number.
///
/// ```
/// use chainrule::op::{BinaryOp, Op};
/// use chainrule::strategies::arity;
/// assert_eq!(arity(Op::Binary(BinaryOp::Mul)), Some(2));
/// ```
pub fn arity(op: Op) -> Option<usize> {
    match op {
        Op::Input => Some(0),
        Op::Unary(_) => Some(1),
        Op::Binary(_) => Some(2),
        Op::Ternary(_) => Some(3),
        _ => None,
    }
}

/// One step as drawn: an operation, earlier values, and constants that replace some of them.
type RawStep = (usize, [usize; 4], [Option<f64>; 4]);

impl Expression {
    /// An expression of these steps, which is evaluated at these inputs.
    ///
    /// ```
    /// use chainrule::strategies::Expression;
    /// assert_eq!(Expression::new(vec![3.0], vec![]).evaluate(&[2.0]), 2.0);
    /// ```
    ///
    /// # Panics
    /// If there is no input, if an operand is not an earlier value, or if an operation does not take this number of operands.
    pub fn new(inputs: Vec<f64>, steps: Vec<(Op, Vec<Operand>)>) -> Self {
        assert!(!inputs.is_empty(), "an expression needs an input");
        for (place, (op, operands)) in steps.iter().enumerate() {
            let is_earlier = |operand: &Operand| match *operand {
                Operand::Value(value) => value < inputs.len() + place,
                Operand::Constant(_) => true,
            };
            assert!(
                operands.iter().all(is_earlier),
                "step {place}: an operand is not an earlier value"
            );
            assert!(
                op.apply(&vec![1.0; operands.len()]).is_some(),
                "step {place}: {op:?} does not take {} operands",
                operands.len()
            );
        }
        Self { inputs, steps }
    }

    /// The point: a number for each input.
    ///
    /// ```
    /// use chainrule::strategies::Expression;
    /// assert_eq!(Expression::new(vec![3.0], vec![]).inputs(), [3.0]);
    /// ```
    pub fn inputs(&self) -> &[f64] {
        &self.inputs
    }

    /// The operations with their operands, in order.
    ///
    /// ```
    /// use chainrule::strategies::Expression;
    /// assert_eq!(Expression::new(vec![3.0], vec![]).steps(), []);
    /// ```
    pub fn steps(&self) -> &[(Op, Vec<Operand>)] {
        &self.steps
    }

    /// Expressions of one to three inputs and fewer than `steps` drawn operations, at least one. If `tame`, further
    /// operations keep operands within domains and values moderate; otherwise NaN, infinities and zeros may occur.
    ///
    /// ```
    /// use chainrule::strategies::Expression;
    /// use proptest::prelude::*;
    ///
    /// proptest!(|(e in Expression::any(8, true))| {
    ///     prop_assert!(e.steps().len() >= 1 && e.inputs().len() <= 3);
    /// });
    /// ```
    ///
    /// # Panics
    /// If `steps` is less than 2.
    pub fn any(steps: usize, tame: bool) -> impl Strategy<Value = Self> {
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
            Op::Binary(rows::Div::OP),
            vec![operand, Operand::Constant(8.0)],
        );
        let near = self.push(values, Op::Unary(rows::Tanh::OP), vec![near]);
        let scale = Operand::Constant(0.45 * (high - low));
        let near = self.push(values, Op::Binary(rows::Mul::OP), vec![near, scale]);
        let middle = Operand::Constant(0.5 * (high + low));
        self.push(values, Op::Binary(rows::Add::OP), vec![near, middle])
    }

    /// The result, for any type of number.
    ///
    /// ```
    /// use chainrule::{Dual, strategies::Expression};
    /// let e = Expression::new(vec![3.0], vec![]);
    /// assert_eq!(e.evaluate(&[Dual::variable(2.0)]).tangent, 1.0);
    /// ```
    ///
    /// # Panics
    /// If there is not one number for each input.
    pub fn evaluate<S: Scalar>(&self, inputs: &[S]) -> S {
        self.evaluate_by(inputs, |op, operands| {
            op.apply(operands).expect("operands fit")
        })
    }

    /// The result, where `apply` computes each step.
    ///
    /// ```
    /// use chainrule::{op::{Op, UnaryOp}, strategies::{Expression, Operand}};
    /// let e = Expression::new(vec![3.0], vec![(Op::Unary(UnaryOp::Square), vec![Operand::Value(0)])]);
    /// assert_eq!(e.evaluate_by(&[3.0], |_, operands| operands[0] + 1.0), 4.0);
    /// ```
    ///
    /// # Panics
    /// If there is not one number for each input.
    pub fn evaluate_by<S: Scalar>(&self, inputs: &[S], mut apply: impl FnMut(Op, &[S]) -> S) -> S {
        assert_eq!(inputs.len(), self.inputs.len(), "one number for each input");
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
