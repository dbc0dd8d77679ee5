//! Code for values that vary by row: loops over lanes whose intermediate values are in registers, and sums over rows.

use chainrule::backend::Place;
use chainrule::ir::{Id, Ir, Kind};
use cranelift_codegen::ir::{self, InstBuilder, MemFlags, Type, Value, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use super::counted::CountedLoop;
use super::emit::{Emit, Operand};
use super::places::{BLOCK, Places};
use super::point::byte_offset;

/// The number of lanes in a vector.
const WIDTH: usize = 2;

/// The number of lanes that a turn of a loop computes.
pub(crate) const STEP: usize = 4;

/// The number of vectors that a turn adds if any order will do.
const TURN: usize = 2;

/// The most sums that are computed together. Each is a chain of additions, and the processor overlaps them.
const TOGETHER: usize = 12;

/// Fills a function that computes values with lanes. Its parameters are the addresses of shared numbers, inputs and lanes, and
/// the number of lanes.
pub(crate) fn emit_loop(
    function: &mut ir::Function,
    context: &mut FunctionBuilderContext,
    code: &Ir,
    places: &Places,
    ids: &[Id],
) {
    let mut builder = FunctionBuilder::new(function, context);
    let start = builder.create_block();
    builder.append_block_params_for_function_params(start);
    builder.switch_to_block(start);
    let &[shared, inputs, rows, lanes] = builder.block_params(start) else {
        unreachable!("a function of four parameters")
    };
    let end = builder.ins().imul_imm(lanes, size_of::<f64>() as i64);
    let zero = builder.ins().iconst(types::I64, 0);
    let turn = CountedLoop::begin(&mut builder, [zero, end], STEP, &[]);
    let [inputs, rows] = [inputs, rows].map(|first| builder.ins().iadd(first, turn.offset));
    for vector in (0..STEP).step_by(WIDTH) {
        let mut lanes = Lanes {
            builder: &mut builder,
            code,
            places,
            shape: types::F64X2,
            shared,
            inputs,
            rows,
            lane: vector as u32,
        };
        let mut values = vec![None; code.len()];
        for &id in ids {
            lanes.compute(id, &mut values);
        }
    }
    turn.end(&mut builder, &[]);
    builder.ins().return_(&[]);
    builder.seal_all_blocks();
    builder.finalize();
}

/// The order in which the rows of a block are added, and the care for products of 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Row by row. A product of 0 and an infinity gives NaN.
    Plain,
    /// Row by row. A product of 0 adds nothing.
    Careful,
    /// In the fastest order. A product of 0 and an infinity gives NaN.
    Any,
}

/// Fills a function that computes sums over rows. Its parameters are the addresses of shared numbers, inputs, lanes and sums,
/// and the number of rows.
pub(crate) fn emit_sums(
    function: &mut ir::Function,
    context: &mut FunctionBuilderContext,
    code: &Ir,
    places: &Places,
    order: Order,
) {
    let mut builder = FunctionBuilder::new(function, context);
    let start = builder.create_block();
    builder.append_block_params_for_function_params(start);
    builder.switch_to_block(start);
    let &[shared, inputs, rows, sums, count] = builder.block_params(start) else {
        unreachable!("a function of five parameters")
    };
    let zero = builder.ins().iconst(types::I64, 0);
    let end = builder.ins().imul_imm(count, size_of::<f64>() as i64);
    let mut summing = Summing {
        builder,
        code,
        places,
        order,
        addresses: [shared, inputs, rows],
    };
    let list: Vec<(u32, Id)> = (0..).zip(places.sums.iter().copied()).collect();
    let groups = list.len().div_ceil(TOGETHER).max(1);
    for some in list.chunks(list.len().div_ceil(groups).max(1)) {
        let first = summing.builder.ins().f64const(0.0);
        let mut totals = vec![first; some.len()];
        let most = some
            .iter()
            .map(|&(_, id)| code.operands(id).len() / 2)
            .max();
        // The first pair of factors of every sum, then the second pair.
        for place in 0..most.unwrap_or(0) {
            let mut range = [zero, end];
            if order == Order::Any {
                let whole = -((WIDTH * TURN * size_of::<f64>()) as i64);
                range[1] = summing.builder.ins().band_imm(end, whole);
                totals = summing.vectors(some, place, range, &totals);
                range = [range[1], end];
            }
            totals = summing.one_by_one(some, place, range, &totals);
        }
        for (&(slot, _), &total) in some.iter().zip(&totals) {
            let offset = byte_offset(slot);
            let flags = MemFlags::trusted();
            summing.builder.ins().store(flags, total, sums, offset);
        }
    }
    let mut builder = summing.builder;
    builder.ins().return_(&[]);
    builder.seal_all_blocks();
    builder.finalize();
}

/// Writes sums over rows.
struct Summing<'a> {
    builder: FunctionBuilder<'a>,
    code: &'a Ir,
    places: &'a Places,
    order: Order,
    /// The addresses of shared numbers, inputs and lanes.
    addresses: [Value; 3],
}

