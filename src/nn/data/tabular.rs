//! Tabular data: rows of numbers, however they are stored.

use super::dataset::Dataset;

/// Rows of numbers, counted from 0, on which [`Fit`](crate::nn::Fit) trains.
///
/// They are a [`Dataset`], whose rows are the inputs and then the target, or a vector, array or slice of vectors, arrays
/// or slices.
///
/// ```
/// use chainrule::nn::data::{Dataset, Tabular};
///
/// let mut values = Vec::new();
/// Dataset::new(vec![vec![1.0, 2.0]], vec![5.0])?.append_row(0, &mut values);
/// [[3.0, 4.0]].append_row(0, &mut values);
/// assert_eq!(values, [1.0, 2.0, 5.0, 3.0, 4.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub trait Tabular {
    /// The number of rows.
    ///
    /// ```
    /// use chainrule::nn::data::Tabular;
    /// assert_eq!([[1.0, 2.0], [3.0, 4.0]].row_count(), 2);
    /// ```
    fn row_count(&self) -> usize;

    /// Appends the values of a row to `values`.
    ///
    /// ```
    /// use chainrule::nn::data::Tabular;
    /// let mut values = Vec::new();
    /// vec![[1.0, 2.0], [3.0, 4.0]].append_row(1, &mut values);
    /// assert_eq!(values, [3.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no such row.
    fn append_row(&self, row: usize, values: &mut Vec<f64>);
}

impl Tabular for Dataset {
    fn row_count(&self) -> usize {
        self.len()
    }

    fn append_row(&self, row: usize, values: &mut Vec<f64>) {
        values.extend_from_slice(&self.inputs[row]);
        values.push(self.targets[row]);
    }
}

macro_rules! rows {
    ($([$($size:tt)*] $rows:ty),+) => { $(
        impl<R: AsRef<[f64]>, $($size)*> Tabular for $rows {
            fn row_count(&self) -> usize {
                self.len()
            }

            fn append_row(&self, row: usize, values: &mut Vec<f64>) {
                values.extend_from_slice(self[row].as_ref());
            }
        }
    )+ };
}

rows!([] [R], [] Vec<R>, [const N: usize] [R; N]);

impl<R: Tabular + ?Sized> Tabular for &R {
    fn row_count(&self) -> usize {
        (**self).row_count()
    }

    fn append_row(&self, row: usize, values: &mut Vec<f64>) {
        (**self).append_row(row, values);
    }
}
