//! Makes programs from functions and recorded graphs.

use super::function::Program;
use super::outputs::Outputs;
use crate::error::Result;
use crate::graph::Graph;
use crate::ir::{Class, trace};
use crate::parameters::Parameters;
use crate::tape;
use crate::var::{Var, compare};

impl Program {
    /// Traces a function of `n` inputs at the point where all are 0.
    ///
    /// If a branch depends on the inputs, use [`trace_at`](Self::trace_at) with a suitable point.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace(2, |x| [x[0] + x[1], x[0] * x[1]])?;
    /// assert_eq!(f.values(&[2.0, 3.0])?, [5.0, 6.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If an output was recorded outside of `f`, and the errors that `f` itself returns.
    ///
    /// # Panics
    /// If `f` computes with a value recorded outside of it: capture its number ([`value`](Var::value)) instead.
    pub fn trace<O: Outputs>(n: usize, f: impl FnOnce(&[Var]) -> O) -> Result<Self> {
        Self::trace_at(&vec![0.0; n], f)
    }

    /// Traces a function at a point. The branches taken there become part of the program.
    ///
    /// ```
    /// use chainrule::{Program, Var};
    ///
    /// let f = |x: &[Var]| if x[0] > 0.0 { x[0].ln() } else { x[0] };
    /// let program = Program::trace_at(&[1.0], f)?;
    /// assert_eq!(program.value(&[1.0])?, 0.0);
    /// assert!(program.value(&[-1.0]).is_err());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`trace`](Self::trace).
    ///
    /// # Panics
    /// As [`trace`](Self::trace).
    pub fn trace_at<O: Outputs>(point: &[f64], f: impl FnOnce(&[Var]) -> O) -> Result<Self> {
        Self::traced(|| {
            let x = inputs_at(point);
            let outputs = f(&x);
            (
                x.into_iter().map(|x| (x, Class::Varying)).collect(),
                outputs,
            )
        })
    }

    /// Traces a function of a structure of parameters and a row of data. The parameters are *uniform*: one value for all
    /// rows. The `width` values of the row are *varying*.
    ///
    /// The function is traced at the given parameters and a row of zeros; [`trace_rows_at`](Self::trace_rows_at) takes
    /// another row. The program's inputs are the parameters in their order, then the row.
    ///
    /// ```
    /// use chainrule::Program;
    ///
    /// // The mean squared error of a line, and its gradient over three rows.
    /// let f = Program::trace_rows(&[0.0, 0.0], 2, |p, row| (p[0] * row[0] + p[1] - row[1]).square())?;
    /// let mut batch = f.batch(&[[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]])?;
    /// let (loss, gradient) = batch.mean_gradient(&[2.0, 1.0])?;
    /// assert_eq!((loss, gradient), (0.0, &[0.0, 0.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`trace`](Self::trace).
    ///
    /// # Panics
    /// As [`trace`](Self::trace).
    pub fn trace_rows<U: Parameters + ?Sized, O: Outputs>(
        uniform: &U,
        width: usize,
        f: impl FnOnce(&U::Over<Var>, &[Var]) -> O,
    ) -> Result<Self> {
        Self::trace_rows_at(uniform, &vec![0.0; width], f)
    }

    /// Like [`trace_rows`](Self::trace_rows), but traces at the given row.
    ///
    /// ```
    /// use chainrule::Program;
    /// let f = Program::trace_rows_at(&[2.0], &[4.0], |p, row| if row[0] > 0.0 { p[0] * row[0].sqrt() } else { p[0] })?;
    /// assert_eq!(f.batch(&[[9.0], [16.0]])?.values(&[1.0])?, [3.0, 4.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`trace`](Self::trace).
    ///
    /// # Panics
    /// As [`trace`](Self::trace).
    pub fn trace_rows_at<U: Parameters + ?Sized, O: Outputs>(
        uniform: &U,
        row: &[f64],
        f: impl FnOnce(&U::Over<Var>, &[Var]) -> O,
    ) -> Result<Self> {
        Self::traced(|| {
            let mut inputs = Vec::new();
            let traced = tape::without_lines(|| {
                uniform.map_parameters(&mut |value| {
                    let x = Var::new(value);
                    inputs.push((x, Class::Uniform));
                    x
                })
            });
            let row = inputs_at(row);
            inputs.extend(row.iter().map(|&x| (x, Class::Varying)));
            let outputs = f(&traced, &row);
            (inputs, outputs)
        })
    }

    /// Runs a function on a new graph, records its comparisons, and makes a program of its inputs and outputs.
    fn traced<O: Outputs>(run: impl FnOnce() -> (Vec<(Var, Class)>, O)) -> Result<Self> {
        let inputs =
            |(inputs, _): &(Vec<(Var, Class)>, O)| inputs.iter().map(|&(x, _)| x).collect();
        let (graph, ((inputs, outputs), comparisons)) =
            tape::record(|| compare::watch(run, inputs));
        let outputs = outputs.outputs()?;
        let (ir, guards) = trace(&graph, &inputs, &outputs, &comparisons)?;
        Ok(Self::new(ir, guards))
    }

    /// Makes a program of values recorded on the thread's current graph: the outputs as functions of the inputs.
    ///
    /// Values that do not depend on the inputs are numbers in the program. The graph remembers the comparisons of its values,
    /// and the program checks them at every point. It does not know which numbers were read by [`value`](Var::value) while
    /// recording; [`trace`](Self::trace) checks those too.
    ///
    /// ```
    /// use chainrule::{Program, Var};
    /// let x = Var::new(2.0);
    /// let y = x.square() + x;
    /// let f = Program::compile(&[x], &[y])?;
    /// assert_eq!(f.value(&[3.0])?, 12.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// If an input or output was freed or is not on the current graph, or an input is listed twice.
    pub fn compile(inputs: &[Var], outputs: &[Var]) -> Result<Self> {
        tape::with(|graph| Self::compile_graph(graph, inputs, outputs))
    }

    /// Like [`compile`](Self::compile), for a graph of your own.
    ///
    /// ```
    /// use chainrule::{Program, Var, tape};
    /// let (graph, (x, y)) = tape::record(|| {
    ///     let x = Var::new(2.0);
    ///     (x, x.square())
    /// });
    /// assert_eq!(Program::compile_graph(&graph, &[x], &[y])?.value(&[3.0])?, 9.0);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_graph(graph: &Graph, inputs: &[Var], outputs: &[Var]) -> Result<Self> {
        let inputs: Vec<(Var, Class)> = inputs.iter().map(|&x| (x, Class::Varying)).collect();
        let (ir, guards) = trace(graph, &inputs, outputs, graph.comparisons())?;
        Ok(Self::new(ir, guards))
    }
}

/// Inputs with these values, which no line of source recorded.
fn inputs_at(point: &[f64]) -> Vec<Var> {
    tape::without_lines(|| point.iter().map(|&x| Var::new(x)).collect())
}
