//! Code for values that vary by row: loops over lanes whose intermediate values are in registers, and sums over rows.

use chainrule::backend::Place;
use chainrule::ir::{Id, Ir, Kind};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlags, Type, Value, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use crate::emit::{Emit, Operand};
use crate::places::{BLOCK, Places};
use crate::point::byte_offset;

/// The number of lanes in a vector.
const WIDTH: usize = 2;

/// The number of lanes that a turn of a loop computes.
pub(crate) const STEP: usize = 4;

/// The number of sums that are computed together. Each is a chain of additions, and the processor overlaps them.
const TOGETHER: usize = 8;

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
    over_lanes(&mut builder, end, STEP, &[], |builder, offset, _| {
        let (inputs, rows) = (
            builder.ins().iadd(inputs, offset),
            builder.ins().iadd(rows, offset),
        );
        for vector in (0..STEP).step_by(WIDTH) {
            let mut lanes = Lanes {
                builder,
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
        Vec::new()
    });
    builder.ins().return_(&[]);
    builder.seal_all_blocks();
    builder.finalize();
}

/// Fills a function that computes sums over rows. Its parameters are the addresses of shared numbers, inputs, lanes and sums,
/// and the number of rows. `careful` applies the zero rule to every term.
pub(crate) fn emit_sums(
    function: &mut ir::Function,
    context: &mut FunctionBuilderContext,
    code: &Ir,
    places: &Places,
    careful: bool,
) {
    let mut builder = FunctionBuilder::new(function, context);
    let start = builder.create_block();
    builder.append_block_params_for_function_params(start);
    builder.switch_to_block(start);
    let &[shared, inputs, rows, sums, count] = builder.block_params(start) else {
        unreachable!("a function of five parameters")
    };
    let end = builder.ins().imul_imm(count, size_of::<f64>() as i64);
    let list: Vec<(u32, Id)> = (0..).zip(places.sums.iter().copied()).collect();
    for some in list.chunks(TOGETHER) {
        let zero = builder.ins().f64const(0.0);
        let mut totals = vec![zero; some.len()];
        let pairs = |id: Id| code.operands(id).as_chunks::<2>().0;
        let most = some.iter().map(|&(_, id)| pairs(id).len()).max();
        // The first pair of factors of every sum, then the second pair.
        for place in 0..most.unwrap_or(0) {
            totals = over_lanes(&mut builder, end, 1, &totals, |builder, offset, totals| {
                let (inputs, rows) = (
                    builder.ins().iadd(inputs, offset),
                    builder.ins().iadd(rows, offset),
                );
                let mut lanes = Lanes {
                    builder,
                    code,
                    places,
                    shape: types::F64,
                    shared,
                    inputs,
                    rows,
                    lane: 0,
                };
                let next = some.iter().zip(totals).map(|(&(_, id), &total)| {
                    let Some(&[u, p]) = pairs(id).get(place) else {
                        return total;
                    };
                    let [u, p] = [u, p].map(|factor| lanes.operand(factor, &[]));
                    let mut emit = Emit {
                        builder: lanes.builder,
                        shape: types::F64,
                    };
                    if careful {
                        emit.add_unless_zero(total, [u, p])
                    } else {
                        emit.add(total, [u, p])
                    }
                });
                next.collect()
            });
        }
        for (&(slot, _), &total) in some.iter().zip(&totals) {
            let offset = byte_offset(slot);
            builder
                .ins()
                .store(MemFlags::trusted(), total, sums, offset);
        }
    }
    builder.ins().return_(&[]);
    builder.seal_all_blocks();
    builder.finalize();
}

/// A loop over lanes, `step` at a time. Its turns get the offset of their lanes in bytes, which ends at `end`, and the results of
/// the turn before; the first turn gets `start`.
fn over_lanes(
    builder: &mut FunctionBuilder<'_>,
    end: Value,
    step: usize,
    start: &[Value],
    turn: impl FnOnce(&mut FunctionBuilder<'_>, Value, &[Value]) -> Vec<Value>,
) -> Vec<Value> {
    let (head, body, done) = (
        builder.create_block(),
        builder.create_block(),
        builder.create_block(),
    );
    builder.append_block_param(head, types::I64);
    for _ in start {
        builder.append_block_param(head, types::F64);
    }
    let zero = builder.ins().iconst(types::I64, 0);
    let arguments = |offset: Value, values: &[Value]| {
        let all = std::iter::once(&offset).chain(values);
        all.map(|&value| value.into())
            .collect::<Vec<ir::BlockArg>>()
    };
    builder.ins().jump(head, &arguments(zero, start));
    builder.switch_to_block(head);
    let offset = builder.block_params(head)[0];
    let values = builder.block_params(head)[1..].to_vec();
    let goes_on = builder.ins().icmp(IntCC::UnsignedLessThan, offset, end);
    builder.ins().brif(goes_on, body, &[], done, &[]);
    builder.switch_to_block(body);
    let next = turn(builder, offset, &values);
    let offset = builder
        .ins()
        .iadd_imm(offset, (step * size_of::<f64>()) as i64);
    builder.ins().jump(head, &arguments(offset, &next));
    builder.switch_to_block(done);
    values
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
        let (base, number) = match self.places.of[id as usize] {
            Some(Place::Input(number)) => (self.inputs, number),
            Some(Place::Row(number)) => (self.rows, number),
            Some(Place::Shared(slot)) => {
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
            None => unreachable!("a value that is read later has a place"),
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
