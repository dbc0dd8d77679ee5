//! Where every value of a program is while it runs, and when it is computed.

use std::ops::Range;

use chainrule::backend::{Layout, Place};
use chainrule::ir::{Class, Id, Ir, Kind};
use chainrule::op::{NaryOp, Op};

use super::emit::{Fold, is_inline};
use super::repeats::{self, Repeat};

/// The number of rows of a full block, and the distance of the lanes of two values.
pub(crate) const BLOCK: usize = 64;

/// A value that all rows share is read from memory when this many others were computed since, and until then from a register.
/// So few values are in registers, and the time to compile a value does not depend on the length of the program.
pub(crate) const WINDOW: u32 = 32;

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
    /// The values that are computed before the rows and after them, and the loops among them.
    pub(crate) before: Part,
    pub(crate) after: Part,
    /// How many values are computed at the same time before this one.
    order: Vec<u32>,
}

/// Values that all rows share, in the order of computation.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) ids: Vec<Id>,
    pub(crate) repeats: Vec<Repeat>,
}

impl Part {
    fn new(code: &Ir, ids: Vec<Id>) -> Self {
        // Without loops, shorter code is faster, and long code slower: the processor decodes it again and again.
        const LONG: usize = 600;
        let repeats = if ids.len() > LONG {
            repeats::find(code, &ids)
        } else {
            Vec::new()
        };
        Self { ids, repeats }
    }

