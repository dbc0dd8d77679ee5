//! Loops of fused multiply-adds, at the hardware's speed where it has the instruction.
//!
//! `f64::mul_add` is one function on every machine, but without the instruction enabled it is a call to a library.
//! [`with_fma`] compiles a loop a second time for CPUs that have it, and chooses when it runs.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions"
)]

/// The vector instructions of this machine, asked for once.
pub(crate) use pulp::Arch;
pub(crate) use pulp::NullaryFnOnce as Fused;

/// A closure as work, whatever its length, if it is marked `#[inline(always)]`.
///
/// Called as `FnOnce` it would be reached through a function of its own, which is not compiled for the instructions.
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
/// Only what is inlined is so compiled. A closure of more than a few lines may not be: it should be [`Inline`], or a type
/// of its own with an `#[inline(always)]` [`call`](Fused::call).
#[inline]
pub(crate) fn with_fma<W: Fused>(work: W) -> W::Output {
    pulp::Arch::new().dispatch(work)
}

/// The dot product of pairs `(w, x)`: `w₀·x₀`, then each further term added with one rounding; 0 if there are none.
#[inline]
pub(crate) fn dot(mut pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let Some((w, x)) = pairs.next() else {
        return 0.0;
    };
    with_fma(|| pairs.fold(w * x, |sum, (w, x)| w.mul_add(x, sum)))
}
