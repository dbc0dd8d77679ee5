//! Traits of other crates: existing code that is generic over `num_traits::Float` or nalgebra's `RealField` accepts
//! [`Var`](crate::Var) and [`Dual`](crate::Dual) in one direction.
//!
//! | feature | traits |
//! |---|---|
//! | `num-traits` | those of num-traits 0.2: `Float`, `FloatConst`, `Signed`, `Pow`, `Inv`, `MulAdd`, `Euclid`, and the conversions |
//! | `nalgebra` | those of approx 0.5 and simba 0.10, up to `RealField`, for nalgebra 0.35; includes `num-traits` |
//! | `nalgebra-034` | the same of simba 0.9, for nalgebra 0.34 |
//!
//! The functions are those of this crate's table, so their values have the bits of [`Scalar`](crate::Scalar)'s functions, on
//! every machine. Where a trait asks for something else, the rules are:
//!
//! - **Comparisons** (`is_zero`, `is_nan`, `is_sign_positive`, `signum`, `copysign`, `abs_sub`, `try_sqrt`, `argument`,
//!   `relative_eq`) compare the values, and programs check the results at every point, as they do for `<`. The result of
//!   `signum` is a constant: 1 or −1 by the sign, also at ±0, and NaN for NaN, as for `f64`.
//! - **`max`, `min` and `clamp`** are single operations without a branch. A NaN operand gives NaN and a tie halves the slope,
//!   where `f64::max` would hide the NaN. `hypot(∞, NaN)`, `powi(NaN, 0)` and `powf(NaN, 0)` are NaN too.
//!   `clamp` gives NaN for bounds that are crossed, where `f64::clamp` would panic.
//! - **A formula that a crate uses at one point only**, such as the constant that nalgebra returns for a rotation by 0, has the
//!   derivatives of that formula. `docs/with-other-crates.md` lists such points.
//! - **A recording value does not become a plain number**, which would lose its derivative: `to_f64`, `NumCast::from`,
//!   `to_subset` and `nalgebra::try_convert` answer `None`, and `to_subset_unchecked` answers NaN. Constants convert. A
//!   [`Dual`](crate::Dual) of constants converts if its tangent is 0. Inside [`reading`], all of them convert.
//! - **Whole numbers** (`to_i32`, `to_usize`) are cut off towards 0, and programs check that the whole number is the same.
//!   `integer_decode` and `ulps_eq` read the bits, and programs check that they are the same; on the tape, what is made of
//!   these bits is a constant.
//!
//! ```
//! use chainrule::{Dual, Program, Var};
//! use num_traits::Float;
//!
//! fn length<T: Float>(x: T, y: T) -> T {
//!     (x * x + y * y).sqrt()
//! }
//!
//! assert_eq!(length(3.0, 4.0), 5.0);
//! assert_eq!(length(Dual::variable(4.0), Dual::from(3.0)).tangent, 0.8);
//! let (x, y) = (Var::new(3.0), Var::new(4.0));
//! assert_eq!(length(x, y).backward()[y], 0.8);
//! let f = Program::trace(2, |x| length(x[0], x[1]))?;
//! let (value, gradient) = f.gradient(&[3.0, 4.0])?;
//! assert_eq!((value, gradient[1]), (5.0, 0.8));
//! # Ok::<(), chainrule::Error>(())
//! ```

mod number;
mod read;

#[cfg(any(feature = "nalgebra", feature = "nalgebra-034"))]
mod near;
#[cfg(any(feature = "nalgebra", feature = "nalgebra-034"))]
mod real_field;

pub use read::{Real, reading};
