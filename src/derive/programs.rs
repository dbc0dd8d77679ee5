//! Derivatives as programs of their own: compiled, evaluated and differentiated again like any other.

use std::convert::Infallible;

use super::{Mode, Pattern, codes, taylor};
use crate::error::{Error, Result};
use crate::program::Program;
use crate::program::code::Code;
use crate::program::derived::Derived;

impl Program {
    /// The program of the gradient: its outputs are the derivatives of the first output by every input.
    ///
    /// A derived program has the inputs of this one, its guards and its level, and is made once for a program. It can
    /// be evaluated over rows and differentiated again.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// let gradient = f.gradient_program()?;
    /// assert_eq!(gradient.values(&[3.0, 2.0])?, [12.0, 9.0]);
    /// assert_eq!(gradient.gradient_program()?.values(&[3.0, 2.0])?, [4.0, 6.0]); // of ∂f/∂x₀
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn gradient_program(&self) -> Result<Self> {
        self.derived(Derived::Gradient, codes::gradient)
    }

    /// The program of the derivatives of all outputs in a direction: inputs `x`, then `v`; outputs `J·v`.
    ///
    /// Each direction has the class of its input: a batch takes the uniform inputs' directions behind the uniform
    /// inputs, and the varying inputs' behind each row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[0] * x[1], x[0]])?;
    /// assert_eq!(f.jvp_program().values(&[3.0, 4.0, 1.0, 10.0])?, [34.0, 1.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn jvp_program(&self) -> Self {
        self.always(Derived::Jvp, codes::jvp)
    }

    /// The program of the derivatives of the weighted outputs, `Σ uᵢyᵢ`: inputs `x`, then `u`; outputs `uᵀ·J`.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[0] * x[1], x[0]])?;
    /// assert_eq!(f.vjp_program().values(&[3.0, 4.0, 1.0, 10.0])?, [14.0, 3.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn vjp_program(&self) -> Self {
        self.always(Derived::Vjp, codes::vjp)
    }

    /// The program of the Jacobian: the derivatives of every output by every input, row by row, zeros included.
    ///
    /// Each derivative is written for the values between its input and its output alone, in the direction asked for, so
    /// the program grows with the number of inputs or outputs; where that is too much, [`jvp_program`](Self::jvp_program)
    /// over rows of directions is small.
    ///
    /// ```
    /// use chainrule::{Program, derive::Mode};
    /// let f = Program::trace(2, |x| [x[0] * x[1], x[0]])?;
    /// assert_eq!(f.jacobian_program(Mode::Cheaper).values(&[3.0, 4.0])?, [4.0, 3.0, 1.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn jacobian_program(&self, mode: Mode) -> Self {
        let kind = match mode {
            Mode::Cheaper => Derived::Jacobian,
            Mode::Forward => Derived::ForwardJacobian,
            Mode::Reverse => Derived::ReverseJacobian,
        };
        self.always(kind, |code| codes::jacobian(code, mode).dense())
    }

    /// The program of the Jacobian's entries that can be other than 0, row by row, and which these are.
    ///
    /// ```
    /// use chainrule::{Program, derive::Mode};
    /// let f = Program::trace(2, |x| [x[0] * x[1], x[0]])?;
    /// let (program, pattern) = f.sparse_jacobian_program(Mode::Cheaper);
    /// assert_eq!(program.values(&[3.0, 4.0])?, [4.0, 3.0, 1.0]);
    /// assert_eq!(pattern.entries().last(), Some((1, 0)));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn sparse_jacobian_program(&self, mode: Mode) -> (Self, Pattern) {
        let (code, pattern) = codes::jacobian(self.code(), mode).sparse();
        (self.with_code(code), pattern)
    }

    /// The program of the Hessian: the second derivatives of the first output, row by row, zeros included.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// assert_eq!(f.hessian_program()?.values(&[3.0, 2.0])?, [4.0, 6.0, 6.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn hessian_program(&self) -> Result<Self> {
        self.derived(Derived::Hessian, |code| Ok(codes::hessian(code)?.dense()))
    }

    /// The program of the Hessian's entries that can be other than 0, row by row, and which these are.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// let (program, pattern) = f.sparse_hessian_program()?;
    /// assert_eq!(program.values(&[3.0, 2.0])?, [4.0, 6.0, 6.0]);
    /// assert_eq!(pattern.entries().last(), Some((1, 0)));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn sparse_hessian_program(&self) -> Result<(Self, Pattern)> {
        let (code, pattern) = codes::hessian(self.code())?.sparse();
        Ok((self.with_code(code), pattern))
    }

    /// The program of the Hessian times a direction, forward over reverse: inputs `x`, then `v`; outputs `H·v`.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// assert_eq!(f.hvp_program()?.values(&[3.0, 2.0, 1.0, 10.0])?, [64.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn hvp_program(&self) -> Result<Self> {
        self.derived(Derived::Hvp, codes::hvp)
    }

    /// The program of a direction times the Hessian, reverse over forward: inputs `x`, then `u`; outputs `uᵀ·H`.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// assert_eq!(f.vhp_program()?.values(&[3.0, 2.0, 1.0, 10.0])?, [64.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn vhp_program(&self) -> Result<Self> {
        self.derived(Derived::Vhp, codes::vhp)
    }

    /// The program of the Hessian's diagonal.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// assert_eq!(f.hessian_diagonal_program()?.values(&[3.0, 2.0])?, [4.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn hessian_diagonal_program(&self) -> Result<Self> {
        self.derived(Derived::Diagonal, codes::diagonal)
    }

    /// The program of the Laplacian, the sum of the Hessian's diagonal.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// assert_eq!(f.laplacian_program()?.value(&[3.0, 2.0])?, 4.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn laplacian_program(&self) -> Result<Self> {
        self.derived(Derived::Laplacian, codes::laplacian)
    }

    /// The program of third derivatives in two directions: inputs `x`, then `u`, then `v`; outputs `D³f(x)[u, v, ·]`.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].square() * x[1])?;
    /// assert_eq!(f.third_program()?.values(&[3.0, 2.0, 1.0, 0.0, 1.0, 0.0])?, [0.0, 2.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn third_program(&self) -> Result<Self> {
        self.derived(Derived::Third, codes::third)
    }

    /// The program of Taylor coefficients along a line: inputs `x`, then `v`; outputs, for each output `y` of this
    /// program, `y₀ … y_K` of `y(x + t·v) = Σ yₖtᵏ`, so that the derivative of order `k` in the direction `v` is `k!·yₖ`.
    ///
    /// The work grows with the square of the order.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(1, |x| x[0].recip())?;
    /// assert_eq!(f.taylor_program(4).values(&[1.0, 1.0])?, [1.0, -1.0, 1.0, -1.0, 1.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn taylor_program(&self, order: usize) -> Self {
        self.always(Derived::Taylor(order), |code| taylor::taylor(code, order))
    }

    /// The program of chosen derivatives of the first output: each output is the derivative by a list of inputs, one
    /// after another and with repetition; by an empty list it is the value.
    ///
    /// What two lists begin with in common is computed once. The inputs of a list are taken in ascending order.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0].powi(3) * x[1].exp())?;
    /// let d = f.partials_program(&[&[], &[0], &[0, 0], &[0, 1], &[0, 0, 0, 1]])?;
    /// assert_eq!(d.values(&[2.0, 0.0])?, [8.0, 12.0, 12.0, 12.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs, and [`Argument`](crate::ErrorKind::Argument) if there is no input at a place named.
    pub fn partials_program(&self, by: &[&[usize]]) -> Result<Self> {
        Ok(self.with_code(codes::partials(self.code(), by)?))
    }

    /// The program with some of its outputs, in the order given: `f.select(&[0])` is the first alone.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(1, |x| [x[0].sin(), x[0].square()])?;
    /// assert_eq!(f.select(&[1])?.values(&[3.0])?, [9.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if there is no output at a place named.
    pub fn select(&self, outputs: &[usize]) -> Result<Self> {
        Ok(self.with_code(codes::select(self.code(), outputs)?))
    }

    /// One program of this one's outputs and then another's, of the same inputs: what both compute is computed once.
    ///
    /// ```
    /// use chainrule::{Program, derive::Mode};
    /// let f = Program::trace(2, |x| x[0].exp() * x[1])?;
    /// let both = f.join(&f.jacobian_program(Mode::Reverse))?;
    /// assert_eq!(both.values(&[0.0, 3.0])?, [3.0, 3.0, 1.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if the other has not as many inputs, and
    /// [`Argument`](crate::ErrorKind::Argument) if others of them are uniform.
    pub fn join(&self, other: &Self) -> Result<Self> {
        Self::check_len(
            "the inputs of the other program",
            self.inputs(),
            other.inputs(),
        )?;
        if self.code().inputs != other.code().inputs {
            return Err(Error::argument(
                "the other program",
                "has other uniform inputs",
            ));
        }
        let guards = self
            .guards()
            .iter()
            .chain(other.guards())
            .copied()
            .collect();
        Ok(self.with_code_and_guards(codes::join(self.code(), other.code()), guards))
    }

    /// The derived program of a kind whose making cannot fail.
    pub(super) fn always(&self, kind: Derived, make: impl FnOnce(&Code) -> Code) -> Self {
        let Ok(program) = self.derived(kind, |code| Ok::<_, Infallible>(make(code)));
        program
    }

    /// Which derivatives of which outputs by which inputs can be other than 0.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| [x[0] * x[1], x[2].sin()])?;
    /// assert_eq!(f.jacobian_pattern().row(0), [0, 1]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn jacobian_pattern(&self) -> Pattern {
        Pattern::of_code(self.code(), self.inputs())
    }

    /// Which second derivatives of the first output can be other than 0.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(3, |x| x[0] * x[1] + x[2] * 5.0)?;
    /// assert_eq!(f.hessian_pattern()?.entries().collect::<Vec<_>>(), [(0, 1), (1, 0)]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program has no outputs.
    pub fn hessian_pattern(&self) -> Result<Pattern> {
        let pattern = Pattern::of_code(&codes::raw_gradient(self.code())?, self.inputs());
        if codes::is_symmetric(self.code()) {
            return Ok(pattern.symmetric());
        }
        Ok(pattern)
    }
}
