//! Rows of inputs with a target each: kept, split, shuffled, read as classes.

use rand::Rng;
use rand::seq::SliceRandom;

use crate::error::{Error, Result, check_length};
use crate::nn::check::{at_least_one, ensure, finite, require};

/// One row of a [`Dataset`]: its inputs and its target.
///
/// ```
/// use chainrule::nn::data::{Dataset, Row};
///
/// let data = Dataset::new(vec![vec![1.0, 2.0]], vec![5.0])?;
/// let row: Row = data.rows().next().unwrap();
/// assert_eq!(row, (&[1.0, 2.0][..], 5.0));
/// # Ok::<(), chainrule::Error>(())
/// ```
pub type Row<'a> = (&'a [f64], f64);

/// Rows of inputs, all of the same width, with one target each.
///
/// A target is a value to fit, a label −1 or +1, or a class 0, 1, 2, … stored as `f64`, which [`Dataset::classes`] checks
/// and converts. Rows are counted from 0.
///
/// ```
/// use chainrule::nn::data::Dataset;
///
/// let or = Dataset::new(
///     vec![vec![0.0, 0.0], vec![0.0, 1.0], vec![1.0, 0.0], vec![1.0, 1.0]],
///     vec![0.0, 1.0, 1.0, 1.0],
/// )?;
/// for (inputs, target) in or.rows() {
///     assert_eq!(inputs[0].max(inputs[1]), target);
/// }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    pub(super) inputs: Vec<Vec<f64>>,
    pub(super) targets: Vec<f64>,
}

impl Dataset {
    /// A data set of these inputs and targets, row by row.
    ///
    /// It may be empty, and values may be NaN or infinite.
    ///
    /// # Errors
    ///
    /// [`Length`](crate::ErrorKind::Length) if there are not as many targets as rows of inputs, or if a row does not have
    /// the width of row 0.
    ///
    /// ```
    /// use chainrule::nn::data::Dataset;
    ///
    /// let error = Dataset::new(vec![vec![1.0, 2.0], vec![3.0]], vec![0.0, 1.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "inputs, row 1: expected 2 values, found 1");
    /// ```
    pub fn new(inputs: Vec<Vec<f64>>, targets: Vec<f64>) -> Result<Self> {
        check_length("targets", inputs.len(), targets.len())?;
        let width = inputs.first().map_or(0, Vec::len);
        for (index, row) in inputs.iter().enumerate() {
            if row.len() != width {
                let name = format!("inputs, row {index}");
                return Err(Error::length(&name, width, row.len()));
            }
        }
        Ok(Self { inputs, targets })
    }

