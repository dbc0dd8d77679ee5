//! Answers at one point, with the memory in which a program's questions are evaluated.

use super::core::{Core, Over, Question};
use crate::backend::{Answer, Blocks, Order, Table};
use crate::error::{Result, check_length};
use crate::transform::{Parts, Transform, is_symmetric};

/// The number of directions that are computed side by side.
const DIRECTIONS: usize = 256;

/// The inputs that a transform adds, by the required length of the list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Extra {
    /// One number for each input that derivatives are taken with respect to.
    Direction(&'static str),
    /// One number per output.
    Weights(&'static str),
}

/// Results by key. There are few keys, so they are searched one by one.
#[derive(Debug)]
pub(super) struct Memo<K, V>(Vec<(K, V)>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialEq, V> Memo<K, V> {
    /// The keys so far.
    #[cfg(test)]
    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    /// The result for a key. The first call for a key makes it.
    pub(super) fn get_or_make(
        &mut self,
        key: K,
        make: impl FnOnce() -> Result<V>,
    ) -> Result<&mut V> {
        let index = if let Some(known) = self.0.iter().position(|(known, _)| *known == key) {
            known
        } else {
            self.0.push((key, make()?));
            self.0.len() - 1
        };
        Ok(&mut self.0[index].1)
    }
}

/// The questions asked at points so far, each with its memory.
#[derive(Debug, Default)]
pub(super) struct Answers(Memo<Transform, Method>);

/// The answer to a question, borrowed.
pub(super) struct Asked<'a> {
    /// All parts of the answer, one after another.
    pub(super) outputs: &'a [f64],
    pub(super) parts: &'a Parts,
}

/// How a question is answered.
#[derive(Debug)]
enum Method {
    /// By code that computes everything.
    Whole(Box<Answer>),
    /// By code for one direction, which runs for all directions side by side.
    ByRow(Box<ByRow>),
}

#[derive(Debug)]
struct ByRow {
    /// The parts before the matrix.
    first: Answer,
    directions: Answer,
    /// The number of directions.
    count: usize,
    /// Whether a direction gives a column of the matrix.
    columns: bool,
    wanted: Wanted,
    parts: Parts,
    outputs: Vec<f64>,
}

/// What is wanted of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    All,
    /// All of a symmetric matrix: one triangle is mirrored, as in code that computes everything.
    Symmetric,
    Diagonal,
    /// The sum of the diagonal.
    Trace,
}

impl Answers {
    /// The outputs of a transform at a point. `extra` are the inputs that the transform adds.
    pub(super) fn ask(
        &mut self,
        core: &Core,
        transform: Transform,
        x: &[f64],
        extra: &[(Extra, &[f64])],
    ) -> Result<Asked<'_>> {
        core.check_point(x)?;
        for &(extra, given) in extra {
            let (name, expected) = match extra {
                Extra::Direction(name) => (name, core.variables()),
                Extra::Weights(name) => (name, core.ir.outputs.len()),
            };
            check_length(name, expected, given.len())?;
        }
        match self
            .0
            .get_or_make(transform, || Method::new(core, transform))?
        {
            Method::Whole(answer) => {
                let extra = extra.iter().map(|&(_, given)| given);
                answer.at(std::iter::once(x).chain(extra))?;
                Ok(Asked {
                    outputs: answer.outputs(),
                    parts: answer.parts(),
                })
            }
            Method::ByRow(by_row) => {
                by_row.evaluate(x)?;
                Ok(Asked {
                    outputs: &by_row.outputs,
                    parts: &by_row.parts,
                })
            }
        }
    }
}

impl Method {
    fn new(core: &Core, transform: Transform) -> Result<Self> {
        let at_point = |transform| Ok(answer(core.compiled(transform, Over::Point)?));
        let Some((direction, columns)) = transform.by_row(&core.ir)? else {
            return Ok(Self::Whole(Box::new(at_point(transform)?)));
        };
        let first = match transform {
            Transform::Jacobian(_) => Transform::Values,
            _ => Transform::Gradient,
        };
        let first = at_point(first)?;
        let directions = answer(core.compiled(direction, Over::Rows)?);
        let count = match direction {
            Transform::VjpByRow => core.ir.outputs.len(),
            _ => core.variables(),
        };
        let wanted = match transform {
            Transform::HessianDiagonal => Wanted::Diagonal,
            Transform::Laplacian => Wanted::Trace,
            Transform::Hessian if is_symmetric(&core.ir) => Wanted::Symmetric,
            _ => Wanted::All,
        };
        let mut lengths = first.parts().lengths().to_vec();
        lengths.push(match wanted {
            Wanted::All | Wanted::Symmetric => count * directions.parts().lengths()[0],
            Wanted::Diagonal => count,
            Wanted::Trace => 1,
        });
        Ok(Self::ByRow(Box::new(ByRow {
            parts: Parts::new(&lengths, 1),
            first,
            directions,
            count,
            columns,
            wanted,
            outputs: Vec::new(),
        })))
    }
}

pub(super) fn answer((compiled, parts): Question) -> Answer {
    Answer::new(compiled, parts)
}

impl ByRow {
    fn evaluate(&mut self, x: &[f64]) -> Result<()> {
        self.outputs.clear();
        self.outputs.extend_from_slice(self.first.at([x])?);
        let width = self.directions.parts().lengths()[0];
        let first = self.outputs.len();
        let asked = &self.parts.lengths()[self.parts.lengths().len() - 1];
        self.outputs.resize(first + asked, 0.0);
        let matrix = &mut self.outputs[first..];
        // The sum of the diagonal, added from left to right like an operation of the code.
        let mut trace = -0.0;
        self.directions
            .set_uniform(|inputs| inputs.copy_from_slice(x))?;
        for start in (0..self.count).step_by(DIRECTIONS) {
            let units = Units {
                first: start,
                rows: DIRECTIONS.min(self.count - start),
                width: self.count,
            };
            let blocks = Blocks::new(self.count, &units)?;
            let results = &self.directions.each_row(&blocks, 0, Order::RowMajor)?[0];
            for (direction, values) in (start..).zip(results.chunks(width.max(1))) {
                match self.wanted {
                    Wanted::All | Wanted::Symmetric => {}
                    Wanted::Diagonal => {
                        matrix[direction] = values[direction];
                        continue;
                    }
                    Wanted::Trace => {
                        trace += values[direction];
                        continue;
                    }
                }
                let (place, step) = if self.columns {
                    (direction, self.count)
                } else {
                    (direction * width, 1)
                };
                for (entry, &value) in matrix[place..].iter_mut().step_by(step).zip(values) {
                    *entry = value;
                }
            }
        }
        if self.wanted == Wanted::Trace {
            matrix[0] = trace + 0.0;
        }
        if self.wanted == Wanted::Symmetric {
            for row in 0..self.count {
                for column in 0..row {
                    matrix[column * self.count + row] = matrix[row * self.count + column];
                }
            }
        }
        Ok(())
    }
}

/// Unit vectors as rows, from number `first` on.
struct Units {
    first: usize,
    rows: usize,
    width: usize,
}

impl Table for Units {
    fn rows(&self) -> usize {
        self.rows
    }

    fn width(&self, _: usize) -> usize {
        self.width
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        f64::from(u8::from(self.first + row == column))
    }
}
