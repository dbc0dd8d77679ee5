//! The tests of the public interface. They are one program, so that it is compiled and linked once.

// Shared with the module `strategies` of the library, which needs the feature `proptest`.
#[path = "../../src/strategies/expression.rs"]
pub mod expression;

mod accuracy;
mod architecture;
mod backend;
mod check;
mod choice;
mod compare;
mod custom;
mod derive;
mod diagnosis;
mod drawings;
mod dual;
mod explain;
mod fast;
mod joined;
mod kinks;
mod laws;
mod nesting;
#[cfg(feature = "nn")]
mod nn;
mod numerics;
mod origins;
mod page;
mod pages;
mod partials;
mod patterns;
mod picture;
mod program;
mod questions;
mod random_graphs;
mod recompute;
#[cfg(feature = "text")]
mod rules;
mod scale;
mod scan;
mod source;
#[cfg(feature = "proptest")]
mod strategies;
mod svg;
mod tape;

#[cfg(feature = "text")]
mod text;
#[cfg(feature = "serde")]
mod travel;
mod unroll;
mod view;
