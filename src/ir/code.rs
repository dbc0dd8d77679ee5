//! The intermediate representation: a list of values, in which operands come before the values that use them.
//!
//! [`trace`](super::trace) makes it from a recorded graph, the transforms add derivatives, the [`passes`](super::passes)
//! shorten it, and a backend runs it. The tests of the passes read and write the text of its `Display`.

use std::fmt;

use super::sources::Sources;
use crate::graph::Origin;
use crate::labels::Labels;
use crate::op::Op;

/// The index of a value in its [`Ir`].
pub type Id = u32;

/// How often a value is computed when a program runs over rows.
///
/// ```
/// use chainrule::{Program, ir::Class};
/// let f = Program::trace_rows(&[1.0], 1, |p, row| p[0] * row[0])?;
/// assert_eq!(f.ir().inputs(), [Class::Uniform, Class::Varying]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Class {
    /// Never: its number is known when the program is made.
    Constant,
    /// Once per call: it depends on uniform inputs only.
    Uniform,
    /// Once per row.
    Varying,
}

/// How a value is made.
///
/// ```
/// use chainrule::{Program, ir::Kind};
/// let f = Program::trace(1, |x| x[0].exp())?;
/// assert_eq!(f.ir().kind(0), Kind::Input(0));
/// assert!(matches!(f.ir().kind(1), Kind::Apply(op) if op.row().name == "Exp"));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The input with this index.
    Input(u32),
    /// A number, given by its bits.
    Constant(u64),
    /// An operation of the table.
    Apply(Op),
    /// The sum over all rows of `u₀·p₀ + u₁·p₁ + …`, for operands `u₀ p₀ u₁ p₁ …`. All rows share this one number.
    SumOverRows,
}

/// A value in 16 bytes.
#[derive(Clone, Copy, Debug)]
struct Node {
    made: Made,
    /// Where the value's operands begin and end.
    start: u32,
    end: u32,
}

const _: () = assert!(size_of::<Node>() == 16);

/// A kind in 8 bytes.
#[derive(Clone, Copy, Debug)]
enum Made {
    Input(u32),
    /// The constant with this index.
    Constant(u32),
    Apply(Op),
    SumOverRows,
}

/// A function as straight-line code: values in the order of computation, and a list of those that are outputs.
///
/// Programs lend it read-only, to [backends](crate::backend) and to readers.
///
/// ```
/// use chainrule::Program;
/// let f = Program::trace(2, |x| x[0] * x[1])?;
/// assert_eq!(f.ir().to_string(), "v0 = input 0 varying\nv1 = input 1 varying\nv2 = Mul v0 v1\noutput v2\n");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ir {
    nodes: Vec<Node>,
    operands: Vec<Id>,
    /// The bits of all constants.
    constants: Vec<u64>,
    /// The class of each input.
    pub(crate) inputs: Vec<Class>,
    pub(crate) outputs: Vec<Id>,
    /// The two sides of every comparison whose outcome must stay the same.
    pub(crate) guards: Vec<[Id; 2]>,
    /// The inputs that derivatives are taken with respect to; all if none were chosen.
    pub(crate) variables: Option<Vec<u32>>,
    pub(crate) sources: Sources,
    /// The inputs that must be labels.
    pub(crate) labels: Vec<(u32, Labels)>,
}

impl Ir {
    /// The number of values.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How a value is made.
    ///
    /// # Panics
    /// If `id` is not below [`len`](Self::len).
    #[inline]
    pub fn kind(&self, id: Id) -> Kind {
        match self.nodes[id as usize].made {
            Made::Input(place) => Kind::Input(place),
            Made::Constant(index) => Kind::Constant(self.constants[index as usize]),
            Made::Apply(op) => Kind::Apply(op),
            Made::SumOverRows => Kind::SumOverRows,
        }
    }

    /// The operands of a value, each with a smaller index than the value.
    ///
    /// # Panics
    /// If `id` is not below [`len`](Self::len).
    #[inline]
    pub fn operands(&self, id: Id) -> &[Id] {
        let node = self.nodes[id as usize];
        &self.operands[node.start as usize..node.end as usize]
    }

    /// Where a value was recorded: its name, groups and line, if they were stored while tracing. Values that reverse mode added
    /// belong to the value whose derivative they pass on; values that other transforms added have no origin.
    ///
    /// ```
    /// use chainrule::{Program, tape};
    /// let f = Program::trace(1, |x| tape::named("layer 1", || x[0].exp().named("y")))?;
    /// assert_eq!(f.ir().origin(1).to_string(), "`layer 1/y`");
    /// assert_eq!(f.ir().origin(0).to_string(), "node 0");
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn origin(&self, id: Id) -> Origin {
        self.sources.origin(id as usize)
    }

