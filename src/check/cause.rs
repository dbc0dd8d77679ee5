//! Finds the operation to blame for a wrong derivative: one whose own slope is wrong.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::difference::{Bend, Estimate, Pair, Sample, bend, central, scan};
use super::evaluate::{Evaluated, evaluate_some, mark, needed, rounding};
use super::report::Cause;
use crate::graph::Operation;
use crate::ir::{Id, Ir, Kind};
use crate::op::{Law, Op};
use crate::transform::varies;

/// The operations of a program whose own slopes are wrong at a point, in order. They are searched when first needed.
#[derive(Default)]
pub(super) struct Causes(OnceCell<Vec<(Id, Cause)>>);

impl Causes {
    /// The first one between an input and a value.
    pub(super) fn between(
        &self,
        ir: &Ir,
        there: &Evaluated,
        place: usize,
        value: Id,
    ) -> Option<Cause> {
        let causes = self.0.get_or_init(|| search(ir, there));
        let (depends, needed) = (varies(ir, &[place as u32]), needed(ir, value));
        let between = |id: Id| depends[id as usize] && needed[id as usize];
        let first = causes.iter().find(|&&(id, _)| between(id));
        first.map(|(_, cause)| cause.clone())
    }
}

fn search(ir: &Ir, there: &Evaluated) -> Vec<(Id, Cause)> {
    let mut causes = Vec::new();
    for id in ir.ids() {
        let Kind::Apply(op) = ir.kind(id) else {
            continue;
        };
        if op.obeys(Law::Stop) {
            // Its slope is not that of its value on purpose.
            continue;
        }
        let value = there.values[id as usize];
        let operands = ir.operands(id).iter();
        let operands: Vec<f64> = operands.map(|&id| there.values[id as usize]).collect();
        let partials = op.partials(&operands, value);
        for (operand, &slope) in partials.iter().enumerate() {
            if ir.constant(ir.operands(id)[operand]).is_some() {
                continue;
            }
            let quotient = if op.obeys(Law::Declared) {
                declared(ir, there, id, operand)
            } else {
                own(op, &operands, value, operand)
            };
            if let Some(Estimate {
                slope: quotient,
                bound,
            }) = quotient
                && slope.is_finite()
                && (slope - quotient).abs() > bound
            {
                let cause = Cause {
                    operation: Operation {
                        op,
                        operands: operands.clone(),
                        value,
                        origin: ir.origin(id),
                    },
                    operand,
                    slope,
                    quotient,
                };
                causes.push((id, cause));
            }
        }
    }
    causes
}

/// The slope of an operation with respect to one operand, from its values.
fn own(op: Op, operands: &[f64], value: f64, operand: usize) -> Option<Estimate> {
    let exact = vec![0.0; operands.len()];
    let piece = |operands: &[f64], value: f64| {
        let mut piece = FxHasher::default();
        mark(op, operands, value, &mut piece);
        piece.finish()
    };
    let there = piece(operands, value);
    let mut moved = operands.to_vec();
    let x = operands[operand];
    let mut at = |x: f64| {
        moved[operand] = x;
        let value = op.apply(&moved)?;
        let error = rounding(op, &moved, value, &exact);
        (piece(&moved, value) == there).then_some(Sample { value, error })
    };
    let middle = (x, at(x)?);
    smooth(&scan(x, |_, x| at(x)), middle)
}

/// The slope of the value of a custom operation with respect to one of its variables, the others held. `None` if the operand is
/// no variable, or the value was computed from plain numbers.
fn declared(ir: &Ir, there: &Evaluated, id: Id, operand: usize) -> Option<Estimate> {
    let operands = ir.operands(id);
    let (&value, &variable) = (operands.first()?, operands.get(operand)?);
    if operand.is_multiple_of(2) || variable >= value {
        return None;
    }
    let held: Vec<Id> = operands[1..].iter().step_by(2).copied().collect();
    let between = between(ir, value, variable, &held);
    if between.is_empty() {
        return ir.constant(value).is_none().then_some(Estimate {
            slope: 0.0,
            bound: 0.0,
        });
    }
    let at = |x: f64| {
        evaluate_some(ir, &between, |id| {
            if id == variable {
                x
            } else {
                there.values[id as usize]
            }
        })
    };
    let x = there.values[variable as usize];
    let (middle, piece) = at(x)?;
    let ladders = scan(x, |_, x| {
        let (sample, moved) = at(x)?;
        (moved == piece).then_some(sample)
    });
    smooth(&ladders, (x, middle))
}

/// The operations by which a value depends on a variable while other values are held, in order.
fn between(ir: &Ir, value: Id, variable: Id, held: &[Id]) -> Vec<Id> {
    let mut between = BTreeSet::new();
    let mut open = vec![value];
    while let Some(id) = open.pop() {
        let is_operation = matches!(ir.kind(id), Kind::Apply(_));
        if is_operation && !held.contains(&id) && between.insert(id) {
            open.extend_from_slice(ir.operands(id));
        }
    }
    let mut depends = Vec::new();
    for id in between {
        let mut operands = ir.operands(id).iter();
        if operands.any(|operand| *operand == variable || depends.binary_search(operand).is_ok()) {
            depends.push(id);
        }
    }
    depends
}

/// The derivative, if the function is smooth.
fn smooth(ladders: &[Vec<Pair<Sample>>], middle: (f64, Sample)) -> Option<Estimate> {
    let is_smooth = bend(ladders, middle) == Bend::Smooth;
    is_smooth.then(|| central(ladders)).flatten()
}
