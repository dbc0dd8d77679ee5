//! Code of other crates with this crate's numbers: values, derivatives and programs.

mod agree;
mod arrays;
mod decompositions;
mod functions;
mod methods;
mod optimisers;
mod refusals;
mod special_points;
mod unmodified;