    /// The number of rows.
    ///
    /// ```
    /// use chainrule::nn::data::Dataset;
    /// assert_eq!(Dataset::new(vec![vec![0.5]], vec![1.0])?.len(), 1);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there are no rows.
    ///
    /// ```
    /// assert!(chainrule::nn::data::Dataset::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The number of inputs in every row; 0 if the set is empty.
    ///
    /// ```
    /// use chainrule::nn::data::Dataset;
    /// assert_eq!(Dataset::new(vec![vec![0.5, 0.25]], vec![1.0])?.width(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn width(&self) -> usize {
        self.inputs.first().map_or(0, Vec::len)
    }

    /// The inputs, row by row: [`len`](Self::len) vectors of [`width`](Self::width) values.
    ///
    /// ```
    /// use chainrule::nn::data::Dataset;
    /// assert_eq!(Dataset::new(vec![vec![0.5, 0.25]], vec![1.0])?.inputs(), [[0.5, 0.25]]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn inputs(&self) -> &[Vec<f64>] {
        &self.inputs
    }

    /// The targets, one per row.
    ///
    /// ```
    /// use chainrule::nn::data::Dataset;
    /// assert_eq!(Dataset::new(vec![vec![0.5, 0.25]], vec![1.0])?.targets(), [1.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn targets(&self) -> &[f64] {
        &self.targets
    }

    /// The rows in order, each as its inputs and its target.
    ///
    /// ```
    /// use chainrule::nn::data::Dataset;
    ///
    /// let data = Dataset::new(vec![vec![1.0, 2.0], vec![3.0, 4.0]], vec![5.0, 6.0])?;
    /// let sums: Vec<f64> = data.rows().map(|(x, y)| x[0] + x[1] + y).collect();
    /// assert_eq!(sums, [8.0, 13.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        let inputs = self.inputs.iter().map(Vec::as_slice);
        inputs.zip(self.targets.iter().copied())
    }

    /// Multiplies every input by `factor`; targets stay as they are.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if `factor` is NaN or infinite.
    ///
    /// ```
    /// use chainrule::nn::data::Dataset;
    ///
    /// // Pixels from 0 to 16 become pixels from 0 to 1.
    /// let digits = Dataset::new(vec![vec![0.0, 16.0], vec![8.0, 4.0]], vec![3.0, 7.0])?.scaled(1.0 / 16.0)?;
    /// assert_eq!(digits.rows().last(), Some((&[0.5, 0.25][..], 7.0)));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn scaled(mut self, factor: f64) -> Result<Self> {
        finite("factor", factor)?;
        for value in self.inputs.iter_mut().flatten() {
            *value *= factor;
        }
        Ok(self)
    }

    /// Puts the rows into a random order; all orders are equally likely.
    ///
    /// ```
    /// use chainrule::nn::data::Dataset;
    /// use rand::{SeedableRng, rngs::StdRng};
    ///
    /// let mut data = Dataset::new(vec![vec![1.0], vec![2.0], vec![3.0]], vec![1.0, 2.0, 3.0])?;
    /// data.shuffle(&mut StdRng::seed_from_u64(1));
    /// assert!(data.rows().all(|(x, y)| x[0] == y), "inputs stay with their target");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn shuffle<R: Rng + ?Sized>(&mut self, rng: &mut R) {
        let inputs = std::mem::take(&mut self.inputs);
        let targets = std::mem::take(&mut self.targets);
        let mut rows: Vec<_> = inputs.into_iter().zip(targets).collect();
        rows.shuffle(rng);
        (self.inputs, self.targets) = rows.into_iter().unzip();
    }

    /// Splits the rows, in random order, into two parts: the first holds `fraction` of the rows, the second the others.
    ///
    /// The first part has `len · fraction` rows, rounded down as in scikit-learn's `train_test_split`. Every row is in
    /// exactly one part.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if `fraction` is NaN or not between 0 and 1, or if a part would have no
    /// rows.
    ///
    /// ```
    /// use chainrule::nn::data::moons;
    /// use rand::{SeedableRng, rngs::StdRng};
    ///
    /// let mut rng = StdRng::seed_from_u64(1);
    /// let (train, test) = moons(1000, 0.1, &mut rng)?.split(0.8, &mut rng)?;
    /// assert_eq!((train.len(), test.len()), (800, 200));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn split<R: Rng + ?Sized>(&self, fraction: f64, rng: &mut R) -> Result<(Self, Self)> {
        let passes = fraction > 0.0 && fraction < 1.0;
        require("fraction", fraction, passes, "between 0 and 1")?;
        // A product that f64 rounds to just below a whole number (0.29 · 100) counts as that number.
        let first = whole((self.len() as f64 * fraction * (1.0 + 2.0 * f64::EPSILON)).floor());
        ensure((1..self.len()).contains(&first), "fraction", || {
            let rows = if self.len() == 1 { "row" } else { "rows" };
            format!("{fraction} of {} {rows} leaves a part empty", self.len())
        })?;
        let order = random_order(self.len(), rng);
        let (first, second) = order.split_at(first);
        Ok((self.select(first), self.select(second)))
    }

    /// The targets as classes, each a whole number from 0 to `count` − 1.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if `count` is 0, or if a target is not one of these numbers; the message
    /// names the first such row and its target.
    ///
    /// ```
    /// use chainrule::nn::data::Dataset;
    ///
    /// let digits = Dataset::new(vec![vec![0.0], vec![1.0]], vec![3.0, 0.0])?;
    /// assert_eq!(digits.classes(10)?, [3, 0]);
    ///
    /// let halves = Dataset::new(vec![vec![0.0], vec![1.0]], vec![1.0, 0.5])?;
    /// let error = halves.classes(2).unwrap_err();
    /// assert_eq!(error.to_string(), "targets: row 1: expected a whole number from 0 to 1, found 0.5");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn classes(&self, count: usize) -> Result<Vec<usize>> {
        at_least_one("count", count)?;
        let class = |(row, &target): (usize, &f64)| {
            let passes = target >= 0.0 && target < count as f64 && target.fract() == 0.0;
            ensure(passes, "targets", || {
                let last = count - 1;
                format!("row {row}: expected a whole number from 0 to {last}, found {target}")
            })?;
            Ok(whole(target))
        };
        self.targets.iter().enumerate().map(class).collect()
    }

    fn select(&self, rows: &[usize]) -> Self {
        Self {
            inputs: rows.iter().map(|&row| self.inputs[row].clone()).collect(),
            targets: rows.iter().map(|&row| self.targets[row]).collect(),
        }
    }
}

/// The numbers 0 to `len` − 1 in random order.
pub(super) fn random_order<R: Rng + ?Sized>(len: usize, rng: &mut R) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.shuffle(rng);
    order
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is a whole number from 0 to a length"
)]
fn whole(value: f64) -> usize {
    value as usize
}
