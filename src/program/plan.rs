//! A plan: code scheduled, with the place of every input, constant, sum and output.
//!
//! What depends on uniform inputs only is computed once, [before](Plan::before) the rows; then come blocks of
//! [rows](Plan::rows), each adding to the sums; then what depends on sums, [after](Plan::after) them. At a single point
//! every input is uniform and there is nothing but the first part.

#[cfg(test)]
mod verify;

use std::fmt;
use std::ops::Range;

use rustc_hash::FxHashSet;

use super::code::{Class, Code, Id, Kind};
use super::elementwise::Source;
use super::guard::Guard;
use super::matrix;
use super::point::{Runs, Slots};
use super::rows::{BLOCK, Block, Place, RowCode, Rows};
use crate::error::Result;
use crate::math::fused::Arch;

/// What the compiler may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) passes: super::passes::Passes,
    /// Dot products that share factors become products of matrices.
    pub(crate) matrices: bool,
    /// The rows of a block may be added in any order.
    pub(crate) any_order: bool,
}

impl Options {
    /// Everything, with other bits if so wished.
    pub(crate) fn of(other_bits: bool) -> Self {
        Self {
            passes: super::passes::Passes {
                contract: other_bits,
                ..super::passes::Passes::ALL
            },
            matrices: true,
            any_order: other_bits,
        }
    }
}

/// Code ready to run.
#[derive(Debug)]
pub(crate) struct Plan {
    /// How many uniform values there are: uniform inputs, sums, constants, computed ones.
    shared: usize,
    /// The numbers, which stand behind the sums.
    constants: Vec<f64>,
    uniform: usize,
    sums: Range<usize>,
    before: Runs,
    rows: RowCode,
    after: Runs,
    outputs: Outputs,
    gives_sums: bool,
    guards: Vec<([Place; 2], Guard)>,
}

/// Where the outputs lie: stretches of places one behind the other, and how long each is.
#[derive(Debug)]
struct Outputs {
    stretches: Vec<(Place, u32)>,
    count: usize,
}

impl Outputs {
    fn of(places: &[Place]) -> Self {
        let mut stretches: Vec<(Place, u32)> = Vec::new();
        for &place in places {
            match stretches.last_mut() {
                Some((Place::Shared(slot), len)) if place == Place::Shared(*slot + *len) => {
                    *len += 1;
                }
                _ => stretches.push((place, 1)),
            }
        }
        Self {
            stretches,
            count: places.len(),
        }
    }

    fn places(&self) -> impl Iterator<Item = Place> {
        self.stretches.iter().flat_map(|&(place, len)| {
            (0..len).map(move |step| match place {
                Place::Shared(slot) => Place::Shared(slot + step),
                row => row,
            })
        })
    }
}

/// The numbers of one evaluation that all rows share.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    arch: Arch,
    /// How many threads a large product may use.
    pub(crate) threads: usize,
    shared: Vec<f64>,
    gathered: Vec<f64>,
}

impl Plan {
    /// Schedules code, whose guards these are.
    pub(crate) fn new(code: &Code, guards: &[Guard], options: Options) -> Self {
        let code = super::passes::apply(code, options.passes);
        let classes = code.classes();
        let mut slots = Slots::new(&code);
        // Inputs stand by their place, needed or not, so that a structure's scalars lie as it lists them.
        let mut inputs = vec![None; code.inputs.len()];
        for id in code.ids() {
            if let Kind::Input(place) = code.kind(id) {
                inputs[place as usize] = Some(id);
            }
        }
        for (class, id) in code.inputs.iter().zip(inputs) {
            match (class, id) {
                (Class::Varying, _) => {}
                (_, Some(id)) => slots.give(id),
                (_, None) => slots.skip(1),
            }
        }
        let uniform = slots.count();
        // Adjoints are made from the last input to the first: in the other order they lie as the inputs do.
        for id in code.ids().rev().filter(|&id| code.kind(id) == Kind::Rows) {
            slots.give(id);
        }
        let sums = uniform..slots.count();
        let mut constants = Vec::new();
        for id in code.ids() {
            if let Some(constant) = code.constant(id) {
                slots.give(id);
                constants.push(constant);
            }
        }
        let [before, after] = uniform_parts(&code, &classes);
        let mut before = Runs::schedule(&code, &before, &mut slots);
        let mut after = Runs::schedule(&code, &after, &mut slots);
        before.place_passing(&slots);
        after.place_passing(&slots);
        let (rows, places) =
            RowCode::schedule(&code, &classes, &slots, options.matrices, options.any_order);
        let place = |id: Id| places[id as usize];
        let mut seen = FxHashSet::default();
        let guards = code.guards.iter().zip(guards);
        let guards = guards.map(|(&sides, &guard)| (sides.map(place), guard));
        let guards = guards.filter(|&(sides, guard)| seen.insert((sides, guard.asks())));
        let guards = guards.collect();
        let outputs: Vec<Place> = code.outputs.iter().map(|&id| place(id)).collect();
        let in_order = sums.clone().map(|slot| Place::Shared(slot as u32));
        Self {
            shared: slots.all(),
            constants,
            uniform,
            sums,
            before,
            rows,
            after,
            gives_sums: outputs.iter().skip(1).copied().eq(in_order),
            outputs: Outputs::of(&outputs),
            guards,
        }
    }

    pub(crate) fn machine(&self) -> Machine {
        let mut shared = vec![0.0; self.shared];
        shared[self.sums.end..][..self.constants.len()].copy_from_slice(&self.constants);
        Machine {
            arch: Arch::new(),
            threads: 1,
            shared,
            gathered: Vec::new(),
        }
    }

