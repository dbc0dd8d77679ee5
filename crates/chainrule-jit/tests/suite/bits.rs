//! Comparisons to the last bit.

use chainrule::{Program, Result};
use chainrule_jit::NativeProgram;

/// Any NaN is the same as any other.
pub(crate) fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

pub(crate) fn all_same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| same(a, b))
}

/// Asks the interpreter and native code, which must give the same numbers.
pub(crate) fn agree(f: &Program, ask: impl Fn(&Program) -> Result<Vec<f64>>) {
    let (expected, found) = (ask(f).unwrap(), ask(&f.native()).unwrap());
    assert!(all_same(&expected, &found), "{expected:?}\n{found:?}\n{f}");
}
