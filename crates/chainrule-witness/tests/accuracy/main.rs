//! Compares functions and derivatives with 320-bit arithmetic: at the edges of `f64`, near roots, and over whole domains.

mod derivatives;
mod docs;
mod functions;
#[expect(
    dead_code,
    unused_imports,
    reason = "the library's own source, to measure functions that are not public"
)]
#[path = "../../../../src/math/mod.rs"]
mod math;
mod reference;
mod second;
