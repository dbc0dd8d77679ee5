//! Records a program's operations on another graph.

use super::function::Program;
use crate::error::{Result, check_length};
use crate::ir::interpret;
use crate::op::Scalar;
use crate::var::Var;

impl Program {
    /// Records this program's operations on the current graph, with these values as inputs, and returns its outputs.
    ///
    /// So other functions, traced or not, can use a function that was traced once, and can be differentiated with it. The
    /// values have the same bits as when it was traced.
    ///
    /// ```
    /// use chainrule::{Program, Transform, Var};
    ///
    /// let square = Program::trace(1, |x| x[0].square())?;
    /// let f = Program::trace(2, |x| Ok(square.call(&[x[0] + x[1]])?[0]))?;
    /// assert_eq!(f.gradient(&[1.0, 2.0])?, (9.0, vec![6.0, 6.0]));
    ///
    /// // The gradient of one program within another.
    /// let slope = square.transform(Transform::Gradient)?;
    /// let x = Var::new(3.0);
    /// assert_eq!(slope.call(&[x])?[0].backward()[x], 2.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if `x.len()` is not [`inputs`](Self::inputs);
    /// [`Branch`](crate::ErrorKind::Branch) if a comparison took a different branch than when the program was traced.
    ///
    /// # Panics
    /// If a value of `x` was freed or is not on the current graph.
    #[track_caller]
    pub fn call(&self, x: &[Var]) -> Result<Vec<Var>> {
        check_length("x", self.inputs(), x.len())?;
        for &(place, labels) in self.ir().labels() {
            let _ = x[place as usize].expect_label(labels);
        }
        let values = interpret(self.ir(), x, |_, _, _, _| {});
        for (&[left, right], guard) in self.ir().guards().iter().zip(&self.core().guards) {
            guard.check(values[left as usize], values[right as usize])?;
        }
        let outputs = self.ir().outputs().iter();
        Ok(outputs.map(|&id| values[id as usize]).collect())
    }
}
