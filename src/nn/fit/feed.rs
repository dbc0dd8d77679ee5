//! The rows of each step: picked from data in memory, or read chunk by chunk.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::backend::Flat;
use crate::error::{Error, Result, check_length};
use crate::nn::check::ensure;
use crate::nn::data::{Chunk, Chunked, Tabular};

/// Where the rows are.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// In memory: every row can be picked at any time.
    Rows(&'a dyn Tabular),
    /// In chunks. One chunk is in memory.
    Chunks(&'a dyn Chunked),
}

/// The rows of one epoch after another, in batches. There is at least one row.
///
/// Rows in memory come in random order. Of data in chunks, the chunks come in random order, and the rows of each chunk too.
/// Both orders depend only on the seed and the epoch, and on the chunk.
pub(super) struct Feed<'a> {
    source: Source<'a>,
    pub(super) width: usize,
    pub(super) count: usize,
    /// The number of rows of each chunk, and the index of its first row. Rows in memory are one chunk.
    chunks: Vec<(usize, usize)>,
    seed: Option<u64>,
    epoch: usize,
    /// The order of the chunks, and how many of them have come.
    chunk_order: Vec<usize>,
    next_chunk: usize,
    /// The chunk in memory: its first row, its values, the order of its rows, and how many of them have come.
    first: usize,
    chunk: Chunk,
    row_order: Vec<usize>,
    next_row: usize,
    /// The values and the indices of the rows of a batch.
    values: Vec<f64>,
    pub(super) places: Vec<usize>,
}

impl<'a> Feed<'a> {
    /// Checks the shape of the data. Without a seed, rows come in their own order.
    pub(super) fn new(source: Source<'a>, seed: Option<u64>) -> Result<Self> {
        let lengths: Vec<usize> = match source {
            Source::Rows(rows) => vec![rows.row_count()],
            Source::Chunks(data) => (0..data.chunks()).map(|chunk| data.rows(chunk)).collect(),
        };
        let mut count = 0_usize;
        let mut chunks = Vec::with_capacity(lengths.len());
        for rows in lengths {
            chunks.push((rows, count));
            let problem = || Error::argument("data", "has more rows than can be counted");
            count = count.checked_add(rows).ok_or_else(problem)?;
        }
        ensure(count > 0, "data", || "must contain at least one row")?;
        let mut feed = Self {
            source,
            width: 0,
            count,
            chunks,
            seed,
            epoch: 0,
            chunk_order: Vec::new(),
            next_chunk: 0,
            first: 0,
            chunk: Chunk::default(),
            row_order: Vec::new(),
            next_row: 0,
            values: Vec::new(),
            places: Vec::new(),
        };
        match source {
            Source::Rows(rows) => feed.width = width("data", rows)?,
            Source::Chunks(data) => feed.width = data.width(),
        }
        Ok(feed)
    }

    /// Whether the rows are read chunk by chunk, so that they are checked only when they come.
    pub(super) fn is_chunked(&self) -> bool {
        matches!(self.source, Source::Chunks(_))
    }

    /// The number of rows of each chunk; none if the rows are in memory.
    #[cfg(feature = "serde")]
    pub(super) fn chunk_lengths(&self) -> impl Iterator<Item = usize> {
        let chunks = self.chunks.iter().filter(|_| self.is_chunked());
        chunks.map(|&(rows, _)| rows)
    }

    /// The first row.
    pub(super) fn first_row(&mut self) -> Result<Vec<f64>> {
        let mut row = Vec::with_capacity(self.width);
        match self.source {
            Source::Rows(rows) => rows.append_row(0, &mut row),
            Source::Chunks(_) => {
                let chunk = self.chunks.iter().position(|&(rows, _)| rows > 0);
                self.read(chunk.unwrap_or(0))?;
                self.chunk.append_row(0, &mut row);
            }
        }
        Ok(row)
    }

