//! Where every value of a program is while it runs, and when it is computed.

use chainrule::backend::{Layout, Place};
use chainrule::ir::{Class, Id, Ir, Kind};

use crate::emit::is_inline;

/// The number of rows of a full block, and the distance of the lanes of two values.
pub(crate) const BLOCK: usize = 64;

/// When a value is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Never: it is an input, a constant or a sum over rows.
    Given,
    /// Before the rows, from uniform inputs alone.
    Before,
    /// After the rows, from their sums.
    After,
    /// In the loop over lanes with this number.
    Loop(u32),
    /// For all lanes at once, after the loop with this number.
    Call(u32),
}

/// The places and times of all values.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) layout: Layout,
    pub(crate) when: Vec<When>,
    /// The place of each value; `None` if it is only in registers.
    pub(crate) of: Vec<Option<Place>>,
    /// Uniform values whose number must be copied to a further slot, because it is an output.
    pub(crate) copies: Vec<(Id, u32)>,
    /// The sums over rows, in the order of their slots.
    pub(crate) sums: Vec<Id>,
    /// The number of loops over lanes.
    pub(crate) loops: u32,
    /// The number of values with lanes in memory.
    pub(crate) rows: u32,
}

impl Places {
    pub(crate) fn new(code: &Ir) -> Self {
        let when = times(code);
        let loops = when.iter().map(|&when| match when {
            When::Loop(number) => number + 1,
            When::Call(number) => number + 2,
            _ => 0,
        });
        let mut places = Self {
            loops: loops.max().unwrap_or(0),
            of: vec![None; code.len()],
            layout: Layout::new(Vec::new(), 0, 0..0, &[], Vec::new()),
            copies: Vec::new(),
            sums: sums_in_order(code),
            rows: 0,
            when,
        };
        places.place(code);
        places
    }

    /// The slot of a uniform value that is in memory.
    pub(crate) fn slot(&self, id: Id) -> Option<u32> {
        match self.of[id as usize] {
            Some(Place::Shared(slot)) => Some(slot),
            _ => None,
        }
    }

    /// The values that are computed at this time, in order.
    pub(crate) fn at(&self, when: When) -> Vec<Id> {
        (0..)
            .zip(&self.when)
            .filter(|&(_, &at)| at == when)
            .map(|(id, _)| id)
            .collect()
    }

    /// The copies to further slots that are made at this time.
    pub(crate) fn copies_at(&self, when: When) -> impl Iterator<Item = (Id, u32)> {
        let late = when == When::After;
        let is_late = |id: Id| self.when[id as usize] == When::After;
        self.copies
            .iter()
            .copied()
            .filter(move |&(id, _)| is_late(id) == late)
    }

    fn place(&mut self, code: &Ir) {
        let mut shared = Vec::new();
        let mut varying = 0;
        for (&class, id) in code.inputs().iter().zip(input_values(code)) {
            let place = if class == Class::Varying {
                varying += 1;
                Place::Input(varying - 1)
            } else {
                shared.push(0.0);
                Place::Shared(shared.len() as u32 - 1)
            };
            if let Some(id) = id {
                self.of[id as usize] = Some(place);
            }
        }
        let uniform = shared.len();
        for &id in &self.sums {
            self.of[id as usize] = Some(Place::Shared(shared.len() as u32));
            shared.push(0.0);
        }
        let sums = uniform..shared.len();
        for id in code.ids() {
            if let Some(constant) = code.constant(id) {
                self.of[id as usize] = Some(Place::Shared(shared.len() as u32));
                shared.push(constant);
            }
        }
        let first_result = shared.len();
        let mut next = first_result as u32;
        let mut outputs = Vec::new();
        for &id in code.outputs() {
            outputs.push(self.output(code, id, &mut next));
        }
        self.store_what_others_read(code, &mut next);
        let outputs: Vec<Place> = code
            .outputs()
            .iter()
            .zip(outputs)
            .map(|(&id, place)| place.or(self.of[id as usize]).unwrap_or(Place::Shared(0)))
            .collect();
        let guards = code
            .guards()
            .iter()
            .map(|sides| sides.map(|id| self.of[id as usize].unwrap_or(Place::Shared(0))));
        let guards = guards.collect();
        self.layout = Layout::new(shared, uniform, sums, &outputs, guards);
        self.layout.results = next as usize - first_result;
    }

