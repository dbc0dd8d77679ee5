//! A program's code: every value once, operands before the values made of them.
//!
//! [`trace`](super::trace) makes it of a recorded graph, [`reverse`](super::reverse) and [`forward`](super::forward) add
//! derivatives to it, the [`passes`](super::passes) shorten it, and the schedules turn it into runs. Its `Display` is the
//! text that the tests of the passes read and write.

#[cfg(test)]
pub(crate) mod text;
#[cfg(test)]
pub(crate) mod verify;

use std::fmt;

use crate::op::Op;

/// The place of a value in its code.
pub(crate) type Id = u32;

/// How often a value is computed when a program runs over rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Never: it is known when the program is made.
    Constant,
    /// Once a call: it depends on uniform inputs only.
    Uniform,
    /// Once a row.
    Varying,
}

/// What makes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// An input, by its place.
    Input(u32),
    /// A number, by its bits.
    Constant(u64),
    /// An operation of the table.
    Apply(Op),
    /// The sum over all rows of products `u₀p₀`, then of products `u₁p₁`, …: the adjoint of a uniform value.
    Rows,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    kind: Kind,
    /// Where its operands begin and end.
    start: u32,
    end: u32,
}

/// Values, each with what makes it; outputs and guarded comparisons among them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    nodes: Vec<Node>,
    operands: Vec<Id>,
    /// The class of each input.
    pub(crate) inputs: Vec<Class>,
    pub(crate) outputs: Vec<Id>,
    /// The two sides of every comparison that must come out as it did.
    pub(crate) guards: Vec<[Id; 2]>,
}

impl Code {
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn kind(&self, id: Id) -> Kind {
        self.nodes[id as usize].kind
    }

    pub(crate) fn operands(&self, id: Id) -> &[Id] {
        let node = self.nodes[id as usize];
        &self.operands[node.start as usize..node.end as usize]
    }

    /// The number behind a constant.
    pub(crate) fn constant(&self, id: Id) -> Option<f64> {
        match self.kind(id) {
            Kind::Constant(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    pub(crate) fn push(&mut self, kind: Kind, operands: &[Id]) -> Id {
        let start = self.operands.len() as u32;
        self.operands.extend_from_slice(operands);
        self.nodes.push(Node {
            kind,
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

    /// Room for so many values and operands.
    pub(crate) fn reserve(&mut self, values: usize, operands: usize) {
        self.nodes.reserve(values);
        self.operands.reserve(operands);
    }

    pub(crate) fn operand_count(&self) -> usize {
        self.operands.len()
    }

    pub(crate) fn ids(&self) -> std::ops::Range<Id> {
        0..self.nodes.len() as Id
    }

    /// The outputs and the sides of guards: what must be computed.
    pub(crate) fn roots(&self) -> impl Iterator<Item = Id> + '_ {
        let sides = self.guards.iter().flatten();
        self.outputs.iter().chain(sides).copied()
    }

    /// The class of every value.
    pub(crate) fn classes(&self) -> Vec<Class> {
        let mut classes = Vec::with_capacity(self.len());
        for id in self.ids() {
            let operands = self.operands(id);
            classes.push(match self.kind(id) {
                Kind::Input(place) => self.inputs[place as usize],
                Kind::Constant(_) => Class::Constant,
                Kind::Rows => Class::Uniform,
                Kind::Apply(_) => operands
                    .iter()
                    .map(|&operand| classes[operand as usize])
                    .max()
                    .unwrap_or(Class::Constant),
            });
        }
        classes
    }

    /// The same code with every input of one class.
    pub(crate) fn with_inputs(mut self, class: Class) -> Self {
        self.inputs.fill(class);
        self
    }
}

impl fmt::Display for Code {
    /// One value a line, then the outputs and the guards.
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
                Kind::Rows => write!(f, "v{id} = Rows")?,
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
