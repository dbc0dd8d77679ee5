//! The code of each derivative: code in, code out, as equations.
//!
//! With inputs `x` and outputs `y`, of which the first is `f`:
//!
//! | | inputs | outputs |
//! |---|---|---|
//! | [`gradient`] | `x` | `∂f/∂xⱼ` |
//! | [`jvp`] | `x`, `v` | `Σⱼ ∂yᵢ/∂xⱼ·vⱼ` |
//! | [`vjp`] | `x`, `u` | `Σᵢ uᵢ·∂yᵢ/∂xⱼ` |
//! | [`jacobian`] | `x` | `∂yᵢ/∂xⱼ`, row by row |
//! | [`hessian`] | `x` | `∂²f/∂xᵢ∂xⱼ`, row by row |
//! | [`hvp`], [`vhp`] | `x`, `v` | `Σⱼ ∂²f/∂xᵢ∂xⱼ·vⱼ` |
//! | [`third`] | `x`, `u`, `v` | `Σⱼₖ ∂³f/∂xᵢ∂xⱼ∂xₖ·uⱼvₖ` |

use super::Mode;
use super::cones::Cones;
use super::direct::{self, Entry};
use super::pattern::Pattern;
use crate::error::{Error, Result};
use crate::op::{Law, Scalar, rows};
use crate::program::code::{Class, Code, Id, Kind};
use crate::program::passes::compact;
use crate::program::reverse::Rows;
use crate::program::symbol::{self, Symbol};
use crate::program::{forward, reverse};

/// Without what is not needed, and with the sign of every 0 among the outputs dropped: a derivative has none.
fn finish(code: Code) -> Code {
    finish_where(code, |_| true)
}

/// As [`finish`], where only the outputs at some places are derivatives.
pub(super) fn finish_where(code: Code, is_derivative: impl Fn(usize) -> bool) -> Code {
    let outputs = code.outputs.clone();
    let (mut code, outputs) = symbol::extend(code, || {
        let outputs = outputs.iter().enumerate();
        let unsigned = outputs.map(|(place, &id)| {
            if is_derivative(place) {
                (Symbol::of(id) + 0.0).id()
            } else {
                id
            }
        });
        unsigned.collect::<Vec<Id>>()
    });
    code.outputs = outputs;
    compact(&code)
}

/// The code with its first output alone.
fn only_first(mut code: Code) -> Result<Code> {
    if code.outputs.is_empty() {
        return Err(Error::argument("outputs", "the program has none"));
    }
    code.outputs.truncate(1);
    Ok(code)
}

/// The code with its last outputs alone, from this one on.
fn only_from(mut code: Code, first: usize) -> Code {
    code.outputs.drain(..first);
    compact(&code)
}

/// A new input for each of the first `count` inputs, of its class.
fn directions(code: &mut Code, count: usize) -> Vec<Symbol> {
    let classes: Vec<Class> = code.inputs[..count].to_vec();
    let classes = classes.into_iter();
    classes
        .map(|class| Symbol::Value(code.push_input(class)))
        .collect()
}

/// The derivatives of the one output by the first `count` inputs.
fn slopes(code: &Code, count: usize) -> Code {
    let wanted: Vec<u32> = (0..count as u32).collect();
    let seeds = [(code.outputs[0], Symbol::Constant(1.0))];
    only_from(reverse::adjoints(code, &seeds, &wanted, Rows::Each), 1)
}

/// The derivatives of all outputs along a direction that is a new input.
fn along(mut code: Code, count: usize) -> Code {
    let outputs = code.outputs.len();
    let directions = directions(&mut code, count);
    only_from(forward::tangents(code, &directions), outputs)
}

pub(super) fn gradient(code: &Code) -> Result<Code> {
    let code = only_first(code.clone())?;
    let count = code.inputs.len();
    Ok(finish(slopes(&code, count)))
}

