//! Fits taxi fares by SQL on a cluster of Ballista, and shows that the result has the bits of a fit in memory.
//!
//! ```sh
//! cargo run --release -p chainrule-ballista --example cluster
//! cargo run --release -p chainrule-ballista --example cluster -- --rows 4000000 --steps 50 --executors 3
//! ```
//!
//! The example starts a scheduler and executors as processes of itself. They get the loss with each query.

#[path = "../../../chainrule-datafusion/examples/taxi_fares/rides.rs"]
mod rides;

use std::path::Path;
use std::process::ExitCode;

use chainrule_ballista::{Local, Role, connect};
use chainrule_datafusion::{aggregate, aggregate_to_bytes, register};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use lexopt::{Arg, Parser, ValueExt};

use rides::{FILES, GROUP, Result, compare, fit, fit_in_memory, loss, sum, write};

struct Arguments {
    rows: usize,
    steps: usize,
    executors: usize,
}

fn arguments() -> std::result::Result<Arguments, lexopt::Error> {
    let mut arguments = Arguments {
        rows: 1_000_000,
        steps: 100,
        executors: 2,
    };
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("rows") => arguments.rows = parser.value()?.parse()?,
            Arg::Long("steps") => arguments.steps = parser.value()?.parse()?,
            Arg::Long("executors") => arguments.executors = parser.value()?.parse()?,
            other => return Err(other.unexpected()),
        }
    }
    if arguments.rows == 0 || arguments.steps == 0 || arguments.executors == 0 {
        return Err("--rows, --steps and --executors must be at least 1".into());
    }
    Ok(arguments)
}

/// A session on the cluster that knows the loss and the files.
async fn session(cluster: &Local, folder: &Path, partitions: usize) -> Result<SessionContext> {
    let config = SessionConfig::new().with_target_partitions(partitions);
    let session = connect(cluster.address(), config).await?;
    register(&session, "loss", &loss()?)?;
    let path = folder.to_string_lossy();
    session
        .register_parquet("rides", path, ParquetReadOptions::default())
        .await?;
    Ok(session)
}

async fn run(
    Arguments {
        rows,
        steps,
        executors,
    }: Arguments,
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    write(folder.path(), rows)?;
    println!("{rows} rides in {FILES} Parquet files, row groups of at most {GROUP} rows");
    let cluster = Local::start(&std::env::current_exe()?, executors)?;
    let processes = cluster.processes();
    println!(
        "process {} is the scheduler, processes {:?} are the executors",
        processes[0],
        &processes[1..]
    );
    let function = aggregate_to_bytes(&*aggregate("loss", &loss()?)?)?.unwrap_or_default();
    println!("each query carries the loss as {} bytes", function.len());

    let on_cluster = session(&cluster, folder.path(), executors).await?;
    let by_sql = fit(&on_cluster, rows, steps).await?;
    let in_memory = fit_in_memory(rows, steps)?;
    compare("cluster", by_sql, in_memory, rows * steps)?;

    let (parameters, _) = by_sql;
    let expected = sum(&on_cluster, &parameters).await?;
    let partitions = [1, 2, 3, 5, 16];
    for partitions in partitions {
        let session = session(&cluster, folder.path(), partitions).await?;
        if sum(&session, &parameters).await? != expected {
            return Err(format!("{partitions} partitions give other bits").into());
        }
    }
    println!("\nThe same bits with {partitions:?} partitions.");
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let first = std::env::args_os().nth(1);
    let result = if first.is_some_and(|first| first == "scheduler" || first == "executor") {
        match Role::parse(std::env::args_os().skip(1)) {
            Ok(role) => role.run().await.map_err(Into::into),
            Err(problem) => Err(problem.into()),
        }
    } else {
        match arguments() {
            Ok(arguments) => run(arguments).await,
            Err(problem) => {
                eprintln!("{problem}\nusage: cluster [--rows N] [--steps N] [--executors N]");
                return ExitCode::from(2);
            }
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
