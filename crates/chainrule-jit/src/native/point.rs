//! Code for values that all rows share: each is computed once, one after another, in registers.

use chainrule::ir::{Id, Ir, Kind};
use chainrule::op::{NaryOp, Op};
use cranelift_codegen::ir::{
    self, AbiParam, InstBuilder, MemFlags, SigRef, Signature, StackSlotData, StackSlotKind, Value,
    types,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use super::counted::CountedLoop;
use super::emit::{Emit, Fold, Operand, is_inline};
use super::functions::{Function, function};
use super::places::{Places, When};
use super::repeats::Repeat;

/// Whether there is anything to compute at this time.
pub(crate) fn has_work(places: &Places, when: When) -> bool {
    !places.part(when).ids.is_empty() || places.copies_at(when).next().is_some()
}

/// Fills a function that computes the values of this time. Its parameter is the address of the shared numbers.
pub(crate) fn emit(
    function: &mut ir::Function,
    context: &mut FunctionBuilderContext,
    code: &Ir,
    places: &Places,
    when: When,
) {
    let mut builder = FunctionBuilder::new(function, context);
    let start = builder.create_block();
    builder.append_block_params_for_function_params(start);
    builder.switch_to_block(start);
    let shared = builder.block_params(start)[0];
    let mut point = Point {
        builder,
        code,
        places,
        shared,
        values: vec![None; code.len()],
        turn: None,
        signatures: [None; 4],
    };
    let part = places.part(when);
    let mut start = 0;
    for &repeat in &part.repeats {
        for &id in &part.ids[start..repeat.start] {
            point.compute(id, id);
        }
        point.repeat(&part.ids[repeat.start..repeat.end()], repeat);
        start = repeat.end();
    }
    for &id in &part.ids[start..] {
        point.compute(id, id);
    }
    for (id, slot) in places.copies_at(when) {
        let value = point.load(places.line(id, id));
        point.store(value, (slot, 0));
    }
    point.builder.ins().return_(&[]);
    point.builder.seal_all_blocks();
    point.builder.finalize();
}

struct Point<'a> {
    builder: FunctionBuilder<'a>,
    code: &'a Ir,
    places: &'a Places,
    /// The address of the shared numbers.
    shared: Value,
    /// The values that this function has computed.
    values: Vec<Option<Value>>,
    /// The turn of a loop that is being written.
    turn: Option<Turn>,
    /// The signatures of functions of one, two, three and any number of operands.
    signatures: [Option<SigRef>; 4],
}

/// A turn of a loop.
struct Turn {
    /// The number of turns before it, times the size of a number.
    offset: Value,
    /// The address of the shared numbers, moved by this many numbers in each turn.
    bases: Vec<(i64, Value)>,
    /// Values of the turn before: the operand in the first turn, that in the second turn, and the value.
    carried: Vec<((Id, Id), Value)>,
}

impl<'a> Point<'a> {
    /// The number in a slot that moves by `step` slots in each turn.
    fn load(&mut self, (slot, step): (u32, i64)) -> Value {
        let base = self.base(step);
        let offset = byte_offset(slot);
        self.builder
            .ins()
            .load(types::F64, MemFlags::trusted(), base, offset)
    }

    fn store(&mut self, value: Value, (slot, step): (u32, i64)) {
        let base = self.base(step);
        let offset = byte_offset(slot);
        self.builder
            .ins()
            .store(MemFlags::trusted(), value, base, offset);
    }

    /// The address of the shared numbers, moved by `step` numbers in each turn.
    fn base(&mut self, step: i64) -> Value {
        let Some(turn) = self.turn.as_mut().filter(|_| step != 0) else {
            return self.shared;
        };
        if let Some(&(_, base)) = turn.bases.iter().find(|&&(known, _)| known == step) {
            return base;
        }
        let distance = self.builder.ins().imul_imm(turn.offset, step);
        let base = self.builder.ins().iadd(self.shared, distance);
        turn.bases.push((step, base));
        base
    }

    /// Begins a loop of this many turns.
    fn begin(&mut self, turns: usize, totals: &[Value]) -> CountedLoop {
        let bytes = (turns * size_of::<f64>()) as i64;
        let range = [0, bytes].map(|offset| self.builder.ins().iconst(types::I64, offset));
        let turn = CountedLoop::begin(&mut self.builder, range, 1, totals);
        self.turn = Some(Turn {
            offset: turn.offset,
            bases: Vec::new(),
            carried: Vec::new(),
        });
        turn
    }

    fn end(&mut self, turn: CountedLoop, totals: &[Value]) -> Vec<Value> {
        self.turn = None;
        turn.end(&mut self.builder, totals)
    }

    /// Computes values that repeat, in a loop.
    fn repeat(&mut self, ids: &[Id], repeat: Repeat) {
        let code = self.code;
        let (first, others) = ids.split_at(repeat.period);
        // The values that a turn gets from the turn before, and what the first turn gets instead.
        let mut carried: Vec<(Id, Id)> = Vec::new();
        for (&id, &next) in first.iter().zip(others) {
            for (&operand, &following) in code.operands(id).iter().zip(code.operands(next)) {
                if operand != following
                    && self.places.is_in(following, first)
                    && !carried.contains(&(operand, following))
                {
                    carried.push((operand, following));
                }
            }
        }
        let starts: Vec<Value> = carried
            .iter()
            .map(|&(start, _)| self.load(self.places.line(start, start)))
            .collect();
        let turn = self.begin(repeat.turns, &starts);
        if let Some(writing) = &mut self.turn {
            let totals = turn.totals.iter().copied();
            writing.carried = carried.iter().copied().zip(totals).collect();
        }
        for (&id, &next) in first.iter().zip(others) {
            self.compute(id, next);
        }
        let ends: Vec<Value> = carried
            .iter()
            .filter_map(|&(_, id)| self.values[id as usize])
            .collect();
        self.end(turn, &ends);
    }

