//! Reading CSV: from a file or any reader to a [`Dataset`], a column of numbers or chunks of rows.
//!
//! A file is read once for each question, row by row. Every error names the file, and the line and column if one is at fault.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use csv::ByteRecord;

use super::chunked::{Chunk, Chunked};
use super::dataset::Dataset;
use super::records::{Place, Records, Syntax, without_mark};
use crate::error::{Error, Result};
use crate::nn::check::{at_least_one, ensure};
use crate::setters::setters;

/// Reads a data set from a CSV file: `target` names the column of targets; all other columns are inputs, in file order.
///
/// This is [`Csv::open`] and then [`Csv::dataset`]; see [`Csv`] for the format.
///
/// # Errors
///
/// As [`Csv::open`] and [`Csv::dataset`].
///
/// ```
/// use chainrule::nn::data::read_csv;
///
/// let digits = read_csv("examples/data/digits.csv", "digit")?;
/// assert_eq!((digits.len(), digits.width()), (1797, 64));
///
/// let error = read_csv("examples/data/digits.csv", "label").unwrap_err();
/// assert!(error.to_string().starts_with("examples/data/digits.csv, line 1: there is no column `label`"));
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn read_csv(path: impl AsRef<Path>, target: &str) -> Result<Dataset> {
    Csv::open(path)?.dataset(target)
}

/// A CSV file, whose columns are chosen by name.
///
/// The first line is the header: distinct column names. Every other line holds one value per column. Fields are separated by
/// commas and may be quoted as in RFC 4180; spaces around them are ignored. Lines end in LF, CRLF or CR; blank lines are
/// skipped, and so is a byte order mark. Values are finite numbers, as [`f64::from_str`](std::str::FromStr) reads them.
/// Columns that you do not choose may hold anything. A quote that is still open at the end of the file is an error that names
/// the line where it opens. [`options`](Self::options) reads other separators, comments, files without header and missing
/// values.
///
/// The first column may have no name, as the index that pandas writes; it is no input. Commas at the ends of lines are
/// ignored: the last columns may have no name if they hold nothing.
///
/// A file stays on the disk: every question reads it once, row by row, and [`chunks`](Self::chunks) gives its rows in parts. What
/// comes from another [reader](Self::read) is kept in memory.
///
/// ```
/// use chainrule::nn::data::Csv;
///
/// let text = "name,x,y\norigin,0,0\nunit,1,0.5\n";
/// let csv = Csv::read("points", text.as_bytes())?;
/// assert_eq!(csv.column("y")?, [0.0, 0.5]);
/// assert_eq!(csv.dataset_of(&["x"], "y")?.inputs(), [[0.0], [1.0]]);
///
/// let error = csv.dataset("y").unwrap_err();
/// assert_eq!(error.to_string(), "points, line 2, column `name`: expected a number, found `origin`");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Csv {
    source: String,
    content: Content,
    options: CsvOptions,
    /// Empty for columns without a name.
    names: Vec<String>,
    /// The place of every name in `names`.
    places: HashMap<String, usize>,
    /// The number of columns up to the last one with a name.
    named: usize,
    header: Place,
}

/// Where the text is.
#[derive(Clone, Debug)]
enum Content {
    File(PathBuf),
    Memory(Arc<[u8]>),
}

/// How a CSV file is written: begin with [`Csv::options`].
///
/// ```
/// use chainrule::nn::data::{Csv, Missing};
///
/// let text = "# measured by hand\n0;1\n1;\n2;5\n";
/// let csv = Csv::options()
///     .delimiter(b';')
///     .comment(b'#')
///     .no_header()
///     .missing(Missing::SkipRow)
///     .read("points", text.as_bytes())?;
/// assert_eq!(csv.names(), ["0", "1"]);
/// assert_eq!(csv.column("1")?, [1.0, 5.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CsvOptions {
    delimiter: u8,
    comment: Option<u8>,
    header: bool,
    missing: Missing,
    missing_texts: Vec<String>,
}

