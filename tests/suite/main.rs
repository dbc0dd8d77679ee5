//! The tests of the public interface. They are one program, so that it is compiled and linked once.

#[path = "../expression/mod.rs"]
mod expression;
#[path = "../expression/scale.rs"]
mod scale;

mod accuracy;
mod architecture;
mod backend;
mod check;
mod compare;
mod custom;
mod derive;
mod diagnosis;
mod drawings;
mod explain;
mod fast;
mod kinks;
mod laws;
mod nesting;
#[cfg(feature = "nn")]
mod nn;
mod numerics;
mod origins;
mod page;
mod pages;
mod patterns;
mod picture;
mod program;
mod questions;
mod random_graphs;
mod recompute;
mod svg;
mod tape;
mod unroll;
mod view;
