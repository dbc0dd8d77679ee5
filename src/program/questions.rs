//! The table of questions about a function, a [`Program`] or an [`Evaluator`] at a point, one row per question.
//!
//! Every answer begins with the values of the function, followed by its derivatives, so that one call is enough. A row
//! names the question, the lists of numbers that it takes besides the point, the transform that answers it, and the parts
//! of the answer: `one` number or `many`.

use super::answers::Extra;
use super::evaluator::Evaluator;
use super::function::Program;
use super::outputs::Outputs;
use crate::error::{Error, Result, check_length};
use crate::tape;
use crate::transform::{Mode, Transform, first_output};
use crate::var::Var;

/// The type of a part of an answer, borrowed or owned.
macro_rules! part {
    ($kind:ident one) => { f64 };
    (lent many) => { &[f64] };
    (owned many) => { Vec<f64> };
}

/// A part of an answer, borrowed or owned.
macro_rules! give {
    ($kind:ident one $part:expr) => {
        $part[0]
    };
    (lent many $part:expr) => {
        $part
    };
    (owned many $part:expr) => {
        $part.to_vec()
    };
}

/// A part of an example's answer, as text.
macro_rules! show {
    ($kind:ident one [$value:literal]) => { stringify!($value) };
    (lent many [$($value:literal),*]) => { concat!("&", stringify!([$($value),*]), "[..]") };
    (owned many [$($value:literal),*]) => { concat!("vec!", stringify!([$($value),*])) };
}

/// An example's answer as text.
macro_rules! tuple {
    ($first:expr $(, $rest:expr)+) => {
        concat!("(", $first, $(", ", $rest,)+ ")")
    };
}

