//! The steps of products of matrices, for tests.

use super::layout::Factors;
use super::{Outer, Product};
use crate::backend::Place;
use crate::interpreter::steps::{Step, Together};
use crate::op::{Nary, Op, rows};

impl Factors {
    fn place(&self, factor: usize) -> Place {
        match self {
            Self::From(first) => first.next(factor as u32),
            Self::Listed(places) => places[factor],
        }
    }
}

impl Product {
    /// The products, in rows from this one on.
    pub(crate) fn steps(&self, first: u32) -> Together {
        let op = if self.zero_rule {
            rows::Adjoint::OP
        } else {
            rows::Dot::OP
        };
        let pair = |row: usize, column: usize| {
            let weight = Place::Shared(self.matrix.slot(row, column) as u32);
            [weight, self.factors.place(column)]
        };
        let step = |row: usize| Step {
            op: Some(Op::Nary(op)),
            dst: Place::Row(first + row as u32),
            operands: (0..self.matrix.columns)
                .flat_map(|column| pair(row, column))
                .collect(),
        };
        (0..self.matrix.rows).map(step).collect()
    }
}

impl Outer {
    pub(crate) fn steps(&self) -> Together {
        let entries = (0..self.sums.rows)
            .flat_map(|row| (0..self.sums.columns).map(move |column| (row, column)));
        let step = |(row, column)| Step {
            op: None,
            dst: Place::Shared(self.sums.slot(row, column) as u32),
            operands: vec![self.left.place(row), self.right.place(column)],
        };
        entries.map(step).collect()
    }
}
