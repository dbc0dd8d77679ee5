//! Loops of fused multiply-adds, at hardware speed on CPUs that have the instruction.
//!
//! `f64::mul_add` gives the same bits on every machine, but unless the instruction is enabled it calls a library
//! function. [`with_fma`] also compiles a loop for CPUs that have the instruction, and selects the version at run time.

#![expect(
    clippy::inline_always,
    reason = "only inlined code is compiled for the vector instructions"
)]

/// The vector instructions of this machine, detected once.
pub(crate) use pulp::Arch;
pub(crate) use pulp::NullaryFnOnce as Fused;

/// Makes a closure of any length usable as work, if it is marked `#[inline(always)]`.
///
/// A call through `FnOnce` would be a separate function, which is not compiled for the instructions.
pub(crate) struct Inline<F>(pub(crate) F);

impl<R, F: FnMut() -> R> Fused for Inline<F> {
    type Output = R;

    #[inline(always)]
    fn call(mut self) -> R {
        (self.0)()
    }
}

/// Runs `work`, compiled for the CPU's vector and fused multiply-add instructions if it has them.
///
/// Only inlined code is compiled for them. A closure of more than a few lines may not be inlined: make it [`Inline`],
/// or a type with an `#[inline(always)]` [`call`](Fused::call).
#[inline]
pub(crate) fn with_fma<W: Fused>(work: W) -> W::Output {
    pulp::Arch::new().dispatch(work)
}

/// The dot product of pairs `(w, x)`: `w₀·x₀`, then each further term added with one rounding; 0 if there are no pairs.
#[inline]
pub(crate) fn dot(mut pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let Some((w, x)) = pairs.next() else {
        return 0.0;
    };
    with_fma(|| pairs.fold(w * x, |sum, (w, x)| w.mul_add(x, sum)))
}
