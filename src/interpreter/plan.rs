//! A plan: scheduled code, with a place for every input, constant, sum and output.
//!
//! It has three parts. What depends on uniform inputs only is computed once, [before](Plan::before) the rows. Then each
//! block of [rows](Plan::rows) is computed and contributes to the sums. What depends on sums is computed
//! [after](Plan::after) them. At a single point, every input is uniform, and only the first part exists.

use std::fmt;

use super::matrix;
use super::point::Runs;
use super::point::schedule::Slots;
use super::rows::RowCode;
use crate::backend::{BLOCK, Layout, Place};
use crate::ir::{Class, Id, Ir, Kind};

/// The bytes of the first cache that lanes may fill: three quarters of the smallest one of today's processors.
const FIRST_CACHE: usize = 24 << 10;

/// The most blocks that are computed together. With more, starting an instruction is no longer a cost to speak of.
const MOST_BLOCKS: usize = 8;

/// Code ready to run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(super) layout: Layout,
    pub(super) before: Runs,
    pub(super) rows: RowCode,
    pub(super) after: Runs,
    /// The number of varying inputs.
    varying: usize,
}

impl Plan {
    /// Schedules code. `matrices` allows products of matrices; `any_order` allows long sums and sums over rows in any order.
    pub(crate) fn new(code: &Ir, matrices: bool, any_order: bool) -> Self {
        let classes = code.classes();
        let mut slots = Slots::new(code);
        // Every input has the slot of its index, even if it is not used, so that callers can write them as one slice.
        for (class, id) in code.inputs().iter().zip(code.input_values()) {
            match (class, id) {
                (Class::Varying, _) => {}
                (_, Some(id)) => slots.give(id),
                (_, None) => slots.skip(1),
            }
        }
        let uniform = slots.count();
        for id in sums_in_order(code) {
            slots.give(id);
        }
        let sums = uniform..slots.count();
        let mut shared = vec![0.0; sums.end];
        for id in code.ids() {
            if let Some(constant) = code.constant(id) {
                slots.give(id);
                shared.push(constant);
            }
        }
        let [before, after] = uniform_parts(code, &classes);
        let mut before = Runs::schedule(code, &before, &mut slots, any_order);
        let mut after = Runs::schedule(code, &after, &mut slots, any_order);
        before.place_passing(&slots);
        after.place_passing(&slots);
        let (rows, places) = RowCode::schedule(code, &classes, &slots, matrices, any_order);
        let place = |id: Id| places[id as usize];
        let outputs: Vec<Place> = code.outputs().iter().map(|&id| place(id)).collect();
        let guards = code.guards().iter().map(|sides| sides.map(place)).collect();
        let mut layout = Layout::new(shared, uniform, sums, &outputs, guards);
        layout.results = slots.all() - layout.shared.len();
        Self {
            layout,
            before,
            rows,
            after,
            varying: code
                .inputs()
                .iter()
                .filter(|&&class| class == Class::Varying)
                .count(),
        }
    }

    /// How many blocks are computed together: as many as the first cache holds.
    pub(super) fn blocks_at_once(&self) -> usize {
        let block = BLOCK * (self.rows.rows() + self.varying) * size_of::<f64>();
        (FIRST_CACHE / block.max(1)).clamp(1, MOST_BLOCKS)
    }

    /// Whether products of its matrices may be large enough for several threads.
    pub(super) fn has_large_products(&self) -> bool {
        self.layout.uniform * BLOCK >= matrix::TERMS
    }

    /// The memory that the plan holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&self.layout.shared[self.layout.sums.end..])
            + self.layout.bytes()
            + self.before.bytes()
            + self.rows.bytes()
            + self.after.bytes()
    }
}

/// The sums over rows. Those that are outputs come first, in the order of the outputs, so that they can be returned as one
/// slice. The others follow, the last one first, because adjoints are made from the last input to the first.
fn sums_in_order(code: &Ir) -> Vec<Id> {
    let is_sum = |id: &Id| code.kind(*id) == Kind::SumOverRows;
    let mut listed = vec![false; code.len()];
    let outputs = code.outputs().iter().copied().filter(is_sum);
    let all = outputs.chain(code.ids().rev().filter(is_sum));
    all.filter(|&id| !std::mem::replace(&mut listed[id as usize], true))
        .collect()
}

/// The uniform values that are computed before the rows, and those that are computed after them.
fn uniform_parts(code: &Ir, classes: &[Class]) -> [Vec<Id>; 2] {
    let mut parts = [Vec::new(), Vec::new()];
    let mut summed = vec![false; code.len()];
    for id in code.ids() {
        let operands = code.operands(id);
        match code.kind(id) {
            Kind::SumOverRows => summed[id as usize] = true,
            Kind::Apply(_) if classes[id as usize] == Class::Uniform => {
                let late = operands.iter().any(|&operand| summed[operand as usize]);
                summed[id as usize] = late;
                parts[usize::from(late)].push(id);
            }
            _ => {}
        }
    }
    parts
}

impl fmt::Display for Plan {
    /// The three parts, one instruction per line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.before, self.rows, self.after)?;
        f.write_str("output")?;
        for output in self.layout.outputs() {
            write!(f, " {output}")?;
        }
        f.write_str("\n")
    }
}
