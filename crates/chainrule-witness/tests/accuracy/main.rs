//! Functions and derivatives against 320-bit arithmetic: at the edges of `f64`, near roots, over whole domains.

mod derivatives;
mod functions;
#[expect(
    dead_code,
    unused_imports,
    reason = "the library's source as it is, to measure functions that are not public"
)]
#[path = "../../../../src/math/mod.rs"]
mod math;
mod reference;
