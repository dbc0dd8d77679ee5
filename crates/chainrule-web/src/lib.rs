//! The engine as a WebAssembly module, for pages that run it in the browser.
//!
//! The module exports plain functions: a question is a JSON text in the module's memory, and so is its answer; see
//! `page/engine.js` for the other side. What the functions do is ordinary Rust, which is tested without a browser: [`Sheet`]
//! reads lines of formulas, [`playground`] explains them, and [`training`] trains a network step by step.

mod exports;
mod memory;
#[cfg(not(target_family = "wasm"))]
pub mod pages;
pub mod playground;
mod sheet;
pub mod training;

pub use sheet::{Problem, Sheet};
