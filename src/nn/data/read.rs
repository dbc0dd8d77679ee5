//! Reading CSV: from a file or any reader to a [`Dataset`] or a column of numbers.
//!
//! The first line names the columns. Every error names the file, and the line and column if one is at fault.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use super::dataset::Dataset;
use crate::error::{Error, Result};
use crate::nn::check::ensure;

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

/// A CSV file in memory, whose columns are chosen by name.
///
/// The first line is the header: distinct column names, none of them empty. Every other line holds one value per column.
/// Fields are separated by commas and may be quoted as in RFC 4180; spaces around them are ignored. Lines end in LF, CRLF
/// or CR; empty lines are skipped, and so is a byte order mark. Values are finite numbers, as
/// [`f64::from_str`](std::str::FromStr) reads them. Columns that you do not choose may hold anything. A quote that is
/// still open at the end of the file is an error that names the line where it opens.
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
    bytes: Vec<u8>,
    names: Vec<String>,
    /// The place of every name in `names`.
    places: HashMap<String, usize>,
    header_line: u64,
}

impl Csv {
    /// Reads a file and its header.
    ///
    /// # Errors
    ///
    /// [`Io`](crate::ErrorKind::Io) if the file cannot be read; [`Data`](crate::ErrorKind::Data) if it is empty, or if the
    /// name of a column is empty, not UTF-8, used twice, or in a quote that is not closed.
    ///
    /// ```
    /// use chainrule::{ErrorKind, nn::data::Csv};
    ///
    /// assert_eq!(Csv::open("examples/data/digits.csv")?.names().len(), 65);
    /// assert_eq!(Csv::open("absent.csv").unwrap_err().kind(), ErrorKind::Io);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|cause| Error::io(path, cause))?;
        Self::new(path.display().to_string(), bytes)
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
    pub fn read(source: &str, mut reader: impl io::Read) -> Result<Self> {
        let mut bytes = Vec::new();
        let read = reader.read_to_end(&mut bytes);
        read.map_err(|cause| Error::io(Path::new(source), cause))?;
        Self::new(source.to_string(), bytes)
    }

    /// The names of the columns, in file order.
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
            values.push(row.number(column)?);
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
        let inputs: Vec<usize> = (0..self.names.len()).filter(|&i| i != target).collect();
        if inputs.is_empty() {
            let problem = format!("there is no column except `{}`", self.names[target]);
            return Err(self.fault(self.header_line, None, problem));
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

    fn new(source: String, mut bytes: Vec<u8>) -> Result<Self> {
        if bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        let mut csv = Self {
            source,
            bytes,
            names: Vec::new(),
            places: HashMap::new(),
            header_line: 1,
        };
        let mut records = Records::new(&csv.bytes);
        let Some((line, header)) = records.next(&csv.source)? else {
            return Err(csv.fault(1, None, "expected a header, found nothing"));
        };
        let mut names: Vec<String> = Vec::with_capacity(header.len());
        let mut places = HashMap::with_capacity(header.len());
        for (number, name) in (1..).zip(header) {
            let problem = match text(name) {
                None => format!("the name of column {number} is not UTF-8"),
                Some("") => format!("column {number} has no name"),
                Some(name) => {
                    let Some(earlier) = places.get(name) else {
                        places.insert(name.to_string(), names.len());
                        names.push(name.to_string());
                        continue;
                    };
                    let (earlier, name) = (earlier + 1, excerpt(name));
                    format!("columns {earlier} and {number} are both named `{name}`")
                }
            };
            return Err(csv.fault(line, None, problem));
        }
        csv.names = names;
        csv.places = places;
        csv.header_line = line;
        Ok(csv)
    }

    fn select(&self, inputs: &[usize], target: usize) -> Result<Dataset> {
        let mut data = Dataset::default();
        self.each_row(|row| {
            let values = inputs.iter().map(|&column| row.number(column));
            data.inputs.push(values.collect::<Result<_>>()?);
            data.targets.push(row.number(target)?);
            Ok(())
        })?;
        Ok(data)
    }

    fn find(&self, name: &str) -> Result<usize> {
        if let Some(&column) = self.places.get(name) {
            return Ok(column);
        }
        let known = self.names.iter().take(NAMES_LISTED);
        let known: Vec<String> = known.map(|name| excerpt(name)).collect();
        let more = match self.names.len() - known.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (name, known) = (excerpt(name), known.join("`, `"));
        let problem = format!("there is no column `{name}`, only `{known}`{more}");
        Err(self.fault(self.header_line, None, problem))
    }

    /// Passes every row below the header to `take`, after checking that it is as wide as the header.
    fn each_row(&self, mut take: impl FnMut(&Fields) -> Result<()>) -> Result<()> {
        let mut records = Records::new(&self.bytes);
        records.next(&self.source)?;
        let mut empty = true;
        while let Some((line, record)) = records.next(&self.source)? {
            empty = false;
            let (expected, found) = (self.names.len(), record.len());
            if found != expected {
                let missing = self.names.get(found).map(String::as_str);
                let values = if expected == 1 { "value" } else { "values" };
                let problem = format!("expected {expected} {values} in the row, found {found}");
                return Err(self.fault(line, missing, problem));
            }
            take(&Fields {
                csv: self,
                record,
                line,
            })?;
        }
        if empty {
            return Err(self.fault(self.header_line, None, "there are no rows after the header"));
        }
        Ok(())
    }

    fn fault(&self, line: u64, column: Option<&str>, problem: impl std::fmt::Display) -> Error {
        let column = column.map(excerpt);
        Error::data(&self.source, Some(line), column.as_deref(), problem)
    }
}

/// A message lists at most this many column names.
const NAMES_LISTED: usize = 8;

/// A message repeats at most this many characters of a file's text.
const EXCERPT: usize = 40;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A row of a [`Csv`], as wide as its header.
struct Fields<'a> {
    csv: &'a Csv,
    record: &'a ByteRecord,
    line: u64,
}

