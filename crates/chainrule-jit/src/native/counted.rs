//! Loops that count.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};
use cranelift_frontend::FunctionBuilder;

/// A loop over numbers that is being written: between [`begin`](Self::begin) and [`end`](Self::end) are the instructions of one
/// turn.
pub(crate) struct CountedLoop {
    head: Block,
    done: Block,
    /// The bytes of the numbers of a turn.
    step: i64,
    /// The distance in bytes of the turn's first number from the first one of all.
    pub(crate) offset: Value,
    /// The results of the turn before.
    pub(crate) totals: Vec<Value>,
}

impl CountedLoop {
    /// Begins a loop over numbers, `step` at a time: those from the first offset in bytes to the second one. `totals` are the
    /// results before its first turn.
    pub(crate) fn begin(
        builder: &mut FunctionBuilder<'_>,
        [start, end]: [Value; 2],
        step: usize,
        totals: &[Value],
    ) -> Self {
        let [head, body, done] = std::array::from_fn(|_| builder.create_block());
        builder.append_block_param(head, types::I64);
        for &total in totals {
            let kind = builder.func.dfg.value_type(total);
            builder.append_block_param(head, kind);
        }
        builder.ins().jump(head, &arguments(start, totals));
        builder.switch_to_block(head);
        let offset = builder.block_params(head)[0];
        let totals = builder.block_params(head)[1..].to_vec();
        let goes_on = builder.ins().icmp(IntCC::UnsignedLessThan, offset, end);
        builder.ins().brif(goes_on, body, &[], done, &[]);
        builder.switch_to_block(body);
        Self {
            head,
            done,
            step: (step * size_of::<f64>()) as i64,
            offset,
            totals,
        }
    }

    /// Ends a turn with these results, and the loop. Returns the results of the last turn.
    pub(crate) fn end(self, builder: &mut FunctionBuilder<'_>, totals: &[Value]) -> Vec<Value> {
        let next = builder.ins().iadd_imm(self.offset, self.step);
        builder.ins().jump(self.head, &arguments(next, totals));
        builder.switch_to_block(self.done);
        self.totals
    }
}

fn arguments(offset: Value, totals: &[Value]) -> Vec<BlockArg> {
    let all = std::iter::once(&offset).chain(totals);
    all.map(|&value| value.into()).collect()
}
