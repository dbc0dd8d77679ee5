//! A pass: its name, level, equations and function.

use smallvec::SmallVec;

use crate::ir::code::{Id, Ir, Kind};

/// How exactly a program computes.
///
/// ```
/// use chainrule::{Level, Program};
///
/// let f = Program::trace(2, |x| x[0] * x[1] + 1.0)?;
/// assert_eq!(f.level(), Level::Exact);
/// assert_eq!(f.at_level(Level::Fast).value(&[2.0, 3.0])?, 7.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Level {
    /// The same bits as the tape, for values and derivatives.
    #[default]
    Exact,
    /// Fewer instructions, but the last bits differ: products are added with one rounding, sums over rows and long sums of
    /// other values are added in any order, and constant and uniform factors move to where they are needed less often. A result near the largest number
    /// may overflow.
    Fast,
}

/// A rewrite of code.
///
/// ```
/// use chainrule::{Level, ir::PASSES};
/// let fold = PASSES.iter().find(|pass| pass.name == "fold").unwrap();
/// assert_eq!((fold.level, fold.before_derivatives), (Level::Exact, false));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Pass {
    /// Its name.
    pub name: &'static str,
    /// The lowest level at which it runs.
    pub level: Level,
    /// Whether it runs before derivatives are made.
    pub before_derivatives: bool,
    /// What it does, as equations.
    pub equations: &'static str,
    pub(super) run: Run,
}

/// How a pass runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Run {
    /// It looks at one value at a time. Adjacent passes of this kind share one walk.
    Local(fn(&Ir) -> Box<dyn Local>),
    /// It makes new code from code and the [uses](crate::ir::rewrite::uses) of its values, or `None` if there is nothing to
    /// do. Unused values may remain.
    Whole(fn(&Ir, &[u32]) -> Option<Ir>),
}

/// A pass that looks at one value at a time.
pub(super) trait Local {
    /// Looks at a value before it is appended to the new code: its kind, and its operands in the new code.
    fn look(&mut self, new: &mut Ir, kind: Kind, operands: &[Id]) -> Replacement;
}

impl<F: FnMut(&mut Ir, Kind, &[Id]) -> Replacement> Local for F {
    fn look(&mut self, new: &mut Ir, kind: Kind, operands: &[Id]) -> Replacement {
        self(new, kind, operands)
    }
}

/// What replaces a value.
pub(super) enum Replacement {
    None,
    /// A value of another kind or with other operands, which the passes that follow look at.
    By(Kind, SmallVec<[Id; 4]>),
    /// This value of the new code, without a look of the passes that follow.
    Value(Id),
}
