//! The records of a CSV text, each with the line and the byte at which it begins. Only one record is in memory.

use std::io::{self, Read};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use crate::error::{Error, Result};

/// The number of bytes that are read at a time.
const READ: usize = 1 << 16;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What separates the fields of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Syntax {
    pub(super) delimiter: u8,
    /// The first byte of lines that are skipped.
    pub(super) comment: Option<u8>,
}

/// A place in a text: the number of a byte, counted from 0, and its line, counted from 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) byte: u64,
    pub(super) line: u64,
}

/// The records of a text.
///
/// The `csv` crate's own line numbers are those of the end of the previous record, which is one line too early after CRLF or
/// an empty line. So lines are counted here, in a copy of the bytes that were read since the last record began.
pub(super) struct Records<R> {
    reader: csv::Reader<Copied<R>>,
    record: ByteRecord,
    syntax: Syntax,
    /// Where the reader's positions count from.
    start: u64,
    /// The beginning of the last record.
    place: Place,
}

/// A reader that keeps a copy of what was read.
struct Copied<R> {
    inner: R,
    /// The copy, without what was dropped from its beginning.
    bytes: Vec<u8>,
    dropped: u64,
    /// Whether the end was reached.
    ended: bool,
}

impl<R: Read> Read for Copied<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes.extend_from_slice(&buffer[..count]);
        self.ended |= count == 0;
        Ok(count)
    }
}

impl<R> Copied<R> {
    /// The index of a position in the copy.
    fn index(&self, position: u64) -> usize {
        let index = usize::try_from(position.saturating_sub(self.dropped));
        index.map_or(self.bytes.len(), |index| index.min(self.bytes.len()))
    }
}

impl<R: Read> Records<R> {
    /// The records of a text that is read from this place on.
    pub(super) fn new(reader: R, syntax: Syntax, place: Place) -> Self {
        let copied = Copied {
            inner: reader,
            bytes: Vec::new(),
            dropped: 0,
            ended: false,
        };
        Self {
            reader: ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(syntax.delimiter)
                .comment(syntax.comment)
                .buffer_capacity(READ)
                .from_reader(copied),
            record: ByteRecord::new(),
            syntax,
            start: place.byte,
            place,
        }
    }

    /// The next record and its place. Errors name `source`.
    pub(super) fn next(&mut self, source: &str) -> Result<Option<(Place, &ByteRecord)>> {
        loop {
            let end = self.reader.position().byte();
            let more = self.reader.read_byte_record(&mut self.record);
            if !more.map_err(|cause| Error::io(Path::new(source), cause.into()))? {
                return Ok(None);
            }
            let next = self.reader.position().byte();
            let copied = self.reader.get_mut();
            let begin =
                copied.index(end) + skipped(&copied.bytes[copied.index(end)..], self.syntax);
            let counted = copied.index(self.place.byte - self.start);
            let passed = (counted..begin).filter(|&at| ends_line(&copied.bytes, at));
            self.place = Place {
                line: self.place.line + passed.count() as u64,
                byte: self.start + copied.dropped + begin as u64,
            };
            let record = &copied.bytes[begin..copied.index(next)];
            // A quote that is not closed extends to the end of the text, so only the last record can have one.
            if copied.ended
                && copied.index(next) == copied.bytes.len()
                && let Some(lines) = open_quote(record, self.syntax.delimiter)
            {
                let problem = "the quote that opens here is not closed";
                let line = Some(self.place.line + lines);
                return Err(Error::data(source, line, None, problem));
            }
            let is_blank = record.iter().all(u8::is_ascii_whitespace) && self.record.len() == 1;
            if begin > READ {
                copied.bytes.drain(..begin);
                copied.dropped += begin as u64;
            }
            if !is_blank {
                return Ok(Some((self.place, &self.record)));
            }
        }
    }
}

/// Reads past a byte order mark. Returns the number of bytes that it has, and a reader of the rest.
pub(super) fn without_mark<R: Read>(mut reader: R) -> io::Result<(u64, impl Read)> {
    let mut begin = Vec::with_capacity(BYTE_ORDER_MARK.len());
    let most = BYTE_ORDER_MARK.len() as u64;
    reader.by_ref().take(most).read_to_end(&mut begin)?;
    let mark = if begin == BYTE_ORDER_MARK { most } else { 0 };
    if mark > 0 {
        begin.clear();
    }
    Ok((mark, io::Cursor::new(begin).chain(reader)))
}

/// The number of bytes before a record: ends of lines, and comments.
fn skipped(bytes: &[u8], syntax: Syntax) -> usize {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if Some(byte) == syntax.comment {
            let rest = bytes[at..].iter();
            at += rest.take_while(|byte| !b"\r\n".contains(byte)).count();
        } else if b"\r\n".contains(&byte) {
            at += 1;
        } else {
            break;
        }
    }
    at
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
fn open_quote(record: &[u8], delimiter: u8) -> Option<u64> {
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
        field_begins = opened.is_none() && byte == delimiter;
    }
    opened
}