/// What happens if a value of a chosen column is missing.
///
/// ```
/// use chainrule::nn::data::{Csv, Missing};
/// let read = |missing| {
///     let csv = Csv::options().missing(missing).read("points", "x,y\n1,2\n3,\n".as_bytes())?;
///     csv.column("y")
/// };
/// assert_eq!(read(Missing::SkipRow)?, [2.0]);
/// assert_eq!(read(Missing::Value(-1.0))?, [2.0, -1.0]);
/// let error = read(Missing::Refuse).unwrap_err();
/// assert_eq!(error.to_string(), "points, line 3, column `y`: expected a number, found nothing");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Missing {
    /// It is an error.
    #[default]
    Refuse,
    /// The row is skipped.
    SkipRow,
    /// This number takes its place.
    Value(f64),
}

impl CsvOptions {
    setters! {
        /// Sets the byte that separates fields; the default is a comma.
        ///
        /// ```
        /// use chainrule::nn::data::Csv;
        /// let csv = Csv::options().delimiter(b'\t').read("points", "x\ty\n1\t2\n".as_bytes())?;
        /// assert_eq!(csv.column("y")?, [2.0]);
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        delimiter(byte: u8) => delimiter = byte;

        /// Skips lines that begin with this byte; by default, none.
        ///
        /// ```
        /// use chainrule::nn::data::Csv;
        /// let csv = Csv::options().comment(b'#').read("points", "# two\nx\n1\n# more\n2\n".as_bytes())?;
        /// assert_eq!(csv.column("x")?, [1.0, 2.0]);
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        comment(byte: u8) => comment = Some(byte);

        /// Takes the first line as values. The names of the columns are `0`, `1`, and so on.
        ///
        /// ```
        /// use chainrule::nn::data::Csv;
        /// let csv = Csv::options().no_header().read("points", "1,2\n3,4\n".as_bytes())?;
        /// assert_eq!(csv.column("1")?, [2.0, 4.0]);
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        no_header() => header = false;

        /// Sets what happens if a value is missing; by default, it is an error.
        ///
        /// ```
        /// use chainrule::nn::data::{Csv, Missing};
        /// let options = Csv::options().missing(Missing::Value(0.0));
        /// assert_eq!(options.read("points", "x,y\n1,2\n,3\n".as_bytes())?.column("x")?, [1.0, 0.0]);
        /// # Ok::<(), chainrule::Error>(())
        /// ```
        missing(rule: Missing) => missing = rule;
    }

    /// Sets the texts that mean that a value is missing; by default, only an empty field does.
    ///
    /// ```
    /// use chainrule::nn::data::{Csv, Missing};
    /// let options = Csv::options().missing(Missing::SkipRow).missing_texts(&["NA", "?"]);
    /// assert_eq!(options.read("points", "x\n1\nNA\n?\n2\n".as_bytes())?.column("x")?, [1.0, 2.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn missing_texts(mut self, texts: &[&str]) -> Self {
        self.missing_texts = texts.iter().map(|text| (*text).to_string()).collect();
        self
    }

    /// Reads the header of a file.
    ///
    /// ```no_run
    /// let csv = chainrule::nn::data::Csv::options().delimiter(b';').open("points.csv")?;
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Csv::open`], and [`Argument`](crate::ErrorKind::Argument) if a quote or the end of a line is to separate fields or
    /// begin comments, or one byte both.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Csv> {
        let path = path.as_ref();
        let source = path.display().to_string();
        Csv::new(source, Content::File(path.to_path_buf()), self)
    }

    /// Reads to the end of `reader`. Errors name `source` in place of a file.
    ///
    /// ```
    /// let text = "x;y\n1;2\n";
    /// let csv = chainrule::nn::data::Csv::options().delimiter(b';').read("points", text.as_bytes())?;
    /// assert_eq!(csv.names(), ["x", "y"]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn read(self, source: &str, mut reader: impl io::Read) -> Result<Csv> {
        let mut bytes = Vec::new();
        let read = reader.read_to_end(&mut bytes);
        read.map_err(|cause| Error::io(Path::new(source), cause))?;
        Csv::new(source.to_string(), Content::Memory(bytes.into()), self)
    }

    fn check(&self) -> Result<()> {
        let is_special = |byte: u8| b"\"\r\n".contains(&byte);
        ensure(
            !is_special(self.delimiter),
            "delimiter",
            || "must be no quote and no end of a line",
        )?;
        let Some(comment) = self.comment else {
            return Ok(());
        };
        ensure(
            !is_special(comment) && comment != self.delimiter,
            "comment",
            || "must be no quote, no end of a line and not the delimiter",
        )
    }
}

