//! Programs of [chainrule] as native code: a [backend](chainrule::backend) that compiles them with cranelift.
//!
//! ```
//! use chainrule::Program;
//! use chainrule_jit::NativeProgram;
//!
//! let f = Program::trace(2, |x| (x[1] - x[0] * x[0]).square() * 100.0 + (1.0 - x[0]).square())?;
//! let native = f.native();
//! let (value, gradient) = native.gradient(&[1.2, 1.0])?;
//! assert_eq!((value, gradient), f.gradient(&[1.2, 1.0])?);                   // the same bits
//! # Ok::<(), chainrule::Error>(())
//! ```
//!
//! At level `Exact`, all results have the bits of the interpreter, NaN payloads aside. `docs/native.md` in the repository says
//! when native code is faster, and when it is not.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod native;

use std::sync::Arc;

use chainrule::backend::{Backend, Executable};
use chainrule::ir::Ir;
use chainrule::{Interpreter, Level, Program};

/// The examples of the page on native code are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/native.md")]
struct Page;

/// For other processors, no code can be made.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod native {
    use std::sync::Arc;

    use chainrule::Level;
    use chainrule::backend::Executable;
    use chainrule::ir::Ir;

    pub(crate) fn compile(_: &Ir, _: Level) -> Option<Arc<dyn Executable>> {
        None
    }
}

/// The backend that compiles programs to native code.
///
/// It leaves to the [`Interpreter`] what it does not compile: programs of more than some thousand operations, and everything
/// on a processor for which it can make no code. It makes code for `x86_64` with fused multiply-adds (AVX and FMA, in nearly
/// all processors since 2013) and for `aarch64`.
///
/// ```
/// use std::sync::Arc;
/// use chainrule::Program;
/// use chainrule_jit::Native;
/// let f = Program::trace(1, |x| x[0].exp())?.with_backend(Arc::new(Native));
/// assert_eq!(f.gradient(&[0.0])?, (1.0, vec![1.0]));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Native;

impl Backend for Native {
    fn compile(&self, ir: &Ir, level: Level) -> Arc<dyn Executable> {
        native::compile(ir, level).unwrap_or_else(|| Interpreter::default().compile(ir, level))
    }
}

/// Programs that can run as native code.
pub trait NativeProgram {
    /// The same function as native code. Its questions, points, batches and streams are compiled when they are first asked.
    ///
    /// ```
    /// use chainrule::Program;
    /// use chainrule_jit::NativeProgram;
    /// let loss = Program::trace_rows(&[0.0], 2, |p, row| (p[0] * row[0] - row[1]).square())?.native();
    /// let mut batch = loss.batch(&[[1.0, 2.0], [2.0, 5.0]])?;
    /// assert_eq!(batch.sum_gradient(&[2.0])?, (1.0, &[-4.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    fn native(&self) -> Program;
}

impl NativeProgram for Program {
    fn native(&self) -> Program {
        self.with_backend(Arc::new(Native))
    }
}
