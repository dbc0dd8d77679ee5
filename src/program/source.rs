//! Programs as text for other languages.

use super::core::Over;
use super::function::Program;
use crate::error::Result;
use crate::ir::{self, Ir};
use crate::source::{self, Code};
use crate::transform::{self, Transform};

impl Program {
    /// The program as a function in C99, for a machine without Rust.
    ///
    /// The text is complete: it needs only the headers `math.h` and `string.h`. The function is
    /// `int name(const double *x, double *y)`: it reads the inputs from `x`, writes the outputs to `y` and returns 0. At a
    /// point where the traced function would take a different branch, it returns the number of the first comparison that
    /// changed, counted from 1, and leaves `y` alone; comments tell their places in the source.
    ///
    /// For derivatives, see [`to_c_of`](Self::to_c_of). A function over rows is written for one row.
    ///
    /// Sums, products, quotients, square roots and fused multiply-adds have the bits of [`Level::Exact`](crate::Level), if
    /// the compiler does not contract them (`-ffp-contract=off`). Other functions are the C library's, or are made of them,
    /// and agree to a relative 1e-12. Third and higher derivatives of `log_erfc` and `log_normal_cdf` are NaN.
    ///
    /// Eight or more values of one operation become a loop if their operands are evenly spaced; their results are on the
    /// stack. Every other value is a statement, so compilers become slow beyond some 10⁵ of these.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0] * x[1] + x[1].exp())?;
    /// let code = f.to_c("f")?;
    /// assert!(code.contains("int f(const double *x, double *y)"));
    /// assert!(code.contains("const double v3 = exp(x[1]);"));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if `name` is no name of C.
    pub fn to_c(&self, name: &str) -> Result<String> {
        self.to_c_of(Transform::Values, name)
    }

    /// The answer to a question as a function in C99: the values, then the derivatives, in one call.
    ///
    /// The outputs are those of the method with the same name, one part after another: for
    /// [`Transform::Hessian`] the value, the gradient and the Hessian row by row, as [`hessian`](Self::hessian) returns them.
    /// The inputs are those of the program, then those that the [`Transform`] adds, such as a direction. Apart from that,
    /// the function is as [`to_c`](Self::to_c) writes it.
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace(2, |x| x[0] * x[1])?;
    /// let code = f.to_c_of(Transform::Gradient, "gradient")?;
    /// assert!(code.contains("x: 2 inputs, y: 3 outputs"));
    /// assert!(code.contains("y[0] = v2;")); // the value; y[1] and y[2] are the slopes
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`to_c`](Self::to_c), and as [`transform`](Self::transform).
    pub fn to_c_of(&self, transform: Transform, name: &str) -> Result<String> {
        let ir = self.answer(transform)?;
        source::c(&self.named(&ir, &self.input_names()), name)
    }

    /// The program as a function in Rust, for a crate that does not depend on this one.
    ///
    /// The function is `pub fn name(x: &[f64; N], y: &mut [f64; M]) -> Result<(), u32>`: it reads the inputs from `x` and
    /// writes the outputs to `y`. At a point where the traced function would take a different branch, it returns the number
    /// of the first comparison that changed, counted from 1, and leaves `y` alone; comments tell their places in the source.
    ///
    /// For derivatives, see [`to_rust_of`](Self::to_rust_of). A function over rows is written for one row.
    ///
    /// Every output has the bits of [`Level::Exact`](crate::Level): the text has a copy of those of this crate's functions
    /// that it needs. They are in a private module beside the function, `name_functions`. The text has no `unsafe` and
    /// allocates nothing. It compiles with and without the standard library, in Rust 1.87 or later. Without it, square roots,
    /// fused multiply-adds and rounding are computed with whole numbers, which gives the same bits but takes longer.
    ///
    /// Functions that this crate takes from the crate `libm` are called there, and the first lines of the text say so:
    /// `libm` is then the only dependency. For the same bits it must have the version that this crate was built with, as
    /// when both are in one `Cargo.lock`.
    ///
    /// Loops are as in [`to_c`](Self::to_c).
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| x[0] * x[1] + x[1])?;
    /// let code = f.to_rust("f")?;
    /// assert!(code.contains("pub fn f(x: &[f64; 2], y: &mut [f64; 1]) -> Result<(), u32> {"));
    /// assert!(code.contains("let v2 = x[0] * x[1];"));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if `name` is no name of Rust, or has other letters than those of ASCII.
    pub fn to_rust(&self, name: &str) -> Result<String> {
        self.to_rust_of(Transform::Values, name)
    }

    /// The answer to a question as a function in Rust: the values, then the derivatives, in one call.
    ///
    /// Inputs and outputs are those of [`to_c_of`](Self::to_c_of). Apart from that, the function is as
    /// [`to_rust`](Self::to_rust) writes it.
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace(2, |x| x[0] * x[1])?;
    /// let code = f.to_rust_of(Transform::Hessian, "hessian")?;
    /// assert!(code.contains("pub fn hessian(x: &[f64; 2], y: &mut [f64; 7]) -> Result<(), u32> {"));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`to_rust`](Self::to_rust), and as [`transform`](Self::transform).
    pub fn to_rust_of(&self, transform: Transform, name: &str) -> Result<String> {
        let ir = self.answer(transform)?;
        source::rust(&self.named(&ir, &self.input_names()), name)
    }

    /// The outputs as formulas in LaTeX, one line each, in an `aligned` environment. `outputs` names the outputs, in
    /// LaTeX: `"f"`, `r"\partial f / \partial a"`.
    ///
    /// A value that is used more than once, or whose formula is long, gets a name `v₁`, `v₂`, … and a line of its own
    /// before the outputs. Inputs have the names that were given while tracing, otherwise `x₀`, `x₁`, …. Brackets
    /// around a comparison mean 1 if it holds and 0 if not. Constants are decimal numbers, π and e. The formulas hold
    /// for the branch that was traced. Terms of 0 and factors of 1 are left out; apart from that, nothing is simplified.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| (x[0].named("a") * x[1].named("b")).exp())?;
    /// assert_eq!(f.to_latex(&["f"])?, "\\begin{aligned}\nf &= e^{a \\cdot b}\n\\end{aligned}");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if there is not one name for each output.
    pub fn to_latex(&self, outputs: &[&str]) -> Result<String> {
        source::latex(self.ir(), outputs)
    }

    /// The answer to a question as formulas in LaTeX: the values, then the derivatives. `outputs` names them all.
    ///
    /// Apart from that, it is as [`to_latex`](Self::to_latex).
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace(1, |x| x[0].powi(3))?;
    /// let text = f.to_latex_of(Transform::Gradient, &["f", "f'"])?;
    /// assert_eq!(text, "\\begin{aligned}\nf &= x_{0}^{3} \\\\\nf' &= 3 \\cdot x_{0}^{2}\n\\end{aligned}");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`to_latex`](Self::to_latex), and as [`transform`](Self::transform).
    pub fn to_latex_of(&self, transform: Transform, outputs: &[&str]) -> Result<String> {
        let ir = transform::all_parts(transform.apply(self.ir())?);
        source::latex(&ir, outputs)
    }

    /// The code that answers a question at a point.
    fn answer(&self, transform: Transform) -> Result<Ir> {
        let core = self.core();
        let answer = transform::all_parts(core.code_for(transform, Over::Point)?);
        Ok(ir::apply(answer, core.passes))
    }

    fn named<'a>(&'a self, ir: &'a Ir, names: &'a [Option<String>]) -> Code<'a> {
        Code {
            ir,
            guards: self.guards(),
            names,
        }
    }
}
