//! A program with the name of its function, comparable by its bytes.

use std::fmt;
use std::hash::{Hash, Hasher};

use chainrule::Program;
use datafusion::error::{DataFusionError, Result};

use crate::arguments::wrong;

/// A program that functions of SQL compute. Two are equal if their names and their saved forms are.
pub(crate) struct Code {
    pub(crate) name: String,
    pub(crate) program: Program,
    pub(crate) bytes: Vec<u8>,
}

impl Code {
    pub(crate) fn new(name: &str, program: &Program) -> Result<Self> {
        let columns = program.inputs() - program.uniform_inputs();
        for (count, what) in [
            (program.outputs(), "outputs"),
            (program.uniform_inputs(), "parameters (uniform inputs)"),
            (columns, "columns (inputs of a row)"),
        ] {
            if count == 0 {
                return Err(wrong(format!("{name}: the program has no {what}")));
            }
        }
        let bytes = postcard::to_allocvec(program);
        Ok(Self {
            name: name.to_owned(),
            program: program.clone(),
            bytes: bytes.map_err(|error| DataFusionError::External(Box::new(error)))?,
        })
    }

    /// The number of parameters.
    pub(crate) fn parameters(&self) -> usize {
        self.program.uniform_inputs()
    }

    /// The number of columns.
    pub(crate) fn columns(&self) -> usize {
        self.program.inputs() - self.program.uniform_inputs()
    }

    fn key(&self) -> (&str, &[u8]) {
        (&self.name, &self.bytes)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Code {}

impl Hash for Code {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}
