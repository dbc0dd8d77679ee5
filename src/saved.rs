//! What saved graphs, programs and networks have in common: the name and number of their format, numbers as bits,
//! operations by name, and places in source code.
//!
//! Each type here reads only what it would write. So a saved form is checked field by field while it is read, also in
//! formats that do not describe themselves.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use rustc_hash::FxHashMap;
use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::call_site::CallSite;
use crate::letters::shown;
use crate::op::Op;

/// The format of a saved form. A form begins with its [`Name`] and its [`Version`].
pub(crate) trait Format {
    /// Its name, such as `chainrule program`.
    const NAME: &'static str;
    /// The number of this version. It changes with every change of the form.
    const VERSION: u32;
}

/// The name of a format. Any other name is an error.
pub(crate) struct Name<F>(PhantomData<F>);

/// The version of a format. Any other version is an error.
pub(crate) struct Version<F>(PhantomData<F>);

impl<F> Default for Name<F> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<F> Default for Version<F> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<F: Format> Serialize for Name<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(F::NAME)
    }
}

impl<'de, F: Format> Deserialize<'de> for Name<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |found: &str| {
            if found == F::NAME {
                return Ok(Self::default());
            }
            let found = shown(found);
            Err(format!(
                "expected the format `{}`, found `{found}`",
                F::NAME
            ))
        };
        deserializer.deserialize_str(Text("the name of a format", read))
    }
}

impl<F: Format> Serialize for Version<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(F::VERSION)
    }
}

impl<'de, F: Format> Deserialize<'de> for Version<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, expected) = (F::NAME, F::VERSION);
        let found = u32::deserialize(deserializer)?;
        if found == expected {
            return Ok(Self::default());
        }
        let problem =
            format!("expected version {expected} of the format `{name}`, found version {found}");
        Err(de::Error::custom(problem))
    }
}

/// A number as its bits: in text, hexadecimal as in `"0x3ff0000000000000"`, which is 1.
#[derive(Clone, Copy)]
pub(crate) struct Bits(pub(crate) u64);

impl Serialize for Bits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&format_args!("0x{:016x}", self.0))
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Bits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u64::deserialize(deserializer).map(Self);
        }
        let read = |text: &str| {
            let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 16);
            // `from_str_radix` takes a sign as well.
            let digits = digits.filter(|digits| !digits.starts_with('+'));
            let bits = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
            bits.map(Self).ok_or_else(|| {
                let found = shown(text);
                format!("expected the bits of a number as `0x` and 16 hexadecimal digits, found `{found}`")
            })
        };
        deserializer.deserialize_str(Text("the bits of a number", read))
    }
}

/// An operation by its name in the table.
#[derive(Clone, Copy)]
pub(crate) struct Operation(pub(crate) Op);

impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.row().name)
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |name: &str| {
            let op = Op::named(name).map(Self);
            op.ok_or_else(|| format!("the table has no operation `{}`", shown(name)))
        };
        deserializer.deserialize_str(Text("the name of an operation", read))
    }
}

/// Reads a text by a function, and says what was expected instead of other data.
struct Text<R>(&'static str, R);

impl<T, R: FnOnce(&str) -> Result<T, String>> Visitor<'_> for Text<R> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.1)(text).map_err(E::custom)
    }
}

/// A place in source code: file, line and column.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    file: String,
    line: u32,
    column: u32,
}

/// The places that a form mentions, each once. The form mentions them by their indices.
#[derive(Default)]
pub(crate) struct SiteWriter {
    sites: Vec<Site>,
    known: FxHashMap<(String, u32, u32), u32>,
}

impl SiteWriter {
    /// The index of a place.
    pub(crate) fn index(&mut self, at: &CallSite) -> u32 {
        let (file, line, column) = (at.file().to_owned(), at.line(), at.column());
        let sites = &mut self.sites;
        let next = sites.len() as u32;
        *self.known.entry((file, line, column)).or_insert_with(|| {
            let file = at.file().to_owned();
            sites.push(Site { file, line, column });
            next
        })
    }

    /// All places, by index.
    pub(crate) fn finish(self) -> Sites {
        Sites(self.sites)
    }
}

/// The places that a form mentions, by index.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sites(Vec<Site>);

/// The places of a form that was read.
pub(crate) struct SiteReader(Vec<CallSite>);

impl Sites {
    /// The same places, to be looked up.
    pub(crate) fn read(self) -> SiteReader {
        let sites = self.0.into_iter();
        SiteReader(
            sites
                .map(|Site { file, line, column }| CallSite::new(file, line, column))
                .collect(),
        )
    }
}

impl SiteReader {
    /// The place with an index, mentioned by `what`.
    pub(crate) fn get(&self, index: u32, what: impl Display) -> Result<CallSite, String> {
        let count = self.0.len();
        let site = self.0.get(index as usize).cloned();
        site.ok_or_else(|| format!("{what}: there is no site {index} among {count}"))
    }
}

/// The error of a deserializer for a form that contradicts itself. The message is one line.
pub(crate) fn faulty<E: de::Error>(form: &str, problem: &str) -> E {
    E::custom(format_args!("{form}: {}", shown(problem)))
}
