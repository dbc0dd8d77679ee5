//! Mini-batches: the rows of a data set in random order, a fixed number at a time.

use std::iter::FusedIterator;

use rand::Rng;

use super::dataset::{Dataset, Row, random_order};
use crate::error::Result;
use crate::nn::check::at_least_one;

/// The mini-batches of one pass over a [`Dataset`], as [`Dataset::batches`] returns them.
///
/// Each item is a vector of rows, which borrow from the data set.
///
/// ```
/// use chainrule::nn::data::{Batches, moons};
/// use rand::{SeedableRng, rngs::StdRng};
///
/// let mut rng = StdRng::seed_from_u64(1);
/// let data = moons(10, 0.1, &mut rng)?;
/// let batches: Batches = data.batches(4, &mut rng)?;
/// assert_eq!(batches.len(), 3);
/// let sizes: Vec<usize> = batches.map(|batch| batch.len()).collect();
/// assert_eq!(sizes, [4, 4, 2]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    data: &'a Dataset,
    /// The rows that are still to come; batches are taken from the end.
    order: Vec<usize>,
    size: usize,
}

impl Dataset {
    /// One pass over the rows in random order, `size` rows at a time.
    ///
    /// Every row comes exactly once. The last batch may be smaller, and an empty set has no batches. Each call draws a new
    /// order, so call it once per epoch.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if `size` is 0.
    ///
    /// ```
    /// use chainrule::nn::data::moons;
    /// use rand::{SeedableRng, rngs::StdRng};
    ///
    /// let mut rng = StdRng::seed_from_u64(1);
    /// let data = moons(10, 0.1, &mut rng)?;
    /// let mut total = 0.0;
    /// for batch in data.batches(4, &mut rng)? {
    ///     for (inputs, target) in batch {
    ///         assert_eq!(inputs.len(), 2);
    ///         total += target;
    ///     }
    /// }
    /// assert_eq!(total, 0.0, "as many labels −1 as +1");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn batches<R: Rng + ?Sized>(&self, size: usize, rng: &mut R) -> Result<Batches<'_>> {
        Ok(Batches {
            data: self,
            size: at_least_one("size", size)?,
            order: random_order(self.len(), rng),
        })
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Vec<Row<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.order.is_empty() {
            return None;
        }
        let (data, rest) = (self.data, self.order.len().saturating_sub(self.size));
        let row = |row: usize| (data.inputs[row].as_slice(), data.targets[row]);
        Some(self.order.drain(rest..).map(row).collect())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let count = self.order.len().div_ceil(self.size);
        (count, Some(count))
    }
}

impl ExactSizeIterator for Batches<'_> {}

impl FusedIterator for Batches<'_> {}
