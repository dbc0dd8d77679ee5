//! Whether a plan computes what its code says, for tests.
//!
//! The plan is run on names instead of numbers: a name says how a value is computed. Every output must have the name that
//! the code gives it. This finds lanes that are overwritten too early, slots that are read before they are written, and sums
//! that are written twice.

use std::hash::{BuildHasher, Hash};

use rustc_hash::{FxBuildHasher, FxHashSet};

use super::Plan;
use crate::backend::Place;
use crate::interpreter::steps::Together;
use crate::ir::{Class, Ir, Kind};
use crate::op::{Law, Nary, Op, rows};

/// The name of a value: how it is computed.
type Name = u64;

fn name(what: impl Hash) -> Name {
    FxBuildHasher.hash_one(what)
}

/// The name of a result. The factors of a pair commute, and in any order the terms of a sum.
fn made(op: Option<Op>, mut operands: Vec<Name>, any_order: bool) -> Name {
    if any_order && op == Some(Op::Nary(rows::Sum::OP)) {
        operands.sort_unstable();
    }
    if op.is_none_or(|op| op.obeys(Law::Pairs)) {
        for pair in operands.as_chunks_mut::<2>().0 {
            pair.sort_unstable();
        }
    }
    name((op, operands))
}

fn names(code: &Ir, any_order: bool) -> Vec<Name> {
    let mut names = Vec::with_capacity(code.len());
    for id in code.ids() {
        let operands = code.operands(id).iter();
        let operands = operands.map(|&operand| names[operand as usize]).collect();
        names.push(match code.kind(id) {
            Kind::Input(place) => name(("input", place)),
            Kind::Constant(bits) => name(bits),
            Kind::Apply(op) => made(Some(op), operands, any_order),
            Kind::SumOverRows => made(None, operands, any_order),
        });
    }
    names
}

/// The name in each place.
struct State {
    shared: Vec<Option<Name>>,
    inputs: Vec<Name>,
    rows: Vec<Option<Name>>,
    /// The sums written so far in this block.
    sums: FxHashSet<u32>,
    any_order: bool,
}

impl State {
    fn read(&self, place: Place) -> Result<Name, String> {
        let found = match place {
            Place::Shared(slot) => self.shared.get(slot as usize).copied().flatten(),
            Place::Input(input) => self.inputs.get(input as usize).copied(),
            Place::Row(row) => self.rows.get(row as usize).copied().flatten(),
        };
        found.ok_or_else(|| format!("{place} is read before it is written"))
    }

    /// Runs instructions. Sums are kept apart until all rows are done.
    fn run(&mut self, all: Vec<Together>) -> Result<Vec<(u32, Name)>, String> {
        let mut sums = Vec::new();
        for together in all {
            let written: FxHashSet<Place> = together.iter().map(|step| step.dst).collect();
            if written.len() < together.len() {
                return Err(format!("one of {written:?} is written twice"));
            }
            let results: Result<Vec<(Place, Name)>, String> = together
                .iter()
                .map(|step| {
                    if step
                        .operands
                        .iter()
                        .any(|operand| written.contains(operand))
                        && step.op.is_some()
                    {
                        return Err(format!("{} is read and written at once", step.dst));
                    }
                    let operands: Result<Vec<Name>, String> = step
                        .operands
                        .iter()
                        .map(|&place| self.read(place))
                        .collect();
                    Ok((step.dst, made(step.op, operands?, self.any_order)))
                })
                .collect();
            for ((dst, name), step) in results?.into_iter().zip(&together) {
                match (dst, step.op) {
                    (Place::Shared(slot), None) => {
                        if !self.sums.insert(slot) {
                            return Err(format!("the sum u{slot} is written twice"));
                        }
                        sums.push((slot, name));
                    }
                    (Place::Shared(slot), Some(_)) => self.shared[slot as usize] = Some(name),
                    (Place::Row(row), _) => self.rows[row as usize] = Some(name),
                    (Place::Input(input), _) => {
                        return Err(format!("the input x{input} is written"));
                    }
                }
            }
        }
        Ok(sums)
    }
}

impl Plan {
    /// Whether the plan computes the outputs and guards of this code, from which the passes and the schedule made it.
    /// `any_order` allows the terms of sums in any order.
    pub(crate) fn check(&self, code: &Ir, any_order: bool) -> Result<(), String> {
        let names = names(code, any_order);
        let of_inputs = |varying| {
            let inputs = code.inputs.iter().enumerate();
            inputs
                .filter(move |&(_, &other)| (other == Class::Varying) == varying)
                .map(|(place, _)| name(("input", place as u32)))
        };
        let layout = &self.layout;
        let mut shared: Vec<Option<Name>> = vec![None; layout.shared.len() + layout.results];
        for (slot, input) in of_inputs(false).enumerate() {
            shared[slot] = Some(input);
        }
        let constants = code.ids().filter_map(|id| code.constant(id));
        for (slot, constant) in (layout.sums.end..).zip(constants) {
            if layout.shared[slot].to_bits() != constant.to_bits() {
                return Err(format!("u{slot} is not {constant}"));
            }
            shared[slot] = Some(name(constant.to_bits()));
        }
        let mut state = State {
            shared,
            inputs: of_inputs(true).collect(),
            rows: vec![None; self.rows.rows()],
            sums: FxHashSet::default(),
            any_order,
        };
        state.run(self.before.steps())?;
        let [instructions, reductions] = self.rows.steps();
        state.run(instructions)?;
        let sums = state.run(reductions)?;
        if sums.len() != layout.sums.len() {
            return Err(format!(
                "{} of {} sums are written",
                sums.len(),
                layout.sums.len()
            ));
        }
        let mut guards: Vec<[Name; 2]> = Vec::new();
        for [left, right] in &layout.guards {
            guards.push([state.read(*left)?, state.read(*right)?]);
        }
        let want: FxHashSet<[Name; 2]> = code
            .guards
            .iter()
            .map(|sides| sides.map(|id| names[id as usize]))
            .collect();
        if want != guards.into_iter().collect() {
            return Err(String::from("the guards compare other values"));
        }
        for (slot, name) in sums {
            state.shared[slot as usize] = Some(name);
        }
        state.run(self.after.steps())?;
        for (place, &id) in layout.outputs().zip(&code.outputs) {
            if state.read(place)? != names[id as usize] {
                return Err(format!("{place} is not v{id}"));
            }
        }
        Ok(())
    }
}
