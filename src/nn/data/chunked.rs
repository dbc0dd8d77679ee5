//! Rows in chunks, which are read one at a time.

use crate::backend::Table;
use crate::error::{Error, Result, check_length};

/// Rows of numbers in chunks, for data that does not fit into memory.
///
/// Rows and chunks are counted from 0, and rows go on from one chunk to the next. [`Fit::run_chunks`](crate::nn::Fit::run_chunks)
/// trains on them. A [`Stream`](crate::Stream) takes each chunk as a table.
///
/// ```
/// use chainrule::Program;
/// use chainrule::nn::data::{Chunk, Chunked};
///
/// /// The squares of the numbers below a million.
/// struct Squares;
///
/// impl Chunked for Squares {
///     fn width(&self) -> usize {
///         2
///     }
///
///     fn chunks(&self) -> usize {
///         10
///     }
///
///     fn rows(&self, _: usize) -> usize {
///         100_000
///     }
///
///     fn read(&self, chunk: usize, into: &mut Chunk) -> chainrule::Result<()> {
///         let first = 100_000 * chunk;
///         into.fill(2, |columns| {
///             columns[0].extend((first..first + 100_000).map(|x| x as f64));
///             columns[1].extend((first..first + 100_000).map(|x| (x as f64).powi(2)));
///             Ok(())
///         })
///     }
/// }
///
/// let f = Program::trace_rows(&[0.0], 2, |p, row| (p[0] * row[0] - row[1]).abs())?;
/// let mut stream = f.stream(&[1.0])?;
/// let mut chunk = Chunk::default();
/// for index in 0..Squares.chunks() {
///     Squares.read(index, &mut chunk)?;
///     stream.push_rows(&chunk)?;
/// }
/// assert_eq!(stream.len(), 1_000_000);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub trait Chunked {
    /// The number of values in every row.
    fn width(&self) -> usize;

    /// The number of chunks.
    fn chunks(&self) -> usize;

    /// The number of rows of a chunk, which is known without reading it.
    fn rows(&self, chunk: usize) -> usize;

    /// The names of the values in a row, in their order; `None` if they have none.
    ///
    /// ```
    /// # #[cfg(feature = "csv")] {
    /// use chainrule::nn::data::{Chunked, Csv};
    /// let csv = Csv::read("points", "x,y\n1,2\n".as_bytes())?;
    /// assert_eq!(csv.chunks(&["y", "x"], 1)?.column_names(), Some(vec!["y", "x"]));
    /// # }
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    fn column_names(&self) -> Option<Vec<&str>> {
        None
    }

    /// Reads a chunk. Its memory is reused.
    ///
    /// # Errors
    /// The error of the file or other source.
    fn read(&self, chunk: usize, into: &mut Chunk) -> Result<()>;
}

/// One source after another, for example several Parquet files: the rows of the first one, then those of the next.
///
/// ```
/// # #[cfg(feature = "arrow")]
/// # fn train() -> chainrule::Result<()> {
/// use chainrule::nn::{Fit, data::Parquet, optimizer::Adam};
///
/// let paths = ["january.parquet", "february.parquet"];
/// let months = paths.iter().map(|path| Parquet::open(path)?.columns(&["x", "y"]));
/// let months = months.collect::<chainrule::Result<Vec<Parquet>>>()?;
/// let mut line = [0.0, 0.0];
/// Fit::new().run_chunks(&mut line, &months, &mut Adam::new(0.01)?, |line, row| {
///     (line[0] * row[0] + line[1] - row[1]).square()
/// })?;
/// # Ok(())
/// # }
/// ```
impl<C: Chunked> Chunked for Vec<C> {
    fn width(&self) -> usize {
        self.first().map_or(0, Chunked::width)
    }

    fn chunks(&self) -> usize {
        self.iter().map(Chunked::chunks).sum()
    }

    fn column_names(&self) -> Option<Vec<&str>> {
        self.first().and_then(Chunked::column_names)
    }

    /// # Panics
    /// If there is no such chunk.
    fn rows(&self, chunk: usize) -> usize {
        let (source, chunk) = place(self, chunk);
        self[source].rows(chunk)
    }