pub(super) fn jvp(code: &Code) -> Code {
    finish(along(code.clone(), code.inputs.len()))
}

pub(super) fn vjp(code: &Code) -> Code {
    let classes = code.classes();
    weighted(code.clone(), |y| classes[y as usize].max(Class::Uniform))
}

/// With all inputs uniform and the weights varying: one point, many weightings.
pub(super) fn vjp_rows(code: &Code) -> Code {
    weighted(code.clone().with_inputs(Class::Uniform), |_| Class::Varying)
}

/// The derivatives of the outputs, weighted with new inputs of these classes, by all inputs.
fn weighted(mut code: Code, class: impl Fn(Id) -> Class) -> Code {
    let wanted: Vec<u32> = (0..code.inputs.len() as u32).collect();
    let outputs = code.outputs.clone();
    let seed = |&y: &Id| (y, Symbol::Value(code.push_input(class(y))));
    let seeds: Vec<(Id, Symbol)> = outputs.iter().map(seed).collect();
    let code = reverse::adjoints(&code, &seeds, &wanted, Rows::Each);
    finish(only_from(code, outputs.len()))
}

/// With all inputs uniform and the direction varying: one point, many directions.
pub(super) fn jvp_rows(code: &Code) -> Code {
    along_rows(code.clone())
}

pub(super) fn hvp_rows(code: &Code) -> Result<Code> {
    let code = only_first(code.clone())?;
    let count = code.inputs.len();
    Ok(along_rows(slopes(&code, count)))
}

fn along_rows(code: Code) -> Code {
    let (count, outputs) = (code.inputs.len(), code.outputs.len());
    let mut code = code.with_inputs(Class::Uniform);
    let varying = |_| Symbol::Value(code.push_input(Class::Varying));
    let directions: Vec<Symbol> = (0..count).map(varying).collect();
    finish(only_from(forward::tangents(code, &directions), outputs))
}

pub(super) fn hvp(code: &Code) -> Result<Code> {
    let code = only_first(code.clone())?;
    let count = code.inputs.len();
    Ok(finish(along(slopes(&code, count), count)))
}

pub(super) fn vhp(code: &Code) -> Result<Code> {
    let code = only_first(code.clone())?;
    let count = code.inputs.len();
    Ok(finish(slopes(&along(code, count), count)))
}

pub(super) fn third(code: &Code) -> Result<Code> {
    let code = only_first(code.clone())?;
    let count = code.inputs.len();
    Ok(finish(slopes(&along(along(code, count), count), count)))
}

/// Derivatives with the rows and columns that they stand in.
pub(super) struct Matrix {
    code: Code,
    entries: Vec<Entry>,
    rows: usize,
    columns: usize,
}

impl Matrix {
    /// The code whose outputs are all entries, zeros included, row by row.
    pub(super) fn dense(self) -> Code {
        let Self {
            mut code,
            entries,
            rows,
            columns,
        } = self;
        let zero = code.push(Kind::Constant(0), &[]);
        code.outputs = vec![zero; rows * columns];
        for entry in entries {
            code.outputs[entry.row as usize * columns + entry.column as usize] = entry.id;
        }
        finish(code)
    }

    /// The code whose outputs are the entries, row by row, and which they are.
    pub(super) fn sparse(mut self) -> (Code, Pattern) {
        self.entries.sort_unstable();
        self.code.outputs = self.entries.iter().map(|entry| entry.id).collect();
        let rows = self.entries.chunk_by(|a, b| a.row == b.row);
        let mut rows = rows.peekable();
        let pattern = Pattern::new(
            self.columns,
            (0..self.rows as u32).map(|row| {
                let entries = rows
                    .next_if(|entries| entries[0].row == row)
                    .unwrap_or_default();
                entries.iter().map(|entry| entry.column as usize).collect()
            }),
        );
        (finish(self.code), pattern)
    }
}

