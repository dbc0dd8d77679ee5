//! An explanation, and how it is shown as text and as frames of a film.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::step::{DIGITS, Ink, Step};
use crate::graph::NodeKey;
use crate::picture::{Appearance, Frame, Picture, Snapshot, number};
use crate::sweep::Gradients;
use crate::var::Var;

/// The backward pass to one output, step by step.
///
/// It comes from [`Var::explain`] or [`Graph::explain`](crate::Graph::explain). Its `Display` is text:
///
/// ```
/// use chainrule::Var;
///
/// let x = Var::new(-2.0).named("x");
/// let y = Var::new(5.0).named("y");
/// let z = Var::new(-4.0).named("z");
/// let q = (x + y).named("q");
/// let f = (q * z).named("f");
/// let text = f.explain().to_string();
/// assert!(text.contains("Step 2 of 3 · × makes f = −12 · swaps"));
/// assert!(text.contains("q gets 1 × −4 = −4"));
/// ```
#[derive(Clone, Debug)]
pub struct Explanation {
    pub(crate) snapshot: Snapshot,
    pub(super) steps: Vec<Step>,
    pub(super) gradients: Gradients,
    pub(super) output: Var,
    pub(super) picture: Picture<'static>,
    /// The steps at which the gradients of each node become known.
    pub(super) appearances: Arc<HashMap<NodeKey, Appearance>>,
}

impl Explanation {
    /// The steps, from the output to the inputs; none if the output is a constant.
    ///
    /// ```
    /// use chainrule::{Pattern, Var};
    /// let x = Var::new(3.0);
    /// let patterns: Vec<Pattern> = (x * x).explain().steps().iter().map(|step| step.pattern).collect();
    /// assert_eq!(patterns, [Pattern::Start, Pattern::Swaps, Pattern::Copies]);
    /// ```
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The output that the pass starts from.
    ///
    /// ```
    /// use chainrule::Var;
    /// assert_eq!(Var::new(3.0).square().explain().output(), 9.0);
    /// ```
    pub fn output(&self) -> Var {
        self.output
    }

    /// The gradients at the end of the pass: those of [`Var::backward`].
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(3.0);
    /// assert_eq!(x.square().explain().gradients()[x], 6.0);
    /// ```
    pub fn gradients(&self) -> &Gradients {
        &self.gradients
    }

    /// A picture of each step, which highlights the gate at work, names its pattern, and shows only the gradients known by
    /// then.
    ///
    /// Each shows up to 200 nodes, those nearest to the output.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(3.0);
    /// let explanation = (x * 2.0).explain();
    /// let frames: Vec<String> = explanation.frames().map(|frame| frame.to_dot()).collect();
    /// assert_eq!(frames.len(), 2);
    /// assert!(!frames[0].contains("swaps") && frames[1].contains("swaps"));
    /// ```
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Picture<'_>> {
        self.steps.iter().enumerate().map(|(place, step)| {
            let picture: Picture<'_> = self.picture.clone();
            picture.gradients(&self.gradients).frame(Frame {
                appearances: Arc::clone(&self.appearances),
                number: place,
                node: step.key,
                circle: step.is_of_a_gate(),
                heading: step.heading(),
            })
        })
    }
}

impl Explanation {
    /// The text with the colours of the pictures, for a terminal: values green, gradients red (ANSI escape sequences).
    ///
    /// The library does not know where the text will be printed. Use this where
    /// [`is_terminal`](std::io::IsTerminal::is_terminal) says that it is a terminal and the user has not set `NO_COLOR`,
    /// otherwise the plain text of `Display`.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(3.0).named("x");
    /// let text = x.square().named("y").explain().to_ansi();
    /// assert!(text.contains("x² makes y = \u{1b}[32m9\u{1b}[0m"));
    /// assert!(text.contains("x gets \u{1b}[31m1\u{1b}[0m × 6 = \u{1b}[31m6\u{1b}[0m"));
    /// ```
    pub fn to_ansi(&self) -> String {
        Told(self, Ink::Terminal).to_string()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Told(self, Ink::None).fmt(f)
    }
}

/// The text of an explanation, in these colours.
struct Told<'a>(&'a Explanation, Ink);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(explanation, ink) = *self;
        let count = explanation.steps.len();
        if count == 0 {
            let value = number(explanation.output.peek(), DIGITS);
            let because = "nothing was recorded through which a gradient could flow";
            return writeln!(f, "{value} is a constant: {because}.");
        }
        for (place, step) in explanation.steps.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            write!(f, "Step {} of {count} · ", place + 1)?;
            step.write(f, ink)?;
        }
        Ok(())
    }
}