    /// The repeat of a value, and its turn in it.
    fn turn(&self, order: u32) -> Option<(usize, usize)> {
        let order = order as usize;
        let next = self.repeats.partition_point(|repeat| repeat.end() <= order);
        let repeat = self.repeats.get(next).filter(|r| r.start <= order)?;
        Some((next, (order - repeat.start) / repeat.period))
    }
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
            before: Part::default(),
            after: Part::default(),
            order: order(&when),
            when,
        };
        places.before = Part::new(code, places.at(When::Before));
        places.after = Part::new(code, places.at(When::After));
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

    /// The values that all rows share and that are computed before the rows, or after them.
    pub(crate) fn part(&self, when: When) -> &Part {
        if when == When::After {
            &self.after
        } else {
            &self.before
        }
    }

    /// Whether a reader gets a value from a register: it is computed at the same time and not long before, and in a loop in the
    /// same turn.
    pub(crate) fn is_near(&self, value: Id, reader: Id) -> bool {
        let [(when, order), (then, later)] =
            [value, reader].map(|id| (self.when[id as usize], self.order[id as usize]));
        if when != then {
            return false;
        }
        if !matches!(when, When::Before | When::After) {
            return true;
        }
        let [turn, of_reader] = [order, later].map(|order| self.part(when).turn(order));
        turn == of_reader && (turn.is_some() || later - order <= WINDOW)
    }

    /// The values that are computed at this time, in order.
    pub(crate) fn at(&self, when: When) -> Vec<Id> {
        (0..)
            .zip(&self.when)
            .filter(|&(_, &at)| at == when)
            .map(|(id, _)| id)
            .collect()
    }

    /// Whether a value is one of those, which are adjacent in the order of computation.
    pub(crate) fn is_in(&self, value: Id, ids: &[Id]) -> bool {
        let [value_at, first] =
            [value, ids[0]].map(|id| (self.when[id as usize], self.order[id as usize] as usize));
        value_at.0 == first.0 && (first.1..first.1 + ids.len()).contains(&value_at.1)
    }

    /// Whether loops read the operands because there are many. Such an operation is outside of repeats, and all rows share it.
    pub(crate) fn is_wide(&self, code: &Ir, id: Id) -> bool {
        const WIDE: usize = 32;
        let Kind::Apply(Op::Nary(op)) = code.kind(id) else {
            return false;
        };
        let operands = code.operands(id).len();
        let fold = Fold::of(op, std::iter::empty());
        let when = self.when[id as usize];
        operands > WIDE
            && matches!(when, When::Before | When::After)
            && self.part(when).turn(self.order[id as usize]).is_none()
            && fold.is_some_and(|fold| operands.is_multiple_of(fold.step))
    }

    /// The slot of a value that is in memory, and how far it is to that of the other value.
    pub(crate) fn line(&self, value: Id, next: Id) -> (u32, i64) {
        let [slot, next] = [value, next].map(|id| match self.place_of(id) {
            Place::Shared(slot) => slot,
            place => unreachable!("all rows share a value in {place}"),
        });
        (slot, i64::from(next) - i64::from(slot))
    }

    /// The operands of an operation of many, or the pairs of them, cut into stretches whose slots are on a line. Stretches of a
    /// few are cut further, into single ones.
    pub(crate) fn lines(&self, code: &Ir, id: Id) -> Vec<Range<usize>> {
        const FEW: usize = 8;
        let step = match code.kind(id) {
            Kind::Apply(Op::Nary(NaryOp::Dot | NaryOp::Adjoint)) => 2,
            _ => 1,
        };
        let turns: Vec<&[Id]> = code.operands(id).chunks_exact(step).collect();
        let moves = |turn: usize| {
            let pairs = turns[turn].iter().zip(turns[turn + 1]);
            pairs.map(|(&id, &next)| self.line(id, next).1)
        };
        let mut lines = Vec::new();
        let mut start = 0;
        while start < turns.len() {
            let mut end = start + 1;
            while end < turns.len() && moves(start).eq(moves(end - 1)) {
                end += 1;
            }
            if end - start < FEW {
                end = start + 1;
            }
            lines.push(start..end);
            start = end;
        }
        lines
    }

    /// The number of operations to write: those of one turn of each loop, and all others. One of many operands counts as many.
    pub(crate) fn operations(&self, code: &Ir) -> usize {
        let is_written = |&id: &Id| match self.when[id as usize] {
            When::Given => false,
            when @ (When::Before | When::After) => {
                let turn = self.part(when).turn(self.order[id as usize]);
                turn.is_none_or(|(_, turn)| turn == 0)
            }
            When::Loop(_) | When::Call(_) => true,
        };
        let operations = code.ids().filter(is_written).map(|id| {
            if self.is_wide(code, id) {
                self.lines(code, id).len()
            } else {
                code.operands(id).len().div_ceil(2)
            }
        });
        operations.sum::<usize>() + self.copies.len()
    }

    /// Whether the distances of all numbers from the first one fit into instructions.
    pub(crate) fn is_small(&self) -> bool {
        const MOST: usize = 1 << 26;
        let shared = self.layout.shared.len() + self.layout.results;
        let inputs = self.of.iter().flatten().map(|&place| match place {
            Place::Input(input) => input as usize,
            _ => 0,
        });
        let lanes = inputs.max().unwrap_or(0).max(self.rows as usize);
        shared < MOST && lanes < MOST / BLOCK
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
        let inputs = places_of_inputs(code);
        for id in code.ids() {
            if let Kind::Input(index) = code.kind(id) {
                self.of[id as usize] = Some(inputs[index as usize]);
            }
        }
        let is_uniform = |place: &&Place| matches!(place, Place::Shared(_));
        let uniform = inputs.iter().filter(is_uniform).count();
        let mut shared = vec![0.0; uniform];
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
        self.straighten();
        self.store_what_others_read(code, &mut next);
        let outputs: Vec<Place> = code
            .outputs()
            .iter()
            .zip(outputs)
            .map(|(&id, place)| place.unwrap_or_else(|| self.place_of(id)))
            .collect();
        let guards = code.guards().iter();
        let guards = guards.map(|sides| sides.map(|id| self.place_of(id)));
        let guards = guards.collect();
        self.layout = Layout::new(shared, uniform, sums, &outputs, guards);
        self.layout.results = next as usize - first_result;
    }

    /// The place of a value that is read from memory.
    pub(crate) fn place_of(&self, id: Id) -> Place {
        match self.of[id as usize] {
            Some(place) => place,
            None => unreachable!("a value that is read later has a place"),
        }
    }

    /// The place of an output, which is the next slot unless it varies by row or is a sum; `None` if it has lanes.
    fn output(&mut self, code: &Ir, id: Id, next: &mut u32) -> Option<Place> {
        let place = self.of[id as usize];
        let is_row = matches!(self.when[id as usize], When::Loop(_) | When::Call(_));
        let is_input_of_rows = matches!(place, Some(Place::Input(_)));
        if is_row || is_input_of_rows || code.kind(id) == Kind::SumOverRows {
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

    /// Takes the slots of outputs from values of loops if their slots are not on a line, or if some turn has none.
    fn straighten(&mut self) {
        for part in [&self.before, &self.after] {
            for repeat in &part.repeats {
                for place in 0..repeat.period {
                    let ids = part.ids[repeat.start + place..]
                        .iter()
                        .step_by(repeat.period);
                    let ids = ids.take(repeat.turns);
                    let slots = ids.clone().map(|&id| match self.of[id as usize] {
                        Some(Place::Shared(slot)) => Some(i64::from(slot)),
                        _ => None,
                    });
                    let slots: Vec<Option<i64>> = slots.collect();
                    let is_straight = slots.windows(3).all(|three| match *three {
                        [Some(a), Some(b), Some(c)] => b - a == c - b,
                        _ => false,
                    });
                    if is_straight {
                        continue;
                    }
                    for &id in ids {
                        if let Some(Place::Shared(slot)) = self.of[id as usize].take() {
                            self.copies.push((id, slot));
                        }
                    }
                }
            }
        }
    }

    /// Gives a place in memory to values that are read at another time than they are computed.
    fn store_what_others_read(&mut self, code: &Ir, next: &mut u32) {
        let mut read = vec![false; code.len()];
        for id in code.ids() {
            let when = self.when[id as usize];
            for &operand in code.operands(id) {
                read[operand as usize] |= !self.is_near(operand, id)
                    || self.is_wide(code, id)
                    || matches!(when, When::Call(_))
                    || code.kind(id) == Kind::SumOverRows;
            }
        }
        for id in code.outputs().iter().chain(code.guards().iter().flatten()) {
            read[*id as usize] = true;
        }
        for part in [&self.before, &self.after] {
            for repeat in &part.repeats {
                for place in 0..repeat.period {
                    let ids = part.ids[repeat.start + place..]
                        .iter()
                        .step_by(repeat.period);
                    let ids = ids.take(repeat.turns);
                    let has_place = self.of[part.ids[repeat.start + place] as usize].is_some();
                    if has_place || !ids.clone().any(|&id| read[id as usize]) {
                        continue;
                    }
                    // The slots of one place of all turns are adjacent.
                    for &id in ids {
                        self.of[id as usize] = Some(Place::Shared(*next));
                        *next += 1;
                    }
                }
            }
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

/// How many values are computed at the same time before each value that all rows share.
fn order(times: &[When]) -> Vec<u32> {
    let mut counts = [0; 2];
    let order = times.iter().map(|when| {
        let count = match when {
            When::Before => &mut counts[0],
            When::After => &mut counts[1],
            _ => return 0,
        };
        *count += 1;
        *count - 1
    });
    order.collect()
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

/// The place of each input: the uniform ones and the varying ones are counted separately.
fn places_of_inputs(code: &Ir) -> Vec<Place> {
    let (mut uniform, mut varying) = (0, 0);
    let places = code.inputs().iter().map(|&class| {
        if class == Class::Varying {
            varying += 1;
            Place::Input(varying - 1)
        } else {
            uniform += 1;
            Place::Shared(uniform - 1)
        }
    });
    places.collect()
}
