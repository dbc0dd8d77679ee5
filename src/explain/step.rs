//! One step of the backward pass and its sentence.

use std::fmt;

use crate::graph::NodeKey;
use crate::op::{Law, Op};
use crate::picture::number;

/// The largest number of significant digits in a text.
pub(super) const DIGITS: usize = 4;
/// The largest number of operands or copies that a sentence lists.
const LISTED: usize = 4;

/// Defines the patterns, one row per pattern: its word on pictures and its sentence.
macro_rules! patterns {
    ($($(#[doc = $doc:literal])+ $pattern:ident $name:literal $sentence:literal;)+) => {
        /// What a gate does to the gradient that flows back through it.
        ///
        /// A pattern follows from the laws in the table of operations, so it holds at every value.
        ///
        /// ```
        /// use chainrule::op::{BinaryOp, Op, UnaryOp};
        /// use chainrule::Pattern;
        ///
        /// assert_eq!(Pattern::from_op(Op::Binary(BinaryOp::Add)), Pattern::Distributes);
        /// assert_eq!(Pattern::from_op(Op::Binary(BinaryOp::Mul)), Pattern::Swaps);
        /// assert_eq!(Pattern::from_op(Op::Binary(BinaryOp::Max)), Pattern::Routes);
        /// assert_eq!(Pattern::from_op(Op::Unary(UnaryOp::Exp)), Pattern::Scales);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Pattern {
            $($(#[doc = $doc])+ $pattern,)+
        }

        impl Pattern {
            /// Every pattern: first those of values, then those of gates.
            ///
            /// ```
            /// use chainrule::Pattern;
            /// assert!(Pattern::ALL.iter().all(|pattern| !pattern.name().is_empty()));
            /// ```
            pub const ALL: &'static [Self] = &[$(Self::$pattern),+];

            /// The word for this pattern on pictures.
            ///
            /// ```
            /// assert_eq!(chainrule::Pattern::Swaps.name(), "swaps");
            /// ```
            pub fn name(self) -> &'static str {
                match self { $(Self::$pattern => $name,)+ }
            }

            /// The sentence of a step, with places to fill: `{gate}` for the node's label, `{op}` for its symbol,
            /// `{upstream}` for its gradient, `{count}` and `{arrived}` for the number of its copies and their gradients,
            /// and `{branches}` for those of its operands.
            pub(crate) fn sentence(self) -> &'static str {
                match self { $(Self::$pattern => $sentence,)+ }
            }
        }
    };
}

patterns! {
    /// The pass starts here: the output's gradient with respect to itself.
    Start "start"
        "Start at the output, {gate}: its gradient with respect to itself is always {upstream}.";
    /// A value used more than once: the gradients from all uses add up.
    Copies "copies add"
        "{gate} is used {count} times, and copies add: its gradient is {arrived} = {upstream}.";
    /// Like an addition: every operand gets the upstream gradient, times a constant that is usually 1.
    Distributes "distributes"
        "{op} distributes the upstream gradient {upstream}: {branches}.";
    /// Like a multiplication: each factor gets the upstream gradient times the other factor.
    Swaps "swaps"
        "{op} swaps: each factor gets the upstream gradient {upstream} times the other factor: {branches}.";
    /// Like a maximum: the operand whose value was taken gets the upstream gradient, the others nothing.
    Routes "routes"
        "{op} routes the upstream gradient {upstream} to the operand whose value it took: {branches}.";
    /// Like a comparison: nothing flows back.
    Blocks "blocks"
        "{op} blocks: its slope is 0, so no gradient passes: {branches}.";
    /// Any other gate: the operand gets the upstream gradient times the local gradient.
    Scales "scales"
        "{op} scales the upstream gradient {upstream} by its local gradient: {branches}.";
}

impl Pattern {
    /// The pattern of an operation, from its laws; that of an input is `Start`, for a pass whose output is the input.
    ///
    /// ```
    /// use chainrule::Pattern;
    /// use chainrule::op::{BinaryOp, Op};
    /// assert_eq!(Pattern::from_op(Op::Binary(BinaryOp::Less)), Pattern::Blocks);
    /// ```
    pub fn from_op(op: Op) -> Self {
        if op == Op::Input {
            return Self::Start;
        }
        let laws = op.laws();
        let of_law = |law: &Law| match law {
            Law::Blocks | Law::Stop => Some(Self::Blocks),
            Law::Routes => Some(Self::Routes),
            Law::Bilinear => Some(Self::Swaps),
            Law::Linear if !matches!(op, Op::Unary(_)) => Some(Self::Distributes),
            _ => None,
        };
        laws.iter().find_map(of_law).unwrap_or(Self::Scales)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The gradient that a gate passes to an operand.
///
/// ```
/// use chainrule::{Branch, Var};
/// let x = Var::new(3.0).named("x");
/// let explanation = (x * 2.0).explain();
/// let branches: &[Branch] = &explanation.steps()[1].branches;
/// assert_eq!((branches[0].label.as_str(), branches[0].local, branches[0].downstream), ("x", 2.0, 2.0));
/// assert_eq!((branches[1].key, branches[1].value), (None, 2.0)); // the constant
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Branch {
    /// The operand's node; none for a constant, to which no gradient flows.
    pub key: Option<NodeKey>,
    /// The operand's name, or `node 7` if it has none; the number of a constant.
    pub label: String,
    /// The operand's value.
    pub value: f64,
    /// The local gradient: the derivative of the gate with respect to this operand.
    pub local: f64,
    /// The downstream gradient: the upstream gradient times the local one, 0 if either is 0.
    pub downstream: f64,
}

/// One step of the backward pass.
///
/// A step of a gate has branches. A step at which the pass starts or copies add has none: it is where the gradient of a
/// node becomes known.
///
/// ```
/// use chainrule::{Pattern, Step, Var};
/// let x = Var::new(3.0).named("x");
/// let explanation = x.exp().named("y").explain();
/// let step: &Step = &explanation.steps()[1];
/// assert_eq!((step.label.as_str(), step.symbol, step.pattern), ("y", "exp", Pattern::Scales));
/// assert_eq!(step.branches[0].downstream, step.upstream * step.branches[0].local);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The node.
    pub key: NodeKey,
    /// The operation that made it.
    pub op: Op,
    /// The operation's symbol.
    pub symbol: &'static str,
    /// The node's name, or `node 7` if it has none.
    pub label: String,
    /// The groups it was recorded in, outermost first.
    pub group: Vec<String>,
    /// Its value.
    pub value: f64,
    /// What happens at this step.
    pub pattern: Pattern,
    /// The gradient from each use of the node, if copies add.
    pub arrived: Vec<f64>,
    /// The upstream gradient: the derivative of the output with respect to this node.
    pub upstream: f64,
    /// The gradient that each operand gets, in the operation's order.
    pub branches: Vec<Branch>,
}

impl Step {
    /// The heading of this step's picture.
    pub(super) fn heading(&self) -> String {
        if self.is_of_a_gate() {
            format!("{} {}", self.symbol, self.pattern)
        } else {
            self.pattern.name().to_owned()
        }
    }

    /// Whether a gate works at this step, rather than a gradient only becoming known.
    pub(super) fn is_of_a_gate(&self) -> bool {
        !matches!(self.pattern, Pattern::Start | Pattern::Copies)
    }

    /// The step in one sentence.
    ///
    /// ```
    /// use chainrule::Var;
    /// let x = Var::new(3.0).named("x");
    /// let explanation = (x + 1.0).explain();
    /// assert_eq!(explanation.steps()[1].sentence(), "+ distributes the upstream gradient 1: x gets 1 × 1 = 1.");
    /// ```
    pub fn sentence(&self) -> String {
        self.fill(DIGITS)
    }

    fn fill(&self, digits: usize) -> String {
        let number = |value: f64| number(value, digits);
        let upstream = number(self.upstream);
        let nodes = self.branches.iter().filter(|branch| branch.key.is_some());
        let branches = listed(nodes, ", ", |_, branch| {
            let (local, downstream) = (number(branch.local), number(branch.downstream));
            format!("{} gets {upstream} × {local} = {downstream}", branch.label)
        });
        let terms = self.arrived.iter();
        let arrived = listed(terms, " + ", |place, &term| match number(term) {
            negative if place > 0 && negative.starts_with('−') => format!("({negative})"),
            other => other,
        });
        let count = self.arrived.len().to_string();
        // A label can be any text, so each place is filled once, and the text that fills it is not searched for places.
        let mut sentence = String::new();
        for piece in self.pattern.sentence().split('{') {
            let Some((place, rest)) = piece.split_once('}') else {
                sentence.push_str(piece);
                continue;
            };
            sentence.push_str(match place {
                "gate" => &self.label,
                "op" => self.symbol,
                "upstream" => &upstream,
                "count" => &count,
                "arrived" => &arrived,
                _ => &branches,
            });
            sentence.push_str(rest);
        }
        sentence
    }

    /// Writes the step in two lines: the node with its value, groups and pattern, then the sentence.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, digits: usize) -> fmt::Result {
        let value = number(self.value, digits);
        if self.is_of_a_gate() {
            write!(f, "{} makes {} = {value}", self.symbol, self.label)?;
        } else {
            write!(f, "{} = {value}", self.label)?;
        }
        for group in &self.group {
            write!(f, " · in {group}")?;
        }
        writeln!(f, " · {}", self.pattern)?;
        writeln!(f, "  {}", self.fill(digits))
    }
}

/// Lists the first few of these and says how many more there are.
fn listed<T>(
    mut items: impl Iterator<Item = T>,
    between: &str,
    say: impl Fn(usize, T) -> String,
) -> String {
    let first = items.by_ref().take(LISTED).enumerate();
    let mut said: Vec<String> = first.map(|(place, item)| say(place, item)).collect();
    match items.count() {
        0 => {}
        more => said.push(format!("… {more} more")),
    }
    said.join(between)
}
