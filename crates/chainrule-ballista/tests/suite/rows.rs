//! Rows in Parquet files, and a cluster that reads them.

use std::fs::File;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use ballista::prelude::SessionConfigExt;
use chainrule::Program;
use chainrule_ballista::{Local, connect};
use chainrule_datafusion::{register, value_and_gradient};
use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::Result;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};

pub(crate) const PARAMETERS: [f64; 2] = [0.3, -1.7];
pub(crate) const SUM: &str = "SELECT loss([0.3, -1.7], i, a, b) FROM data";

/// The indices and the columns `a` and `b` of some rows. `None` is a missing number.
pub(crate) type Rows = Vec<(usize, Option<f64>, Option<f64>)>;

/// Numbers of all sizes, so that another order of adding shows in the last bits.
pub(crate) fn rows(count: usize) -> Vec<[f64; 2]> {
    let number = |i: usize| (i as f64 * 0.754_877).fract() - 0.5;
    let size = |i: usize| 10_f64.powf((i % 9) as f64 - 4.0);
    let row = |i| [number(i) * 3.0, number(7 * i + 1) * size(i)];
    (0..count).map(row).collect()
}

pub(crate) fn loss() -> Program {
    let loss = Program::trace_rows(&PARAMETERS, 2, |p, row| {
        ((p[0] * row[0] + p[1]).sin() * row[1] - 0.1).square()
    });
    loss.unwrap()
}

/// A loss that takes long.
pub(crate) fn slow_loss() -> Program {
    let loss = Program::trace_rows(&PARAMETERS, 2, |p, row| {
        let mut angle = p[0] * row[0] + p[1];
        for _ in 0..1000 {
            angle = angle.sin() * 1.0001;
        }
        (angle * row[1] - 0.1).square()
    });
    loss.unwrap()
}

/// The sum and the gradient over all rows by one batch.
pub(crate) fn batch(program: &Program, rows: &[[f64; 2]]) -> (f64, Vec<f64>) {
    let mut batch = program.batch(rows).unwrap();
    let (value, gradient) = batch.sum_gradient(&PARAMETERS).unwrap();
    (value, gradient.to_vec())
}

/// Writes rows to a file with row groups of 700.
pub(crate) fn write(file: &Path, rows: &Rows) {
    let number = |name| Field::new(name, DataType::Float64, true);
    let index = Field::new("i", DataType::Int64, false);
    let schema = Arc::new(Schema::new(vec![index, number("a"), number("b")]));
    let indices = rows.iter().map(|row| i64::try_from(row.0).unwrap());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(indices)),
        Arc::new(rows.iter().map(|row| row.1).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>()),
    ];
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(700))
        .build();
    let file = File::create(file).unwrap();
    let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties)).unwrap();
    writer
        .write(&RecordBatch::try_new(schema, columns).unwrap())
        .unwrap();
    writer.close().unwrap();
}

/// Writes rows to three files, which are not cut at blocks of 64 rows.
pub(crate) fn write_all(folder: &Path, rows: &[[f64; 2]]) {
    for file in 0..3 {
        let (first, end) = (rows.len() * file / 3, rows.len() * (file + 1) / 3);
        let part = (first..end).map(|row| (row, Some(rows[row][0]), Some(rows[row][1])));
        write(
            &folder.join(format!("part-{file}.parquet")),
            &part.collect(),
        );
    }
}

/// A cluster with this many executors.
pub(crate) fn cluster(executors: usize) -> Local {
    Local::start(
        Path::new(env!("CARGO_BIN_EXE_chainrule-ballista")),
        executors,
    )
    .unwrap()
}

/// A session on a cluster that knows a program as `loss`, and the files of a folder as `data`.
pub(crate) async fn session(
    cluster: &Local,
    folder: &Path,
    program: &Program,
    partitions: usize,
) -> Result<SessionContext> {
    // Executors on one machine would read each other's files, even those of a dead one.
    let config = SessionConfig::new_with_ballista()
        .with_target_partitions(partitions)
        .with_ballista_shuffle_reader_force_remote_read(true);
    let session = connect(cluster.address(), config).await?;
    register(&session, "loss", program)?;
    let path = folder.to_string_lossy();
    session
        .register_parquet("data", path, ParquetReadOptions::default())
        .await?;
    Ok(session)
}

/// The value and the gradient that a query answers.
pub(crate) async fn ask(session: &SessionContext, query: &str) -> Result<(f64, Vec<f64>)> {
    value_and_gradient(&session.sql(query).await?.collect().await?)
}

/// Waits for a task on threads of its own.
pub(crate) fn wait<T>(task: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(task)
}
