//! The text of a program at each stage of compilation.

use super::core::Over;
use super::function::Program;
use crate::ir::{self, Class};
use crate::transform::Transform;

/// A stage of compilation, for [`Program::listing`].
///
/// ```
/// use chainrule::{Program, Stage};
/// let f = Program::trace(1, |x| x[0].exp())?;
/// for stage in [Stage::Traced, Stage::Differentiated, Stage::Optimized, Stage::Scheduled] {
///     println!("{stage:?}:\n{}", f.listing(stage));
/// }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// As recorded: every value in the order of recording.
    Traced,
    /// With the adjoints of the inputs.
    Differentiated,
    /// Shortened by the passes. The first line names the passes that changed something.
    Optimized,
    /// As scheduled: runs of one operation, products of matrices and sums over rows.
    Scheduled,
}

impl Program {
    /// The program's text after a stage of compilation: one value or instruction per line.
    ///
    /// The text shows the gradient's code. If there are uniform inputs, it is the gradient of the sum over rows, and
    /// otherwise the gradient at a point, where all inputs are uniform.
    ///
    /// ```
    /// use chainrule::{Program, Stage};
    /// let f = Program::trace(1, |x| x[0] * x[0] + 0.0 * 3.0)?;
    /// assert!(f.listing(Stage::Traced).contains("v1 = Mul v0 v0"));
    /// assert!(f.listing(Stage::Optimized).starts_with("# passes: "));
    /// assert!(f.listing(Stage::Scheduled).contains("= Adjoint"));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn listing(&self, stage: Stage) -> String {
        let (transform, over) = self.shown_question();
        let code = || match self.core().code_for(transform, over) {
            Ok((ir, _)) => ir,
            Err(_) => self.ir().clone(),
        };
        match stage {
            Stage::Traced if over == Over::Point => {
                self.ir().clone().with_inputs(Class::Uniform).to_string()
            }
            Stage::Traced => self.ir().to_string(),
            Stage::Differentiated => code().to_string(),
            Stage::Optimized => {
                let selection = self.core().passes;
                let passes = ir::names_of_busy(self.ir(), &code(), selection);
                let shorter = ir::apply(code(), selection);
                format!("# passes: {}\n{shorter}", passes.join(" "))
            }
            Stage::Scheduled => match self.core().compiled(transform, over) {
                Ok((compiled, _)) => compiled.text(),
                Err(_) => String::new(),
            },
        }
    }

    /// The memory, in bytes, of the compiled code that [`listing`](Self::listing) shows: instructions, tables and constants.
    ///
    /// ```
    /// use chainrule::Program;
    /// assert!(Program::trace(1, |x| x[0].exp())?.bytes() < 1000);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn bytes(&self) -> usize {
        let (transform, over) = self.shown_question();
        self.core()
            .compiled(transform, over)
            .map_or(0, |(compiled, _)| compiled.bytes())
    }

    fn shown_question(&self) -> (Transform, Over) {
        let transform = if self.outputs() > 0 {
            Transform::Gradient
        } else {
            Transform::Values
        };
        let over = if self.uniform_inputs() > 0 {
            Over::Sum
        } else {
            Over::Point
        };
        (transform, over)
    }
}
