//! The course: one lecture on neural networks and backpropagation, told with this crate, chapter by chapter.
//!
//! `cargo run --release -p chainrule-course` runs all chapters of docs/course: each prints its numbers, checks them against
//! figures from elsewhere where there are any, and draws its pictures. `-- 9 10` behind it runs these chapters alone.

mod chapters;
#[path = "../../../examples/shared/contour.rs"]
mod contour;
mod learn;
mod plot;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};

use crate::chapters::CHAPTERS;
use crate::plot::{Outcome, Pictures};

const HELP: &str = "\
Runs the chapters of the course in docs/course and draws their pictures.

Usage: course [CHAPTER]... [OPTIONS]

Options:
  --pictures DIR  write pictures there [default: target/course]
  --docs          write pictures where the text of the course shows them
  --help          print this
";

/// Where the text of the course shows its pictures.
const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/course/pictures");

/// What the user asked for.
struct Arguments {
    chapters: Vec<usize>,
    pictures: PathBuf,
}

impl Arguments {
    /// Reads the process's arguments; `None` if they ask for help.
    fn parse() -> Result<Option<Self>, lexopt::Error> {
        let mut chapters = Vec::new();
        let mut pictures = PathBuf::from("target/course");
        let mut parser = Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Value(number) => {
                    let number: usize = number.parse()?;
                    if !(1..=CHAPTERS.len()).contains(&number) {
                        let chapters = CHAPTERS.len();
                        return Err(
                            format!("there are chapters 1 to {chapters}, not {number}").into()
                        );
                    }
                    chapters.push(number);
                }
                Arg::Long("pictures") => pictures = parser.value()?.into(),
                Arg::Long("docs") => pictures = DOCS.into(),
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        if chapters.is_empty() {
            chapters.extend(1..=CHAPTERS.len());
        }
        Ok(Some(Self { chapters, pictures }))
    }
}

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("course: {error}\nTry `--help`.");
            return ExitCode::from(2);
        }
    };
    match run(&arguments.chapters, &arguments.pictures) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("course: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(chapters: &[usize], directory: &Path) -> Outcome<()> {
    let pictures = Pictures::new(directory)?;
    for &number in chapters {
        let (title, chapter) = CHAPTERS[number - 1];
        println!("{number}. {title}");
        chapter(&pictures).map_err(|error| format!("chapter {number}: {error}"))?;
    }
    Ok(())
}
