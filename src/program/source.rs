//! Programs as text for other languages.

use super::function::Program;
use crate::error::Result;
use crate::ir;
use crate::source;

impl Program {
    /// The program as a function in C99, for a machine without Rust.
    ///
    /// The text is complete: it needs only the headers `math.h` and `string.h`. The function is
    /// `int name(const double *x, double *y)`: it reads the inputs from `x`, writes the outputs to `y` and returns 0. At a
    /// point where the traced function would take a different branch, it returns the number of the first comparison that
    /// changed, counted from 1, and leaves `y` alone; comments tell their places in the source.
    ///
    /// For derivatives, write the code of a [transform](Self::transform). A function over rows is written for one row.
    ///
    /// Sums, products, quotients, square roots and fused multiply-adds have the bits of [`Level::Exact`](crate::Level), if
    /// the compiler does not contract them (`-ffp-contract=off`). Other functions are the C library's, or are made of them,
    /// and agree to a relative 1e-12. Third and higher derivatives of `log_erfc` and `log_normal_cdf` are NaN. The code is
    /// straight-line, one statement per value, so compilers become slow beyond some 10⁵ values.
    ///
    /// ```
    /// use chainrule::{Program, Transform};
    /// let f = Program::trace(2, |x| x[0] * x[1] + x[1].exp())?;
    /// let code = f.transform(Transform::Gradient)?.to_c("gradient")?;
    /// assert!(code.contains("int gradient(const double *x, double *y)"));
    /// assert!(code.contains("const double v2 = exp(v1);"));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Argument`](crate::ErrorKind::Argument) if `name` is no name of C.
    pub fn to_c(&self, name: &str) -> Result<String> {
        let core = self.core();
        let shortened = ir::apply(core.base(), core.passes);
        source::c(&shortened, &core.guards, name)
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
}
