//! Reading the number of a value.

use std::panic::Location;

use super::{Var, compare};
use crate::call_site::Caller;
use crate::graph::{INDEX_LIMIT, Test, index_of};

impl Var {
    /// The number itself.
    ///
    /// In a traced function, whatever the number is used for is frozen in the program. So the program checks at every point
    /// that the number is the same there, and otherwise answers with an error that names this line. Compute with the value
    /// itself instead, compare it (`<`, `==`), take an [index](Self::floor_index) from it, or [`peek`](Self::peek) if the
    /// number is only shown.
    ///
    /// ```
    /// use chainrule::{ErrorKind, Program, Var};
    /// assert_eq!((Var::new(2.0) * 3.0).value(), 6.0);
    ///
    /// let frozen = Program::trace_at(&[2.0], |x| x[0] * x[0].value())?;
    /// assert_eq!(frozen.value(&[2.0])?, 4.0);
    /// assert_eq!(frozen.value(&[3.0]).unwrap_err().kind(), ErrorKind::Branch);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn value(self) -> f64 {
        compare::read(self);
        self.value
    }

    /// The number itself, unchecked: only to show it, for example in a progress report.
    ///
    /// In a traced function, this is the number at the point of the trace. If something else depends on it, the program is
    /// wrong at other points. `Display` and `Debug` do not check the number either.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_at(&[2.0], |x| {
    ///     let y = x[0].square();
    ///     println!("traced at {}, where y = {}", x[0].peek(), y.peek());
    ///     y
    /// })?;
    /// assert_eq!(f.value(&[3.0])?, 9.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[inline]
    pub fn peek(self) -> f64 {
        self.value
    }

    /// The number rounded down, as an index or a count; `None` if it is negative, NaN or too large.
    ///
    /// In a traced function, the program checks at every point that the index is the same there, as it does for a comparison.
    /// [`Retraced`](crate::Retraced) traces every index once.
    ///
    /// ```
    /// use chainrule::{Retraced, Var};
    ///
    /// // Linear interpolation in a table.
    /// let table = [0.0, 1.0, 4.0, 9.0, 16.0];
    /// let f = Retraced::new(1, |x: &[Var]| {
    ///     let i = x[0].floor_index().unwrap_or(0).min(3);
    ///     (x[0] - i as f64) * (table[i + 1] - table[i]) + table[i]
    /// });
    /// assert_eq!(f.gradient(&[0.5])?, (0.5, vec![1.0]));
    /// assert_eq!(f.gradient(&[2.5])?, (6.5, vec![5.0]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[track_caller]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is whole, not negative and below the limit"
    )]
    pub fn floor_index(self) -> Option<usize> {
        let index = index_of(self.value);
        let at = Caller(Location::caller());
        compare::again(self, index.into(), Test::Floor, at);
        (index < INDEX_LIMIT).then_some(index as usize)
    }
}
