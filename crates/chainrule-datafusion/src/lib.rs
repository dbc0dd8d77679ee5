//! Losses and gradients of [chainrule](chainrule)'s programs as functions of [`DataFusion`](datafusion), for SQL and data frames.
//!
//! [`register`] gives a session three functions of a [`Program`] over rows:
//!
//! | function | gives |
//! |---|---|
//! | `name(parameters, row, column, …)` | an aggregate: the sum of the first output over all rows and its gradient with respect to the parameters, as a struct with the fields `value` and `gradient` |
//! | `name_value(parameters, column, …)` | for each row, the first output |
//! | `name_gradient(parameters, column, …)` | for each row, the list of derivatives of the first output with respect to the parameters |
//!
//! `parameters` is one list, such as `[0.5, 1.0]`, which must not depend on the row. `row` is the index of the row among all
//! rows: it begins at 0, and no index is missing or there twice. The columns are numbers; an integer that no `f64` equals is an
//! error.
//!
//! ```
//! use chainrule::Program;
//! use datafusion::prelude::SessionContext;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> datafusion::error::Result<()> {
//! let loss = Program::trace_rows(&[0.0, 0.0], 2, |p, row| (p[0] * row[0] + p[1] - row[1]).square()).unwrap();
//! let session = SessionContext::new();
//! chainrule_datafusion::register(&session, "loss", &loss)?;
//!
//! let points = "(VALUES (0, 0.0, 1.0), (1, 1.0, 3.0), (2, 2.0, 6.0)) AS points(i, x, y)";
//! let answer = session.sql(&format!("SELECT loss([2.0, 1.0], i, x, y) FROM {points}")).await?.collect().await?;
//! let (value, gradient) = chainrule_datafusion::value_and_gradient(&answer)?;
//! assert_eq!((value, &gradient[..]), (1.0, &[-4.0, -2.0][..]));
//! # Ok(())
//! # }
//! ```
//!
//! # The same bits for any plan
//!
//! `DataFusion` splits rows into partitions and batches as it likes, and a plain sum changes its last bits when it does. Here the
//! bits are those of one [`Batch`](chainrule::Batch) with all rows in order of their indices: whole blocks of 64 rows
//! become [partial sums](chainrule::Partial), and rows of blocks that are split between batches or partitions wait until their
//! block is complete. That is why the aggregate needs the index of each row.
//!
//! If rows are filtered, number those that are left: `row_number() OVER (ORDER BY i) - 1`.

mod accumulator;
mod aggregate;
mod answer;
mod arguments;
mod code;
mod per_row;
mod scattered;
mod travel;

use std::sync::Arc;

use chainrule::Program;
use datafusion::error::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use datafusion::prelude::SessionContext;

use aggregate::SumGradient;
pub use answer::value_and_gradient;
use code::Code;
use per_row::{Asks, PerRow};
pub use travel::{aggregate_from_bytes, aggregate_to_bytes, per_row_from_bytes, per_row_to_bytes};

/// Gives a session the functions `name`, `name_value` and `name_gradient` of a program. Functions of these names are replaced.
///
/// The example is [at the top](crate).
///
/// # Errors
/// If the program has no outputs, no uniform inputs or no columns.
pub fn register(session: &SessionContext, name: &str, program: &Program) -> Result<()> {
    let state = session.state_ref();
    let mut state = state.write();
    let [value, gradient] = per_row(name, program)?;
    state.register_udaf(aggregate(name, program)?)?;
    state.register_udf(value)?;
    state.register_udf(gradient)?;
    Ok(())
}

/// The aggregate function alone, for data frames.
///
/// ```
/// use chainrule::Program;
/// use datafusion::prelude::{SessionContext, col, lit, make_array};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> datafusion::error::Result<()> {
/// let loss = Program::trace_rows(&[0.0], 1, |p, row| (p[0] * row[0]).exp()).unwrap();
/// let sum = chainrule_datafusion::aggregate("loss", &loss)?;
/// let session = SessionContext::new();
/// let table = session.sql("SELECT * FROM (VALUES (0, 0.0), (1, 0.0)) AS points(i, x)").await?;
/// let call = sum.call(vec![make_array(vec![lit(2.0)]), col("i"), col("x")]);
/// let answer = table.aggregate(vec![], vec![call])?.collect().await?;
/// assert_eq!(chainrule_datafusion::value_and_gradient(&answer)?, (2.0, vec![0.0]));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`register`].
pub fn aggregate(name: &str, program: &Program) -> Result<Arc<AggregateUDF>> {
    let function = SumGradient::new(Arc::new(Code::new(name, program)?));
    Ok(Arc::new(AggregateUDF::from(function)))
}

/// The functions of one row alone: the value and the gradient.
///
/// ```
/// use chainrule::Program;
/// let loss = Program::trace_rows(&[0.0], 1, |p, row| p[0] * row[0]).unwrap();
/// let [value, gradient] = chainrule_datafusion::per_row("loss", &loss)?;
/// assert_eq!([value.name(), gradient.name()], ["loss_value", "loss_gradient"]);
/// # Ok::<(), datafusion::error::DataFusionError>(())
/// ```
///
/// # Errors
/// As [`register`].
pub fn per_row(name: &str, program: &Program) -> Result<[Arc<ScalarUDF>; 2]> {
    let code = Arc::new(Code::new(name, program)?);
    let functions = [Asks::Value, Asks::Gradient].map(|asks| PerRow::new(Arc::clone(&code), asks));
    Ok(functions.map(|function| Arc::new(ScalarUDF::from(function))))
}
