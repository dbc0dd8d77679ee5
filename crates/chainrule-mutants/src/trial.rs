//! Runs the tests: each one alone without a mutant, to find the mutants that it reaches, then for each mutant those that
//! reach it, quick ones first.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::switch;

/// Tests that are quicker than this run before the others.
const QUICK: Duration = Duration::from_millis(300);

/// Random tests draw the same cases with and without a mutant, and do not simplify a case that fails.
const SAME_CASES: [(&str, &str); 2] = [
    ("PROPTEST_RNG_SEED", "0"),
    ("PROPTEST_MAX_SHRINK_ITERS", "0"),
];

/// How a mutant fared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// This test failed.
    Killed(String),
    /// All tests that were tried passed.
    Survived {
        tried: usize,
        /// How many tests reach it.
        reaching: usize,
    },
}

/// The programs with the tests.
pub(crate) struct Programs {
    pub(crate) paths: Vec<PathBuf>,
    /// The folder in which they run.
    pub(crate) folder: PathBuf,
    /// How many tests run at a time.
    pub(crate) threads: usize,
}

/// One test.
struct Test {
    program: PathBuf,
    name: String,
    /// How long it takes alone.
    time: Duration,
    /// The mutants that it reaches.
    reaches: BTreeSet<usize>,
}

/// The tests that pass without a mutant.
pub(crate) struct Tests {
    programs: Programs,
    tests: Vec<Test>,
}

impl Tests {
    /// Runs every test whose name contains one of the filters, alone. Tests that fail are printed and left out.
    pub(crate) fn measure(
        programs: Programs,
        filters: &[String],
        skip: &[String],
    ) -> Result<Self, String> {
        let mut names = Vec::new();
        for program in &programs.paths {
            let listed = Command::new(program)
                .current_dir(&programs.folder)
                .args(["--list", "--format", "terse"])
                .args(filters)
                .args(skip.iter().flat_map(|skip| ["--skip", skip]))
                .output()
                .map_err(|error| format!("cannot run {}: {error}", program.display()))?;
            let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
            let listed = listed
                .lines()
                .filter_map(|line| line.strip_suffix(": test"));
            names.extend(listed.map(|name| (program.clone(), name.to_string())));
        }
        let next = AtomicUsize::new(0);
        let work = |worker: usize| {
            let file = programs.folder.join(format!("reached-{worker}"));
            let mut tests = Vec::new();
            while let Some((program, name)) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                tests.push(programs.measure(program, name, &file)?);
            }
            Ok(tests)
        };
        let measured: Vec<Result<Vec<Option<Test>>, String>> = thread::scope(|scope| {
            let workers = 0..programs.threads.max(1);
            let workers: Vec<_> = workers
                .map(|worker| scope.spawn(move || work(worker)))
                .collect();
            let joined = workers.into_iter().map(|worker| {
                let panicked = |_| Err("a test could not be measured".to_string());
                worker.join().unwrap_or_else(panicked)
            });
            joined.collect()
        });
        let mut tests = Vec::new();
        for measured in measured {
            tests.extend(measured?.into_iter().flatten());
        }
        tests.sort_by_key(|test| test.time);
        Ok(Self { programs, tests })
    }

    /// The number of tests.
    pub(crate) fn len(&self) -> usize {
        self.tests.len()
    }

    /// Runs the quickest tests that reach a mutant until one fails or all that take this time together have passed.
    pub(crate) fn run(&self, mutant: usize, budget: Duration) -> Result<Outcome, String> {
        let reaching = self.tests.iter();
        let mut reaching: Vec<&Test> = reaching
            .filter(|test| test.reaches.contains(&mutant))
            .collect();
        let count = reaching.len();
        let mut time = Duration::ZERO;
        reaching.retain(|test| {
            time += test.time;
            time <= budget
        });
        for quick in [true, false] {
            for program in &self.programs.paths {
                let tests = reaching
                    .iter()
                    .filter(|test| test.program == *program && (test.time < QUICK) == quick);
                let tests: Vec<&&Test> = tests.collect();
                if tests.is_empty() {
                    continue;
                }
                let names: Vec<&str> = tests.iter().map(|test| test.name.as_str()).collect();
                let usual: Duration = tests.iter().map(|test| test.time).sum();
                let limit = usual * 3 + Duration::from_secs(20);
                let failed = self.programs.failure(program, &names, mutant, limit)?;
                if let Some(by) = failed {
                    return Ok(Outcome::Killed(by));
                }
            }
        }
        Ok(Outcome::Survived {
            tried: reaching.len(),
            reaching: count,
        })
    }
}

impl Programs {
    /// Runs one test alone, without a mutant; `None` if it fails.
    fn measure(&self, program: &Path, name: &str, file: &Path) -> Result<Option<Test>, String> {
        let failed = |error: std::io::Error| format!("cannot measure {name}: {error}");
        fs::write(file, "").map_err(failed)?;
        let start = Instant::now();
        let output = Command::new(program)
            .current_dir(&self.folder)
            .args(["--exact", name])
            .envs(SAME_CASES)
            .env(switch::REACHED, file)
            .output()
            .map_err(failed)?;
        let time = start.elapsed();
        if !output.status.success() {
            println!("without a mutant, {name} fails already; it is left out");
            return Ok(None);
        }
        let reached = fs::read_to_string(file).map_err(failed)?;
        Ok(Some(Test {
            program: program.to_path_buf(),
            name: name.to_string(),
            time,
            reaches: reached
                .lines()
                .filter_map(|line| line.parse().ok())
                .collect(),
        }))
    }

    /// Runs some tests of a program with a mutant. Returns which of them failed first.
    fn failure(
        &self,
        program: &Path,
        names: &[&str],
        mutant: usize,
        limit: Duration,
    ) -> Result<Option<String>, String> {
        let end = Instant::now() + limit;
        // A mutant may allocate without end: it gets 8 GiB of addresses.
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -v 8388608; exec \"$0\" \"$@\""])
            .arg(program)
            .arg("--exact")
            .arg(format!("--test-threads={}", self.threads))
            .args(names)
            .current_dir(&self.folder)
            .envs(SAME_CASES)
            .env(switch::PLANTED, mutant.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot run {}: {error}", program.display()))?;
        let (sender, lines) = mpsc::channel();
        let output = child.stdout.take();
        let reader = thread::spawn(move || {
            let output = output.into_iter();
            let lines = output.flat_map(|output| BufReader::new(output).lines());
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let failed = loop {
            match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let name = line.strip_prefix("test ");
                    let name = name.and_then(|line| line.split_once(" ... "));
                    if let Some((name, "FAILED")) = name {
                        break Some(name.to_string());
                    }
                }
                Err(RecvTimeoutError::Timeout) => break Some("the time limit".to_string()),
                Err(RecvTimeoutError::Disconnected) => break None,
            }
        };
        if failed.is_some() {
            // An error means that it has ended by itself.
            let _ = child.kill();
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        if reader.join().is_err() {
            return Err("the output of a test cannot be read".to_string());
        }
        let crashed = || (!status.success()).then(|| format!("a crash, {status}"));
        Ok(failed.or_else(crashed))
    }
}
