//! Numbers of this crate as plain numbers, and the sign of a number as a branch.

use std::cell::Cell;
use std::fmt::Display;

use crate::dual::Dual;
use crate::op::Scalar;
use crate::var::Var;

thread_local! {
    static READING: Cell<bool> = const { Cell::new(false) };
}

/// A number with an order: `f64`, [`Var`], and [`Dual`] of these. Other crates' code accepts a [`Dual`] of any of them.
///
/// ```
/// use chainrule::{Dual, Var, foreign::Real};
/// assert_eq!(Var::from(2.0).known(), Some(2.0));
/// assert_eq!(Var::new(2.0).known(), None);
/// assert_eq!(Dual::variable(2.0).known(), None);
/// assert_eq!(Dual::variable(2.0).read(), 2.0);
/// ```
pub trait Real: Scalar + PartialOrd + PartialOrd<f64> + Display + Send + Sync {
    /// The plain number if no derivative is lost with it, or inside [`reading`]; otherwise `None`.
    #[track_caller]
    fn known(self) -> Option<f64>;

    /// The plain number. A program checks at every point that it is the same there, like [`Var::value`].
    #[track_caller]
    fn read(self) -> f64;
}

impl Real for f64 {
    fn known(self) -> Option<f64> {
        Some(self)
    }

    fn read(self) -> f64 {
        self
    }
}

impl Real for Var {
    #[track_caller]
    fn known(self) -> Option<f64> {
        // Not by a closure, which would hide the caller's line.
        if self.is_constant() || READING.get() {
            Some(self.value())
        } else {
            None
        }
    }

    #[track_caller]
    fn read(self) -> f64 {
        self.value()
    }
}

impl<S: Real> Real for Dual<S> {
    #[track_caller]
    fn known(self) -> Option<f64> {
        if self.tangent.vanishes() || READING.get() {
            self.value.known()
        } else {
            None
        }
    }

    #[track_caller]
    fn read(self) -> f64 {
        self.value.read()
    }
}

/// Runs `work` and lets it convert recording values to plain numbers, on this thread.
///
/// Conversions such as `to_f64` and `nalgebra::try_convert` otherwise answer `None`, because the derivative of the number
/// would be lost without a word. Use this for code that only decides by such a number: nalgebra's matrix exponential chooses
/// the number of its steps by one. In a traced function, the program checks at every point that each of these numbers is
/// the same there, and otherwise answers with an error, as for [`Var::value`]; [`Retraced`](crate::Retraced) traces again.
///
/// ```
/// use chainrule::{Var, foreign::reading};
/// use num_traits::ToPrimitive;
///
/// let x = Var::new(2.0);
/// assert_eq!(x.to_f64(), None);
/// assert_eq!(reading(|| x.to_f64()), Some(2.0));
/// ```
pub fn reading<R>(work: impl FnOnce() -> R) -> R {
    /// Restores what was allowed before, even if the work panics.
    struct Restores(bool);
    impl Drop for Restores {
        fn drop(&mut self) {
            READING.set(self.0);
        }
    }
    let _restores = Restores(READING.replace(true));
    work()
}

/// A constant.
pub(super) fn constant<R: From<f64>>(value: f64) -> R {
    R::from(value)
}

/// The number cut off towards 0.
#[track_caller]
pub(super) fn whole<R: Real>(x: R) -> f64 {
    // Adding 0 makes −0 and 0 the same number.
    (x.trunc() + 0.0).read()
}

/// Whether the sign is that of a negative number; −0 has it too.
#[track_caller]
pub(super) fn is_negative<R: Real>(x: R) -> bool {
    if x > 0.0 {
        false
    } else if x < 0.0 {
        true
    } else {
        // A comparison does not see the sign of 0.
        x.read().is_sign_negative()
    }
}

/// 1 or −1 by the sign, NaN for NaN.
#[track_caller]
pub(super) fn signum<R: Real>(x: R) -> R {
    constant(if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x.read().signum()
    })
}

/// The absolute value with the sign of another number.
#[track_caller]
pub(super) fn copysign<R: Real>(x: R, sign: R) -> R {
    if is_negative(sign) { -x.abs() } else { x.abs() }
}

/// Whether this is neither infinite nor NaN.
#[track_caller]
pub(super) fn is_finite<R: Real>(x: R) -> bool {
    x < f64::INFINITY && x > f64::NEG_INFINITY
}

/// Whether this is an infinity.
#[track_caller]
pub(super) fn is_infinite<R: Real>(x: R) -> bool {
    x >= f64::INFINITY || x <= f64::NEG_INFINITY
}

/// The difference, or 0 if it is negative.
#[track_caller]
pub(super) fn difference_above_zero<R: Real>(x: R, y: R) -> R {
    if x <= y { constant(0.0) } else { x - y }
}
