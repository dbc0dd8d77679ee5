//! The parts that the outputs of a derivative come in.

use smallvec::SmallVec;

/// The outputs of a transform in parts, such as value, gradient and Hessian: how long each part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    lengths: SmallVec<[usize; 3]>,
    /// The first parts are values of the function; in the others, derivatives, a 0 has no sign.
    values: usize,
}

impl Parts {
    /// Parts of these lengths, the first `values` of which are values of the function and the others derivatives.
    pub(crate) fn new(lengths: &[usize], values: usize) -> Self {
        Self {
            lengths: lengths.into(),
            values,
        }
    }

    /// One part of values.
    pub(crate) fn values(count: usize) -> Self {
        Self::new(&[count], 1)
    }

    pub(crate) fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    pub(crate) fn is_derivative(&self, part: usize) -> bool {
        part >= self.values
    }

    /// How many outputs are values of the function.
    pub(crate) fn value_count(&self) -> usize {
        self.lengths[..self.values].iter().sum()
    }
}
