//! Mutation testing: plants one mistake after another in a copy of the repository and reports which ones the tests find.
//!
//! `cargo run --release -p chainrule-mutants -- --sample 50` plants 50 mistakes. All of them are in one build, each behind a
//! switch, so a mistake costs one run of the tests and no build of its own. Mistakes that the compiler refuses are left
//! out and listed. Only the copy is changed, so an interrupted run leaves nothing to repair.

mod expressions;
mod mutant;
mod planted;
mod report;
mod rows;
mod switch;
mod tree;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lexopt::{Arg, Parser, ValueExt};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::mutant::Mutant;
use crate::report::Report;
use crate::switch::Planted;
use crate::tree::{Build, Tree};
use crate::trial::{Outcome, Programs, Tests};

const HELP: &str = "\
Plants mistakes in a copy of the repository, one at a time, and reports which of them the tests find.

Usage: mutants [OPTIONS] [FILTER]...

Only the tests whose names contain one of the filters run; without filters, all do. At the end, it prints the changes that
no test found, and a table by folder. Your files stay as they are, so you can stop it at any time.

Options:
  --list           list the mistakes and plant none
  --only PATTERN   take only mistakes whose line in the list contains this text, such as src/op or taylor.rs:95;
                   may be given several times
  --sample N       take N of each PATTERN at random, in random order; without a PATTERN, N of all
  --seed S         draw other ones [default: 0]
  --budget S       try each mistake with its quickest tests only, which take S seconds together; without it, with all
  --minutes M      try no further mistake after M minutes of trials
  --planted        first take those written by hand, in src/planted.txt; they are no part of the sample
  --skip TEST      do not run the tests whose names contain this text
  --package NAME   run the tests of this package [default: chainrule]
  --threads N      run N tests at a time [default: 2]
  --directory DIR  where to copy and to build [default: target/mutants]
  --help           print this help
";

/// The repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Where mistakes are planted.
const FOLDERS: [&str; 6] = [
    "src/ir/passes",
    "src/transform",
    "src/nn/optimizer",
    "src/sweep",
    "src/derive",
    "src/program",
];

const TABLE: &str = "src/op/table.rs";
const LIBRARY: &str = "src/lib.rs";

/// The user's choices.
struct Arguments {
    list: bool,
    planted: bool,
    only: Vec<String>,
    sample: Option<usize>,
    seed: u64,
    package: String,
    threads: usize,
    budget: Duration,
    end: Duration,
    directory: PathBuf,
    filters: Vec<String>,
    skip: Vec<String>,
}

impl Arguments {
    /// Reads the process's arguments; `None` if they ask for help.
    fn parse() -> Result<Option<Self>, lexopt::Error> {
        let mut parsed = Self {
            list: false,
            planted: false,
            only: Vec::new(),
            sample: None,
            seed: 0,
            package: "chainrule".to_string(),
            threads: 2,
            budget: Duration::MAX,
            end: Duration::MAX,
            directory: Path::new(ROOT).join("target/mutants"),
            filters: Vec::new(),
            // These read the source, which contains the switches.
            skip: vec!["architecture::".to_string(), "pages::".to_string()],
        };
        let mut parser = Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("list") => parsed.list = true,
                Arg::Long("planted") => parsed.planted = true,
                Arg::Long("only") => parsed.only.push(parser.value()?.string()?),
                Arg::Long("sample") => parsed.sample = Some(parser.value()?.parse()?),
                Arg::Long("seed") => parsed.seed = parser.value()?.parse()?,
                Arg::Long("budget") => {
                    parsed.budget = Duration::from_secs(parser.value()?.parse()?);
                }
                Arg::Long("minutes") => {
                    parsed.end = Duration::from_secs(60 * parser.value()?.parse::<u64>()?);
                }
                Arg::Long("skip") => parsed.skip.push(parser.value()?.string()?),
                Arg::Long("package") => parsed.package = parser.value()?.string()?,
                Arg::Long("threads") => parsed.threads = parser.value()?.parse()?,
                Arg::Long("directory") => parsed.directory = parser.value()?.into(),
                Arg::Long("help") => return Ok(None),
                Arg::Value(filter) => parsed.filters.push(filter.string()?),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(Some(parsed))
    }

