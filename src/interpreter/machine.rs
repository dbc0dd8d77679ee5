//! Runs plans: the interpreter's side of the [seam](crate::backend).

use std::sync::Arc;

use super::elementwise;
use super::plan::Plan;
use super::rows::Rows;
use crate::backend::{Backend, Block, Executable, Layout, Machine, Place, Source};
use crate::ir::{Ir, Level};
use crate::math::fused::Arch;
use crate::op::Op;

/// The backend that every program has unless it is given another one.
///
/// A backend of your own can leave to it what it does not compute itself: whole programs, or single operations.
///
/// ```
/// use std::sync::Arc;
/// use chainrule::{Interpreter, Program};
/// let f = Program::trace(1, |x| x[0].exp())?.with_backend(Arc::new(Interpreter::default()));
/// assert_eq!(f.value(&[0.0])?, 1.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Interpreter {
    /// The vector instructions to use; by default, the best ones that this processor has.
    pub(crate) arch: Option<Arch>,
    /// Whether dot products that share factors become products of matrices.
    pub(crate) matrices: bool,
}

impl Default for Interpreter {
    fn default() -> Self {
        Self {
            arch: None,
            matrices: true,
        }
    }
}

impl Interpreter {
    /// Applies an operation to lanes: `dst[i]` is its value at number `i` of each operand. Uses the processor's vector
    /// instructions; each result has the bits of one computed alone.
    ///
    /// ```
    /// use chainrule::{Interpreter, backend::Source, op::{Op, UnaryOp}};
    /// let mut roots = [0.0; 3];
    /// Interpreter::default().apply(Op::Unary(UnaryOp::Sqrt), &mut roots, &[Source::Slice(&[1.0, 4.0, 9.0])]);
    /// assert_eq!(roots, [1.0, 2.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If the operation does not take this number of operands, or a slice is shorter than `dst`.
    pub fn apply(&self, op: Op, dst: &mut [f64], operands: &[Source<'_>]) {
        assert!(
            op.takes(operands.len()),
            "{} does not take {} operands",
            op.row().name,
            operands.len()
        );
        for operand in operands {
            if let Source::Slice(values) = operand {
                assert!(
                    values.len() >= dst.len(),
                    "{} lanes of {}",
                    values.len(),
                    dst.len()
                );
            }
        }
        elementwise::apply(self.arch.unwrap_or_default(), op, dst, operands);
    }
}

impl Backend for Interpreter {
    fn compile(&self, ir: &Ir, level: Level) -> Arc<dyn Executable> {
        Arc::new(Scheduled {
            plan: Plan::new(ir, self.matrices, level == Level::Fast),
            arch: self.arch.unwrap_or_default(),
        })
    }
}

/// A plan, and the vector instructions that it uses.
#[derive(Debug)]
struct Scheduled {
    plan: Plan,
    arch: Arch,
}

impl std::fmt::Display for Scheduled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.plan.fmt(f)
    }
}

impl Executable for Scheduled {
    fn layout(&self) -> &Layout {
        &self.plan.layout
    }

    fn machine(self: Arc<Self>) -> Box<dyn Machine> {
        Box::new(Interpreting {
            scheduled: self,
            gathered: Vec::new(),
            rows: Rows::default(),
        })
    }

    fn work(&self) -> usize {
        self.plan.rows.rows()
    }

    fn blocks_at_once(&self) -> usize {
        self.plan.blocks_at_once()
    }

    fn shares_blocks(&self) -> bool {
        self.plan.has_large_products()
    }

    fn bytes(&self) -> usize {
        self.plan.bytes()
    }
}

/// A plan with the memory to run it.
#[derive(Debug)]
struct Interpreting {
    scheduled: Arc<Scheduled>,
    gathered: Vec<f64>,
    rows: Rows,
}

impl Machine for Interpreting {
    fn before(&mut self, shared: &mut [f64]) {
        let Scheduled { plan, arch } = &*self.scheduled;
        plan.before.execute(*arch, shared, &mut self.gathered);
    }

    fn block(&mut self, shared: &[f64], block: &Block<'_>, sums: &mut [f64]) {
        let Scheduled { plan, arch } = &*self.scheduled;
        let first = plan.layout.sums.start as u32;
        plan.rows
            .execute(*arch, shared, block, &mut self.rows, first, sums);
    }

    fn lanes<'a>(&'a self, shared: &'a [f64], block: &Block<'a>, place: Place) -> Source<'a> {
        self.rows.source(self.scheduled.arch, shared, block, place)
    }

    fn after(&mut self, shared: &mut [f64]) {
        let Scheduled { plan, arch } = &*self.scheduled;
        plan.after.execute(*arch, shared, &mut self.gathered);
    }
}
