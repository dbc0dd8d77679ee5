//! What can be trained on: rows of numbers, however they are kept.

use super::Dataset;

/// Rows of numbers, counted from 0: a [`Dataset`], whose rows are the inputs and then the target, or a vector, array or
/// slice of vectors, arrays or slices.
///
/// ```
/// use chainrule::nn::data::{Dataset, Rows};
///
/// let mut values = Vec::new();
/// Dataset::new(vec![vec![1.0, 2.0]], vec![5.0])?.append(0, &mut values);
/// [[3.0, 4.0]].append(0, &mut values);
/// assert_eq!(values, [1.0, 2.0, 5.0, 3.0, 4.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub trait Rows {
    /// How many rows there are.
    ///
    /// ```
    /// use chainrule::nn::data::Rows;
    /// assert_eq!([[1.0, 2.0], [3.0, 4.0]].count(), 2);
    /// ```
    fn count(&self) -> usize;

    /// Appends the values of a row.
    ///
    /// ```
    /// use chainrule::nn::data::Rows;
    /// let mut values = Vec::new();
    /// vec![[1.0, 2.0], [3.0, 4.0]].append(1, &mut values);
    /// assert_eq!(values, [3.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such row.
    fn append(&self, row: usize, values: &mut Vec<f64>);
}

impl Rows for Dataset {
    fn count(&self) -> usize {
        self.len()
    }

    fn append(&self, row: usize, values: &mut Vec<f64>) {
        values.extend_from_slice(&self.inputs[row]);
        values.push(self.targets[row]);
    }
}

impl<R: AsRef<[f64]>> Rows for [R] {
    fn count(&self) -> usize {
        self.len()
    }

    fn append(&self, row: usize, values: &mut Vec<f64>) {
        values.extend_from_slice(self[row].as_ref());
    }
}

impl<R: AsRef<[f64]>, const N: usize> Rows for [R; N] {
    fn count(&self) -> usize {
        N
    }

    fn append(&self, row: usize, values: &mut Vec<f64>) {
        self[..].append(row, values);
    }
}

impl<R: AsRef<[f64]>> Rows for Vec<R> {
    fn count(&self) -> usize {
        self.len()
    }

    fn append(&self, row: usize, values: &mut Vec<f64>) {
        self[..].append(row, values);
    }
}

impl<R: Rows + ?Sized> Rows for &R {
    fn count(&self) -> usize {
        (**self).count()
    }

    fn append(&self, row: usize, values: &mut Vec<f64>) {
        (**self).append(row, values);
    }
}