    /// How many rows of lanes a block takes: what it costs, roughly.
    pub(crate) fn rows_of_lanes(&self) -> usize {
        self.rows.rows()
    }

    /// Whether products of its matrices may be large enough for several threads.
    pub(crate) fn has_large_products(&self) -> bool {
        self.uniform * BLOCK >= matrix::TERMS
    }

    pub(crate) fn sums(&self) -> usize {
        self.sums.len()
    }

    pub(crate) fn outputs(&self) -> usize {
        self.outputs.count
    }

    /// Computes what depends on the uniform inputs, which the caller writes.
    pub(crate) fn run_before(
        &self,
        machine: &mut Machine,
        write: impl FnOnce(&mut [f64]),
    ) -> Result<()> {
        write(&mut machine.shared[..self.uniform]);
        let Machine {
            arch,
            shared,
            gathered,
            ..
        } = machine;
        self.before.execute(*arch, shared, gathered);
        for (sides, guard) in &self.guards {
            if let [Place::Shared(a), Place::Shared(b)] = *sides {
                let [a, b] = [a, b].map(|slot| machine.shared[slot as usize]);
                if !guard.holds(a, b) {
                    return Err(guard.error(None, a, b));
                }
            }
        }
        Ok(())
    }

    /// Computes a block of rows, in `rows`, and its sums.
    pub(crate) fn run_rows(
        &self,
        machine: &Machine,
        rows: &mut Rows,
        data: RowData<'_>,
        sums: &mut [f64],
    ) -> Result<()> {
        let block = data.block(machine);
        self.rows.execute(block, rows, self.sums.start as u32, sums);
        // The first decision of the first row at which one has changed.
        let (mut count, mut changed) = (data.count, None);
        for (sides, guard) in &self.guards {
            if let [Place::Shared(_), Place::Shared(_)] = sides {
                continue;
            }
            let [left, right] = sides.map(|place| rows.source(block, place));
            if let Some(row) = (0..count).find(|&row| !guard.holds(left.at(row), right.at(row))) {
                (count, changed) = (row, Some((guard, left.at(row), right.at(row))));
            }
        }
        match changed {
            Some((guard, a, b)) => Err(guard.error(Some(data.first + count), a, b)),
            None => Ok(()),
        }
    }

    /// Whether all outputs but the first are the sums themselves, in their order.
    pub(crate) fn gives_sums(&self) -> bool {
        self.gives_sums
    }

    /// Computes what depends on the sums over all rows.
    pub(crate) fn run_after(&self, machine: &mut Machine, sums: &[f64]) {
        machine.shared[self.sums.clone()].copy_from_slice(sums);
        let Machine {
            arch,
            shared,
            gathered,
            ..
        } = machine;
        self.after.execute(*arch, shared, gathered);
    }

    /// Appends the outputs from the one numbered `first` on: of a plan without rows every one, of one with rows those
    /// that are the same for all.
    pub(crate) fn extend_shared(&self, machine: &Machine, first: usize, outputs: &mut Vec<f64>) {
        outputs.reserve(self.outputs.count);
        let mut skipped = first;
        for &(place, len) in &self.outputs.stretches {
            let skip = skipped.min(len as usize);
            skipped -= skip;
            match (place, skip..len as usize) {
                // Outputs that lie here and there: one is pushed faster than copied.
                (Place::Shared(slot), Range { start: 0, end: 1 }) => {
                    outputs.push(machine.shared[slot as usize]);
                }
                (Place::Shared(slot), range) => {
                    outputs.extend_from_slice(&machine.shared[slot as usize..][range]);
                }
                (Place::Row(_) | Place::Input(_), range) => {
                    outputs.extend(range.map(|_| f64::NAN));
                }
            }
        }
    }

    /// Every output, for all rows of the block just computed.
    pub(crate) fn row_outputs<'a>(
        &'a self,
        machine: &'a Machine,
        rows: &'a Rows,
        data: RowData<'a>,
    ) -> impl Iterator<Item = Source<'a>> {
        let block = data.block(machine);
        self.outputs
            .places()
            .map(move |place| rows.source(block, place))
    }

    /// The memory that the plan holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.constants[..])
            + self.before.bytes()
            + self.rows.bytes()
            + self.after.bytes()
            + size_of_val(&self.outputs.stretches[..])
            + size_of_val(&self.guards[..])
    }
}

/// A block of data: varying inputs as rows of lanes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowData<'a> {
    /// The number of its first row.
    pub(crate) first: usize,
    /// How many rows it has.
    pub(crate) count: usize,
    /// The same, rounded up to whole vectors.
    pub(crate) lanes: usize,
    pub(crate) inputs: &'a [f64],
}

impl<'a> RowData<'a> {
    fn block(self, machine: &'a Machine) -> Block<'a> {
        Block {
            arch: machine.arch,
            threads: machine.threads,
            lanes: self.lanes,
            count: self.count,
            inputs: self.inputs,
            shared: &machine.shared,
        }
    }
}

/// The uniform values to be computed before the rows, and those after them.
fn uniform_parts(code: &Code, classes: &[Class]) -> [Vec<Id>; 2] {
    let mut parts = [Vec::new(), Vec::new()];
    let mut summed = vec![false; code.len()];
    for id in code.ids() {
        let operands = code.operands(id);
        match code.kind(id) {
            Kind::Rows => summed[id as usize] = true,
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
    /// The three parts, an instruction a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.before, self.rows, self.after)?;
        f.write_str("output")?;
        for output in self.outputs.places() {
            write!(f, " {output}")?;
        }
        f.write_str("\n")
    }
}