macro_rules! questions {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident($x:ident $(, $extra:ident: $kind:ident)*) by $transform:expr => ($($part:ident),+);
        example $function:literal at $at:literal = ($([$($value:literal),*]),+);
    )+) => {
        impl Evaluator {$(
            $(#[doc = $doc])+
            ///
            /// ```
            /// use chainrule::Program;
            #[doc = concat!("let mut at = Program::trace(2, ", $function, ")?.evaluator();")]
            #[doc = concat!("let answer = at.", stringify!($name), "(", $at, ")?;")]
            #[doc = concat!("assert_eq!(answer, ", tuple!($(show!(lent $part [$($value),*])),+), ");")]
            /// # Ok::<(), chainrule::Error>(())
            /// ```
            ///
            /// # Errors
            #[doc = concat!("As [`Program::", stringify!($name), "`].")]
            pub fn $name(&mut self, $x: &[f64] $(, $extra: &[f64])*) -> Result<($(part!(lent $part)),+)> {
                let extra = [$((Extra::$kind(stringify!($extra)), $extra)),*];
                let core = self.program.core();
                let answer = self.answers.ask(core, $transform, $x, &extra)?;
                let mut parts = answer.parts.split(answer.outputs);
                Ok(($(give!(lent $part parts.next().unwrap_or_default())),+))
            }
        )+}

        impl Program {$(
            $(#[doc = $doc])+
            ///
            /// The memory is reused by the next call, on any thread. An [`evaluator`](Self::evaluator) lends its answers
            /// instead of allocating them.
            ///
            /// ```
            /// use chainrule::Program;
            #[doc = concat!("let f = Program::trace(2, ", $function, ")?;")]
            #[doc = concat!("let answer = f.", stringify!($name), "(", $at, ")?;")]
            #[doc = concat!("assert_eq!(answer, ", tuple!($(show!(owned $part [$($value),*])),+), ");")]
            /// # Ok::<(), chainrule::Error>(())
            /// ```
            ///
            /// # Errors
            /// [`Length`](crate::ErrorKind::Length) if an argument has the wrong number of values,
            /// [`Branch`](crate::ErrorKind::Branch) if a comparison took a different branch than when the program was
            /// traced, and [`Argument`](crate::ErrorKind::Argument) if the question needs an output and there is none.
            pub fn $name(&self, $x: &[f64] $(, $extra: &[f64])*) -> Result<($(part!(owned $part)),+)> {
                let extra = [$((Extra::$kind(stringify!($extra)), $extra)),*];
                self.with_answers(|answers, core| {
                    let answer = answers.ask(core, $transform, $x, &extra)?;
                    let mut parts = answer.parts.split(answer.outputs);
                    Ok(($(give!(owned $part parts.next().unwrap_or_default())),+))
                })
            }
        )+}

        // The questions about a closure. Each call traces it at the point and compiles only that question.
        $(questions!(@function [$(#[doc = $doc])+] $name($x $(, $extra)*) ($($part),+) $function $at ($([$($value),*]),+));)+
    };
    // The tape answers this one, without a program.
    (@function $docs:tt gradient $($rest:tt)*) => {};
    (@function [$(#[doc = $doc:literal])+] $name:ident($x:ident $(, $extra:ident)*) ($($part:ident),+) $function:literal $at:literal ($([$($value:literal),*]),+)) => {
        $(#[doc = $doc])+
        ///
        /// For many points, trace a [`Program`] once.
        ///
        /// ```
        /// use chainrule::derive;
        #[doc = concat!("let answer = derive::", stringify!($name), "(", $function, ", ", $at, ")?;")]
        #[doc = concat!("assert_eq!(answer, ", tuple!($(show!(owned $part [$($value),*])),+), ");")]
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        ///
        /// # Errors
        #[doc = concat!("The function's own error, and as [`Program::", stringify!($name), "`].")]
        ///
        /// # Panics
        /// If the function computes with a value recorded outside of it.
        pub fn $name<O: Outputs>(f: impl FnOnce(&[Var]) -> O, $x: &[f64] $(, $extra: &[f64])*) -> Result<($(part!(owned $part)),+)> {
            Program::trace_at($x, f)?.$name($x $(, $extra)*)
        }
    };
}

questions! {
    /// The first output, and its derivatives with respect to every input.
    gradient(x) by Transform::Gradient => (one, many);
    example "|x| x[0].square() * x[1]" at "&[3.0, 2.0]" = ([18.0], [12.0, 9.0]);

    /// Every output, and its derivatives with respect to every input: one row of the matrix per output.
    ///
    /// Each derivative passes only through the values between its input and its output, in forward or reverse mode,
    /// whichever passes through fewer. If that needs too much code, many directions are computed side by side.
    jacobian(x) by Transform::Jacobian(Mode::Cheaper) => (many, many);
    example "|x| [x[0] * x[1], x[0]]" at "&[3.0, 4.0]" = ([12.0, 3.0], [4.0, 3.0, 1.0, 0.0]);

    /// Every output, and its derivative in the direction `v`: a Jacobian–vector product.
    jvp(x, v: Direction) by Transform::Jvp => (many, many);
    example "|x| [x[0] * x[1], x[0]]" at "&[3.0, 4.0], &[1.0, 10.0]" = ([12.0, 3.0], [34.0, 1.0]);

    /// Every output, and the derivatives of the outputs' sum weighted with `u`: a vector–Jacobian product.
    vjp(x, u: Weights) by Transform::Vjp => (many, many);
    example "|x| [x[0] * x[1], x[0]]" at "&[3.0, 4.0], &[1.0, 10.0]" = ([12.0, 3.0], [14.0, 3.0]);

    /// The first output, its gradient, and its second derivatives row by row.
    hessian(x) by Transform::Hessian => (one, many, many);
    example "|x| x[0].square() * x[1]" at "&[3.0, 2.0]" = ([18.0], [12.0, 9.0], [4.0, 6.0, 6.0, 0.0]);

    /// The first output, its gradient, and the diagonal of its Hessian.
    ///
    /// Each entry passes only through the values between its input and that part of the gradient. If that needs too much
    /// code, many directions are computed side by side. So the memory grows with the program, not with the number of
    /// inputs squared.
    hessian_diagonal(x) by Transform::HessianDiagonal => (one, many, many);
    example "|x| x[0].square() * x[1]" at "&[3.0, 2.0]" = ([18.0], [12.0, 9.0], [4.0, 0.0]);

    /// The first output, its gradient, and its Laplacian: the sum of the Hessian's diagonal. The work is that of the
    /// diagonal.
    laplacian(x) by Transform::Laplacian => (one, many, one);
    example "|x| x[0].square() * x[1]" at "&[3.0, 2.0]" = ([18.0], [12.0, 9.0], [4.0]);

    /// The first output, its gradient, and the Hessian times the direction `v`, forward over reverse.
    hvp(x, v: Direction) by Transform::Hvp => (one, many, many);
    example "|x| x[0].square() * x[1]" at "&[3.0, 2.0], &[1.0, 10.0]" = ([18.0], [12.0, 9.0], [64.0, 6.0]);

    /// The first output, its gradient, and the direction `u` times the Hessian, reverse over forward.
    vhp(x, u: Direction) by Transform::Vhp => (one, many, many);
    example "|x| x[0].square() * x[1]" at "&[3.0, 2.0], &[1.0, 10.0]" = ([18.0], [12.0, 9.0], [64.0, 6.0]);

    /// The first output, its gradient, and its third derivatives in the directions `u` and `v`: `D³f(x)[u, v, ·]`.
    third(x, u: Direction, v: Direction) by Transform::Third => (one, many, many);
    example "|x| x[0].square() * x[1]" at "&[3.0, 2.0], &[1.0, 0.0], &[0.0, 1.0]" = ([18.0], [12.0, 9.0], [2.0, 0.0]);
}

impl Evaluator {
    /// The first output.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| x[0].square())?.evaluator().value(&[3.0])?, 9.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::value`].
    pub fn value(&mut self, x: &[f64]) -> Result<f64> {
        first_output(self.program.ir())?;
        Ok(self.values(x)?[0])
    }

    /// Every output.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(1, |x| [x[0], x[0].square()])?.evaluator();
    /// assert_eq!(at.values(&[3.0])?, [3.0, 9.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::values`].
    pub fn values(&mut self, x: &[f64]) -> Result<&[f64]> {
        let core = self.program.core();
        Ok(self.answers.ask(core, Transform::Values, x, &[])?.outputs)
    }

    /// The Taylor coefficients of every output along a line: for each output the `order + 1` coefficients `y₀ … y_K` of
    /// `y(x + t·v) = Σ yₖtᵏ`. The derivative of order `k` in the direction `v` is `k!·yₖ`.
    ///
    /// ```
    /// use chainrule::Program;
    /// let mut at = Program::trace(2, |x| x[0] * x[1])?.evaluator();
    /// assert_eq!(at.taylor(&[3.0, 2.0], &[1.0, 10.0], 3)?, [6.0, 32.0, 10.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Program::jvp`].
    pub fn taylor(&mut self, x: &[f64], v: &[f64], order: usize) -> Result<&[f64]> {
        let extra = [(Extra::Direction("v"), v)];
        let core = self.program.core();
        let answer = self
            .answers
            .ask(core, Transform::Taylor(order), x, &extra)?;
        Ok(answer.outputs)
    }
}

impl Program {
    /// The first output.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| x[0].square())?.value(&[3.0])?, 9.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn value(&self, x: &[f64]) -> Result<f64> {
        first_output(self.ir())?;
        Ok(self.values(x)?[0])
    }

    /// Every output.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert_eq!(Program::trace(1, |x| [x[0], x[0].square()])?.values(&[3.0])?, [3.0, 9.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn values(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.with_answers(|answers, core| {
            let answer = answers.ask(core, Transform::Values, x, &[])?;
            Ok(answer.outputs.to_vec())
        })
    }

    /// The Taylor coefficients of every output along a line: for each output the `order + 1` coefficients `y₀ … y_K` of
    /// `y(x + t·v) = Σ yₖtᵏ`. The work grows with the square of the order.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0] * x[1])?;
    /// assert_eq!(f.taylor(&[3.0, 2.0], &[1.0, 10.0], 3)?, [6.0, 32.0, 10.0, 0.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`jvp`](Self::jvp).
    pub fn taylor(&self, x: &[f64], v: &[f64], order: usize) -> Result<Vec<f64>> {
        let extra = [(Extra::Direction("v"), v)];
        self.with_answers(|answers, core| {
            let answer = answers.ask(core, Transform::Taylor(order), x, &extra)?;
            Ok(answer.outputs.to_vec())
        })
    }
}

/// The first value of a function, and its derivatives with respect to every input, computed on the tape.
///
/// For many points, trace a [`Program`] once.
///
/// ```
/// use chainrule::derive;
/// let answer = derive::gradient(|x| x[0].square() * x[1], &[3.0, 2.0])?;
/// assert_eq!(answer, (18.0, vec![12.0, 9.0]));
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// The function's own error, and [`Argument`](crate::ErrorKind::Argument) if it returns no values.
///
/// # Panics
/// If the function computes with a value recorded outside of it.
pub fn gradient<O: Outputs>(f: impl FnOnce(&[Var]) -> O, x: &[f64]) -> Result<(f64, Vec<f64>)> {
    let (_, gradient) = tape::record(|| {
        let x: Vec<Var> = x.iter().map(|&x| Var::new(x)).collect();
        let outputs = f(&x).outputs()?;
        let Some(y) = outputs.first() else {
            return Err(Error::argument("outputs", "expected at least 1, found 0"));
        };
        if let Some(key) = y.key()
            && let Some(problem) = tape::with(|graph| graph.refusal(y.graph_id(), key))
        {
            return Err(Error::argument("output 0", problem));
        }
        Ok((y.value(), y.backward().of(&x)))
    });
    gradient
}

/// The Taylor coefficients of a function's values along a line: for each value the `order + 1` coefficients `y₀ … y_K` of
/// `y(x + t·v) = Σ yₖtᵏ`.
///
/// ```
/// use chainrule::derive;
/// let coefficients = derive::taylor(|x| x[0] * x[1], &[3.0, 2.0], &[1.0, 10.0], 3)?;
/// assert_eq!(coefficients, [6.0, 32.0, 10.0, 0.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// The function's own error, and as [`Program::taylor`].
///
/// # Panics
/// As [`gradient`].
pub fn taylor<O: Outputs>(
    f: impl FnOnce(&[Var]) -> O,
    x: &[f64],
    v: &[f64],
    order: usize,
) -> Result<Vec<f64>> {
    check_length("v", x.len(), v.len())?;
    Program::trace_at(x, f)?.taylor(x, v, order)
}

/// The derivative of any order of a function of one input. Order 0 is the value.
///
/// ```
/// use chainrule::derive;
/// assert_eq!(derive::derivative(|x| x.powi(4), 2.0, 3)?, 48.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// The function's own error, and [`Argument`](crate::ErrorKind::Argument) if it returns no values.
///
/// # Panics
/// As [`gradient`].
pub fn derivative<O: Outputs>(f: impl FnOnce(Var) -> O, x: f64, order: usize) -> Result<f64> {
    let coefficients = taylor(|x| f(x[0]), &[x], &[1.0], order)?;
    let Some(&coefficient) = coefficients.get(order) else {
        return Err(Error::argument("outputs", "expected at least 1, found 0"));
    };
    Ok((1..=order).fold(coefficient, |product, k| product * k as f64))
}