impl Csv {
    /// Reads the header of a file.
    ///
    /// # Errors
    ///
    /// [`Io`](crate::ErrorKind::Io) if the file cannot be read; [`Data`](crate::ErrorKind::Data) if it is empty, or if the
    /// name of a column is not UTF-8, used twice, or in a quote that is not closed, or if a column has no name that is neither
    /// the first nor one of the last.
    ///
    /// ```
    /// use chainrule::{ErrorKind, nn::data::Csv};
    ///
    /// assert_eq!(Csv::open("examples/data/digits.csv")?.names().len(), 65);
    /// assert_eq!(Csv::open("absent.csv").unwrap_err().kind(), ErrorKind::Io);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::options().open(path)
    }

    /// Reads to the end of `reader`. Errors name `source` in place of a file.
    ///
    /// # Errors
    ///
    /// As [`Csv::open`].
    ///
    /// ```
    /// use chainrule::nn::data::Csv;
    ///
    /// let csv = Csv::read("standard input", "x,y\n1,2\n".as_bytes())?;
    /// assert_eq!(csv.names(), ["x", "y"]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn read(source: &str, reader: impl io::Read) -> Result<Self> {
        Self::options().read(source, reader)
    }

    /// The default options: commas, no comments, a header, and errors for missing values.
    ///
    /// ```
    /// use chainrule::nn::data::Csv;
    /// let csv = Csv::options().delimiter(b';').read("points", "x;y\n1;2\n".as_bytes())?;
    /// assert_eq!(csv.column("y")?, [2.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn options() -> CsvOptions {
        CsvOptions {
            delimiter: b',',
            comment: None,
            header: true,
            missing: Missing::Refuse,
            missing_texts: vec![String::new()],
        }
    }

    /// The names of the columns, in file order. A column without a name has an empty one.
    ///
    /// ```
    /// use chainrule::nn::data::Csv;
    /// assert_eq!(Csv::read("example", " a , b \n".as_bytes())?.names(), ["a", "b"]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// A column of numbers, one per row.
    ///
    /// # Errors
    ///
    /// [`Data`](crate::ErrorKind::Data) if there is no such column, there are no rows, a row has more or fewer values than
    /// the header has names, or a value of this column is not a finite number.
    ///
    /// ```
    /// use chainrule::nn::data::Csv;
    /// assert_eq!(Csv::read("example", "value\n0.5\n-2e3\n".as_bytes())?.column("value")?, [0.5, -2000.0]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn column(&self, name: &str) -> Result<Vec<f64>> {
        let column = self.find(name)?;
        let mut values = Vec::new();
        self.each_row(|row| {
            values.extend(row.number(column)?);
            Ok(())
        })?;
        Ok(values)
    }

    /// A data set with the targets from the column `target` and the inputs from all other columns, in file order.
    ///
    /// # Errors
    ///
    /// [`Data`](crate::ErrorKind::Data) if there is no such column or no other column, there are no rows, a row has more
    /// or fewer values than the header has names, or a value is not a finite number.
    ///
    /// ```
    /// use chainrule::nn::data::Csv;
    ///
    /// let data = Csv::read("example", "x,label,y\n1,-1,2\n".as_bytes())?.dataset("label")?;
    /// assert_eq!(data.rows().next(), Some((&[1.0, 2.0][..], -1.0)));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn dataset(&self, target: &str) -> Result<Dataset> {
        let target = self.find(target)?;
        let named = (0..self.names.len()).filter(|&i| !self.names[i].is_empty());
        let inputs: Vec<usize> = named.filter(|&i| i != target).collect();
        if inputs.is_empty() {
            let target = excerpt(&self.names[target]);
            let problem = format!("there is no column except `{target}`{}", self.advice());
            return Err(self.fault(self.header.line, None, problem));
        }
        self.select(&inputs, target)
    }

    /// A data set with the targets from the column `target` and the inputs from the columns `inputs`, in that order.
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if `inputs` is empty or contains the target;
    /// [`Data`](crate::ErrorKind::Data) if one of these columns is missing, there are no rows, a row has more or fewer
    /// values than the header has names, or a value of these columns is not a finite number.
    ///
    /// ```
    /// use chainrule::nn::data::Csv;
    ///
    /// let csv = Csv::read("example", "id,x,y,z\nA1,1,2,3\n".as_bytes())?;
    /// let data = csv.dataset_of(&["z", "x"], "y")?;
    /// assert_eq!(data.rows().next(), Some((&[3.0, 1.0][..], 2.0)));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn dataset_of(&self, inputs: &[&str], target: &str) -> Result<Dataset> {
        let some = !inputs.is_empty();
        ensure(some, "inputs", || "must name at least one column")?;
        ensure(!inputs.contains(&target), "inputs", || {
            format!("must not contain the target `{target}`")
        })?;
        let inputs: Result<Vec<usize>> = inputs.iter().map(|name| self.find(name)).collect();
        self.select(&inputs?, self.find(target)?)
    }

    /// The rows in parts of `rows` rows, with the values of these columns, for data that does not fit into memory.
    ///
    /// This reads the whole file once and checks every value. Each chunk is then read from its own place in the file.
    ///
    /// ```
    /// use chainrule::nn::data::{Chunk, Chunked, Csv};
    ///
    /// let csv = Csv::read("points", "x,y\n1,2\n3,4\n5,6\n".as_bytes())?;
    /// let data = csv.chunks(&["y", "x"], 2)?;
    /// let mut chunk = Chunk::default();
    /// data.read(1, &mut chunk)?;
    /// assert_eq!((data.chunks(), chunk.columns()), (2, &[vec![6.0], vec![5.0]][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Argument`](crate::ErrorKind::Argument) if `rows` is 0; otherwise as [`column`](Self::column).
    pub fn chunks(&self, columns: &[&str], rows: usize) -> Result<CsvChunks> {
        at_least_one("rows", rows)?;
        let columns: Result<Vec<usize>> = columns.iter().map(|name| self.find(name)).collect();
        let columns = columns?;
        let mut starts: Vec<(Place, usize)> = Vec::new();
        let mut values = Vec::with_capacity(columns.len());
        self.each_row(|row| {
            if !row.numbers(&columns, &mut values)? {
                return Ok(());
            }
            match starts.last_mut() {
                Some((_, count)) if *count < rows => *count += 1,
                _ => starts.push((row.place, 1)),
            }
            Ok(())
        })?;
        Ok(CsvChunks {
            csv: self.clone(),
            columns,
            starts,
        })
    }

    fn new(source: String, content: Content, options: CsvOptions) -> Result<Self> {
        options.check()?;
        let mut csv = Self {
            source,
            content,
            options,
            names: Vec::new(),
            places: HashMap::new(),
            named: 0,
            header: Place { byte: 0, line: 1 },
        };
        let mut records = csv.records(None)?;
        let Some((place, header)) = records.next(&csv.source)? else {
            let expected = if csv.options.header {
                "a header"
            } else {
                "a row"
            };
            return Err(csv.fault(1, None, format!("expected {expected}, found nothing")));
        };
        let is_empty = |field: &[u8]| text(field).is_some_and(str::is_empty);
        let last = header.iter().rposition(|field| !is_empty(field));
        let end = last.map_or(0, |last| last + 1);
        let mut names: Vec<String> = Vec::with_capacity(header.len());
        let mut places = HashMap::with_capacity(header.len());
        for (column, field) in header.iter().enumerate() {
            let number = column + 1;
            let name = match text(field) {
                _ if column >= end => String::new(),
                _ if !csv.options.header => column.to_string(),
                // The first column may be an index.
                Some("") if column == 0 => String::new(),
                Some("") => {
                    let problem = format!("column {number} has no name");
                    return Err(csv.fault(place.line, None, problem));
                }
                Some(name) => name.to_string(),
                None => {
                    let problem = format!("the name of column {number} is not UTF-8");
                    return Err(csv.fault(place.line, None, problem));
                }
            };
            if !name.is_empty()
                && let Some(earlier) = places.insert(name.clone(), column)
            {
                let (earlier, name) = (earlier + 1, excerpt(&name));
                let problem = format!("columns {earlier} and {number} are both named `{name}`");
                return Err(csv.fault(place.line, None, problem));
            }
            names.push(name);
        }
        drop(records);
        csv.names = names;
        csv.places = places;
        csv.named = end;
        csv.header = place;
        Ok(csv)
    }

    /// The records from a place on, or all of them.
    fn records(&self, from: Option<Place>) -> Result<Records<Box<dyn Read + '_>>> {
        let io = |cause| Error::io(Path::new(&self.source), cause);
        let syntax = Syntax {
            delimiter: self.options.delimiter,
            comment: self.options.comment,
        };
        let first = from.map_or(0, |place| place.byte);
        let reader: Box<dyn Read + '_> = match &self.content {
            Content::File(path) => {
                let mut file = File::open(path).map_err(io)?;
                file.seek(SeekFrom::Start(first)).map_err(io)?;
                Box::new(file)
            }
            Content::Memory(bytes) => {
                let first = usize::try_from(first).unwrap_or(bytes.len());
                Box::new(&bytes[first.min(bytes.len())..])
            }
        };
        if let Some(place) = from {
            return Ok(Records::new(reader, syntax, place));
        }
        let (byte, reader) = without_mark(reader).map_err(io)?;
        let reader: Box<dyn Read + '_> = Box::new(reader);
        Ok(Records::new(reader, syntax, Place { byte, line: 1 }))
    }

    fn select(&self, inputs: &[usize], target: usize) -> Result<Dataset> {
        let mut data = Dataset::default();
        let columns: Vec<usize> = inputs.iter().copied().chain([target]).collect();
        let mut values = Vec::with_capacity(columns.len());
        self.each_row(|row| {
            if row.numbers(&columns, &mut values)?
                && let Some((&target, inputs)) = values.split_last()
            {
                data.inputs.push(inputs.to_vec());
                data.targets.push(target);
            }
            Ok(())
        })?;
        Ok(data)
    }

    fn find(&self, name: &str) -> Result<usize> {
        if let Some(&column) = self.places.get(name) {
            return Ok(column);
        }
        let named = self.names.iter().filter(|name| !name.is_empty());
        let known: Vec<String> = named.take(NAMES_LISTED).map(|name| excerpt(name)).collect();
        let more = match self.places.len() - known.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (name, known, advice) = (excerpt(name), known.join("`, `"), self.advice());
        let problem = format!("there is no column `{name}`, only `{known}`{more}{advice}");
        Err(self.fault(self.header.line, None, problem))
    }

    /// What to do if the only name looks like several ones.
    fn advice(&self) -> String {
        let found = SEPARATORS
            .iter()
            .find(|(separator, _)| match &self.names[..] {
                [name] => name.contains(*separator),
                _ => false,
            });
        found.map_or(String::new(), |(_, shown)| {
            format!("; if `{shown}` separates the columns, read the file by `Csv::options().delimiter(b'{shown}')`")
        })
    }

    /// Passes every row to `take`, after checking that it is as wide as the header.
    fn each_row(&self, mut take: impl FnMut(&Fields) -> Result<()>) -> Result<()> {
        let mut records = self.records(None)?;
        if self.options.header {
            records.next(&self.source)?;
        }
        let mut empty = true;
        while let Some((place, record)) = records.next(&self.source)? {
            empty = false;
            take(&self.fields(place, record)?)?;
        }
        if empty {
            return Err(self.fault(self.header.line, None, "there are no rows after the header"));
        }
        Ok(())
    }

    /// The fields of a row, which must have one for each name and nothing beyond.
    fn fields<'a>(&'a self, place: Place, record: &'a ByteRecord) -> Result<Fields<'a>> {
        let (expected, found) = (self.named, record.len());
        let beyond = record.iter().skip(expected);
        let filled = beyond.filter(|field| text(field) != Some("")).count();
        if found < expected || filled > 0 {
            let missing = self.names.get(found).map(String::as_str);
            let values = if expected == 1 { "value" } else { "values" };
            let problem = format!("expected {expected} {values} in the row, found {found}");
            return Err(self.fault(place.line, missing.filter(|name| !name.is_empty()), problem));
        }
        Ok(Fields {
            csv: self,
            record,
            place,
        })
    }

    fn fault(&self, line: u64, column: Option<&str>, problem: impl std::fmt::Display) -> Error {
        let column = column.map(excerpt);
        Error::data(&self.source, Some(line), column.as_deref(), problem)
    }
}

