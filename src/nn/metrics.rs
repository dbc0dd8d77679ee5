//! Measures of a classifier: takes predicted and actual classes, gives the share of hits and who is mistaken for
//! whom.

use std::fmt;

use crate::error::{Error, Result};

/// The place of the highest score, the first of equals: the class that a classifier predicts. `None` of no scores, or if
/// one is NaN.
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
    let places = 0..scores.len();
    places.reduce(|best, place| {
        if scores[place] > scores[best] {
            place
        } else {
            best
        }
    })
}

/// The share of predictions that equal the actual value, from 0 to 1.
///
/// Works for classes, for labels ±1, for anything that can be compared; a NaN equals nothing and so is a miss.
///
/// # Errors
///
/// [`Length`](crate::ErrorKind::Length) when the two differ in length, [`Argument`](crate::ErrorKind::Argument)
/// when they are empty.
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
    paired(predicted, actual)?;
    let hits = predicted.iter().zip(actual).filter(|(p, a)| p == a).count();
    Ok(hits as f64 / actual.len() as f64)
}

/// How often each class was taken for each class.
///
/// [`Display`](fmt::Display) writes a table: one line for each actual class, one column for each predicted class,
/// recall at the end of a line, precision at the foot of a column, accuracy last. A ratio that would be 0 / 0 is
/// written `-`.
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
    /// [`Length`](crate::ErrorKind::Length) when the two differ in length; [`Argument`](crate::ErrorKind::Argument)
    /// when they are empty, when a class is not below `classes` (the message names its row, counted from 0), or when
    /// `classes` squared counts are more than any memory holds.
    ///
    /// ```
    /// use chainrule::nn::metrics::ConfusionMatrix;
    ///
    /// let error = ConfusionMatrix::new(&[0, 3], &[0, 1], 3).unwrap_err();
    /// assert_eq!(error.to_string(), "predicted: row 1: expected a class below 3, found 3");
    /// ```
    pub fn new(predicted: &[usize], actual: &[usize], classes: usize) -> Result<Self> {
        paired(predicted, actual)?;
        below("predicted", predicted, classes)?;
        below("actual", actual, classes)?;
        let line = classes.checked_mul(size_of::<usize>());
        let table = line
            .and_then(|bytes| bytes.checked_add(size_of::<Vec<usize>>()))
            .and_then(|bytes| bytes.checked_mul(classes));
        if table.is_none_or(|bytes| isize::try_from(bytes).is_err()) {
            let problem = format!("too many for a table in any memory, found {classes}");
            return Err(Error::argument("classes", problem));
        }
        let mut counts = vec![vec![0; classes]; classes];
        for (&predicted, &actual) in predicted.iter().zip(actual) {
            counts[actual][predicted] += 1;
        }
        Ok(Self { counts })
    }

    /// The counts: `counts()[actual][predicted]`, a square of as many lines and columns as classes.
    ///
    /// ```
    /// use chainrule::nn::metrics::ConfusionMatrix;
    /// assert_eq!(ConfusionMatrix::new(&[1, 1], &[0, 1], 2)?.counts(), [[0, 1], [0, 1]]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn counts(&self) -> &[Vec<usize>] {
        &self.counts
    }

    /// The share of pairs on the diagonal, as [`accuracy`] gives it.
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

    /// Of the rows predicted to be `class`, the share that is; `None` when there are none, or no such class.
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

    /// Of the rows that are `class`, the share predicted to be; `None` when there are none, or no such class.
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

fn paired<T>(predicted: &[T], actual: &[T]) -> Result<()> {
    if predicted.len() != actual.len() {
        return Err(Error::length("predicted", actual.len(), predicted.len()));
    }
    if actual.is_empty() {
        return Err(Error::argument("actual", "must hold at least one value"));
    }
    Ok(())
}

fn below(name: &str, found: &[usize], classes: usize) -> Result<()> {
    match found.iter().position(|&class| class >= classes) {
        None => Ok(()),
        Some(row) => {
            let class = found[row];
            let problem = format!("row {row}: expected a class below {classes}, found {class}");
            Err(Error::argument(name, problem))
        }
    }
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn cell(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "-".to_string(), |ratio| format!("{ratio:.3}"))
}