    /// # Errors
    /// The error of the source; [`Length`](crate::ErrorKind::Length) if its rows have another width than those of the first,
    /// [`Argument`](crate::ErrorKind::Argument) if their values have other names or another order.
    ///
    /// # Panics
    /// If there is no such chunk.
    fn read(&self, chunk: usize, into: &mut Chunk) -> Result<()> {
        let (source, chunk) = place(self, chunk);
        let name = format!("source {source}, row");
        check_length(&name, self.width(), self[source].width())?;
        let (expected, found) = (self[0].column_names(), self[source].column_names());
        if expected != found {
            let list = |names: Option<Vec<&str>>| names.unwrap_or_default().join("`, `");
            let (expected, found) = (list(expected), list(found));
            let problem = format!("expected the columns `{expected}`, found `{found}`");
            return Err(Error::argument(&format!("source {source}"), problem));
        }
        self[source].read(chunk, into)
    }
}

/// Which source a chunk is in, and which of its chunks it is.
fn place<C: Chunked>(sources: &[C], mut chunk: usize) -> (usize, usize) {
    for (index, source) in sources.iter().enumerate() {
        if chunk < source.chunks() {
            return (index, chunk);
        }
        chunk -= source.chunks();
    }
    panic!("there are {chunk} chunks too few");
}

/// The columns of some rows, all in memory.
///
/// ```
/// use chainrule::Program;
/// use chainrule::nn::data::Chunk;
///
/// let chunk = Chunk::new(vec![vec![1.0, 2.0], vec![3.0, 4.0]])?;
/// assert_eq!(chunk.rows(), 2);
/// let product = Program::trace(2, |x| x[0] * x[1])?;
/// assert_eq!(product.batch(&chunk)?.values(&[])?, [3.0, 8.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chunk {
    columns: Vec<Vec<f64>>,
}

impl Chunk {
    /// A chunk with these columns, one for each value of a row. Without columns there are no rows.
    ///
    /// ```
    /// use chainrule::nn::data::Chunk;
    /// let error = Chunk::new(vec![vec![1.0, 2.0], vec![3.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "column 1: expected 2 values, found 1");
    /// ```
    ///
    /// # Errors
    /// [`Length`](crate::ErrorKind::Length) if a column is not as long as the first.
    pub fn new(columns: Vec<Vec<f64>>) -> Result<Self> {
        let chunk = Self { columns };
        chunk.check()?;
        Ok(chunk)
    }

    /// The number of rows.
    ///
    /// ```
    /// assert_eq!(chainrule::nn::data::Chunk::default().rows(), 0);
    /// ```
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// The columns.
    ///
    /// ```
    /// use chainrule::nn::data::Chunk;
    /// assert_eq!(Chunk::new(vec![vec![1.0, 2.0]])?.columns(), [[1.0, 2.0]]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// Replaces the columns: lends `width` empty columns to `write`. The memory is reused.
    ///
    /// ```
    /// use chainrule::nn::data::Chunk;
    /// let mut chunk = Chunk::new(vec![vec![1.0, 2.0]])?;
    /// chunk.fill(1, |columns| {
    ///     columns[0].push(3.0);
    ///     Ok(())
    /// })?;
    /// assert_eq!(chunk.columns(), [[3.0]]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error of `write`, and as [`new`](Self::new). Then there are no rows.
    pub fn fill(
        &mut self,
        width: usize,
        write: impl FnOnce(&mut [Vec<f64>]) -> Result<()>,
    ) -> Result<()> {
        self.columns.resize_with(width, Vec::new);
        self.columns.iter_mut().for_each(Vec::clear);
        let filled = write(&mut self.columns).and_then(|()| self.check());
        if filled.is_err() {
            self.columns.clear();
        }
        filled
    }

    /// Appends one row to a buffer.
    pub(crate) fn append_row(&self, row: usize, values: &mut Vec<f64>) {
        values.extend(self.columns.iter().map(|column| column[row]));
    }

    fn check(&self) -> Result<()> {
        let rows = self.rows();
        match self.columns.iter().position(|column| column.len() != rows) {
            None => Ok(()),
            Some(column) => {
                let found = self.columns[column].len();
                Err(Error::length(&format!("column {column}"), rows, found))
            }
        }
    }
}

impl Table for Chunk {
    fn rows(&self) -> usize {
        self.rows()
    }

    fn width(&self, _: usize) -> usize {
        self.columns.len()
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.columns[column][row]
    }

    fn copy_column(&self, first: usize, column: usize, lanes: &mut [f64]) {
        lanes.copy_from_slice(&self.columns[column][first..][..lanes.len()]);
    }
}
