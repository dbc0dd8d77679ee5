//! Code of other crates, differentiated unchanged, and adaptors that let other crates' optimisers and samplers use
//! programs. The tests are in `tests/`; the examples of `docs/with-other-crates.md` and
//! `docs/optimisers-and-samplers.md` are tests of this file.

pub mod dose_response;
pub mod least_squares;
pub mod logistic;
pub mod minimise;
pub mod objective;
pub mod posterior;
pub mod schools;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/with-other-crates.md")]
struct WithOtherCrates;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/optimisers-and-samplers.md")]
struct OptimisersAndSamplers;
