//! The options of the command line.

use lexopt::{Arg, Error, Parser, ValueExt};

/// The text that `--help` prints.
pub(crate) const HELP: &str = "\
Tests chainrule with random functions, names and files. Every case is made from its own seed.

Usage: chainrule-fuzz [OPTIONS]

Options:
  --target NAME     run only this target [default: all, in order]
  --seed N          seed of the first case, a whole number; the next case has the next seed [default: 1]
  --iterations N    cases for each target [default: 200]
  --help            print this help

Prints the first failure of each target, made as small as possible, with the command that runs it again.
The exit code is 0 if everything passed, 1 if a case failed, and 2 if an option is wrong.
";

/// The user's choices.
pub(crate) struct Arguments {
    pub(crate) target: Option<String>,
    pub(crate) seed: u64,
    pub(crate) iterations: u64,
}

impl Arguments {
    /// Reads the process's arguments; `None` if they ask for help.
    pub(crate) fn read() -> Result<Option<Self>, Error> {
        let mut found = Self {
            target: None,
            seed: 1,
            iterations: 200,
        };
        let mut parser = Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("target") => found.target = Some(parser.value()?.string()?),
                Arg::Long("seed") => found.seed = parser.value()?.parse()?,
                Arg::Long("iterations") => found.iterations = parser.value()?.parse()?,
                Arg::Long("help") => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(found))
    }
}
