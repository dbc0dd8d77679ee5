//! Exact gradients of ordinary Rust code, on a graph that you can see.
//!
//! ```
//! use chainrule::Var;
//!
//! let x = Var::new(2.0);
//! let y = Var::new(-3.0);
//! let z = (x * y).exp() + x;
//! let grads = z.backward();
//! assert_eq!(grads[x], 1.0 - 3.0 * (-6.0f64).exp());
//! ```
//!
//! # Which part do I need?
//!
//! - *A gradient of code that I write*: [`Var`], [`Var::backward`], [`Gradients`].
//! - *Many steps without the memory growing*: [`tape::scope`], and [`Gradients::sweep`] to reuse the buffer.
//! - *Second derivatives, or a gradient inside a loss*: [`Var::gradient`], which is recorded.
//! - *Several outputs, or a vector–Jacobian product*: [`backward_with`], [`gradient_with`].
//! - *Derivatives of a function of a few inputs, without a graph*: [`Dual`]; [`Dual::variables`] for all at once.
//! - *One function for all of these and plain numbers*: write it over [`Scalar`].
//! - *Existing code over `num_traits::Float` or nalgebra's `RealField`*: switch on the feature `num-traits` or `nalgebra`, and pass [`Var`]; see `foreign`.
//! - *The same function at many points, or over rows of data*: [`Program`], compiled once and replayed.
//! - *Jacobians, Hessians (dense or sparse), higher orders, my own derivatives*: [`Program`] and [`mod@derive`].
//! - *A step that is repeated, as in a recurrent network or an integrator*: [`Scan`].
//! - *Rows that refer to other tables by index: users and films, cameras and points*: [`Joined`].
//! - *The nearest, the best, or a value at an index, without a branch*: [`Var::argmin_of`], [`Var::gather`]; see `docs/programs.md`.
//! - *Is this gradient right?* [`mod@check`] compares it with difference quotients; [`Var::diagnose`] finds products `0·∞`.
//! - *How many digits are right?* [`check::accuracy`] bounds rounding errors and names the operation that loses digits.
//! - *Is my own operation right?* `strategies`, with the feature `proptest`: the tape, recorded gradients, programs and difference quotients must agree.
//! - *Where did the NaN come from?* [`Var::first_nonfinite`] finds it; [`tape::located`] adds lines of source.
//! - *The code of a program, or a backend of my own*: [`mod@ir`], [`mod@backend`].
//! - *A program as native code*: `Program::native` of the package `crates/chainrule-jit`; see `docs/native.md`.
//! - *Rows that do not fit into memory, or that several machines have*: [`Stream`], [`Partial`]; see `docs/data.md`, also for SQL and clusters.
//! - *A program or a graph in a file, or on another machine*: the feature `serde`; see "Programs travel" in `docs/programs.md`.
//! - *A formula that someone types*: `text::Formula`, with the feature `text`.
//! - *From Python, with arrays or micrograd's code*: `pip install ./crates/chainrule-python`; see `docs/python.md`.
//! - *The function and its derivatives as C, Rust or LaTeX*: [`Program::to_c`], [`Program::to_rust`], [`Program::to_latex`].
//! - *Parameters in a structure of my own*: [`Parameters`], [`parameters!`].
//! - *A picture of it*: [`Var::picture`]; [`Picture::to_svg`] makes an image, [`Picture::to_dot`] Graphviz text.
//! - *The backward pass step by step, in the terminal or on a page*: [`Var::explain`], [`Explanation`].
//! - *The graph itself, to keep, draw, or search with petgraph*: [`tape::record`], [`Graph`].
//! - *Networks, losses, optimizers, data*: [`nn`]; *training*: [`nn::Fit`].
//! - *What happens at a kink, at infinity, with NaN*: `docs/numerics.md` in the repository.
//!
//! # Errors and panics
//!
//! If a caller's data can be wrong, the function returns an [`Error`] that names the argument, or the file, line and
//! column. Mistakes in the program (a value used after its scope ended, values of two graphs mixed) panic with advice; the
//! functions that can do so have a section *Panics*.

#![doc(test(attr(deny(unused_imports))))]

