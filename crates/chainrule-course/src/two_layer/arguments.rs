//! The command line.

use std::path::PathBuf;

use chainrule::Level;
use lexopt::{Arg, Error, Parser, ValueExt};

/// The text that `--help` prints.
pub(crate) const HELP: &str = "\
Trains the lecture's two-layer network (64 rows, 1000 inputs, 100 hidden neurons, 10 outputs) by gradient descent.

Usage: two_layer [OPTIONS]

Options:
  --data DIR        read the matrices x.npy, y.npy, w1.npy and w2.npy (NumPy, float64) from there
                    [default: normal random numbers]
  --seed N          seed of the random numbers, a whole number [default: 1]
  --iterations N    steps to take [default: 2000]
  --threads N       number of threads, 0 for one per core [default: 0]
  --level LEVEL     exact (the bits of the tape) or fast [default: exact]
  --losses FILE     write the loss before each step: CSV with columns iteration, loss
  --help            print this help
";

/// The user's choices.
pub(crate) struct Arguments {
    pub(crate) data: Option<PathBuf>,
    pub(crate) seed: u64,
    pub(crate) iterations: usize,
    pub(crate) threads: usize,
    pub(crate) level: Level,
    pub(crate) losses: Option<PathBuf>,
}

impl Arguments {
    /// Reads the process's arguments; `None` if they ask for help.
    pub(crate) fn parse() -> Result<Option<Self>, Error> {
        let mut arguments = Self {
            data: None,
            seed: 1,
            iterations: 2000,
            threads: 0,
            level: Level::Exact,
            losses: None,
        };
        let mut parser = Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("data") => arguments.data = Some(parser.value()?.into()),
                Arg::Long("seed") => arguments.seed = parser.value()?.parse()?,
                Arg::Long("iterations") => arguments.iterations = parser.value()?.parse()?,
                Arg::Long("threads") => arguments.threads = parser.value()?.parse()?,
                Arg::Long("level") => arguments.level = parser.value()?.parse_with(level)?,
                Arg::Long("losses") => arguments.losses = Some(parser.value()?.into()),
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(arguments))
    }
}

fn level(name: &str) -> Result<Level, &'static str> {
    match name {
        "exact" => Ok(Level::Exact),
        "fast" => Ok(Level::Fast),
        _ => Err("expected exact or fast"),
    }
}
