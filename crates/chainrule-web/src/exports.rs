//! The functions that JavaScript calls.
//!
//! A function's name in the module is unsafe in Rust because two functions could have the same one. These are the only ones,
//! and no function of C has their names.
#![expect(
    unsafe_code,
    reason = "only by its unmangled name can JavaScript call a function"
)]

use chainrule::op::{BinaryOp, Op};

use crate::training::page;
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

/// The place of the last numbers.
#[unsafe(no_mangle)]
extern "C" fn chainrule_numbers() -> *const f64 {
    memory::numbers()
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

/// Begins a training. Returns the length of the answer.
#[unsafe(no_mangle)]
extern "C" fn chainrule_train_begin() -> usize {
    memory::respond(page::begin)
}

/// Changes how the training goes on. Returns the length of the answer.
#[unsafe(no_mangle)]
extern "C" fn chainrule_train_tune() -> usize {
    memory::respond(|settings| page::tune(&settings))
}

/// The graph of the loss of a point. Returns the length of the answer.
#[unsafe(no_mangle)]
extern "C" fn chainrule_train_backward() -> usize {
    memory::respond(|question| page::backward(&question))
}

/// Takes at most this many steps, and none beyond the end of the epoch. Returns whether the epoch has ended.
#[unsafe(no_mangle)]
extern "C" fn chainrule_train_advance(most: usize) -> bool {
    page::advance(most)
}

/// Measures the network. Returns the number of numbers: epoch, step, losses, accuracies, and whether the training diverged.
#[unsafe(no_mangle)]
extern "C" fn chainrule_train_progress() -> usize {
    page::progress()
}

/// What every neuron computes over the plane. Returns the number of numbers.
#[unsafe(no_mangle)]
extern "C" fn chainrule_train_map(side: usize) -> usize {
    page::map(side)
}

/// The weights and biases. Returns the number of numbers.
#[unsafe(no_mangle)]
extern "C" fn chainrule_train_parameters() -> usize {
    page::parameters()
}

/// The points: x, y and label of each, first those of the training. Returns the number of numbers.
#[unsafe(no_mangle)]
extern "C" fn chainrule_train_points() -> usize {
    page::points()
}

/// Moves a point.
#[unsafe(no_mangle)]
extern "C" fn chainrule_train_move(point: usize, x: f64, y: f64) {
    page::move_point(point, [x, y]);
}
