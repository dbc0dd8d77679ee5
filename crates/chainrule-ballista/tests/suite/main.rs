//! Tests on clusters of processes, in one program, because linking it takes long.

mod bits;
mod codec;
mod deaths;
mod errors;
mod rows;
