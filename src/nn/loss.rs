//! Losses: how far a network's outputs are from their targets, and penalties on large parameters.
//!
//! Losses are functions over any kind of number: of recorded outputs they return a recorded loss, from which you sweep.
//! Targets may be plain `f64`s. A *row* is one example; means are over rows.
//!
//! [`row_cross_entropy`] and [`row_multiclass_hinge`] are losses of one row whose class is a value like its inputs. A
//! [program](crate::Program) over rows needs them, because the class is then part of the data and not of the code.

use super::check::{self, at_least_zero, not_empty, paired};
use crate::Scalar;
use crate::error::{Error, Result};
use crate::labels::Labels;
use crate::op::rows::{Adjoint, Greater};

/// The sum of squared errors `Σ (s − t)²` of outputs `s` and targets `t`, as in cs231n's two-layer training loop.
///
/// # Errors
///
/// [`Length`](crate::ErrorKind::Length) if the two differ in length, [`Argument`](crate::ErrorKind::Argument) if they
/// are empty.
///
/// ```
/// use chainrule::nn::loss::squared_error;
/// assert_eq!(squared_error(&[1.0, 5.0], &[3.0, 4.0])?, 5.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn squared_error<S: Scalar, T: Copy + Into<S>>(outputs: &[S], targets: &[T]) -> Result<S> {
    paired("outputs", outputs.len(), "targets", targets.len())?;
    let pairs = outputs.iter().zip(targets);
    let errors: Vec<S> = pairs.map(|(&s, &t)| s - t.into()).collect();
    S::dot_product(&errors, &errors)
}

/// The mean squared error `1/n Σ (s − t)²` of outputs `s` and targets `t`.
///
/// # Errors
///
/// As [`squared_error`].
///
/// ```
/// use chainrule::nn::loss::mean_squared_error;
/// assert_eq!(mean_squared_error(&[1.0, 5.0], &[3.0, 4.0])?, 2.5);
///
/// let error = mean_squared_error(&[1.0], &[3.0, 4.0]).unwrap_err();
/// assert_eq!(error.to_string(), "targets: expected 1 value, found 2");
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn mean_squared_error<S: Scalar, T: Copy + Into<S>>(outputs: &[S], targets: &[T]) -> Result<S> {
    Ok(squared_error(outputs, targets)? / outputs.len() as f64)
}

/// The binary hinge loss `1/n Σ max(0, margin − y·s)` of scores `s` and labels `y`, −1 or +1.
///
/// It is the loss of a support vector machine, and of micrograd's demo with margin 1.
///
/// # Errors
///
/// [`Length`](crate::ErrorKind::Length) if the two differ in length, [`Argument`](crate::ErrorKind::Argument) if they
/// are empty, the margin is negative or not finite, or a label is the constant 0, from which nothing can be learned. The loss
/// is NaN if another label is neither −1 nor +1, such as a 0 in a row of a program.
///
/// ```
/// use chainrule::nn::loss::hinge;
/// assert_eq!(hinge(&[2.0, 0.5, 1.0], &[1.0, 1.0, -1.0], 1.0)?, (0.0 + 0.5 + 2.0) / 3.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn hinge<S: Scalar, T: Copy + Into<S>>(scores: &[S], labels: &[T], margin: f64) -> Result<S> {
    paired("scores", scores.len(), "labels", labels.len())?;
    at_least_zero("margin", margin)?;
    if let Some(row) = labels.iter().position(|&y| y.into().vanishes()) {
        let problem = format!("row {row}: must be −1 or 1, found 0");
        return Err(Error::argument("labels", problem));
    }
    let pairs = scores.iter().zip(labels);
    let losses = pairs.map(|(&s, &y)| {
        let y = y.into().expect_label(Labels::Signs);
        let loss = (S::from(margin) - s * y).relu();
        let excess = y.abs() - 1.0;
        if excess.vanishes() {
            // Known to be −1 or 1, for every row.
            return loss;
        }
        excess.equal(0.0).select(loss, S::from(f64::NAN).shared())
    });
    Ok(S::mean(&losses.collect::<Vec<S>>()))
}

