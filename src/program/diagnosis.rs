//! Products of 0 and ∞ in a program's gradient.

use super::function::Program;
use crate::error::{Error, Result};
use crate::sweep::diagnosis::ZeroProduct;
use crate::tape;
use crate::var::Var;

impl Program {
    /// The first output at a point, and its derivatives with respect to every variable, where indeterminate products `0·∞` are
    /// NaN; and every product of 0 with ∞ or NaN in the chain rule.
    ///
    /// A zero is exact if it does not depend on a variable; see [`with_respect_to`](Self::with_respect_to). This evaluates the
    /// program on the tape, for one point. See [`Diagnosis`](crate::Diagnosis).
    ///
    /// ```
    /// use chainrule::Program;
    ///
    /// let norm = Program::trace(2, |x| (x[0].square() + x[1].square()).sqrt())?;
    /// assert_eq!(norm.gradient(&[0.0, 0.0])?, (0.0, vec![0.0, 0.0]));
    /// let (value, gradient, zeros) = norm.diagnose(&[0.0, 0.0])?;
    /// assert_eq!((value, gradient[0].is_nan(), zeros.len()), (0.0, true, 2));
    /// assert!(norm.diagnose(&[3.0, 4.0])?.2.is_empty());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn diagnose(&self, x: &[f64]) -> Result<(f64, Vec<f64>, Vec<ZeroProduct>)> {
        let (_, diagnosis) = tape::record(|| {
            // What is not differentiated is constant, so that its zeros are exact.
            let variables = self.ir().variables();
            let mut inputs: Vec<Var> = x.iter().map(|&x| Var::from(x)).collect();
            for &place in variables
                .iter()
                .filter(|&&place| (place as usize) < x.len())
            {
                inputs[place as usize] = Var::new(x[place as usize]);
            }
            let outputs = self.call(&inputs)?;
            let none = || Error::argument("outputs", "expected at least 1, found 0");
            let y = *outputs.first().ok_or_else(none)?;
            let diagnosis = y.diagnose();
            let variables = variables.into_iter();
            let gradient = variables.map(|place| diagnosis.gradients[inputs[place as usize]]);
            Ok((y.value(), gradient.collect(), diagnosis.zeros))
        });
        diagnosis
    }
}
