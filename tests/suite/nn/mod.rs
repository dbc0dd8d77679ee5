//! Tests networks, training, data sets and metrics.

#[cfg(feature = "csv")]
#[path = "../../../examples/shared/contour.rs"]
mod contour;
#[cfg(feature = "csv")]
#[path = "../../../examples/moons/page.rs"]
mod page;
#[cfg(feature = "csv")]
#[path = "../../../examples/moons/train.rs"]
mod train;

#[cfg(feature = "serde")]
mod checkpoint;
mod chunks;
#[cfg(feature = "csv")]
mod csv;
#[cfg(feature = "csv")]
mod data;
mod fit;
mod loss;
#[cfg(feature = "csv")]
mod moons_page;
mod network;
mod optimizer;
// The tests write files to folders that `serde` brings the crate for.
#[cfg(all(feature = "arrow", feature = "serde"))]
mod parquet;
#[cfg(feature = "csv")]
mod reference;

use chainrule::Error;
use rand::SeedableRng;
use rand::rngs::StdRng;

fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// The message of an error.
fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    result.unwrap_err().to_string()
}
