//! The first number of a computation that is not finite.

use std::fmt;

use super::operation::Operation;
use crate::error::{Error, ErrorKind};

/// One product of the chain rule: the derivative with respect to an operation's result, times the operation's slope.
///
/// ```
/// use chainrule::Var;
/// let x = Var::new(0.0);
/// let first = x.sqrt().first_nonfinite_gradient().unwrap();
/// let term = first.term.unwrap();
/// assert_eq!((term.operand, term.adjoint, term.partial), (0, 1.0, f64::INFINITY));
/// assert_eq!(term.to_string(), "operand 0: derivative 1.0 of the result times slope inf");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Term {
    /// The index of the operand.
    pub operand: usize,
    /// The derivative with respect to the operation's result.
    pub adjoint: f64,
    /// The slope of the operation with respect to the operand.
    pub partial: f64,
}

impl Term {
    pub(crate) fn new(operand: usize, adjoint: f64, partial: f64) -> Self {
        Self {
            operand,
            adjoint,
            partial,
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operand,
            adjoint,
            partial,
        } = self;
        write!(
            f,
            "operand {operand}: derivative {adjoint:?} of the result times slope {partial:?}"
        )
    }
}

/// Where the first infinite or NaN number of a computation arose, and the way from there to the output.
///
/// ```
/// use chainrule::Var;
///
/// let x = Var::new(-4.0).named("x");
/// let y = x.sqrt() * 2.0 + 1.0;
/// let first = y.first_nonfinite().unwrap();
/// assert_eq!((first.operation.op.row().name, &first.operation.operands[..]), ("Sqrt", &[-4.0][..]));
/// assert_eq!(first.path.len(), 2); // the product and the sum
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NonFinite {
    /// The operation whose result is not finite although the recorded values that it was computed from are, or whose operand
    /// has a derivative that is not finite.
    pub operation: Operation,
    /// The product that is the first infinite or NaN term of a derivative; `None` if the operation's result is not finite.
    pub term: Option<Term>,
    /// The operations on the way from there to the output, the output last. Of a long way, only the first eight and the last
    /// eight.
    pub path: Vec<Operation>,
    /// The number of operations in the middle of the way that were left out of `path`.
    pub omitted: usize,
    /// The row of a batch, counted from 0; `None` at a single point.
    pub row: Option<usize>,
}

/// How many operations of a path are kept at each end.
pub(crate) const KEPT: usize = 8;

impl NonFinite {
    /// A result that is not finite, without a way to an output.
    pub(crate) fn new(operation: Operation) -> Self {
        Self {
            operation,
            term: None,
            path: Vec::new(),
            omitted: 0,
            row: None,
        }
    }

    /// An error of kind [`NonFinite`](ErrorKind::NonFinite), with this as its source.
    ///
    /// ```
    /// use chainrule::{Error, NonFinite, Var};
    /// use std::error::Error as _;
    ///
    /// let log = |x: Var| -> Result<Var, Error> {
    ///     let y = x.ln();
    ///     y.first_nonfinite().map_or(Ok(y), |found| Err(found.into_error()))
    /// };
    /// let error = log(Var::new(-1.0)).unwrap_err();
    /// let found = error.source().unwrap().downcast_ref::<NonFinite>().unwrap();
    /// assert_eq!(found.operation.operands, [-1.0]);
    /// ```
    pub fn into_error(self) -> Error {
        Error::caused(ErrorKind::NonFinite, self)
    }
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.row {
            write!(f, "row {row}: ")?;
        }
        match &self.term {
            None => write!(f, "not finite: {}", self.operation)?,
            Some(term) => write!(f, "derivative not finite: {}, {term}", self.operation)?,
        }
        for (place, operation) in self.path.iter().enumerate() {
            if self.omitted > 0 && place == KEPT {
                write!(f, "\n  … {} more operations", self.omitted)?;
            }
            write!(f, "\n  then {operation}")?;
        }
        Ok(())
    }
}

impl std::error::Error for NonFinite {}