    /// The inputs that must be labels, by their indices.
    ///
    /// ```
    /// use chainrule::{Labels, Program, Scalar};
    /// let f = Program::trace(2, |x| x[0] * x[1].expect_label(Labels::Signs))?;
    /// assert_eq!(f.ir().labels(), [(1, Labels::Signs)]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn labels(&self) -> &[(u32, Labels)] {
        &self.labels
    }

    /// The class of each input.
    pub fn inputs(&self) -> &[Class] {
        &self.inputs
    }

    /// The values that are outputs.
    pub fn outputs(&self) -> &[Id] {
        &self.outputs
    }

    /// The two sides of every comparison whose outcome must stay the same.
    pub fn guards(&self) -> &[[Id; 2]] {
        &self.guards
    }

    /// The indices of all values, ascending.
    pub fn ids(&self) -> std::ops::Range<Id> {
        0..self.nodes.len() as Id
    }

    /// The number, if the value is a constant.
    pub fn constant(&self, id: Id) -> Option<f64> {
        match self.kind(id) {
            Kind::Constant(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// The class of every value.
    pub fn classes(&self) -> Vec<Class> {
        let mut classes = Vec::with_capacity(self.len());
        for id in self.ids() {
            let operands = self.operands(id);
            classes.push(match self.kind(id) {
                Kind::Input(place) => self.inputs[place as usize],
                Kind::Constant(_) => Class::Constant,
                Kind::SumOverRows => Class::Uniform,
                Kind::Apply(_) => operands
                    .iter()
                    .map(|&operand| classes[operand as usize])
                    .max()
                    .unwrap_or(Class::Constant),
            });
        }
        classes
    }

    pub(crate) fn push(&mut self, kind: Kind, operands: &[Id]) -> Id {
        let start = self.operands.len() as u32;
        self.operands.extend_from_slice(operands);
        let made = match kind {
            Kind::Input(place) => Made::Input(place),
            Kind::Constant(bits) => {
                self.constants.push(bits);
                Made::Constant(self.constants.len() as u32 - 1)
            }
            Kind::Apply(op) => Made::Apply(op),
            Kind::SumOverRows => Made::SumOverRows,
        };
        self.nodes.push(Node {
            made,
            start,
            end: self.operands.len() as u32,
        });
        (self.nodes.len() - 1) as Id
    }

    /// Appends a new input.
    pub(crate) fn push_input(&mut self, class: Class) -> Id {
        self.inputs.push(class);
        self.push(Kind::Input((self.inputs.len() - 1) as u32), &[])
    }

    /// A copy with room for this many times as many values and operands.
    pub(crate) fn with_room(&self, times: usize) -> Self {
        let mut nodes = Vec::with_capacity(times * self.nodes.len());
        nodes.extend_from_slice(&self.nodes);
        let mut operands = Vec::with_capacity(times * self.operands.len());
        operands.extend_from_slice(&self.operands);
        Self {
            nodes,
            operands,
            constants: self.constants.clone(),
            inputs: self.inputs.clone(),
            outputs: self.outputs.clone(),
            guards: self.guards.clone(),
            variables: self.variables.clone(),
            sources: self.sources.clone(),
            labels: self.labels.clone(),
        }
    }

    /// Makes room for more values and operands.
    pub(crate) fn reserve(&mut self, values: usize, operands: usize) {
        self.nodes.reserve(values);
        self.operands.reserve(operands);
    }

    pub(crate) fn operand_count(&self) -> usize {
        self.operands.len()
    }

    /// The outputs and the sides of guards, which must be computed.
    pub(crate) fn roots(&self) -> impl Iterator<Item = Id> + '_ {
        let sides = self.guards.iter().flatten();
        self.outputs.iter().chain(sides).copied()
    }

    /// The value of each input, if it is used.
    pub(crate) fn input_values(&self) -> Vec<Option<Id>> {
        let mut values = vec![None; self.inputs.len()];
        for id in self.ids() {
            if let Kind::Input(place) = self.kind(id) {
                values[place as usize] = Some(id);
            }
        }
        values
    }

    /// The inputs that derivatives are taken with respect to.
    pub(crate) fn variables(&self) -> Vec<u32> {
        match &self.variables {
            Some(variables) => variables.clone(),
            None => (0..self.inputs.len() as u32).collect(),
        }
    }

    /// The same values, with all inputs in one class.
    pub(crate) fn with_inputs(mut self, class: Class) -> Self {
        self.inputs.fill(class);
        self
    }
}

impl fmt::Display for Ir {
    /// One value per line, then the outputs and the guards.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for id in self.ids() {
            match self.kind(id) {
                Kind::Input(place) => {
                    let class = self.inputs[place as usize];
                    writeln!(f, "v{id} = input {place} {}", class.name())?;
                    continue;
                }
                Kind::Constant(bits) => write!(f, "v{id} = {:?}", f64::from_bits(bits))?,
                Kind::Apply(op) => write!(f, "v{id} = {}", op.row().name)?,
                Kind::SumOverRows => write!(f, "v{id} = SumOverRows")?,
            }
            write_all(f, self.operands(id))?;
        }
        if !self.outputs.is_empty() {
            f.write_str("output")?;
            write_all(f, &self.outputs)?;
        }
        for guard in &self.guards {
            f.write_str("guard")?;
            write_all(f, guard)?;
        }
        Ok(())
    }
}

impl Class {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Uniform => "uniform",
            Self::Varying => "varying",
        }
    }
}

fn write_all(f: &mut fmt::Formatter<'_>, ids: &[Id]) -> fmt::Result {
    for id in ids {
        write!(f, " v{id}")?;
    }
    f.write_str("\n")
}
