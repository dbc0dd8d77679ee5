//! Comparisons of recorded values: what decided the branch that was recorded.

use super::key::{GraphId, NodeKey};
use crate::call_site::CallSite;

/// What was asked of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub(crate) enum Test {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    /// The order of the two, as sorting needs it: `partial_cmp`.
    Order,
    /// Whether the left one has the [index](index_of) that is the right one.
    Floor,
    /// Whether both are the same number: the left one was read, and the right one is what it was.
    Read,
}

/// The result of a comparison: 0 or 1, or for [`Test::Order`] −1, 0, 1, or 2 if an operand is NaN.
pub(crate) type Outcome = i8;

impl Test {
    #[inline]
    pub(crate) fn outcome(self, a: f64, b: f64) -> Outcome {
        match self {
            Self::Less => (a < b).into(),
            Self::LessEqual => (a <= b).into(),
            Self::Greater => (a > b).into(),
            Self::GreaterEqual => (a >= b).into(),
            Self::Equal => (a == b).into(),
            Self::Order => a.partial_cmp(&b).map_or(2, |order| order as Outcome),
            Self::Floor => {
                let index = index_of(a);
                (index == b || index.is_nan() && b.is_nan()).into()
            }
            Self::Read => (a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()).into(),
        }
    }

    /// Whether it can have this outcome.
    #[cfg(feature = "serde")]
    pub(crate) fn can_find(self, outcome: Outcome) -> bool {
        match self {
            Self::Order => (-1..=2).contains(&outcome),
            _ => (0..=1).contains(&outcome),
        }
    }

    /// The symbol written between the operands.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Equal => "==",
            Self::Order => "cmp",
            Self::Floor => "has the index",
            Self::Read => "traced as",
        }
    }
}

/// From here on, not every index is a number.
pub(crate) const INDEX_LIMIT: f64 = (1_u64 << 53) as f64;

/// A number rounded down, as an index: at most the [limit](INDEX_LIMIT), which is no index, and NaN if the number is negative or
/// NaN.
pub(crate) fn index_of(x: f64) -> f64 {
    if x >= 0.0 {
        // A zero without a sign.
        x.min(INDEX_LIMIT).floor() + 0.0
    } else {
        f64::NAN
    }
}

/// A comparison that was made: its operands, its result and its place in the source.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    pub(crate) sides: [Side; 2],
    pub(crate) test: Test,
    pub(crate) outcome: Outcome,
    pub(crate) at: CallSite,
}

/// An operand of a comparison: its number, and its node, if it is not a constant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    pub(crate) value: f64,
    pub(crate) node: Option<(GraphId, NodeKey)>,
}

impl Comparison {
    /// Whether an operand is a node of this graph.
    pub(crate) fn is_of(&self, graph: GraphId) -> bool {
        let mut nodes = self.sides.iter().filter_map(|side| side.node);
        nodes.any(|(id, _)| id == graph)
    }

    /// Whether another comparison asks the same of the same nodes and numbers, with the same result.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let key = |comparison: &Self| {
            let sides = comparison
                .sides
                .map(|side| (side.node, side.value.to_bits()));
            (sides, comparison.test, comparison.outcome)
        };
        key(self) == key(other)
    }
}