/// How many values single derivatives pass through, forward or in reverse; nothing if it is more than `limit`.
pub(super) fn cost(code: &Code, mode: Mode, limit: usize) -> Option<(Mode, usize)> {
    let mut cones = Cones::new(code);
    let forward = |cones: &mut Cones<'_>, limit| Some((Mode::Forward, cones.size_above(limit)?));
    let reverse = |cones: &mut Cones<'_>, limit| Some((Mode::Reverse, cones.size_below(limit)?));
    match mode {
        Mode::Forward => forward(&mut cones, limit),
        Mode::Reverse => reverse(&mut cones, limit),
        Mode::Cheaper => {
            let found = reverse(&mut cones, limit);
            let below = found.map_or(limit, |(_, size)| size);
            forward(&mut cones, below).or(found)
        }
    }
}

/// The derivatives of all outputs by all inputs.
pub(super) fn jacobian(code: &Code, mode: Mode) -> Matrix {
    let (rows, columns) = (code.outputs.len(), code.inputs.len());
    let code = compact(code);
    let mode = cost(&code, mode, usize::MAX).map_or(Mode::Forward, |(mode, _)| mode);
    let (code, entries) = match mode {
        Mode::Reverse => direct::reverse(code, columns),
        _ => direct::forward(code, columns, |_, _| true),
    };
    Matrix {
        code,
        entries,
        rows,
        columns,
    }
}

/// The code of the gradient, without the last touch.
pub(super) fn raw_gradient(code: &Code) -> Result<Code> {
    let code = only_first(code.clone())?;
    let count = code.inputs.len();
    Ok(slopes(&code, count))
}

/// Whether second derivatives are the same in either order: not where the table declares a slope against the value.
pub(super) fn is_symmetric(code: &Code) -> bool {
    code.ids().all(|id| match code.kind(id) {
        Kind::Apply(op) => {
            let laws = op.laws();
            !laws.contains(&Law::Stop) && !laws.contains(&Law::Declared)
        }
        _ => true,
    })
}

/// The second derivatives of the first output by all inputs. Where they are symmetric, one triangle is computed.
pub(super) fn hessian(code: &Code) -> Result<Matrix> {
    let count = code.inputs.len();
    let slopes = raw_gradient(code)?;
    let symmetric = is_symmetric(code);
    let wanted = |row, column| !symmetric || row >= column;
    let (code, mut entries) = direct::forward(slopes, count, wanted);
    if symmetric {
        let mirrored = entries.iter().filter(|entry| entry.row != entry.column);
        let mirrored = mirrored.map(|&Entry { row, column, id }| Entry {
            row: column,
            column: row,
            id,
        });
        let mirrored: Vec<Entry> = mirrored.collect();
        entries.extend(mirrored);
    }
    Ok(Matrix {
        code,
        entries,
        rows: count,
        columns: count,
    })
}

pub(super) fn diagonal(code: &Code) -> Result<Code> {
    Ok(finish(on_diagonal(code)?))
}

pub(super) fn laplacian(code: &Code) -> Result<Code> {
    let code = on_diagonal(code)?;
    let outputs = code.outputs.clone();
    let (mut code, sum) = symbol::extend(code, || {
        let terms: Vec<Symbol> = outputs.iter().map(|&id| Symbol::of(id)).collect();
        Symbol::apply_n::<rows::Sum>(&terms).id()
    });
    code.outputs = vec![sum];
    Ok(finish(code))
}

fn on_diagonal(code: &Code) -> Result<Code> {
    let count = code.inputs.len();
    let slopes = raw_gradient(code)?;
    let (mut code, entries) = direct::forward(slopes, count, |row, column| row == column);
    let zero = code.push(Kind::Constant(0), &[]);
    code.outputs = vec![zero; count];
    for entry in entries {
        code.outputs[entry.row as usize] = entry.id;
    }
    Ok(compact(&code))
}

