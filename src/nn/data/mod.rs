//! Data sets: rows of `f64` inputs with one target each.
//!
//! A [`Dataset`] comes from a CSV file (`read_csv`, `Csv`, with the feature `csv`), from a generated shape ([`moons`], [`circles`],
//! [`spirals`], [`blobs`]) or from vectors ([`Dataset::new`]). You can [split](Dataset::split) it into a training and a
//! test part and go through it in [mini-batches](Dataset::batches). Nothing is scaled, centred or encoded unless you ask.
//!
//! Random numbers come only from the caller's generator, in an order that depends only on the arguments: the same seed of
//! the same generator gives the same bits on every machine.
//!
//! ```
//! use chainrule::nn::data::moons;
//! use rand::{SeedableRng, rngs::StdRng};
//!
//! let mut rng = StdRng::seed_from_u64(1);
//! let data = moons(100, 0.1, &mut rng)?;
//! let (train, test) = data.split(0.8, &mut rng)?;
//! assert_eq!((train.len(), test.len()), (80, 20));
//!
//! let sizes: Vec<usize> = train.batches(32, &mut rng)?.map(|batch| batch.len()).collect();
//! assert_eq!(sizes, [32, 32, 16]);
//! # Ok::<(), chainrule::Error>(())
//! ```

mod batches;
mod chunked;
mod dataset;
mod generate;
#[cfg(feature = "arrow")]
mod parquet;
#[cfg(feature = "csv")]
mod read;
#[cfg(feature = "csv")]
mod records;
mod tabular;

pub use batches::Batches;
pub use chunked::{Chunk, Chunked};
pub use dataset::{Dataset, Row};
pub use generate::{blobs, circles, moons, spirals};
#[cfg(feature = "arrow")]
pub use parquet::Parquet;
#[cfg(feature = "csv")]
pub use read::{Csv, CsvChunks, CsvOptions, Missing, read_csv};
pub use tabular::Tabular;
