//! A program as a part of another graph.

use crate::error::Result;
use crate::program::Program;
use crate::program::code::Kind;
use crate::var::Var;

impl Program {
    /// Records this program's operations on the current graph, with these values for its inputs, and gives its outputs.
    ///
    /// What was traced once can so be used in other functions, traced or not, and be differentiated with them. Values
    /// have the bits of the function that was traced.
    ///
    /// ```
    /// use chainrule::{Program, Var};
    ///
    /// let square = Program::trace(1, |x| x[0].square())?;
    /// let f = Program::trace(2, |x| Ok(square.call(&[x[0] + x[1]])?[0]))?;
    /// assert_eq!(f.gradient(&[1.0, 2.0])?, (9.0, vec![6.0, 6.0]));
    ///
    /// // The gradient of one program within another.
    /// let slope = square.gradient_program()?;
    /// let x = Var::new(3.0);
    /// assert_eq!(slope.call(&[x])?[0].backward()[x], 2.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if `x` has not as many values as there are inputs;
    /// [`Branch`](crate::ErrorKind::Branch) if a comparison comes out otherwise than when the program was traced.
    ///
    /// # Panics
    /// If a value of `x` was freed or is not on the current graph.
    #[track_caller]
    pub fn call(&self, x: &[Var]) -> Result<Vec<Var>> {
        Self::check_len("x", self.inputs(), x.len())?;
        let code = self.code();
        let mut values: Vec<Var> = Vec::with_capacity(code.len());
        let mut operands = Vec::new();
        for id in code.ids() {
            let value = match code.kind(id) {
                Kind::Input(place) => x[place as usize],
                Kind::Constant(bits) => Var::from(f64::from_bits(bits)),
                Kind::Apply(op) => {
                    operands.clear();
                    operands.extend(
                        code.operands(id)
                            .iter()
                            .map(|&operand| values[operand as usize]),
                    );
                    op.apply(&operands).unwrap_or(Var::from(f64::NAN))
                }
                // Made where a program runs over rows, never traced.
                Kind::Rows => Var::from(f64::NAN),
            };
            values.push(value);
        }
        for (&[left, right], guard) in code.guards.iter().zip(self.guards()) {
            guard.check(values[left as usize], values[right as usize])?;
        }
        Ok(code.outputs.iter().map(|&id| values[id as usize]).collect())
    }
}