    /// Goes to the beginning of an epoch, or to the row of it after the first `skipped`.
    pub(super) fn begin(&mut self, epoch: usize, skipped: usize) -> Result<()> {
        self.epoch = epoch;
        let chunks = self.chunks.len();
        match self.source {
            Source::Rows(_) => self.chunk_order = vec![0],
            Source::Chunks(_) => order(&mut self.chunk_order, chunks, self.seed, epoch, 0),
        }
        (self.next_chunk, self.next_row) = (0, 0);
        self.row_order.clear();
        let mut left = skipped;
        while let Some(&chunk) = self.chunk_order.get(self.next_chunk) {
            let (rows, _) = self.chunks[chunk];
            if left < rows {
                self.next()?;
                self.next_row = left;
                break;
            }
            // What has come is not read again.
            left -= rows;
            self.next_chunk += 1;
        }
        Ok(())
    }

    /// The next rows of the epoch, at most `rows`. Their indices are in `places`.
    pub(super) fn batch(&mut self, rows: usize) -> Result<Flat<'_>> {
        self.values.clear();
        self.places.clear();
        while self.places.len() < rows {
            let Some(&row) = self.row_order.get(self.next_row) else {
                if self.next_chunk == self.chunk_order.len() {
                    break;
                }
                self.next()?;
                continue;
            };
            self.next_row += 1;
            let place = self.first + row;
            match self.source {
                Source::Rows(data) => data.append_row(row, &mut self.values),
                Source::Chunks(_) => self.chunk.append_row(row, &mut self.values),
            }
            self.places.push(place);
            let (expected, found) = (self.width * self.places.len(), self.values.len());
            if found != expected {
                let found = (self.width + found).saturating_sub(expected);
                return Err(Error::length(
                    &format!("data, row {place}"),
                    self.width,
                    found,
                ));
            }
        }
        Ok(Flat::of_rows(&self.values, self.width, self.places.len()))
    }

    /// Goes to the next chunk.
    fn next(&mut self) -> Result<()> {
        let chunk = self.chunk_order[self.next_chunk];
        let (rows, first) = self.chunks[chunk];
        // Rows in memory have the order of their seed and epoch alone.
        let number = match self.source {
            Source::Rows(_) => 0,
            Source::Chunks(_) => {
                if rows > 0 {
                    self.read(chunk)?;
                }
                chunk + 1
            }
        };
        order(&mut self.row_order, rows, self.seed, self.epoch, number);
        self.first = first;
        self.next_row = 0;
        self.next_chunk += 1;
        Ok(())
    }

    /// Reads a chunk and checks that it has the promised shape.
    fn read(&mut self, chunk: usize) -> Result<()> {
        let Source::Chunks(data) = self.source else {
            return Ok(());
        };
        data.read(chunk, &mut self.chunk)?;
        let (rows, _) = self.chunks[chunk];
        let name = |what: &str| format!("data, chunk {chunk}, {what}");
        check_length(&name("columns"), self.width, self.chunk.columns().len())?;
        for (column, values) in self.chunk.columns().iter().enumerate() {
            check_length(&name(&format!("column {column}")), rows, values.len())?;
        }
        Ok(())
    }
}

/// The width that all rows in memory must have.
pub(super) fn width(name: &str, rows: &dyn Tabular) -> Result<usize> {
    let mut row = Vec::new();
    let mut width = None;
    for index in 0..rows.row_count() {
        row.clear();
        rows.append_row(index, &mut row);
        check_length(
            &format!("{name}, row {index}"),
            *width.get_or_insert(row.len()),
            row.len(),
        )?;
    }
    Ok(width.unwrap_or(0))
}

/// Fills `order` with the numbers 0 to `count` − 1: in the random order that belongs to a seed, an epoch and a further
/// number, or ascending.
fn order(order: &mut Vec<usize>, count: usize, seed: Option<u64>, epoch: usize, number: usize) {
    order.clear();
    order.extend(0..count);
    if let Some(seed) = seed {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(epoch as u64).to_le_bytes());
        key[16..24].copy_from_slice(&(number as u64).to_le_bytes());
        order.shuffle(&mut StdRng::from_seed(key));
    }
}
