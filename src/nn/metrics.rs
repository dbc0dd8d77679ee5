//! Measures of a classifier: how many predicted classes are right, and which classes are mistaken for which.

use std::fmt;

use super::check::{self, ensure, paired};
use crate::error::Result;

/// The index of the highest score, which is the class that a classifier predicts; the first one of equal scores.
///
/// `None` if there are no scores, or one is NaN.
///
/// ```
/// use chainrule::nn::metrics::predicted_class;
/// assert_eq!(predicted_class(&[0.1, 2.0, -1.0]), Some(1));
/// assert_eq!(predicted_class(&[0.1, f64::NAN]), None);
/// ```
pub fn predicted_class(scores: &[f64]) -> Option<usize> {
    if scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let classes = 0..scores.len();
    classes.reduce(|best, class| {
        if scores[class] > scores[best] {
            class
        } else {
            best
        }
    })
}

/// The share of predictions that equal the actual value, from 0 to 1.
///
/// It works for classes, labels ±1 and anything else that can be compared. NaN equals nothing, so it counts as wrong.
///
/// # Errors
///
/// [`Length`](crate::ErrorKind::Length) if the two differ in length, [`Argument`](crate::ErrorKind::Argument) if they
/// are empty.
///
/// ```
/// use chainrule::nn::metrics::accuracy;
///
/// assert_eq!(accuracy(&[1, 1, 0, 2], &[1, 0, 0, 2])?, 0.75);
///
/// let error = accuracy(&[1.0], &[1.0, -1.0]).unwrap_err();
/// assert_eq!(error.to_string(), "predicted: expected 2 values, found 1");
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn accuracy<T: PartialEq>(predicted: &[T], actual: &[T]) -> Result<f64> {
    paired("actual", actual.len(), "predicted", predicted.len())?;
    let hits = predicted.iter().zip(actual).filter(|(p, a)| p == a).count();
    Ok(hits as f64 / actual.len() as f64)
}

/// How often each actual class was predicted as each class.
///
/// [`Display`](fmt::Display) writes a table with one line per actual class and one column per predicted class. Recall is
/// at the end of each line, precision at the foot of each column, accuracy on the last line. A ratio 0 / 0 is written `-`.
///
/// ```
/// use chainrule::nn::metrics::ConfusionMatrix;
///
/// let matrix = ConfusionMatrix::new(&[0, 0, 1, 2, 1, 0], &[0, 0, 1, 2, 2, 1], 3)?;
/// assert_eq!(matrix.to_string(), "\
/// actual \\ predicted     0     1     2 recall
///                  0     2     0     0  1.000
///                  1     1     1     0  0.500
///                  2     0     1     1  0.500
///          precision 0.667 0.500 1.000
/// accuracy 0.667 of 6 rows");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    counts: Vec<Vec<usize>>,
}

impl ConfusionMatrix {
    /// Counts pairs of predicted and actual classes, each from 0 to `classes` − 1.
    ///
    /// # Errors
    ///
    /// [`Length`](crate::ErrorKind::Length) if the two differ in length; [`Argument`](crate::ErrorKind::Argument) if they
    /// are empty, if a class is not below `classes` (the message names its row, counted from 0), or if `classes`²
    /// counts are too many for any memory.
    ///
    /// ```
    /// use chainrule::nn::metrics::ConfusionMatrix;
    ///
    /// let error = ConfusionMatrix::new(&[0, 3], &[0, 1], 3).unwrap_err();
    /// assert_eq!(error.to_string(), "predicted: row 1: expected a class below 3, found 3");
    /// ```
    pub fn new(predicted: &[usize], actual: &[usize], classes: usize) -> Result<Self> {
        paired("actual", actual.len(), "predicted", predicted.len())?;
        for (name, found) in [("predicted", predicted), ("actual", actual)] {
            for (row, &class) in found.iter().enumerate() {
                check::class(name, row, class, classes)?;
            }
        }
        let line = classes.saturating_mul(size_of::<usize>());
        let table = line
            .saturating_add(size_of::<Vec<usize>>())
            .saturating_mul(classes);
        ensure(isize::try_from(table).is_ok(), "classes", || {
            format!("too many for a table in memory, found {classes}")
        })?;
        let mut counts = vec![vec![0; classes]; classes];
        for (&predicted, &actual) in predicted.iter().zip(actual) {
            counts[actual][predicted] += 1;
        }
        Ok(Self { counts })
    }

