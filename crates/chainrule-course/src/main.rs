//! The course: one lecture on neural networks and backpropagation, chapter by chapter, with this crate.
//!
//! `cargo run --release -p chainrule-course` runs all chapters of docs/course. Each prints its numbers, checks them against
//! reference figures where there are any, and draws its pictures. Add `-- 9 10` to run only these chapters.

mod architecture;
mod cells;
mod chapters;
#[path = "../../../examples/shared/contour.rs"]
mod contour;
mod drawing;
mod engine;
mod image_features;
mod images;
mod learn;
mod palette;
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
  --pictures DIR  write pictures to this folder [default: target/course]
  --docs          write pictures to the folder that the course's text shows
  --help          print this help
";

/// The folder of the pictures in the text of the course.
const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/course/pictures");

/// The user's choices.
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
                    if number >= CHAPTERS.len() {
                        let last = CHAPTERS.len() - 1;
                        return Err(
                            format!("expected a chapter from 0 to {last}, found {number}").into(),
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
            chapters.extend(0..CHAPTERS.len());
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
        let (title, chapter) = CHAPTERS[number];
        println!("{number}. {title}");
        chapter(&pictures).map_err(|error| format!("chapter {number}: {error}"))?;
    }
    Ok(())
}
