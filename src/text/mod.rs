//! Formulas that are read from text, over any kind of number; with the feature `text`.
//!
//! ```
//! use chainrule::{Var, text::Formula};
//!
//! let f = Formula::parse("exp(max(a*b, c))")?;
//! assert_eq!(f.names(), ["a", "b", "c"]);
//! assert_eq!(f.eval(&[0.5, 2.0, -1.0])?, 1_f64.exp());
//!
//! let x = [2.0, -3.0, 1.0].map(Var::new);
//! assert_eq!(f.eval(&x)?.backward().of(&x), [0.0, 0.0, 1_f64.exp()]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A formula has numbers, names, parentheses and, from the loosest to the tightest:
//!
//! | | | |
//! |---|---|---|
//! | `<` `<=` `>` `>=` `==` `!=` | comparisons: 1 or 0, as conditions of `select(condition, a, b)` | `a < b < c` is an error |
//! | `+` `-` | | from left to right |
//! | `*` `/` `%` | `%` is the remainder with the sign of the left operand | from left to right |
//! | `-` | the negation: `-x^2` is `-(x^2)` | |
//! | `^` | the power | from right to left |
//!
//! The functions are all operations of the [table](crate::op), by the names of their rows or of the methods of
//! [`Scalar`](crate::Scalar): `exp`, `log_sum_exp`, `atan2`, `clamp`. Upper and lower case and underscores make no
//! difference, so `ln_1p` and `Ln1p` are the same. In the constants, which are `pi` or
//! `π`, `e`, `inf` and `nan`, and in inputs they do make a difference. Every other name is an input.
//!
//! Nothing here recurses: a formula can nest as deeply as memory allows.

mod formula;
mod functions;
mod syntax_error;
mod tokens;

pub use formula::Formula;
pub use syntax_error::SyntaxError;
