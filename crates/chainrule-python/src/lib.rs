//! The Python package `chainrule`: the classes in Rust, below the modules in `python/chainrule`.
//!
//! - `value` is micrograd's `Value`: a Python object that is its own node. `methods` makes its functions from the engine's
//!   table of operations, `cone` records what a value depends on on a graph of the engine.
//! - `tracing` calls functions of Python with values and makes programs of what they compute; `program`, `batch` and
//!   `retraced` evaluate programs over NumPy arrays, which `arrays` reads and `answer` makes; `fit` trains.
//! - `partial` has sums over some of the rows, which other processes join; `bytes` writes and reads what travels.
//! - `errors` makes Python's exceptions of the engine's errors.
//!
//! No panic of the engine reaches Python: `errors::engine` catches it.

mod answer;
mod arrays;
mod batch;
mod bytes;
mod cone;
mod errors;
mod fit;
mod methods;
mod partial;
mod program;
mod retraced;
mod tracing;
mod value;

use pyo3::pymodule;

/// The classes and functions that are written in Rust. Import them from `chainrule`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::batch::PyBatch;
    #[pymodule_export]
    use crate::cone::PyExplanation;
    #[pymodule_export]
    use crate::fit::fit;
    #[pymodule_export]
    use crate::partial::PyPartial;
    #[pymodule_export]
    use crate::program::PyProgram;
    #[pymodule_export]
    use crate::retraced::PyRetraced;
    #[pymodule_export]
    use crate::tracing::{trace, trace_rows};
    #[pymodule_export]
    use crate::value::Value;
}
