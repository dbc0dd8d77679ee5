//! A scheduler or an executor of a cluster that computes programs of chainrule.

use std::process::ExitCode;

use chainrule_ballista::Role;

#[tokio::main]
async fn main() -> ExitCode {
    let role = match Role::parse(std::env::args_os().skip(1)) {
        Ok(role) => role,
        Err(problem) => {
            eprintln!("{problem}\nusage:\n{}", Role::USAGE);
            return ExitCode::from(2);
        }
    };
    match role.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