/// The rows of a [`Csv`] in chunks, as [`Csv::chunks`] returns them. Each chunk is read when it is needed.
///
/// ```
/// use chainrule::nn::data::{Chunked, Csv, CsvChunks};
/// let csv = Csv::read("points", "x,y\n1,2\n3,4\n5,6\n".as_bytes())?;
/// let data: CsvChunks = csv.chunks(&["x", "y"], 2)?;
/// assert_eq!([data.width(), data.chunks(), data.rows(0), data.rows(1)], [2, 2, 2, 1]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CsvChunks {
    csv: Csv,
    columns: Vec<usize>,
    /// Where each chunk begins, and the number of its rows.
    starts: Vec<(Place, usize)>,
}

impl Chunked for CsvChunks {
    fn width(&self) -> usize {
        self.columns.len()
    }

    fn chunks(&self) -> usize {
        self.starts.len()
    }

    fn rows(&self, chunk: usize) -> usize {
        self.starts[chunk].1
    }

    fn column_names(&self) -> Option<Vec<&str>> {
        let names = self.csv.names();
        let chosen = self.columns.iter();
        Some(chosen.map(|&place| names[place].as_str()).collect())
    }

    fn read(&self, chunk: usize, into: &mut Chunk) -> Result<()> {
        let (place, rows) = self.starts[chunk];
        let csv = &self.csv;
        let mut records = csv.records(Some(place))?;
        let mut values = Vec::with_capacity(self.columns.len());
        into.fill(self.columns.len(), |columns| {
            let mut left = rows;
            while left > 0 {
                // The number of rows was counted, so a file that ends sooner has changed.
                let Some((place, record)) = records.next(&csv.source)? else {
                    let problem = format!("has changed: {left} rows are missing at its end");
                    return Err(Error::data(&csv.source, None, None, problem));
                };
                if csv
                    .fields(place, record)?
                    .numbers(&self.columns, &mut values)?
                {
                    for (column, &value) in columns.iter_mut().zip(&values) {
                        column.push(value);
                    }
                    left -= 1;
                }
            }
            Ok(())
        })
    }
}

