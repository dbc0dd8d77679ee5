//! The functions of the table as methods of [`Var`], which need no import of [`Scalar`].

#![expect(
    clippy::inline_always,
    reason = "passing a `Var` to a function through memory stalls the processor"
)]

use super::Var;
use crate::error::Result;
use crate::op::{Scalar, rows};

impl Var {
    /// Records the dot product `w₀x₀ + w₁x₁ + …` as one node, each term added with one rounding; 0 for empty slices.
    ///
    /// ```
    /// use chainrule::Var;
    /// let (ws, xs) = ([1.0, 2.0].map(Var::new), [3.0, 4.0].map(Var::new));
    /// let y = Var::dot_product(&ws, &xs)?;
    /// assert_eq!(y, 11.0);
    /// assert_eq!(y.backward().of(&ws), [3.0, 4.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the lengths differ.
    #[inline(always)]
    #[track_caller]
    pub fn dot_product(ws: &[Self], xs: &[Self]) -> Result<Self> {
        <Self as Scalar>::dot_product(ws, xs)
    }

    /// Records the value at this index as one node. The index is rounded down, as in [`floor_index`](Self::floor_index); the value
    /// is NaN if there is none. A derivative passes only to the value that was chosen.
    ///
    /// ```
    /// use chainrule::Var;
    /// // The loss of k-means for one row: the nearest centroid is chosen first.
    /// let (x, centroids) = (2.0, [0.0, 1.5, 4.0].map(Var::new));
    /// let distances = centroids.map(|c| (c - x).square());
    /// let nearest = Var::argmin_of(&distances).gather(&centroids);
    /// let loss = (nearest - x).square();
    /// assert_eq!(loss, 0.25);
    /// assert_eq!(loss.backward().of(&centroids), [0.0, -1.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// If a value was freed or is not on the current graph.
    #[must_use]
    #[track_caller]
    pub fn gather(self, values: &[Self]) -> Self {
        Scalar::gather(self, values)
    }

    /// Records the sum as one node, added from left to right; −0 for an empty slice.
    ///
    /// Code that is generic over [`Scalar`] uses the iterator's `sum`, which records the same node.
    ///
    /// ```
    /// use chainrule::Var;
    /// let xs = [1.0, 3.0, 2.0].map(Var::new);
    /// let y = Var::sum(&xs);
    /// assert_eq!(y, 6.0);
    /// assert_eq!(y.backward().of(&xs), [1.0, 1.0, 1.0]);
    /// ```
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn sum(xs: &[Self]) -> Self {
        Self::apply_n::<rows::Sum>(xs)
    }

    /// Records the product as one node, multiplied from left to right; 1 for an empty slice.
    ///
    /// Code that is generic over [`Scalar`] uses the iterator's `product`, which records the same node.
    ///
    /// ```
    /// use chainrule::Var;
    /// let xs = [1.0, 3.0, 2.0].map(Var::new);
    /// let y = Var::product(&xs);
    /// assert_eq!(y, 6.0);
    /// assert_eq!(y.backward().of(&xs), [6.0, 2.0, 3.0]);
    /// ```
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn product(xs: &[Self]) -> Self {
        Self::apply_n::<rows::Product>(xs)
    }

    methods!(pub);
}
