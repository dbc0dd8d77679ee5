//! The command line.

use std::path::PathBuf;

use lexopt::{Arg, Error, Parser, ValueExt};

/// The text that `--help` prints.
pub(crate) const HELP: &str = "\
Trains a small network (2-16-16-1) to separate two half moons.

Usage: moons [OPTIONS]

Options:
  --points FILE      train on these points: CSV with columns x, y, label (-1 or 1)
                     [default: 100 generated points]
  --parameters FILE  start from these 337 parameters: CSV with a column value
                     [default: random, between -1 and 1]
  --trace FILE       write loss and accuracy before each step: CSV with columns step, loss, accuracy
  --picture FILE     write the picture to this SVG file [default: target/moons.svg]
  --html FILE        write a web page that shows the training step by step
  --seed N           seed of the random numbers, a whole number [default: 2]
  --help             print this help
";

/// The user's choices.
pub(crate) struct Arguments {
    pub(crate) points: Option<PathBuf>,
    pub(crate) parameters: Option<PathBuf>,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) picture: PathBuf,
    pub(crate) html: Option<PathBuf>,
    pub(crate) seed: u64,
}

impl Arguments {
    /// Reads the process's arguments; `None` if they ask for help.
    pub(crate) fn parse() -> Result<Option<Self>, Error> {
        let mut arguments = Self {
            points: None,
            parameters: None,
            trace: None,
            picture: PathBuf::from("target/moons.svg"),
            html: None,
            seed: 2,
        };
        let mut parser = Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("points") => arguments.points = Some(parser.value()?.into()),
                Arg::Long("parameters") => arguments.parameters = Some(parser.value()?.into()),
                Arg::Long("trace") => arguments.trace = Some(parser.value()?.into()),
                Arg::Long("picture") => arguments.picture = parser.value()?.into(),
                Arg::Long("html") => arguments.html = Some(parser.value()?.into()),
                Arg::Long("seed") => arguments.seed = parser.value()?.parse()?,
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(arguments))
    }
}