impl Fields<'_> {
    fn number(&self, column: usize) -> Result<f64> {
        let field = text(&self.record[column]);
        let problem = match field.map(str::parse::<f64>) {
            Some(Ok(value)) if value.is_finite() => return Ok(value),
            Some(Ok(_)) => "expected a finite number",
            Some(Err(_)) | None => "expected a number",
        };
        let found = match field {
            None => "bytes that are not UTF-8".to_string(),
            Some("") => "nothing".to_string(),
            Some(field) => format!("`{}`", excerpt(field)),
        };
        let (name, problem) = (&self.csv.names[column], format!("{problem}, found {found}"));
        Err(self.csv.fault(self.line, Some(name), problem))
    }
}

/// The records of a CSV text, each with the line on which it begins.
///
/// The `csv` crate's own line numbers are those of the end of the previous record, which is one line too early after CRLF
/// or an empty line. So lines are counted here.
struct Records<'a> {
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    record: ByteRecord,
    counted: usize,
    line: u64,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            reader: ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(bytes),
            record: ByteRecord::new(),
            counted: 0,
            line: 1,
        }
    }

    /// The next record and its line, counted from 1.
    fn next(&mut self, source: &str) -> Result<Option<(u64, &ByteRecord)>> {
        let end = self.read_to();
        let more = self.reader.read_byte_record(&mut self.record);
        if !more.map_err(|cause| Error::io(Path::new(source), cause.into()))? {
            return Ok(None);
        }
        let skipped = self.bytes[end..].iter();
        let begin = end + skipped.take_while(|byte| b"\r\n".contains(byte)).count();
        let passed = self.counted..begin;
        self.line += passed.filter(|&at| ends_line(self.bytes, at)).count() as u64;
        self.counted = begin;
        // A quote that is not closed extends to the end of the text, so only the last record can have one.
        if self.read_to() == self.bytes.len()
            && let Some(lines) = open_quote(&self.bytes[begin..])
        {
            let problem = "the quote that opens here is not closed";
            return Err(Error::data(source, Some(self.line + lines), None, problem));
        }
        Ok(Some((self.line, &self.record)))
    }

    /// How many bytes were read.
    fn read_to(&self) -> usize {
        let position = usize::try_from(self.reader.position().byte());
        position.map_or(self.bytes.len(), |read| read.min(self.bytes.len()))
    }
}

/// Whether a line ends with this byte: LF, or CR without LF.
fn ends_line(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    }
}

/// If a quote in this record is not closed: the number of lines between the record's first line and the opening quote.
///
/// The rules are the `csv` crate's: a quote opens only at the beginning of a field, and two quotes inside a quoted field
/// stand for one.
fn open_quote(record: &[u8]) -> Option<u64> {
    let mut lines = 0;
    let mut opened = None;
    let mut field_begins = true;
    let mut bytes = record.iter().enumerate().peekable();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'"' if opened.is_none() && field_begins => opened = Some(lines),
            b'"' if opened.is_some() && bytes.next_if(|next| *next.1 == b'"').is_none() => {
                opened = None;
            }
            _ => lines += u64::from(ends_line(record, at)),
        }
        field_begins = opened.is_none() && byte == b',';
    }
    opened
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
