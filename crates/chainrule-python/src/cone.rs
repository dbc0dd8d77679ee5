//! What a value depends on, recorded on a graph of the engine: to sweep it, to draw it, and to make programs of it.

use chainrule::op::Op;
use chainrule::{Gradients, Var, tape};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::errors::{count, engine};
use crate::tracing::{self, Test};
use crate::value::Value;

/// The values that some values depend on, operands first.
pub(crate) struct Cone {
    nodes: Vec<Py<Value>>,
    places: FxHashMap<usize, u32>,
}

/// The place of a value that was entered, but whose operands do not all have places yet.
const ENTERED: u32 = u32::MAX;

/// What identifies a value.
fn identity(value: &Py<Value>) -> usize {
    value.as_ptr() as usize
}

impl Cone {
    /// Everything that these values depend on, in the order in which micrograd visits it.
    pub(crate) fn new(py: Python<'_>, roots: impl IntoIterator<Item = Py<Value>>) -> Self {
        let mut cone = Self {
            nodes: Vec::new(),
            places: FxHashMap::default(),
        };
        let mut waiting: Vec<(Py<Value>, bool)> = Vec::new();
        for root in roots {
            waiting.push((root, false));
            while let Some((node, is_done)) = waiting.pop() {
                let key = identity(&node);
                if is_done {
                    cone.places.insert(key, cone.nodes.len() as u32);
                    cone.nodes.push(node);
                    continue;
                }
                if cone.places.contains_key(&key) {
                    continue;
                }
                cone.places.insert(key, ENTERED);
                waiting.push((node.clone_ref(py), true));
                node.get().with_operands(|operands| {
                    for operand in operands.iter().rev() {
                        if !cone.places.contains_key(&identity(operand)) {
                            waiting.push((operand.clone_ref(py), false));
                        }
                    }
                });
            }
        }
        cone
    }

    pub(crate) fn nodes(&self) -> &[Py<Value>] {
        &self.nodes
    }

    /// The values that were not computed.
    fn leaves(&self) -> impl Iterator<Item = &Py<Value>> {
        self.nodes.iter().filter(|node| node.get().op == Op::Input)
    }

    pub(crate) fn place(&self, value: &Py<Value>) -> usize {
        self.places[&identity(value)] as usize
    }

    /// Records every value on the thread's current graph. `leaf` records those that were not computed.
    ///
    /// An error if a number was changed after others were computed from it: its derivatives would be those of other numbers.
    pub(crate) fn record(&self, mut leaf: impl FnMut(&Py<Value>) -> Var) -> PyResult<Vec<Var>> {
        let mut vars: Vec<Var> = Vec::with_capacity(self.nodes.len());
        let mut operands = SmallVec::<[Var; 8]>::new();
        for node in &self.nodes {
            let value = node.get();
            if value.op == Op::Input {
                vars.push(leaf(node));
                continue;
            }
            operands.clear();
            value.with_operands(|all| operands.extend(all.iter().map(|x| vars[self.place(x)])));
            if matches!(value.op, Op::Binary(_)) && operands.len() == 1 {
                operands.push(Var::from(value.parameter));
            }
            let Some(var) = value.op.apply(&operands) else {
                // The collector took it apart.
                return Err(PyRuntimeError::new_err("a value lost its operands"));
            };
            // Operands of a custom operation: the value, then each operand and its slope.
            let read = operands.iter().skip(1).step_by(2).map(|x| x.peek());
            if !value.is_read_from(read) {
                return Err(PyRuntimeError::new_err(
                    "`data` of an operand of `custom` was changed after its number or slopes were computed; compute them again",
                ));
            }
            let (now, number) = (var.peek(), value.number.get());
            if now.to_bits() != number.to_bits() && !(now.is_nan() && number.is_nan()) {
                return Err(PyRuntimeError::new_err(format!(
                    "the number {number:?} of a value computed by `{}` would now be {now:?}: `data` was changed after the \
                     value was computed; compute it again",
                    value.op.row().name
                )));
            }
            vars.push(var);
        }
        Ok(vars)
    }
}

/// A value recorded on the current graph with everything that it depends on.
fn recorded<R>(
    root: &Bound<'_, Value>,
    is_named: bool,
    work: impl FnOnce(&Cone, &[Var], Var) -> R,
) -> PyResult<R> {
    let cone = Cone::new(root.py(), [root.clone().unbind()]);
    engine(|| {
        let (_, result) = tape::record(|| {
            let vars = cone.record(|leaf| Var::new(leaf.get().number.get()))?;
            if is_named {
                for (node, &var) in cone.nodes.iter().zip(&vars) {
                    if let Some(name) = node.get().name() {
                        let _ = var.named(name);
                    }
                }
            }
            Ok(work(&cone, &vars, vars[vars.len() - 1]))
        });
        result
    })?
}

