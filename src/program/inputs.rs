//! What goes into a program and what comes out: structures of parameters, and outputs of traced functions.

use crate::error::Result;
use crate::var::Var;

/// A structure of numbers that is the same for all rows of a batch: parameters, in a fixed order.
///
/// Arrays, slices and vectors of `f64` are such, and networks are.
///
/// ```
/// use chainrule::{Program, Uniform, Var};
///
/// struct Line<S> {
///     slope: S,
///     offset: S,
/// }
///
/// impl Uniform for Line<f64> {
///     type Traced = Line<Var>;
///
///     fn count(&self) -> usize {
///         2
///     }
///
///     fn write(&self, values: &mut [f64]) {
///         values.copy_from_slice(&[self.slope, self.offset]);
///     }
///
///     fn traced(&self, input: &mut dyn FnMut(f64) -> Var) -> Line<Var> {
///         Line { slope: input(self.slope), offset: input(self.offset) }
///     }
/// }
///
/// let line = Line { slope: 2.0, offset: 1.0 };
/// let f = Program::trace_rows(&line, 1, |line, row| line.slope * row[0] + line.offset)?;
/// assert_eq!(f.batch(&[[0.0], [3.0]])?.values(&line)?, [1.0, 7.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub trait Uniform {
    /// The same structure of recorded values, which a traced function computes with.
    type Traced;

    /// How many numbers there are.
    ///
    /// ```
    /// assert_eq!(chainrule::Uniform::count(&[1.0, 2.0]), 2);
    /// ```
    fn count(&self) -> usize;

    /// Writes every number, always in the same order, into [as many](Self::count) places.
    ///
    /// ```
    /// use chainrule::Uniform;
    /// let mut values = [0.0; 2];
    /// [1.0, 2.0].write(&mut values);
    /// assert_eq!(values, [1.0, 2.0]);
    /// ```
    fn write(&self, values: &mut [f64]);

    /// The structure with every number recorded by `input`, in the order of [`write`](Self::write).
    ///
    /// ```
    /// use chainrule::{Uniform, Var};
    /// let traced: Vec<Var> = [1.0, 2.0].traced(&mut Var::new);
    /// assert_eq!(traced[1], 2.0);
    /// ```
    fn traced(&self, input: &mut dyn FnMut(f64) -> Var) -> Self::Traced;
}

impl Uniform for [f64] {
    type Traced = Vec<Var>;

    fn count(&self) -> usize {
        self.len()
    }

    fn write(&self, values: &mut [f64]) {
        values.copy_from_slice(self);
    }

    fn traced(&self, input: &mut dyn FnMut(f64) -> Var) -> Vec<Var> {
        self.iter().map(|&x| input(x)).collect()
    }
}

impl<const N: usize> Uniform for [f64; N] {
    type Traced = Vec<Var>;

    fn count(&self) -> usize {
        self.len()
    }

    fn write(&self, values: &mut [f64]) {
        values.copy_from_slice(self);
    }

    fn traced(&self, input: &mut dyn FnMut(f64) -> Var) -> Vec<Var> {
        self[..].traced(input)
    }
}

impl Uniform for Vec<f64> {
    type Traced = Vec<Var>;

    fn count(&self) -> usize {
        self.len()
    }

    fn write(&self, values: &mut [f64]) {
        values.copy_from_slice(self);
    }

    fn traced(&self, input: &mut dyn FnMut(f64) -> Var) -> Vec<Var> {
        self[..].traced(input)
    }
}

/// What a traced function may return: one value, several, or a result of such.
///
/// ```
/// use chainrule::{Program, Result, Var};
///
/// fn ratio(x: &[Var]) -> Result<Var> {
///     Var::dot_product(&x[..1], &x[1..])
/// }
/// assert_eq!(Program::trace(2, ratio)?.value(&[2.0, 3.0])?, 6.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub trait Outputs {
    /// The values, or what the function failed with.
    ///
    /// ```
    /// use chainrule::{Outputs, Var};
    /// assert_eq!([Var::from(1.0), Var::from(2.0)].outputs()?.len(), 2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// The function's own.
    fn outputs(self) -> Result<Vec<Var>>;
}

impl Outputs for Var {
    fn outputs(self) -> Result<Vec<Var>> {
        Ok(vec![self])
    }
}

impl<const N: usize> Outputs for [Var; N] {
    fn outputs(self) -> Result<Vec<Var>> {
        Ok(self.to_vec())
    }
}

impl Outputs for Vec<Var> {
    fn outputs(self) -> Result<Vec<Var>> {
        Ok(self)
    }
}

impl<O: Outputs> Outputs for Result<O> {
    fn outputs(self) -> Result<Vec<Var>> {
        self?.outputs()
    }
}
