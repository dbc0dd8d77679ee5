//! The backward pass told step by step, as the lecture tells it: upstream gradient times local gradient.
//!
//! An [`Explanation`] takes one output of a graph and gives a [`Step`] for each thing that happens on the way back: where
//! the pass starts, what a gate makes of the gradient that reaches it, where the copies of a value add up. It is a copy
//! of what it tells, so the graph can change or be freed before it is printed. Its `Display` is text for the terminal,
//! [`Explanation::frames`] are pictures, [`Explanation::html`] is a page.
//!
//! `step` holds what a step is and its sentence, `replay` finds the steps of a graph.

mod replay;
mod step;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use step::{Branch, Pattern, Step};

use crate::dot::{Moment, Picture, Reached, number, plain};
use crate::graph::{Graph, NodeKey};
use crate::op::Op;
use crate::sweep::Gradients;
use crate::tape;
use crate::var::Var;

/// How many significant digits the numbers of a text have at most.
const DIGITS: usize = 4;

/// The backward pass to one output, step by step.
///
/// It comes from [`Var::explain`] or [`Graph::explain`]. Its `Display` is text:
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
    pub(crate) gates: Vec<Gate>,
    pub(crate) scopes: Vec<Scope>,
    steps: Vec<Step>,
    gradients: Gradients,
    output: Var,
    picture: Picture<'static>,
    /// When each node's gradient is known, and when its gate has worked.
    reached: Arc<HashMap<NodeKey, Reached>>,
}

/// A node that the output depends on.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) key: NodeKey,
    pub(crate) op: Op,
    pub(crate) value: f64,
    /// The name given to it.
    pub(crate) name: Option<String>,
    /// The innermost scope, by its place.
    pub(crate) scope: Option<usize>,
    pub(crate) sources: Vec<Source>,
}

/// An operand of a gate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Source {
    /// Another gate, by its place.
    Gate(usize),
    Constant(f64),
}

/// A named stretch of recording that holds gates.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) label: String,
    /// The scope around it, by its place, which is lower.
    pub(crate) parent: Option<usize>,
}

impl Gate {
    /// The name, or the number that messages call the node by.
    pub(crate) fn label(&self) -> String {
        match self.name.as_deref() {
            Some(name) if !name.is_empty() => plain(name),
            _ => format!("node {}", self.key.slot()),
        }
    }
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

    /// The gradients that the pass ends with: those of [`Var::backward`].
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(3.0);
    /// assert_eq!(x.square().explain().gradients()[x], 6.0);
    /// ```
    pub fn gradients(&self) -> &Gradients {
        &self.gradients
    }

    /// A picture for each step: the gate at work marked and its pattern named, and only those gradients that are known by
    /// then.
    ///
    /// Each shows up to 200 nodes, those nearest to the output.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(3.0);
    /// let explanation = (x * 2.0).explain();
    /// let frames: Vec<String> = explanation.frames().map(|frame| frame.to_string()).collect();
    /// assert_eq!(frames.len(), 2);
    /// assert!(!frames[0].contains("swaps") && frames[1].contains("swaps"));
    /// ```
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Picture<'_>> {
        self.steps.iter().enumerate().map(|(place, step)| {
            let picture: Picture<'_> = self.picture.clone();
            picture.gradients(&self.gradients).at(Moment {
                reached: Arc::clone(&self.reached),
                step: place,
                node: step.key,
                gate: step.is_of_a_gate(),
                symbol: step.symbol,
                pattern: step.pattern.name(),
            })
        })
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.steps.len();
        if count == 0 {
            let value = number(self.output.value(), DIGITS);
            return writeln!(
                f,
                "{value} is a constant: nothing was recorded that a gradient could flow through."
            );
        }
        for (place, step) in self.steps.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            write!(f, "Step {} of {count} · ", place + 1)?;
            step.write(f, DIGITS)?;
        }
        Ok(())
    }
}

impl Var {
    /// The backward pass from this value, step by step; no steps if it is a constant.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(3.0).named("x");
    /// println!("{}", (x * x).explain());
    /// ```
    ///
    /// # Panics
    /// If its node was freed or is not on the current graph.
    #[track_caller]
    pub fn explain(self) -> Explanation {
        self.check();
        tape::with(|graph| Explanation::of(graph, self))
    }
}

impl Graph {
    /// The backward pass from this output, step by step; no steps if it is a constant.
    ///
    /// ```
    /// use chainrule::{Var, tape};
    /// let (graph, y) = tape::record(|| Var::new(2.0).exp());
    /// assert_eq!(graph.explain(y).steps().len(), 2);
    /// ```
    ///
    /// # Panics
    /// If the output is not alive on this graph.
    #[track_caller]
    pub fn explain(&self, y: Var) -> Explanation {
        y.check_on(self);
        Explanation::of(self, y)
    }
}
