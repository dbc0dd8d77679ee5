//! Runs a few cases of every target, and tests the options.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainrule-fuzz"));
    command.args(arguments).output().unwrap()
}

#[test]
fn every_target_passes_a_few_cases() {
    let output = run(&["--iterations", "30", "--seed", "7"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let passed = text
        .lines()
        .filter(|line| line.ends_with(": 30 cases passed"));
    assert_eq!(passed.count(), 12, "{text}");
}

#[test]
fn wrong_options_are_refused() {
    for wrong in [&["--target", "nothing"][..], &["--seed", "x"], &["--what"]] {
        let output = run(wrong);
        assert_eq!(output.status.code(), Some(2));
        assert!(!output.stderr.is_empty());
    }
    let help = run(&["--help"]);
    assert!(help.status.success() && help.stdout.starts_with(b"Tests chainrule"));
}