#[pymethods]
impl Value {
    /// Adds to the `grad` of every value that this one depends on its derivative with respect to it, and sets its own to 1.
    ///
    /// >>> x = Value(3.0)
    /// >>> y = x**2 + x
    /// >>> y.backward()
    /// >>> x.grad
    /// 7.0
    /// >>> y.backward()  # as in micrograd, `grad` is added to until you set it to 0
    /// >>> x.grad
    /// 14.0
    ///
    /// Raises `RuntimeError` if `data` was changed after values were computed from it.
    fn backward(slf: &Bound<'_, Self>) -> PyResult<()> {
        if tracing::is_tracing() {
            // Gradients are numbers that depend on these numbers.
            for leaf in Cone::new(slf.py(), [slf.clone().unbind()]).leaves() {
                let leaf = leaf.bind(slf.py());
                tracing::note(leaf, leaf.get().number.get(), Test::Read)?;
            }
        }
        recorded(slf, false, |cone, vars, y| {
            let mut gradients = Gradients::new();
            gradients.sweep(&[(y, 1.0)]);
            for (node, &var) in cone.nodes().iter().zip(vars) {
                // A constant, such as the empty sum, has no derivative.
                node.get().gradient.add(gradients.get(var).unwrap_or(0.0));
            }
        })?;
        slf.get().gradient.set(1.0);
        Ok(())
    }

    /// The graph of this value as an SVG image: values above the wires, gradients below, local gradients at the arrows.
    ///
    /// `gradients` are those of this value, whatever `grad` holds. At most `max_nodes` nodes are shown.
    ///
    /// >>> y = Value(2.0, label="x") * 3
    /// >>> y.svg().startswith("<svg")
    /// True
    #[pyo3(signature = (*, gradients=true, max_nodes=200))]
    fn svg(slf: &Bound<'_, Self>, gradients: bool, max_nodes: isize) -> PyResult<String> {
        let max_nodes = count("max_nodes", max_nodes)?;
        picture(slf, gradients, |picture| {
            picture.max_nodes(max_nodes).to_svg()
        })
    }

    /// The graph of this value as text for Graphviz.
    ///
    /// >>> (Value(2.0) * 3).dot().startswith("digraph")
    /// True
    #[pyo3(signature = (*, gradients=true, max_nodes=200))]
    fn dot(slf: &Bound<'_, Self>, gradients: bool, max_nodes: isize) -> PyResult<String> {
        let max_nodes = count("max_nodes", max_nodes)?;
        picture(slf, gradients, |picture| {
            picture.max_nodes(max_nodes).to_dot()
        })
    }

    /// The picture that a notebook shows.
    fn _repr_svg_(slf: &Bound<'_, Self>) -> PyResult<String> {
        Self::svg(slf, true, 200)
    }

    /// The backward pass step by step: print it, or show its page in a notebook or a browser.
    ///
    /// >>> x, y = Value(3.0, label="x"), Value(-4.0, label="y")
    /// >>> print((x * y).explain())  # doctest: +ELLIPSIS
    /// Step 1...x gets 1 × −4 = −4, y gets 1 × 3 = 3...
    fn explain(slf: &Bound<'_, Self>) -> PyResult<PyExplanation> {
        recorded(slf, true, |_, _, y| {
            let explanation = y.explain();
            PyExplanation {
                text: explanation.to_string(),
                html: explanation.html().to_string(),
            }
        })
    }
}

fn picture(
    root: &Bound<'_, Value>,
    gradients: bool,
    draw: impl FnOnce(chainrule::Picture<'_>) -> String,
) -> PyResult<String> {
    recorded(root, true, |_, _, y| {
        if gradients {
            draw(y.picture().gradients(&y.backward()))
        } else {
            draw(y.picture())
        }
    })
}

/// A backward pass step by step.
///
/// `str` gives it as text, `html` as a self-contained page that steps back and forth and recomputes when you change an input.
#[pyclass(frozen, module = "chainrule", name = "Explanation")]
pub(crate) struct PyExplanation {
    text: String,
    html: String,
}

#[pymethods]
impl PyExplanation {
    /// The page.
    #[getter]
    fn html(&self) -> &str {
        &self.html
    }

    fn __str__(&self) -> &str {
        &self.text
    }

    /// The page in a frame, for notebooks: it has styles and scripts of its own.
    fn _repr_html_(&self) -> String {
        let page = self.html.replace('&', "&amp;").replace('"', "&quot;");
        format!(
            "<iframe srcdoc=\"{page}\" style=\"width: 100%; height: 40em; border: 0\"></iframe>"
        )
    }
}