    /// The counts, as `counts()[actual][predicted]`: one line and one column per class.
    ///
    /// ```
    /// use chainrule::nn::metrics::ConfusionMatrix;
    /// assert_eq!(ConfusionMatrix::new(&[1, 1], &[0, 1], 2)?.counts(), [[0, 1], [0, 1]]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn counts(&self) -> &[Vec<usize>] {
        &self.counts
    }

    /// The share of right predictions, as [`accuracy`] computes it.
    ///
    /// ```
    /// use chainrule::nn::metrics::ConfusionMatrix;
    /// assert_eq!(ConfusionMatrix::new(&[1, 1], &[0, 1], 2)?.accuracy(), 0.5);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn accuracy(&self) -> f64 {
        let hits: usize = (0..self.counts.len()).map(|c| self.counts[c][c]).sum();
        hits as f64 / self.rows() as f64
    }

    /// Of the rows predicted to be `class`, the share that is; `None` if there are no such rows, or no such class.
    ///
    /// ```
    /// use chainrule::nn::metrics::ConfusionMatrix;
    ///
    /// let matrix = ConfusionMatrix::new(&[1, 1], &[0, 1], 2)?;
    /// assert_eq!((matrix.precision(0), matrix.precision(1)), (None, Some(0.5)));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn precision(&self, class: usize) -> Option<f64> {
        let hits = *self.counts.get(class)?.get(class)?;
        ratio(hits, self.counts.iter().map(|line| line[class]).sum())
    }

    /// Of the rows that are `class`, the share predicted to be; `None` if there are no such rows, or no such class.
    ///
    /// ```
    /// use chainrule::nn::metrics::ConfusionMatrix;
    ///
    /// let matrix = ConfusionMatrix::new(&[1, 1], &[0, 1], 2)?;
    /// assert_eq!((matrix.recall(0), matrix.recall(1)), (Some(0.0), Some(1.0)));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn recall(&self, class: usize) -> Option<f64> {
        let line = self.counts.get(class)?;
        ratio(line[class], line.iter().sum())
    }

    fn rows(&self) -> usize {
        self.counts.iter().flatten().sum()
    }
}

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes = 0..self.counts.len();
        let mut head = vec!["actual \\ predicted".to_string()];
        head.extend(classes.clone().map(|class| class.to_string()));
        head.push("recall".to_string());

        let mut table = vec![head];
        for (class, counts) in self.counts.iter().enumerate() {
            let mut line = vec![class.to_string()];
            line.extend(counts.iter().map(ToString::to_string));
            line.push(cell(self.recall(class)));
            table.push(line);
        }

        let mut foot = vec!["precision".to_string()];
        foot.extend(classes.map(|class| cell(self.precision(class))));
        table.push(foot);

        let columns = 0..table[0].len();
        let width = |column| {
            let cells = table.iter().filter_map(|line| line.get(column));
            cells.map(String::len).max().unwrap_or(0)
        };
        let widths: Vec<usize> = columns.map(width).collect();
        for line in &table {
            let mut gap = "";
            for (cell, width) in line.iter().zip(&widths) {
                write!(f, "{gap}{cell:>width$}")?;
                gap = " ";
            }
            writeln!(f)?;
        }
        let rows = self.rows();
        let noun = if rows == 1 { "row" } else { "rows" };
        write!(f, "accuracy {:.3} of {rows} {noun}", self.accuracy())
    }
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn cell(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "-".to_string(), |ratio| format!("{ratio:.3}"))
}
