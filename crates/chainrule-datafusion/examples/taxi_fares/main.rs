//! Fits taxi fares by SQL over Parquet files, and shows that the result has the bits of a fit in memory.
//!
//! ```sh
//! cargo run --release -p chainrule-datafusion --example taxi_fares
//! cargo run --release -p chainrule-datafusion --example taxi_fares -- --rows 4000000 --steps 50
//! ```
//!
//! The files have several row groups each, so that `DataFusion` reads them in parallel and in no fixed order.

mod rides;

use std::path::Path;
use std::process::ExitCode;

use chainrule_datafusion::register;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use lexopt::{Arg, Parser, ValueExt};

use rides::{FILES, GROUP, Result, compare, fit, fit_in_memory, loss, sum, write};

/// A session that knows the loss and the files.
async fn session(folder: &Path, partitions: usize, batch: usize) -> Result<SessionContext> {
    let config = SessionConfig::new()
        .with_target_partitions(partitions)
        .with_batch_size(batch);
    let session = SessionContext::new_with_config(config);
    register(&session, "loss", &loss()?)?;
    let path = folder.to_string_lossy();
    session
        .register_parquet("rides", path, ParquetReadOptions::default())
        .await?;
    Ok(session)
}

struct Arguments {
    rows: usize,
    steps: usize,
}

fn arguments() -> std::result::Result<Arguments, lexopt::Error> {
    let mut arguments = Arguments {
        rows: 1_000_000,
        steps: 100,
    };
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("rows") => arguments.rows = parser.value()?.parse()?,
            Arg::Long("steps") => arguments.steps = parser.value()?.parse()?,
            other => return Err(other.unexpected()),
        }
    }
    if arguments.rows == 0 || arguments.steps == 0 {
        return Err("--rows and --steps must be at least 1".into());
    }
    Ok(arguments)
}

async fn run(Arguments { rows, steps }: Arguments) -> Result<()> {
    let folder = tempfile::tempdir()?;
    write(folder.path(), rows)?;
    println!("{rows} rides in {FILES} Parquet files, row groups of at most {GROUP} rows");

    let cores = std::thread::available_parallelism()?.get();
    let by_sql = session(folder.path(), cores, 8192).await?;
    let by_sql_fit = fit(&by_sql, rows, steps).await?;
    let in_memory = fit_in_memory(rows, steps)?;
    compare("SQL", by_sql_fit, in_memory, rows * steps)?;

    let (parameters, _) = by_sql_fit;
    let expected = sum(&by_sql, &parameters).await?;
    for partitions in [1, 2, 3, 5] {
        for batch in [1000, 8192, 100_000] {
            let session = session(folder.path(), partitions, batch).await?;
            if sum(&session, &parameters).await? != expected {
                return Err(format!(
                    "{partitions} partitions and batches of {batch} rows give other bits"
                )
                .into());
            }
        }
    }
    println!(
        "\nThe same bits with 1, 2, 3 and 5 partitions, and batches of 1000, 8192 and 100000 rows."
    );
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("{problem}\nusage: taxi_fares [--rows N] [--steps N]");
            return ExitCode::from(2);
        }
    };
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
