//! The functions that JavaScript calls.
//!
//! A function's name in the module is unsafe in Rust because two functions could have the same one. These are the only ones,
//! and their names are those of no function of C.
#![expect(
    unsafe_code,
    reason = "only by its unmangled name can JavaScript call a function"
)]

use chainrule::op::{BinaryOp, Op};

use crate::{memory, playground};

/// Room for a question of this many bytes.
#[unsafe(no_mangle)]
extern "C" fn chainrule_reserve(length: usize) -> *mut u8 {
    memory::reserve(length)
}

/// The place of the last answer.
#[unsafe(no_mangle)]
extern "C" fn chainrule_answer() -> *const u8 {
    memory::answer()
}

/// Explains lines of formulas. Returns the length of the answer.
#[unsafe(no_mangle)]
extern "C" fn chainrule_explain() -> usize {
    memory::respond(|question| playground::explain(&question))
}

/// Lists the functions that formulas can use. Returns the length of the answer.
#[unsafe(no_mangle)]
extern "C" fn chainrule_functions() -> usize {
    memory::respond(|()| playground::functions())
}

/// The chain rule's product: 0 if one of the two is 0.
#[unsafe(no_mangle)]
extern "C" fn chainrule_chain(upstream: f64, local: f64) -> f64 {
    let product = Op::Binary(BinaryOp::Chain).apply(&[upstream, local]);
    product.unwrap_or(f64::NAN)
}