// The tests inside are written as those outside, and some files of `strategies` are part of both.
#[cfg(any(test, feature = "proptest"))]
extern crate self as chainrule;

pub mod backend;
mod call_site;
pub mod check;
pub mod derive;
mod error;
mod math;
#[macro_use]
pub mod op;
mod dual;
mod explain;
#[cfg(feature = "num-traits")]
pub mod foreign;
mod graph;
mod interpreter;
pub mod ir;
mod labels;
mod lanes;
mod layout;
mod letters;
#[cfg(feature = "nn")]
pub mod nn;
mod page;
mod parameters;
mod picture;

mod program;
#[cfg(feature = "serde")]
mod saved;
mod scan;
mod setters;
mod source;
#[cfg(any(test, feature = "proptest"))]
pub mod strategies;
mod sweep;
pub mod tape;
#[cfg(feature = "text")]
pub mod text;
mod transform;
mod var;

pub use backend::{Columns, Flat, Joined, Order, Table};
pub use call_site::CallSite;
pub use dual::{Dual, Tangent};
pub use error::{BranchChanged, Error, ErrorKind, Result};
pub use explain::{Branch, Explanation, Pattern, Step};
pub use graph::{
    Consumers, Graph, Group, Node, NodeKey, NonFinite, Operand, Operation, Origin, Stats, Term,
    Visited,
};
pub use interpreter::Interpreter;
pub use ir::Level;
pub use labels::Labels;
pub use lanes::Lanes;
#[doc(inline)]
pub use op::Scalar;
pub use page::Page;
pub use parameters::Parameters;
pub use picture::{Direction, Picture};

pub use program::{
    Batch, Csr, Evaluator, Kink, Outputs, Partial, Program, Retraced, Sparse, Stage, Stream,
};
pub use scan::Scan;
pub use sweep::diagnosis::{Diagnosis, ZeroProduct};
pub use sweep::{Gradients, backward_with, gradient_with};
pub use transform::{Mode, Sparsity, Transform};
pub use var::Var;

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The examples of the page on programs are tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/programs.md")]
struct Programs;

/// The examples of the page on data are tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/data.md")]
struct Data;

/// The examples of the page on derivatives are tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/derivatives.md")]
struct Derivatives;

/// The naive engine of the page on the design is a test.
#[cfg(doctest)]
#[doc = include_str!("../docs/design.md")]
struct Design;

/// The examples of the page on a wrong gradient are tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/debugging-a-gradient.md")]
struct Debugging;

/// The examples of the page for users of other libraries are tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/coming-from.md")]
struct ComingFrom;

/// The recipes of the cookbook are tests.
#[cfg(all(doctest, feature = "nn", feature = "text"))]
#[doc = include_str!("../docs/cookbook.md")]
struct Cookbook;

/// The examples of the page on other crates are tests.
#[cfg(all(doctest, feature = "nn"))]
#[doc = include_str!("../docs/using-with.md")]
struct UsingWith;

/// The code of the course's chapters is tests.
#[cfg(all(doctest, feature = "nn"))]
mod course {
    #[doc = include_str!("../docs/course/00-slopes.md")]
    struct Slopes;
    #[doc = include_str!("../docs/course/01-linear.md")]
    struct Linear;
    #[doc = include_str!("../docs/course/02-features.md")]
    struct Features;
    #[doc = include_str!("../docs/course/03-layers.md")]
    struct Layers;
    #[doc = include_str!("../docs/course/04-max.md")]
    struct Max;
    #[doc = include_str!("../docs/course/05-activations.md")]
    struct Activations;
    #[doc = include_str!("../docs/course/06-forward.md")]
    struct Forward;
    #[doc = include_str!("../docs/course/07-training.md")]
    struct Training;
    #[doc = include_str!("../docs/course/08-losses.md")]
    struct Losses;
    #[doc = include_str!("../docs/course/09-chain.md")]
    struct Chain;
    #[doc = include_str!("../docs/course/10-patterns.md")]
    struct Patterns;
    #[doc = include_str!("../docs/course/11-matrices.md")]
    struct Matrices;
    #[doc = include_str!("../docs/course/12-engine.md")]
    struct Engine;
    #[doc = include_str!("../docs/course/13-learned.md")]
    struct Learned;
}
