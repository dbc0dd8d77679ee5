//! What a check found.

use std::fmt;

use crate::error::BranchChanged;
use crate::graph::{NonFinite, Operation};
use crate::letters::shown;
use crate::op::Law;
use crate::sweep::diagnosis::ZeroProduct;

/// The result of checking derivatives by difference quotients: one entry per derivative.
///
/// Its `Display` text lists every entry that does not agree.
///
/// ```
/// use chainrule::{check, derive};
///
/// let report = check::gradient(|x| x[0].sin() * x[1].exp(), &[0.7, 1.3])?;
/// assert!(report.all_agree());
/// assert_eq!(report.to_string(), "all 2 derivatives agree with difference quotients\n");
///
/// // The slope of x² is declared as x.
/// let wrong = check::gradient(|x| derive::custom(x[0].square(), &[(x[0], x[0])]), &[3.0])?;
/// assert!(wrong.is_wrong());
/// assert_eq!(
///     wrong.to_string().lines().collect::<Vec<_>>()[..3],
///     [
///         "0 of 1 derivatives agree with difference quotients",
///         "output 0, input 0: WRONG: 3.0, the quotients give 6.0",
///         "    because the slope declared in pair 0 is 3.0, the quotients give 6.0, in Custom(9.0, 3.0, 3.0) = 9.0, node 2",
///     ]
/// );
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The entries, row by row: for each output, one per variable.
    pub entries: Vec<Entry>,
}

/// One derivative and what its check found.
///
/// ```
/// use chainrule::check;
/// let report = check::gradient(|x| x[0].square(), &[3.0])?;
/// let entry = &report.entries[0];
/// assert_eq!((entry.output, entry.input, entry.derivative), (0, 0, 6.0));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The index of the output that is differentiated. For a Hessian: the entry of the gradient.
    pub output: usize,
    /// The index of the input.
    pub input: usize,
    /// The input's name, with its groups, if it was named while tracing.
    pub name: Option<String>,
    /// The derivative that was checked.
    pub derivative: f64,
    /// What the check found.
    pub verdict: Verdict,
}

/// What the check of one derivative found.
///
/// ```
/// use chainrule::check::{self, Verdict};
/// let report = check::gradient(|x| x[0].abs(), &[0.0])?;
/// assert!(matches!(report.entries[0].verdict, Verdict::Kink { left: -1.0, right: 1.0 }));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// The difference quotients agree.
    Agrees {
        /// The distance from the derivative by quotients.
        error: f64,
        /// The bound for the error of the quotients.
        bound: f64,
    },
    /// The difference quotients disagree. Without a cause, every operation's own slope is right, but not what the chain rule makes
    /// of them: corners meet, as in `relu(x) − relu(−x)` at 0; a choice holds at this point only, as in `select(x, 2x, x)` at 0;
    /// or a product of slopes underflows.
    Wrong {
        /// The derivative by quotients.
        quotient: f64,
        /// The bound for its error.
        bound: f64,
        /// The operation whose own slope is wrong, if one is.
        cause: Option<Cause>,
    },
    /// The point is at a corner or a jump. The derivative is between the slopes to the left and to the right.
    Kink {
        /// The slope to smaller numbers. NaN if the function jumps there or is too steep.
        left: f64,
        /// The slope to larger numbers. NaN if the function jumps there or is too steep.
        right: f64,
    },
    /// The function takes another branch as soon as this input changes, at least to one side. On the branch that was taken,
    /// the derivative is not wrong, but it does not describe the function around the point.
    Branch(BranchChanged),
    /// A factor of 0 meets an infinite one in the chain rule, and the zero depends on this input. The derivative is wrong or
    /// cannot be known; see [`Diagnosis`](crate::Diagnosis).
    Indeterminate(ZeroProduct),
    /// The quotients' error is too large to tell, mostly because the function's values are large and its derivative is small.
    BelowNoise {
        /// The derivative by quotients; NaN if there is no quotient.
        quotient: f64,
        /// The bound for its error.
        bound: f64,
    },
    /// The value or the derivative is infinite or NaN.
    NonFinite {
        /// The first operation with an infinite or NaN result on the way to the value, or of the derivative. `None` if neither is
        /// known.
        first: Option<NonFinite>,
    },
}

/// An operation whose slope with respect to one operand is wrong.
///
/// ```
/// use chainrule::{check::{self, Verdict}, derive};
/// let report = check::gradient(|x| derive::custom(x[0].exp(), &[(x[0], 2.0.into())]) + x[0], &[0.0])?;
/// let Verdict::Wrong { cause: Some(cause), .. } = &report.entries[0].verdict else { panic!() };
/// assert_eq!((cause.operation.op.row().name, cause.operand, cause.slope), ("Custom", 1, 2.0));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Cause {
    /// The operation.
    pub operation: Operation,
    /// The index of the operand. A custom operation has the operands value, first variable, its slope, second variable, its
    /// slope, and so on.
    pub operand: usize,
    /// The slope that the operation declares.
    pub slope: f64,
    /// The slope by quotients.
    pub quotient: f64,
}