    /// The place of an output, which is the next slot unless it varies by row or is a sum; `None` if it has lanes.
    fn output(&mut self, code: &Ir, id: Id, next: &mut u32) -> Option<Place> {
        let place = self.of[id as usize];
        let is_row = matches!(self.when[id as usize], When::Loop(_) | When::Call(_));
        if is_row || matches!(place, Some(Place::Input(_))) {
            return place;
        }
        if code.kind(id) == Kind::SumOverRows {
            return place;
        }
        let slot = *next;
        *next += 1;
        if place.is_some() {
            self.copies.push((id, slot));
        } else {
            self.of[id as usize] = Some(Place::Shared(slot));
        }
        Some(Place::Shared(slot))
    }

    /// Gives a place in memory to values that are read at another time than they are computed.
    fn store_what_others_read(&mut self, code: &Ir, next: &mut u32) {
        let mut read = vec![false; code.len()];
        for id in code.ids() {
            let when = self.when[id as usize];
            for &operand in code.operands(id) {
                read[operand as usize] |= self.when[operand as usize] != when
                    || matches!(when, When::Call(_))
                    || code.kind(id) == Kind::SumOverRows;
            }
        }
        for id in code.outputs().iter().chain(code.guards().iter().flatten()) {
            read[*id as usize] = true;
        }
        for id in code.ids() {
            let place = &mut self.of[id as usize];
            let is_read = read[id as usize];
            match self.when[id as usize] {
                When::Before | When::After if place.is_none() && is_read => {
                    *place = Some(Place::Shared(*next));
                    *next += 1;
                }
                When::Loop(_) if is_read => {
                    *place = Some(Place::Row(self.rows));
                    self.rows += 1;
                }
                When::Call(_) => {
                    *place = Some(Place::Row(self.rows));
                    self.rows += 1;
                }
                _ => {}
            }
        }
    }
}

/// When each value is computed. Operations without instructions of their own follow the loop that computes their operands.
fn times(code: &Ir) -> Vec<When> {
    let classes = code.classes();
    let mut late = vec![false; code.len()];
    let mut times = Vec::with_capacity(code.len());
    for id in code.ids() {
        let operands = code.operands(id).iter();
        let is_sum = code.kind(id) == Kind::SumOverRows;
        late[id as usize] = is_sum || operands.clone().any(|&operand| late[operand as usize]);
        let first = operands.map(|&operand| match times[operand as usize] {
            When::Loop(number) => number,
            When::Call(number) => number + 1,
            _ => 0,
        });
        let first = first.max().unwrap_or(0);
        times.push(match (code.kind(id), classes[id as usize]) {
            (Kind::Apply(op), Class::Varying) if is_inline(op) => When::Loop(first),
            (Kind::Apply(_), Class::Varying) => When::Call(first),
            (Kind::Apply(_), _) if late[id as usize] => When::After,
            (Kind::Apply(_), _) => When::Before,
            _ => When::Given,
        });
    }
    times
}

/// The sums over rows, in the interpreter's order: first those that are outputs, in the order of the outputs, then the others,
/// the last one first. Sums that both backends computed can then be added.
fn sums_in_order(code: &Ir) -> Vec<Id> {
    let is_sum = |id: &Id| code.kind(*id) == Kind::SumOverRows;
    let mut listed = vec![false; code.len()];
    let outputs = code.outputs().iter().copied().filter(is_sum);
    outputs
        .chain(code.ids().rev().filter(is_sum))
        .filter(|&id| !std::mem::replace(&mut listed[id as usize], true))
        .collect()
}

/// The value of each input, if it is used.
fn input_values(code: &Ir) -> Vec<Option<Id>> {
    let mut values = vec![None; code.inputs().len()];
    for id in code.ids() {
        if let Kind::Input(index) = code.kind(id) {
            values[index as usize] = Some(id);
        }
    }
    values
}
