//! The parts of a derivative's outputs.

use smallvec::SmallVec;

/// The lengths of the parts of a transform's outputs, such as value, gradient and Hessian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    lengths: SmallVec<[usize; 3]>,
    /// The first parts are values of the function. The others are derivatives, in which a 0 has no sign.
    values: usize,
}

impl Parts {
    /// Parts with these lengths. The first `values` parts are values of the function, the others derivatives.
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

    /// Splits outputs into their parts.
    pub(crate) fn split<'a>(&self, outputs: &'a [f64]) -> impl Iterator<Item = &'a [f64]> {
        let mut rest = outputs;
        self.lengths.iter().map(move |&len| {
            let (part, further) = rest.split_at(len);
            rest = further;
            part
        })
    }

    pub(crate) fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    pub(crate) fn is_derivative(&self, part: usize) -> bool {
        part >= self.values
    }

    /// The number of outputs that are values of the function.
    pub(crate) fn value_count(&self) -> usize {
        self.lengths[..self.values].iter().sum()
    }
}
