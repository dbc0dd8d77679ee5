//! Random tests of the public interface and of everything that reads files, for as long as you like.
//!
//! Each case is made from one seed, so a failure can be run again. `targets` holds the tests, and `arguments` the options.

mod arguments;
mod targets;

use std::process::ExitCode;

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use arguments::{Arguments, HELP};
use targets::{TARGETS, Target};

fn main() -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}\nTry --help.");
            return ExitCode::from(2);
        }
    };
    let names = TARGETS.iter().map(|target| target.name);
    if let Some(unknown) = &arguments.target
        && !names.clone().any(|name| name == unknown)
    {
        let known: Vec<&str> = names.collect();
        eprintln!(
            "--target: found {unknown}, expected one of: {}",
            known.join(", ")
        );
        return ExitCode::from(2);
    }
    // A panic is reported as the failure of its case.
    std::panic::set_hook(Box::new(|_| {}));
    let wanted = |target: &&Target| {
        arguments
            .target
            .as_deref()
            .is_none_or(|name| name == target.name)
    };
    let mut failures = 0;
    for target in TARGETS.iter().filter(wanted) {
        if let Some((seed, failure)) = first_failure(target, &arguments) {
            failures += 1;
            let again = format!("--target {} --seed {seed} --iterations 1", target.name);
            println!("{}: FAILED with seed {seed}\n{failure}", target.name);
            println!("again: cargo run --release -p chainrule-fuzz -- {again}");
        } else {
            println!("{}: {} cases passed", target.name, arguments.iterations);
        }
    }
    ExitCode::from(u8::from(failures > 0))
}

/// The seed of the first case that fails, and its failure.
fn first_failure(target: &Target, arguments: &Arguments) -> Option<(u64, String)> {
    let seeds = (0..arguments.iterations).map(|case| arguments.seed.wrapping_add(case));
    seeds
        .map(|seed| (seed, (target.run)(&mut runner(seed))))
        .find_map(|(seed, result)| Some((seed, result.err()?)))
}

/// A runner of one case.
fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 4000,
        ..Config::with_cases(1)
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}