/// What separates columns in files that are called CSV, and how it is written in code.
const SEPARATORS: &[(char, &str)] = &[(';', ";"), ('\t', "\\t"), ('|', "|")];

/// A message lists at most this many column names.
const NAMES_LISTED: usize = 8;

/// A message repeats at most this many characters of a file's text.
const EXCERPT: usize = 40;

/// A row of a [`Csv`], with a field for each name.
struct Fields<'a> {
    csv: &'a Csv,
    record: &'a ByteRecord,
    place: Place,
}

impl Fields<'_> {
    /// Replaces `values` by the numbers of some columns. Returns whether the row is used: one without a value may be skipped.
    fn numbers(&self, columns: &[usize], values: &mut Vec<f64>) -> Result<bool> {
        values.clear();
        for &column in columns {
            values.extend(self.number(column)?);
        }
        Ok(values.len() == columns.len())
    }

    /// The number of a column; nothing if it is missing and such rows are skipped.
    fn number(&self, column: usize) -> Result<Option<f64>> {
        let field = text(&self.record[column]);
        let options = &self.csv.options;
        if options.missing != Missing::Refuse
            && let Some(field) = field
            && options.missing_texts.iter().any(|text| text == field)
        {
            return Ok(match options.missing {
                Missing::Value(value) => Some(value),
                Missing::Refuse | Missing::SkipRow => None,
            });
        }
        let problem = match field.map(str::parse::<f64>) {
            Some(Ok(value)) if value.is_finite() => return Ok(Some(value)),
            Some(Ok(_)) => "expected a finite number",
            Some(Err(_)) | None => "expected a number",
        };
        let found = match field {
            None => "bytes that are not UTF-8".to_string(),
            Some("") => "nothing".to_string(),
            Some(field) => format!("`{}`", excerpt(field)),
        };
        let (name, problem) = (&self.csv.names[column], format!("{problem}, found {found}"));
        Err(self.csv.fault(self.place.line, Some(name), problem))
    }
}

fn text(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field).ok().map(str::trim)
}

/// The beginning of a file's text, for messages.
fn excerpt(text: &str) -> String {
    let mut begin: String = text.chars().take(EXCERPT).collect();
    if text.chars().nth(EXCERPT).is_some() {
        begin.push('…');
    }
    begin
}
