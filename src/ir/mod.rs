//! The intermediate representation of programs, the trace that makes it, and the passes that shorten it.
//!
//! ```text
//! recorded graph ── trace ──> Ir ── transforms ──> Ir with derivatives ── passes ──> shorter Ir ── backend
//! ```
//!
//! A program lends its code through [`Program::ir`](crate::Program::ir). An [`Ir`] is a list of values, each an input, a
//! number, an operation of the [table](crate::op) or a sum over rows. [`PASSES`] lists the rewrites that shorten it.

mod code;
mod fingerprint;
mod guard;
mod interpret;
mod passes;
mod rewrite;
#[cfg(feature = "serde")]
mod saved;
mod sources;
mod symbol;
#[cfg(test)]
mod text;
mod trace;
mod value_numbering;
#[cfg(any(test, feature = "serde"))]
mod verify;

pub use code::{Class, Id, Ir, Kind};
pub(crate) use fingerprint::Fingerprint;
pub(crate) use guard::{Found, Guard};
pub(crate) use interpret::interpret;
pub use passes::{Level, PASSES, Pass};
pub(crate) use passes::{Selection, apply, before_derivatives, names_of_busy};
pub(crate) use rewrite::compact;
#[cfg(feature = "serde")]
pub(crate) use saved::CodeForm;
pub(crate) use sources::Sources;
pub(crate) use symbol::{Symbol, extend, extend_merged, len, node, push};
#[cfg(test)]
pub(crate) use text::parse;
pub(crate) use trace::trace;
#[cfg(test)]
pub(crate) use verify::{problem, problem_of_pass};