impl Report {
    /// Whether every derivative agrees with difference quotients.
    ///
    /// ```
    /// let report = chainrule::check::gradient(|x| x[0].abs(), &[0.0])?;
    /// assert!(!report.all_agree() && !report.is_wrong());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn all_agree(&self) -> bool {
        self.agreeing() == self.entries.len()
    }

    /// Whether a derivative is wrong or indeterminate.
    ///
    /// ```
    /// let report = chainrule::check::gradient(|x| x[0].sqrt().square(), &[0.0])?;
    /// assert!(report.is_wrong());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn is_wrong(&self) -> bool {
        let wrong = |entry: &Entry| {
            matches!(
                entry.verdict,
                Verdict::Wrong { .. } | Verdict::Indeterminate(_)
            )
        };
        self.entries.iter().any(wrong)
    }

    fn agreeing(&self) -> usize {
        let agrees = |entry: &&Entry| matches!(entry.verdict, Verdict::Agrees { .. });
        self.entries.iter().filter(agrees).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (agreeing, all) = (self.agreeing(), self.entries.len());
        if agreeing == all {
            return writeln!(f, "all {all} derivatives agree with difference quotients");
        }
        writeln!(
            f,
            "{agreeing} of {all} derivatives agree with difference quotients"
        )?;
        let others = self.entries.iter();
        others
            .filter(|entry| !matches!(entry.verdict, Verdict::Agrees { .. }))
            .try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (output, input, derivative) = (self.output, self.input, self.derivative);
        write!(f, "output {output}, input {input}")?;
        if let Some(name) = &self.name {
            write!(f, " `{}`", shown(name))?;
        }
        f.write_str(": ")?;
        match &self.verdict {
            Verdict::Agrees { error, bound } => {
                write!(
                    f,
                    "{derivative:?} agrees, difference {error:.1e}, bound {bound:.1e}"
                )
            }
            Verdict::Wrong {
                quotient,
                bound,
                cause,
            } => {
                let quotient = Rounded(*quotient, *bound);
                write!(f, "WRONG: {derivative:?}, the quotients give {quotient}")?;
                cause
                    .iter()
                    .try_for_each(|cause| write!(f, "\n    because {cause}"))
            }
            Verdict::Kink { left, right } => {
                let slope = |slope: f64| {
                    if slope.is_nan() {
                        String::from("unknown (a jump, or too steep)")
                    } else {
                        format!("{slope:?}")
                    }
                };
                let (left, right) = (slope(*left), slope(*right));
                write!(
                    f,
                    "{derivative:?} at a corner: the slope is {left} to the left and {right} to the right"
                )
            }
            Verdict::Branch(branch) => {
                let (comparison, at) = (&branch.comparison, &branch.at);
                let kind = if branch.is_read {
                    "number read"
                } else if branch.is_index {
                    "`floor_index`"
                } else {
                    "comparison"
                };
                let verb = if branch.is_index { "changes:" } else { "is" };
                write!(
                    f,
                    "{derivative:?} at the edge of a branch: beside the point, the {kind} at {at} {verb} {comparison}"
                )
            }
            Verdict::Indeterminate(zero) => {
                write!(f, "INDETERMINATE: {derivative:?}, because in {zero}")
            }
            Verdict::BelowNoise { quotient, .. } if quotient.is_nan() => {
                write!(
                    f,
                    "{derivative:?} cannot be checked: no step gives a quotient that can be trusted"
                )
            }
            Verdict::BelowNoise { quotient, bound } => write!(
                f,
                "{derivative:?} cannot be checked: the quotients give {quotient:.3e} with an error of up to {bound:.1e}"
            ),
            Verdict::NonFinite { first: None } => write!(f, "{derivative:?} is not finite"),
            Verdict::NonFinite { first: Some(first) } => write!(f, "{derivative:?}: {first}"),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operation, operand, slope) = (&self.operation, self.operand, self.slope);
        let quotient = Rounded(self.quotient, 1e-9 * self.quotient.abs());
        if operation.op.obeys(Law::Declared) {
            // The value, then a variable and its slope, and so on.
            let pair = operand / 2;
            write!(f, "the slope declared in pair {pair} is {slope:?}")?;
        } else {
            write!(
                f,
                "the slope with respect to operand {operand} is {slope:?}"
            )?;
        }
        write!(f, ", the quotients give {quotient}, in {operation}")
    }
}

/// A number without the digits that an error of this size makes meaningless.
struct Rounded(f64, f64);

impl fmt::Display for Rounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &Self(number, error) = self;
        let ratio = (number / error).abs();
        let digits = (1..16)
            .take_while(|&digits| 10f64.powi(digits) <= ratio)
            .count();
        let rounded: f64 = format!("{number:.digits$e}").parse().unwrap_or(number);
        write!(f, "{rounded:?}")
    }
}
