//! Runs native code: the crate's side of the [seam](chainrule::backend).

use std::fmt;
use std::sync::Arc;

use chainrule::Interpreter;
use chainrule::backend::{Block, Executable, Layout, Machine, Place, Source};
use chainrule::ir::{Id, Ir, Kind};
use chainrule::op::Op;

use super::code::Code;
use super::places::{BLOCK, Places, When};

/// A program as native code.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) ir: Ir,
    pub(crate) places: Places,
    pub(crate) code: Code,
    /// The operations without instructions of their own, by the number of the loop that they follow.
    pub(crate) calls: Vec<Vec<Call>>,
}

/// An operation that is computed for all lanes at once.
#[derive(Debug)]
pub(crate) struct Call {
    op: Op,
    row: u32,
    operands: Vec<Place>,
}

impl Compiled {
    pub(crate) fn new(ir: Ir, places: Places, code: Code) -> Self {
        let call = |id: Id| {
            let (Kind::Apply(op), Some(Place::Row(row))) = (ir.kind(id), places.of[id as usize])
            else {
                return None;
            };
            let operands = ir.operands(id).iter();
            let operands = operands.map(|&operand| places.place_of(operand)).collect();
            Some(Call { op, row, operands })
        };
        let calls = (0..places.loops)
            .map(|number| places.at(When::Call(number)))
            .map(|ids| ids.into_iter().filter_map(call).collect())
            .collect();
        Self {
            ir,
            places,
            code,
            calls,
        }
    }
}

impl fmt::Display for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# native code, {} bytes", self.code.bytes())?;
        self.ir.fmt(f)
    }
}

impl Executable for Compiled {
    fn layout(&self) -> &Layout {
        &self.places.layout
    }

    fn machine(self: Arc<Self>) -> Box<dyn Machine> {
        Box::new(Running {
            rows: vec![0.0; BLOCK * self.places.rows as usize],
            inputs: Vec::new(),
            compiled: self,
        })
    }

    fn work(&self) -> usize {
        self.places.rows as usize + self.ir.len() / 4
    }

    fn bytes(&self) -> usize {
        self.code.bytes() + size_of_val(&self.places.when[..]) + size_of_val(&self.places.of[..])
    }
}

/// Native code with the memory to run it. It keeps the code alive.
#[derive(Debug)]
struct Running {
    compiled: Arc<Compiled>,
    /// The lanes of the values that are in memory.
    rows: Vec<f64>,
    /// The inputs of a block with fewer lanes, each at the distance of those of a full block.
    inputs: Vec<f64>,
}

impl Machine for Running {
    #[inline]
    fn before(&mut self, shared: &mut [f64]) {
        self.compiled.code.point(When::Before, shared);
    }

    fn block(&mut self, shared: &[f64], block: &Block<'_>, sums: &mut [f64]) {
        let Self {
            compiled,
            rows,
            inputs,
        } = self;
        let Compiled {
            places,
            code,
            calls,
            ..
        } = &**compiled;
        let inputs = if block.lanes == BLOCK {
            block.inputs
        } else {
            inputs.resize(block.inputs.len() / block.lanes * BLOCK, 0.0);
            let all = block.inputs.chunks_exact(block.lanes);
            for (wide, lanes) in inputs.chunks_exact_mut(BLOCK).zip(all) {
                wide[..block.lanes].copy_from_slice(lanes);
            }
            &inputs[..]
        };
        for (number, calls) in (0..).zip(calls) {
            code.lanes(number, shared, inputs, rows, block.lanes);
            for call in calls {
                call.execute(shared, inputs, rows, block.lanes);
            }
        }
        if !sums.is_empty() {
            code.sums(shared, inputs, rows, sums, block.count);
        }
        debug_assert!(places.sums.len() == sums.len() || sums.is_empty());
    }

    fn lanes<'a>(&'a self, shared: &'a [f64], block: &Block<'a>, place: Place) -> Source<'a> {
        match place {
            Place::Shared(slot) => Source::Splat(shared[slot as usize]),
            Place::Input(input) => {
                Source::Slice(&block.inputs[input as usize * block.lanes..][..block.lanes])
            }
            Place::Row(row) => Source::Slice(&self.rows[row as usize * BLOCK..][..block.lanes]),
        }
    }

    fn after(&mut self, shared: &mut [f64]) {
        self.compiled.code.point(When::After, shared);
    }
}

impl Call {
    fn execute(&self, shared: &[f64], inputs: &[f64], rows: &mut [f64], lanes: usize) {
        let (before, rest) = rows.split_at_mut(self.row as usize * BLOCK);
        let (dst, after) = rest.split_at_mut(BLOCK);
        let source = |&place: &Place| match place {
            Place::Shared(slot) => Source::Splat(shared[slot as usize]),
            Place::Input(input) => Source::Slice(&inputs[input as usize * BLOCK..][..lanes]),
            Place::Row(row) if row < self.row => {
                Source::Slice(&before[row as usize * BLOCK..][..lanes])
            }
            Place::Row(row) => {
                Source::Slice(&after[(row - self.row - 1) as usize * BLOCK..][..lanes])
            }
        };
        let dst = &mut dst[..lanes];
        let interpreter = Interpreter::default();
        // Most have few operands, and need no allocation.
        match &self.operands[..] {
            [a] => interpreter.apply(self.op, dst, &[source(a)]),
            [a, b] => interpreter.apply(self.op, dst, &[source(a), source(b)]),
            [a, b, c] => interpreter.apply(self.op, dst, &[source(a), source(b), source(c)]),
            all => {
                let all: Vec<Source<'_>> = all.iter().map(source).collect();
                interpreter.apply(self.op, dst, &all);
            }
        }
    }
}
