//! Losses and gradients of [chainrule](chainrule_datafusion)'s programs on a cluster of [Ballista](ballista).
//!
//! A cluster is a scheduler and any number of executors. Programs travel inside the queries, so scheduler and executors need
//! not know them beforehand, but they must read them: start them with the program `chainrule-ballista`, or with [`Role::run`] in
//! a program of yours.
//!
//! ```sh
//! chainrule-ballista scheduler --bind 10.0.0.1:50050
//! chainrule-ballista executor --scheduler 10.0.0.1:50050 --bind 10.0.0.2       # on each machine
//! ```
//!
//! A client [connects](connect), and gives its session the functions of a program by [`chainrule_datafusion::register`]:
//!
//! ```no_run
//! use chainrule::Program;
//! use datafusion::prelude::{ParquetReadOptions, SessionConfig};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> datafusion::error::Result<()> {
//! let loss = Program::trace_rows(&[0.0, 0.0], 2, |p, row| (p[0] * row[0] + p[1] - row[1]).square()).unwrap();
//! let session = chainrule_ballista::connect("10.0.0.1:50050", SessionConfig::new()).await?;
//! chainrule_datafusion::register(&session, "loss", &loss)?;
//! session.register_parquet("points", "/shared/points", ParquetReadOptions::default()).await?;
//! let answer = session.sql("SELECT loss([2.0, 1.0], i, x, y) FROM points").await?.collect().await?;
//! let (value, gradient) = chainrule_datafusion::value_and_gradient(&answer)?;
//! # Ok(())
//! # }
//! ```
//!
//! The value and the gradient have the bits of one `Batch` with all rows, for any number of executors and partitions.

mod codec;
mod local;
mod role;

use std::sync::Arc;

use ballista::prelude::{SessionConfigExt, SessionContextExt};
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

pub use codec::{LogicalCodec, PhysicalCodec};
pub use local::Local;
pub use role::Role;

/// A session whose queries run on the cluster of this scheduler (`host:port`). The example is [at the top](crate).
///
/// # Errors
/// If the address is malformed. Whether the scheduler answers shows with the first query.
pub async fn connect(scheduler: &str, config: SessionConfig) -> Result<SessionContext> {
    let config = config
        .upgrade_for_ballista()
        .with_ballista_logical_extension_codec(Arc::new(LogicalCodec::default()))
        .with_ballista_physical_extension_codec(Arc::new(PhysicalCodec::default()));
    let state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(config)
        .build();
    SessionContext::remote_with_state(&format!("df://{scheduler}"), state).await
}
