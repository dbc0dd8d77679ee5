//! Code for values that all rows share: each is computed once, one after another, in registers.

use chainrule::backend::Place;
use chainrule::ir::{Id, Ir, Kind};
use chainrule::op::Op;
use cranelift_codegen::ir::{
    self, AbiParam, InstBuilder, MemFlags, SigRef, Signature, StackSlotData, StackSlotKind, Value,
    types,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use crate::emit::{Emit, Operand, is_inline};
use crate::functions::{Function, function};
use crate::places::{Places, When};

/// Whether there is anything to compute at this time.
pub(crate) fn has_work(places: &Places, when: When) -> bool {
    !places.at(when).is_empty() || places.copies_at(when).next().is_some()
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
        signatures: [None; 4],
    };
    for id in places.at(when) {
        point.compute(id);
    }
    for (id, slot) in places.copies_at(when) {
        let value = point.value(id);
        point.store(value, slot);
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
    /// The signatures of functions of one, two, three and any number of operands.
    signatures: [Option<SigRef>; 4],
}

impl Point<'_> {
    /// The number of a value: from a register, or read where it is needed, so that it does not occupy a register until then.
    fn value(&mut self, id: Id) -> Value {
        if let Some(value) = self.values[id as usize] {
            return value;
        }
        let slot = self.places.slot(id).unwrap_or(0);
        let offset = byte_offset(slot);
        self.builder
            .ins()
            .load(types::F64, MemFlags::trusted(), self.shared, offset)
    }

    fn store(&mut self, value: Value, slot: u32) {
        let offset = byte_offset(slot);
        self.builder
            .ins()
            .store(MemFlags::trusted(), value, self.shared, offset);
    }

    fn compute(&mut self, id: Id) {
        let Kind::Apply(op) = self.code.kind(id) else {
            return;
        };
        let operands = self.code.operands(id).iter().map(|&operand| Operand {
            value: self.value(operand),
            constant: self.code.constant(operand),
        });
        let operands: Vec<Operand> = operands.collect();
        let inline = if is_inline(op) {
            let shape = types::F64;
            let builder = &mut self.builder;
            Emit { builder, shape }.apply(op, &operands)
        } else {
            None
        };
        let value = inline.unwrap_or_else(|| self.call(op, &operands));
        self.values[id as usize] = Some(value);
        if let Some(Place::Shared(slot)) = self.places.of[id as usize] {
            self.store(value, slot);
        }
    }

    /// Calls the function of an operation.
    fn call(&mut self, op: Op, operands: &[Operand]) -> Value {
        let Some(function) = function(op) else {
            // Only inputs have no function, and they are not computed.
            return self.builder.ins().f64const(f64::NAN);
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

/// The distance in bytes of a number from the first one.
pub(crate) fn byte_offset(place: u32) -> i32 {
    (place * size_of::<f64>() as u32).cast_signed()
}