/// The multi-class hinge loss `1/n Σᵢ Σ_{j≠c} max(0, sⱼ − s_c + margin)` of rows of scores and their classes `c`.
///
/// This is J. Weston and C. Watkins's support vector machine (1999) in the form of cs231n's lecture 4, where the margin
/// is 1.
///
/// # Errors
///
/// [`Length`](crate::ErrorKind::Length) if there are not as many classes as rows; [`Argument`](crate::ErrorKind::Argument)
/// if there are no rows, a class has no score in its row, or the margin is negative or not finite. The message names
/// the row, counted from 0.
///
/// ```
/// use chainrule::nn::loss::multiclass_hinge;
///
/// let scores = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0]];
/// assert!((multiclass_hinge(&scores, &[0, 1], 1.0)? - (2.9 + 0.0) / 2.0).abs() < 1e-15);
///
/// let error = multiclass_hinge(&scores, &[0, 3], 1.0).unwrap_err();
/// assert_eq!(error.to_string(), "classes: row 1: expected a class below 3, found 3");
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn multiclass_hinge<S: Scalar>(
    scores: &[impl AsRef<[S]>],
    classes: &[usize],
    margin: f64,
) -> Result<S> {
    at_least_zero("margin", margin)?;
    mean_over_rows("scores", scores, classes, |right, others| {
        // Where there is one class, there are no others. Their sum is −0, and adding 0 makes it 0.
        let losses = others.iter().map(|&s| (s - right + margin).relu());
        losses.sum::<S>() + 0.0
    })
}

/// The cross-entropy `−1/n Σᵢ ln softmax(s)_c` of rows of scores (logits) `s` and their classes `c`.
///
/// A row's loss is computed as `softplus(ln Σ_{j≠c} e^sⱼ − s_c)`. This equals the usual form `ln Σⱼ e^sⱼ − s_c` and does
/// not overflow either, but keeps its digits where the right class is nearly certain and the two terms of the usual
/// form cancel.
///
/// The loss is NaN if a logit is NaN, if the logits of the right class and of another are both +∞, or if there are
/// several logits and all are −∞: the difference of infinities has no value.
///
/// # Errors
///
/// [`Length`](crate::ErrorKind::Length) if there are not as many classes as rows; [`Argument`](crate::ErrorKind::Argument)
/// if there are no rows or a class has no score in its row. The message names the row, counted from 0.
///
/// ```
/// use chainrule::nn::loss::cross_entropy;
///
/// assert!((cross_entropy(&[[1.0, 1.0]], &[0])? - 2.0_f64.ln()).abs() < 1e-15);
/// assert_eq!(cross_entropy(&[[1000.0, -1000.0]], &[1])?, 2000.0);
///
/// let error = cross_entropy(&[[1.0, 1.0]], &[0, 1]).unwrap_err();
/// assert_eq!(error.to_string(), "classes: expected 1 value, found 2");
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn cross_entropy<S: Scalar>(logits: &[impl AsRef<[S]>], classes: &[usize]) -> Result<S> {
    mean_over_rows("logits", logits, classes, |right, others| {
        if others.is_empty() {
            return S::from(0.0);
        }
        (S::log_sum_exp(others) - right).softplus()
    })
}

/// The cross-entropy `−ln softmax(s)_c` of one row of scores (logits) `s` and its class `c`, which is a value: 0, 1, 2, ….
///
/// The value and the slopes have the bits of [`cross_entropy`] of this row. If `c` is not one of these numbers, the loss
/// is NaN, or 0 if there is only one score.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) if there are no scores.
///
/// ```
/// use chainrule::Program;
/// use chainrule::nn::loss::{cross_entropy, row_cross_entropy};
///
/// let scores = [2.0, -1.0, 0.5];
/// assert_eq!(row_cross_entropy(&scores, 2.0)?, cross_entropy(&[scores], &[2])?);
/// assert!(row_cross_entropy(&scores, 3.0)?.is_nan());
///
/// // Traced once, replayed for rows of any class. A row is three scores, then the class.
/// let loss = Program::trace(4, |row| row_cross_entropy(&row[..3], row[3]))?;
/// assert_eq!(loss.value(&[2.0, -1.0, 0.5, 2.0])?, cross_entropy(&[scores], &[2])?);
/// assert_eq!(loss.value(&[2.0, -1.0, 0.5, 0.0])?, cross_entropy(&[scores], &[0])?);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn row_cross_entropy<S: Scalar>(logits: &[S], class: impl Into<S>) -> Result<S> {
    let class = class.into();
    let (_, right) = choose("logits", logits, class)?;
    if logits.len() == 1 {
        return Ok(S::from(0.0));
    }
    // Those before the class keep their places. Each of the others moves down by one, over the class's own.
    let pairs = (0_u32..).zip(logits.iter().zip(&logits[1..]));
    let others = pairs.map(|(place, (&s, &next))| {
        let is_before = class.apply2::<Greater>(S::from(f64::from(place)));
        is_before.select(s, next)
    });
    let others: Vec<S> = others.collect();
    Ok((S::log_sum_exp(&others) - right).softplus())
}