    /// What `cargo test` builds.
    fn build(&self) -> Vec<String> {
        let mut arguments = vec!["-p".to_string(), self.package.clone()];
        if self.package == "chainrule" {
            let engine = ["--lib", "--test", "suite", "--all-features"];
            arguments.extend(engine.map(String::from));
        }
        arguments
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
            eprintln!("{error}; --help lists the options");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Plants the mutants that the user asks for. Returns how many survived.
fn run(arguments: &Arguments) -> Result<usize, String> {
    let mutants = chosen(arguments)?;
    if arguments.list {
        for mutant in &mutants {
            println!("{mutant}");
        }
        println!("{} mutants", mutants.len());
        return Ok(0);
    }
    let tree = Tree::copy(Path::new(ROOT), &arguments.directory)?;
    let start = Instant::now();
    let (paths, refused) = build(&tree, arguments, &mutants)?;
    println!("built in {:.0} s", start.elapsed().as_secs_f64());
    let programs = Programs {
        paths,
        folder: tree.root.clone(),
        threads: arguments.threads,
    };
    let start = Instant::now();
    let tests = Tests::measure(programs, &arguments.filters, &arguments.skip)?;
    let time = start.elapsed().as_secs_f64();
    println!("{} tests run alone in {time:.0} s", tests.len());
    let mut report = Report::default();
    let start = Instant::now();
    // In random order, so that what a run tries before its end is a sample too.
    let mut order: Vec<usize> = (0..mutants.len()).collect();
    order.shuffle(&mut StdRng::seed_from_u64(arguments.seed));
    for number in order {
        if start.elapsed() > arguments.end {
            println!("the time is over");
            break;
        }
        let mutant = &mutants[number];
        if refused.contains(&number) {
            report.refused(mutant);
            println!("no build  {mutant}");
            continue;
        }
        let outcome = tests.run(number, arguments.budget)?;
        report.tried(mutant, &outcome);
        match outcome {
            Outcome::Killed(by) => println!("killed    {mutant}  (by {by})"),
            Outcome::Survived { tried, reaching } => {
                println!("SURVIVED  {mutant}  ({tried} of the {reaching} tests that reach it)");
            }
        }
    }
    println!("\n{report}");
    Ok(report.survived())
}

/// The mutants that the user asks for.
fn chosen(arguments: &Arguments) -> Result<Vec<Mutant>, String> {
    let mut chosen = Vec::new();
    if arguments.planted {
        chosen = planted::all(read)?;
    }
    let mut rest = derived()?;
    let all = [String::new()];
    let patterns = if arguments.only.is_empty() {
        &all[..]
    } else {
        &arguments.only
    };
    for pattern in patterns {
        let (mut found, others): (Vec<Mutant>, Vec<Mutant>) = rest
            .into_iter()
            .partition(|mutant| mutant.to_string().contains(pattern));
        if let Some(sample) = arguments.sample {
            found.shuffle(&mut StdRng::seed_from_u64(arguments.seed));
            found.truncate(sample);
        }
        chosen.extend(found);
        rest = others;
    }
    Ok(chosen)
}

/// All mutants of the table and of the folders.
fn derived() -> Result<Vec<Mutant>, String> {
    let mut mutants = rows::of_table(TABLE, &read(TABLE)?)?;
    let mut files = Vec::new();
    for folder in FOLDERS {
        sources(folder, &mut files)?;
    }
    files.sort();
    for file in files {
        mutants.extend(expressions::of_file(&file, &read(&file)?)?);
    }
    Ok(mutants)
}

/// Finds the source files in a folder of the repository, without those of tests.
fn sources(folder: &str, files: &mut Vec<String>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot list {folder}: {error}");
    for entry in fs::read_dir(Path::new(ROOT).join(folder)).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        let file = format!("{folder}/{name}");
        if path.is_dir() {
            if name != "tests" {
                sources(&file, files)?;
            }
        } else if path.extension().is_some_and(|kind| kind == "rs") && name != "tests.rs" {
            files.push(file);
        }
    }
    Ok(())
}

/// Reads a file of the repository.
fn read(file: &str) -> Result<String, String> {
    let path = Path::new(ROOT).join(file);
    fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Builds the tests with all mutants that the compiler accepts. Returns the programs and the mutants it refuses.
fn build(
    tree: &Tree,
    arguments: &Arguments,
    mutants: &[Mutant],
) -> Result<(Vec<PathBuf>, BTreeSet<usize>), String> {
    let library = read(LIBRARY)? + switch::MODULE;
    tree.write(LIBRARY, &library)?;
    let mut refused = BTreeSet::new();
    loop {
        let mut of_files: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
        for (number, mutant) in mutants.iter().enumerate() {
            let of_file = of_files.entry(&mutant.file).or_default();
            if !refused.contains(&number) {
                of_file.push((number, mutant));
            }
        }
        let mut planted: BTreeMap<&str, Planted> = BTreeMap::new();
        for (file, of_file) in of_files {
            let text = switch::plant(&read(file)?, &of_file);
            tree.write(file, &text.text)?;
            planted.insert(file, text);
        }
        let errors = match tree.build(&arguments.build())? {
            Build::Done(programs) => return Ok((programs, refused)),
            Build::Failed(errors) => errors,
        };
        let before = refused.len();
        for (file, byte, _) in &errors {
            let of_file = planted.get(file.as_str());
            refused.extend(
                of_file
                    .into_iter()
                    .flat_map(|planted| planted.culprits(*byte)),
            );
        }
        if refused.len() == before {
            let messages = errors
                .iter()
                .map(|(file, _, message)| format!("{file}: {message}"));
            let messages: Vec<String> = messages.collect();
            return Err(format!("the build fails:\n{}", messages.join("\n")));
        }
    }
}
