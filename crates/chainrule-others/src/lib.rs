//! Code of other crates, differentiated unchanged. The tests are in `tests/`; the examples of
//! `docs/with-other-crates.md` are tests of this file.

#[cfg(doctest)]
#[doc = include_str!("../../../docs/with-other-crates.md")]
struct WithOtherCrates;