/// The multi-class hinge loss `Σ_{j≠c} max(0, sⱼ − s_c + margin)` of one row of scores `s` and its class `c`, which is a
/// value: 0, 1, 2, ….
///
/// The value and the slopes have the bits of [`multiclass_hinge`] of this row. If `c` is not one of these numbers, the
/// loss is NaN.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) if there are no scores, or the margin is negative or not finite.
///
/// ```
/// use chainrule::nn::loss::{multiclass_hinge, row_multiclass_hinge};
///
/// let scores = [3.2, 5.1, -1.7];
/// assert_eq!(row_multiclass_hinge(&scores, 0.0, 1.0)?, multiclass_hinge(&[scores], &[0], 1.0)?);
/// assert!(row_multiclass_hinge(&scores, 0.5, 1.0)?.is_nan());
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn row_multiclass_hinge<S: Scalar>(
    scores: &[S],
    class: impl Into<S>,
    margin: f64,
) -> Result<S> {
    at_least_zero("margin", margin)?;
    let (is_right, right) = choose("scores", scores, class.into())?;
    let nothing = S::from(0.0).shared();
    let losses = is_right.iter().zip(scores).map(|(is_right, &s)| {
        let loss = (s - right + margin).relu();
        is_right.select(nothing, loss)
    });
    Ok(losses.sum())
}

/// For each score, 1 if it is the score of the row's class, else 0; and the score of the class, NaN if there is none.
fn choose<S: Scalar>(name: &str, scores: &[S], class: S) -> Result<(Vec<S>, S)> {
    not_empty(name, scores.len())?;
    let class = class.expect_label(Labels::Classes(scores.len()));
    let is_right: Vec<S> = (0..scores.len()).map(|c| class.equal(c as f64)).collect();
    // In this sum, a product with 0 adds nothing even if the other factor is infinite or NaN.
    let pairs = is_right.iter().zip(scores);
    let pairs: Vec<S> = pairs.flat_map(|(&is_right, &s)| [is_right, s]).collect();
    let found: S = is_right.iter().sum();
    let right = S::apply_n::<Adjoint>(&pairs) / found;
    Ok((is_right, right))
}

/// The penalty `strength · Σ |p|` on large parameters, which drives small ones to 0 (the lasso, R. Tibshirani 1996).
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) if the strength is negative or not finite.
///
/// ```
/// use chainrule::nn::loss::l1_penalty;
/// assert_eq!(l1_penalty(&[3.0, -4.0], 0.5)?, 3.5);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn l1_penalty<S: Scalar>(parameters: &[S], strength: f64) -> Result<S> {
    at_least_zero("strength", strength)?;
    if parameters.is_empty() {
        // The sum of no values is −0.
        return Ok(S::from(0.0));
    }
    Ok(parameters.iter().map(|p| p.abs()).sum::<S>() * strength)
}

/// The penalty `strength · Σ p²` on large parameters: cs231n's `λ R(W)`, micrograd's `alpha * sum(p*p)`.
///
/// The sum is one fused dot product.
///
/// # Errors
///
/// [`Argument`](crate::ErrorKind::Argument) if the strength is negative or not finite.
///
/// ```
/// use chainrule::nn::loss::l2_penalty;
/// assert_eq!(l2_penalty(&[3.0, -4.0], 0.5)?, 12.5);
///
/// let error = l2_penalty(&[3.0], -1.0).unwrap_err();
/// assert_eq!(error.to_string(), "strength: must be finite and at least 0, found -1");
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn l2_penalty<S: Scalar>(parameters: &[S], strength: f64) -> Result<S> {
    at_least_zero("strength", strength)?;
    Ok(S::dot_product(parameters, parameters)? * strength)
}

/// The mean of `loss(score of the row's class, all other scores)` over rows.
fn mean_over_rows<S: Scalar>(
    name: &str,
    rows: &[impl AsRef<[S]>],
    classes: &[usize],
    loss: impl Fn(S, &[S]) -> S,
) -> Result<S> {
    paired(name, rows.len(), "classes", classes.len())?;
    let mut losses = Vec::with_capacity(rows.len());
    let mut others = Vec::new();
    for (index, (row, &class)) in rows.iter().zip(classes).enumerate() {
        let row = row.as_ref();
        check::class("classes", index, class, row.len())?;
        others.clear();
        others.extend_from_slice(&row[..class]);
        others.extend_from_slice(&row[class + 1..]);
        losses.push(loss(row[class], &others));
    }
    Ok(S::mean(&losses))
}