    /// An operand of a value: from a register, or read where it is needed, so that it does not occupy a register until then.
    /// `next` is the same operand in the next turn.
    fn operand(&mut self, id: Id, next: Id, reader: Id) -> Operand {
        let carried = self.turn.iter().flat_map(|turn| &turn.carried);
        let carried = carried.clone().find(|(pair, _)| *pair == (id, next));
        let near = self.values[id as usize].filter(|_| self.places.is_near(id, reader));
        let known = carried.map(|&(_, value)| value).or(near);
        Operand {
            value: known.unwrap_or_else(|| self.load(self.places.line(id, next))),
            constant: self.code.constant(id).filter(|_| id == next),
        }
    }

    /// Computes a value. `next` is the value that is computed in its place in the next turn; outside of loops, the same value.
    fn compute(&mut self, id: Id, next: Id) {
        let Kind::Apply(op) = self.code.kind(id) else {
            return;
        };
        let value = if let Op::Nary(op) = op
            && self.places.is_wide(self.code, id)
        {
            self.fold(op, id)
        } else {
            let [operands, following] = [id, next].map(|id| self.code.operands(id));
            let operands = operands.iter().zip(following);
            let operands: Vec<Operand> = operands
                .map(|(&operand, &following)| self.operand(operand, following, id))
                .collect();
            self.apply(op, &operands)
        };
        self.values[id as usize] = Some(value);
        if self.places.slot(id).is_some() {
            self.store(value, self.places.line(id, next));
        }
    }

    fn apply(&mut self, op: Op, operands: &[Operand]) -> Value {
        let inline = is_inline(op).then(|| self.emit().apply(op, operands));
        inline.flatten().unwrap_or_else(|| self.call(op, operands))
    }

    fn emit(&mut self) -> Emit<'_, 'a> {
        Emit {
            builder: &mut self.builder,
            shape: types::F64,
        }
    }

    /// Computes an operation of many operands, which are in memory. Operands on a line are read in a loop.
    fn fold(&mut self, op: NaryOp, id: Id) -> Value {
        let (code, places) = (self.code, self.places);
        let operands = code.operands(id);
        let constants = operands.iter().map(|&id| code.constant(id));
        let Some(fold) = Fold::of(op, constants) else {
            unreachable!("only folds are wide")
        };
        let mut total = self.builder.ins().f64const(fold.start);
        for line in places.lines(code, id) {
            let [first, next] = [0, usize::from(line.len() > 1)]
                .map(|turn| &operands[(line.start + turn) * fold.step..]);
            let turn = (line.len() > 1).then(|| self.begin(line.len(), &[total]));
            let so_far = turn.as_ref().map_or(total, |turn| turn.totals[0]);
            let some = first.iter().zip(next).take(fold.step);
            let some: Vec<Operand> = some
                .map(|(&id, &next)| Operand {
                    value: self.load(places.line(id, next)),
                    constant: code.constant(id).filter(|_| id == next),
                })
                .collect();
            total = self.emit().fold(&fold, so_far, &some);
            if let Some(turn) = turn {
                total = self.end(turn, &[total])[0];
            }
        }
        self.emit().finish_fold(&fold, total)
    }

    /// Calls the function of an operation.
    fn call(&mut self, op: Op, operands: &[Operand]) -> Value {
        let Some(function) = function(op) else {
            unreachable!("inputs are not computed")
        };
        let mut arguments: Vec<Value> = operands.iter().map(|operand| operand.value).collect();
        let (which, parameters) = match function {
            Function::Unary(_) => (0, vec![types::F64]),
            Function::Binary(_) => (1, vec![types::F64; 2]),
            Function::Ternary(_) => (2, vec![types::F64; 3]),
            Function::Nary(_) => (3, vec![types::I64; 2]),
        };
        if which == 3 {
            let data = StackSlotData::new(
                StackSlotKind::ExplicitSlot,
                byte_offset(arguments.len() as u32).cast_unsigned(),
                3,
            );
            let list = self.builder.create_sized_stack_slot(data);
            for (place, &argument) in (0..).zip(&arguments) {
                let offset = byte_offset(place);
                self.builder.ins().stack_store(argument, list, offset);
            }
            let address = self.builder.ins().stack_addr(types::I64, list, 0);
            let count = self
                .builder
                .ins()
                .iconst(types::I64, arguments.len() as i64);
            arguments = vec![address, count];
        }
        let signature = *self.signatures[which].get_or_insert_with(|| {
            let convention = self.builder.func.signature.call_conv;
            let mut signature = Signature::new(convention);
            signature.params = parameters.into_iter().map(AbiParam::new).collect();
            signature.returns = vec![AbiParam::new(types::F64)];
            self.builder.import_signature(signature)
        });
        let address = function.address() as i64;
        let address = self.builder.ins().iconst(types::I64, address);
        let call = self
            .builder
            .ins()
            .call_indirect(signature, address, &arguments);
        self.builder.inst_results(call)[0]
    }
}

/// The distance in bytes of a number from the first one. It fits, because [`Places::is_small`].
pub(crate) fn byte_offset(place: u32) -> i32 {
    (place * size_of::<f64>() as u32).cast_signed()
}
