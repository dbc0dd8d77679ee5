//! Starts and rows as lanes: the same number of many sequences side by side.

use super::Scan;
use super::worker::Sequences;
use crate::backend::Table;
use crate::error::{Error, Result, check_length, counted};
use crate::op::Scalar;
use crate::parameters::Parameters;

impl Scan {
    /// Checks the lengths of the parameters, the start and the rows, and lists the parameters.
    pub(super) fn checked<S: Scalar, U: Parameters<S> + ?Sized, T: Table + ?Sized>(
        &self,
        parameters: &U,
        start: usize,
        rows: &T,
    ) -> Result<Vec<S>> {
        let parameters = parameters.parameters();
        self.check_parameters(parameters.len())?;
        check_length("start", self.state, start)?;
        self.check_rows(rows)?;
        Ok(parameters)
    }

    pub(super) fn check_parameters(&self, found: usize) -> Result<()> {
        check_length("parameters", self.parameters(), found)
    }

    fn check_rows<T: Table + ?Sized>(&self, rows: &T) -> Result<()> {
        for row in 0..rows.rows() {
            let found = rows.width(row);
            if found != self.row() {
                return Err(Error::length(&format!("row {row}"), self.row(), found));
            }
        }
        Ok(())
    }

    /// Checks many sequences, and returns their number of steps.
    pub(super) fn check_many<S: Table + ?Sized, T: Table>(
        &self,
        starts: &S,
        sequences: &[T],
    ) -> Result<usize> {
        if starts.rows() != sequences.len() {
            let problem = format!(
                "expected {}, one for each start, found {}",
                counted(starts.rows(), "sequence"),
                sequences.len()
            );
            return Err(Error::argument("sequences", problem));
        }
        for start in 0..starts.rows() {
            let found = starts.width(start);
            if found != self.state {
                return Err(Error::length(&format!("start {start}"), self.state, found));
            }
        }
        let steps = sequences.first().map_or(0, Table::rows);
        for (index, rows) in sequences.iter().enumerate() {
            let of_sequence = |error: Error| error.of_argument(&format!("sequence {index}"));
            self.check_rows(rows).map_err(of_sequence)?;
            if rows.rows() != steps {
                let problem = format!(
                    "expected {} as in sequence 0, found {}",
                    counted(steps, "row"),
                    rows.rows()
                );
                return Err(Error::argument(&format!("sequence {index}"), problem));
            }
        }
        Ok(steps)
    }
}

impl Sequences {
    /// One sequence, with one lane.
    pub(super) fn set_one<T: Table + ?Sized>(&mut self, start: &[f64], rows: &T, width: usize) {
        (self.steps, self.count, self.lanes, self.first) = (rows.rows(), 1, 1, 0);
        self.start.clear();
        self.start.extend_from_slice(start);
        self.rows.clear();
        for step in 0..self.steps {
            self.rows
                .extend((0..width).map(|column| rows.at(step, column)));
        }
    }

    /// `count` sequences from number `first` on, side by side. `steps` and `width` are those of each.
    pub(super) fn set_many<S: Table + ?Sized, T: Table>(
        &mut self,
        starts: &S,
        sequences: &[T],
        [first, count, steps]: [usize; 3],
        [state, width]: [usize; 2],
    ) {
        let lanes = count.next_multiple_of(LANES);
        (self.steps, self.count, self.lanes, self.first) = (steps, count, lanes, first);
        // The lanes beyond the last sequence repeat it, because the step is defined for it.
        let sequence = |lane: usize| first + lane.min(count - 1);
        self.start.clear();
        self.start.resize(state * lanes, 0.0);
        starts.copy_block(first, count, lanes, &mut self.start);
        self.rows.clear();
        for step in 0..steps {
            for column in 0..width {
                let lanes = (0..lanes).map(|lane| sequences[sequence(lane)].at(step, column));
                self.rows.extend(lanes);
            }
        }
    }
}

/// The number of lanes is rounded up to a multiple of this.
const LANES: usize = crate::backend::VECTOR;