/// Mixed derivatives of the first output, each by a list of inputs in any order, with repetition; by none, the value.
pub(super) fn partials(code: &Code, by: &[&[usize]]) -> Result<Code> {
    let mut code = compact(&only_first(code.clone())?);
    let count = code.inputs.len();
    if let Some(place) = by.iter().copied().flatten().find(|&&place| place >= count) {
        let problem = format!("the program has {count} inputs, there is none at {place}");
        return Err(Error::argument("by", problem));
    }
    let sorted: Vec<Vec<usize>> = by
        .iter()
        .map(|list| {
            let mut list = list.to_vec();
            list.sort_unstable();
            list
        })
        .collect();
    // Every list begins with another one's beginning: each beginning is differentiated once, by all that follow it.
    let mut known: Vec<(Vec<usize>, usize)> = vec![(Vec::new(), 0)];
    let place_of = |known: &[(Vec<usize>, usize)], list: &[usize]| {
        known
            .iter()
            .find(|(begun, _)| begun == list)
            .map(|&(_, place)| place)
    };
    let longest = sorted.iter().map(Vec::len).max().unwrap_or(0);
    for order in 0..longest {
        let mut steps: Vec<(&[usize], u32)> = sorted
            .iter()
            .filter(|list| list.len() > order)
            .map(|list| (&list[..order], list[order] as u32))
            .collect();
        steps.sort_unstable();
        steps.dedup();
        for steps in steps.chunk_by(|a, b| a.0 == b.0) {
            let begun = steps[0].0;
            let Some(place) = place_of(&known, begun) else {
                continue;
            };
            let wanted: Vec<u32> = steps.iter().map(|&(_, by)| by).collect();
            let first = code.outputs.len();
            let seeds = [(code.outputs[place], Symbol::Constant(1.0))];
            code = reverse::adjoints(&code, &seeds, &wanted, Rows::Each);
            for (offset, by) in wanted.iter().enumerate() {
                let mut list = begun.to_vec();
                list.push(*by as usize);
                known.push((list, first + offset));
            }
        }
    }
    let outputs = sorted.iter().filter_map(|list| place_of(&known, list));
    code.outputs = outputs.map(|place| code.outputs[place]).collect();
    Ok(finish_where(code, |place| !sorted[place].is_empty()))
}

/// The code with some of its outputs.
pub(super) fn select(code: &Code, outputs: &[usize]) -> Result<Code> {
    let mut code = code.clone();
    let count = code.outputs.len();
    if let Some(place) = outputs.iter().find(|&&place| place >= count) {
        let problem = format!("the program has {count} outputs, there is none at {place}");
        return Err(Error::argument("outputs", problem));
    }
    code.outputs = outputs.iter().map(|&place| code.outputs[place]).collect();
    Ok(compact(&code))
}

/// The code with the outputs and guards of another behind its own; the inputs are the same.
pub(super) fn join(code: &Code, other: &Code) -> Code {
    let mut joined = code.clone();
    joined.reserve(other.len(), other.operand_count());
    let mut inputs = vec![None; code.inputs.len()];
    for id in code.ids() {
        if let Kind::Input(place) = code.kind(id) {
            inputs[place as usize] = Some(id);
        }
    }
    let mut places: Vec<Id> = Vec::with_capacity(other.len());
    let mut operands = Vec::new();
    for id in other.ids() {
        let kind = other.kind(id);
        operands.clear();
        operands.extend(
            other
                .operands(id)
                .iter()
                .map(|&operand| places[operand as usize]),
        );
        places.push(match kind {
            Kind::Input(place) => {
                *inputs[place as usize].get_or_insert_with(|| joined.push(kind, &[]))
            }
            _ => joined.push(kind, &operands),
        });
    }
    let place = |&id: &Id| places[id as usize];
    joined.outputs.extend(other.outputs.iter().map(place));
    joined.guards.extend(
        other
            .guards
            .iter()
            .map(|sides| [place(&sides[0]), place(&sides[1])]),
    );
    joined
}
