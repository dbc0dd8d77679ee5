//! Mini-batches: takes a data set and a size, gives its rows in random order, that many at a time.

use std::iter::FusedIterator;

use rand::Rng;

use super::{Dataset, Row, random_order};
use crate::error::{Error, Result};

/// The mini-batches of one pass over a [`Dataset`], made by [`Dataset::batches`].
///
/// Each item is a vector of rows that borrow from the data set.
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
    /// Rows still to come; batches are taken from the end.
    order: Vec<usize>,
    size: usize,
}

impl Dataset {
    /// One pass over the rows in random order, `size` at a time.
    ///
    /// Every row comes exactly once; the last batch is shorter when `size` does not divide the number of rows. An
    /// empty set has no batches. Call it anew for each epoch to get another order.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) when `size` is 0.
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
        if size == 0 {
            return Err(Error::argument("size", "must be positive, found 0"));
        }
        Ok(Batches {
            data: self,
            order: random_order(self.len(), rng),
            size,
        })
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Vec<Row<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.order.is_empty() {
            return None;
        }
        let rest = self.order.len().saturating_sub(self.size);
        let data = self.data;
        let rows = self.order.drain(rest..);
        Some(
            rows.map(|row| (data.inputs[row].as_slice(), data.targets[row]))
                .collect(),
        )
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let count = self.order.len().div_ceil(self.size);
        (count, Some(count))
    }
}

impl ExactSizeIterator for Batches<'_> {}

impl FusedIterator for Batches<'_> {}
