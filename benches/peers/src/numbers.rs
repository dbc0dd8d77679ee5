//! Implements the formulas' operations for the other crates' numbers.

use RustQuant_autodiff::Variable;
use echidna::Reverse;
use num_dual::{DualNum, DualSVec64};

use crate::formulas::Number;

impl Number for Variable<'_> {
    #[inline]
    fn subtracted_from(self, c: f64) -> Self {
        c - self
    }

    #[inline]
    fn sqrt(self) -> Self {
        Variable::sqrt(self)
    }

    #[inline]
    fn relu(self) -> Self {
        // `Max::max(&self, 0.0)` compares more. A product with 1 or 0 is also one node.
        self * if self.value > 0.0 { 1.0 } else { 0.0 }
    }
}

impl Number for reverse::Var<'_> {
    #[inline]
    fn subtracted_from(self, c: f64) -> Self {
        c - self
    }

    #[inline]
    fn sqrt(self) -> Self {
        reverse::Var::sqrt(&self)
    }

    #[inline]
    fn relu(self) -> Self {
        self * if self.val > 0.0 { 1.0 } else { 0.0 }
    }
}

impl Number for Reverse<f64> {
    #[inline]
    fn subtracted_from(self, c: f64) -> Self {
        c - self
    }

    #[inline]
    fn sqrt(self) -> Self {
        num_traits::Float::sqrt(self)
    }

    #[inline]
    fn relu(self) -> Self {
        self * if value_of(self) > 0.0 { 1.0 } else { 0.0 }
    }
}

/// The value of an echidna number, which only its traits expose.
#[inline]
pub fn value_of(x: Reverse<f64>) -> f64 {
    echidna::Scalar::value(&x)
}

impl Number for DualSVec64<10> {
    #[inline]
    fn subtracted_from(self, c: f64) -> Self {
        -self + c
    }

    #[inline]
    fn sqrt(self) -> Self {
        DualNum::sqrt(&self)
    }

    #[inline]
    fn relu(self) -> Self {
        self * if self.re > 0.0 { 1.0 } else { 0.0 }
    }
}
