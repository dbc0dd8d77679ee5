//! One step of the backward pass and its sentence.

use std::fmt;

use crate::graph::NodeKey;
use crate::op::{Law, Op};
use crate::picture::{distinct, number};

/// The largest number of significant digits in a text.
pub(super) const DIGITS: usize = 4;
/// The largest number of operands or copies that a sentence lists.
const LISTED: usize = 4;

/// Whether numbers are coloured as on pictures, by the escape sequences of terminals (ANSI).
#[derive(Clone, Copy, Debug)]
pub(super) enum Ink {
    None,
    Terminal,
}

impl Ink {
    /// A value: green.
    fn value(self, text: &str) -> String {
        self.coloured(text, 32)
    }

    /// A gradient: red.
    fn gradient(self, text: &str) -> String {
        self.coloured(text, 31)
    }

    fn coloured(self, text: &str, colour: u8) -> String {
        match self {
            Self::None => text.to_owned(),
            Self::Terminal => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
        }
    }
}

/// Defines the patterns, one row per pattern: its word on pictures and its sentence.
macro_rules! patterns {
    ($($(#[doc = $doc:literal])+ $pattern:ident $name:literal $sentence:literal;)+) => {
        /// What a gate does to the gradient that flows back through it.
        ///
        /// A pattern follows from the laws in the table of operations, so it holds at every value. Only [`Closed`](Self::Closed)
        /// depends on the values: it is the state of a gate that routes, when the route leads to none of its operands.
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
            /// `{taken}` for the operands that it routes to, `{reason}` for why it is closed, and `{branches}` for the
            /// gradients of its operands.
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
        "{op} routes the upstream gradient {upstream} to {taken}: {branches}.";
    /// Like a maximum or a rectifier whose value comes from no operand that can get a gradient: nothing flows back.
    Closed "closed"
        "{op} is closed: {reason}, so nothing passes: {branches}.";
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

    /// The pattern of a gate that passes these gradients: that of its operation, or `Closed`.
    pub(super) fn of_gate(op: Op, branches: &[Branch]) -> Self {
        let mut nodes = branches.iter().filter(|branch| branch.key.is_some());
        match Self::from_op(op) {
            Self::Routes if nodes.all(|branch| branch.local == 0.0) => Self::Closed,
            pattern => pattern,
        }
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
/// assert_eq!(branches[0].rule, "d(x·2)/dx = 2");
/// assert_eq!((branches[1].key, branches[1].value), (None, 2.0)); // the constant
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Branch {
    /// The operand's node; none for a constant, to which no gradient flows.
    pub key: Option<NodeKey>,
    /// The operand's name, or if it has none a short formula or what computed it; the number of a constant.
    pub label: String,
    /// The operand's value.
    pub value: f64,
    /// The local gradient: the derivative of the gate with respect to this operand.
    pub local: f64,
    /// The local gradient in letters, such as `d(1/h)/dh = −1/h²`; empty for a constant. What it is at a tie or a corner is in
    /// the operation's documentation.
    pub rule: String,
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
    /// The node's name, or if it has none a short formula such as `x + y`, or what computed it: `the result of ×`.
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
        self.fill(Ink::None)
    }

    /// The rules of the gate's operands, each once: the local gradients in letters.
    ///
    /// ```
    /// use chainrule::Var;
    /// let h = Var::new(2.0).named("h");
    /// let explanation = h.recip().explain();
    /// assert_eq!(explanation.steps()[1].rules(), ["d(1/h)/dh = −1/h²"]);
    /// ```
    pub fn rules(&self) -> Vec<String> {
        let rules = self.branches.iter().map(|branch| branch.rule.clone());
        distinct(rules.filter(|rule| !rule.is_empty()))
    }

    fn fill(&self, ink: Ink) -> String {
        let number = |value: f64| number(value, DIGITS);
        let gradient = |value: f64| ink.gradient(&number(value));
        let upstream = gradient(self.upstream);
        let nodes = self.branches.iter().filter(|branch| branch.key.is_some());
        let branches = listed(nodes, ", ", |_, branch| {
            let (local, downstream) = (number(branch.local), gradient(branch.downstream));
            format!("{} gets {upstream} × {local} = {downstream}", branch.label)
        });
        let terms = self.arrived.iter();
        let arrived = listed(terms, " + ", |place, &term| match gradient(term) {
            negative if place > 0 && number(term).starts_with('−') => format!("({negative})"),
            other => other,
        });
        let count = self.arrived.len().to_string();
        let taken = self.branches.iter().filter(|branch| branch.local != 0.0);
        let taken = match taken.count() {
            0 | 1 => "the operand whose value it took".to_owned(),
            tied => format!("the {tied} operands that tie, in equal shares"),
        };
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
                "taken" => &taken,
                "reason" => self.reason(),
                _ => &branches,
            });
            sentence.push_str(rest);
        }
        sentence
    }

    /// Why this gate is closed, if it is.
    fn reason(&self) -> &'static str {
        match &self.branches[..] {
            [input] if input.value < 0.0 => "its input is negative",
            [_] => "its input is 0",
            _ if self.value.is_nan() => "its value is not a number",
            _ => "the value it took is that of a constant",
        }
    }

    /// Writes the step in lines: the node with its value, groups and pattern, then the sentence, then the gate's rules.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, ink: Ink) -> fmt::Result {
        let value = ink.value(&number(self.value, DIGITS));
        if self.is_of_a_gate() {
            write!(f, "{} makes {} = {value}", self.symbol, self.label)?;
        } else {
            write!(f, "{} = {value}", self.label)?;
        }
        for group in &self.group {
            write!(f, " · in {group}")?;
        }
        writeln!(f, " · {}", self.pattern)?;
        writeln!(f, "  {}", self.fill(ink))?;
        match &self.rules()[..] {
            [] => Ok(()),
            [one] => writeln!(f, "  Rule: {one}"),
            several => writeln!(f, "  Rules: {}", several.join("; ")),
        }
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
