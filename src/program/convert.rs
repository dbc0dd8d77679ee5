//! Converts sparse matrices to the types of other crates.

use std::sync::Arc;

use super::sparse::Csr;

#[cfg(feature = "nalgebra-sparse")]
impl From<Csr> for nalgebra_sparse::CsrMatrix<f64> {
    /// The same rows, columns and values.
    ///
    /// # Panics
    /// Never: the pattern's columns ascend.
    fn from(matrix: Csr) -> Self {
        let (sparsity, values) = matrix.into_parts();
        let sparsity = Arc::unwrap_or_clone(sparsity);
        let (rows, columns) = (sparsity.rows(), sparsity.columns());
        let (starts, indices) = sparsity.into_parts();
        let made = Self::try_from_csr_data(rows, columns, starts, indices, values);
        made.expect("the columns of a row ascend")
    }
}

#[cfg(feature = "sprs")]
impl From<Csr> for sprs::CsMat<f64> {
    /// The same rows, columns and values.
    ///
    /// # Panics
    /// Never: the pattern's columns ascend.
    fn from(matrix: Csr) -> Self {
        let (sparsity, values) = matrix.into_parts();
        let sparsity = Arc::unwrap_or_clone(sparsity);
        let shape = (sparsity.rows(), sparsity.columns());
        let (starts, indices) = sparsity.into_parts();
        Self::new(shape, starts, indices, values)
    }
}

#[cfg(test)]
mod tests {
    use crate::program::Program;

    #[cfg(feature = "nalgebra-sparse")]
    #[test]
    fn nalgebra_has_the_same_entries() {
        let f = Program::trace(3, |x| [x[0] * x[1], x[2].square()]).unwrap();
        let ours = f.sparse_jacobian().matrix(&[2.0, 3.0, 4.0]).unwrap();
        let theirs = nalgebra_sparse::CsrMatrix::from(ours);
        let entries: Vec<_> = theirs
            .triplet_iter()
            .map(|(row, column, &value)| (row, column, value))
            .collect();
        assert_eq!(entries, [(0, 0, 3.0), (0, 1, 2.0), (1, 2, 8.0)]);
    }

    #[cfg(feature = "sprs")]
    #[test]
    fn sprs_has_the_same_entries() {
        let f = Program::trace(3, |x| [x[0] * x[1], x[2].square()]).unwrap();
        let ours = f.sparse_jacobian().matrix(&[2.0, 3.0, 4.0]).unwrap();
        let theirs = sprs::CsMat::from(ours);
        let entries: Vec<_> = theirs
            .iter()
            .map(|(&value, place)| (place, value))
            .collect();
        assert_eq!(entries, [((0, 0), 3.0), ((0, 1), 2.0), ((1, 2), 8.0)]);
    }
}