impl Summing<'_> {
    /// Adds one pair of factors of each sum, row by row.
    fn one_by_one(
        &mut self,
        sums: &[(u32, Id)],
        place: usize,
        range: [Value; 2],
        totals: &[Value],
    ) -> Vec<Value> {
        let turn = CountedLoop::begin(&mut self.builder, range, 1, totals);
        let next = self.add(sums, place, turn.offset, 0, types::F64, &turn.totals);
        turn.end(&mut self.builder, &next)
    }

    /// Adds one pair of factors of each sum, several rows at a time.
    fn vectors(
        &mut self,
        sums: &[(u32, Id)],
        place: usize,
        range: [Value; 2],
        totals: &[Value],
    ) -> Vec<Value> {
        let zero = Emit {
            builder: &mut self.builder,
            shape: types::F64X2,
        }
        .number(0.0);
        // Some totals per sum, so that one addition need not wait for another.
        let starts = vec![zero; sums.len() * TURN];
        let turn = CountedLoop::begin(&mut self.builder, range, WIDTH * TURN, &starts);
        let mut next = Vec::new();
        for (vector, totals) in (0..).zip(turn.totals.chunks(sums.len())) {
            let lane = vector * WIDTH as u32;
            next.extend(self.add(sums, place, turn.offset, lane, types::F64X2, totals));
        }
        let vectors = turn.end(&mut self.builder, &next);
        let add = |builder: &mut FunctionBuilder<'_>, (sum, &total): (usize, &Value)| {
            let parts = vectors.iter().skip(sum).step_by(sums.len()).copied();
            let vector = parts.reduce(|a, b| builder.ins().fadd(a, b))?;
            let [a, b] = [0, 1].map(|lane| builder.ins().extractlane(vector, lane));
            let sum_of_lanes = builder.ins().fadd(a, b);
            Some(builder.ins().fadd(total, sum_of_lanes))
        };
        let totals = totals.iter().enumerate();
        totals
            .filter_map(|sum| add(&mut self.builder, sum))
            .collect()
    }

    /// Adds one pair of factors to each total: those of the lanes at an offset.
    fn add(
        &mut self,
        sums: &[(u32, Id)],
        place: usize,
        offset: Value,
        lane: u32,
        shape: Type,
        totals: &[Value],
    ) -> Vec<Value> {
        let [shared, inputs, rows] = self.addresses;
        let [inputs, rows] = [inputs, rows].map(|first| self.builder.ins().iadd(first, offset));
        // Factors that several sums share are read once.
        let mut known: Vec<(Id, Operand)> = Vec::new();
        let (code, order) = (self.code, self.order);
        let mut lanes = Lanes {
            builder: &mut self.builder,
            code,
            places: self.places,
            shape,
            shared,
            inputs,
            rows,
            lane,
        };
        let next = sums.iter().zip(totals).map(|(&(_, id), &total)| {
            let Some(&[u, p]) = code.operands(id).as_chunks::<2>().0.get(place) else {
                return total;
            };
            let [u, p] = [u, p].map(|factor| {
                if let Some(&(_, operand)) = known.iter().find(|&&(known, _)| known == factor) {
                    return operand;
                }
                let operand = lanes.operand(factor, &[]);
                known.push((factor, operand));
                operand
            });
            let builder = &mut *lanes.builder;
            let mut emit = Emit { builder, shape };
            if order == Order::Careful {
                emit.add_unless_zero(total, [u, p])
            } else {
                emit.add(total, [u, p])
            }
        });
        next.collect()
    }
}

/// The lanes that a turn of a loop computes.
struct Lanes<'l, 'f> {
    builder: &'l mut FunctionBuilder<'f>,
    code: &'l Ir,
    places: &'l Places,
    shape: Type,
    shared: Value,
    /// The address of the first lane of the first input, and of the first value with lanes.
    inputs: Value,
    rows: Value,
    /// How many lanes further on these are.
    lane: u32,
}

impl Lanes<'_, '_> {
    fn operand(&mut self, id: Id, values: &[Option<Value>]) -> Operand {
        let known = values.get(id as usize).copied().flatten();
        Operand {
            value: known.unwrap_or_else(|| self.load(id)),
            constant: self.code.constant(id),
        }
    }

    fn load(&mut self, id: Id) -> Value {
        let flags = MemFlags::trusted();
        let (base, number) = match self.places.place_of(id) {
            Place::Input(number) => (self.inputs, number),
            Place::Row(number) => (self.rows, number),
            Place::Shared(slot) => {
                let offset = byte_offset(slot);
                let number = self
                    .builder
                    .ins()
                    .load(types::F64, flags, self.shared, offset);
                return if self.shape == types::F64 {
                    number
                } else {
                    self.builder.ins().splat(self.shape, number)
                };
            }
        };
        let offset = byte_offset(number * BLOCK as u32 + self.lane);
        self.builder.ins().load(self.shape, flags, base, offset)
    }

    fn compute(&mut self, id: Id, values: &mut [Option<Value>]) {
        let Kind::Apply(op) = self.code.kind(id) else {
            return;
        };
        let operands = self.code.operands(id).iter();
        let operands: Vec<Operand> = operands.map(|&id| self.operand(id, values)).collect();
        let mut emit = Emit {
            builder: self.builder,
            shape: self.shape,
        };
        let Some(value) = emit.apply(op, &operands) else {
            unreachable!("operations without instructions are not in loops")
        };
        values[id as usize] = Some(value);
        if let Some(Place::Row(row)) = self.places.of[id as usize] {
            let offset = byte_offset(row * BLOCK as u32 + self.lane);
            self.builder
                .ins()
                .store(MemFlags::trusted(), value, self.rows, offset);
        }
    }
}
