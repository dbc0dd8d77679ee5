//! The training data and the initial weights, read from `NumPy`'s files or random.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use chainrule::{Error, Result};
use npyz::{NpyFile, Order};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;

use crate::network::Sizes;

/// Rows of inputs and targets, and the initial weights.
pub(crate) struct Problem {
    pub(crate) sizes: Sizes,
    pub(crate) rows: Vec<Vec<f64>>,
    pub(crate) weights: Vec<f64>,
}

impl Problem {
    /// Random standard normal numbers in the lecture's sizes: 64 rows, 1000 inputs, 100 hidden neurons, 10 outputs.
    pub(crate) fn drawn(seed: u64) -> Self {
        let sizes = Sizes {
            inputs: 1000,
            hidden: 100,
            outputs: 10,
        };
        let mut rng = StdRng::seed_from_u64(seed);
        let mut normal = |count| (0..count).map(|_| rng.sample(StandardNormal)).collect();
        Self {
            sizes,
            rows: (0..64)
                .map(|_| normal(sizes.inputs + sizes.outputs))
                .collect(),
            weights: normal(sizes.weights()),
        }
    }

    /// Reads the matrices `x.npy` (rows × inputs), `y.npy` (rows × outputs), `w1.npy` (inputs × hidden) and `w2.npy`
    /// (hidden × outputs) from a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let matrix = |name: &str, shape| Matrix::read(&folder.join(name), shape);
        let x = matrix("x.npy", [None, None])?;
        let y = matrix("y.npy", [Some(x.rows), None])?;
        let w1 = matrix("w1.npy", [Some(x.columns), None])?;
        let w2 = matrix("w2.npy", [Some(w1.columns), Some(y.columns)])?;
        let rows = x.values.chunks(x.columns).zip(y.values.chunks(y.columns));
        Ok(Self {
            sizes: Sizes {
                inputs: x.columns,
                hidden: w1.columns,
                outputs: y.columns,
            },
            rows: rows.map(|(x, y)| [x, y].concat()).collect(),
            weights: [w1.values, w2.values].concat(),
        })
    }
}

/// Numbers row by row.
struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// Reads a matrix with these numbers of rows and columns; `None` allows any number.
    fn read(path: &Path, shape: [Option<usize>; 2]) -> Result<Self> {
        let unusable =
            |problem: String| Error::data(&path.display().to_string(), None, None, problem);
        let io = |cause: io::Error| match cause.kind() {
            io::ErrorKind::UnexpectedEof => unusable("is cut short".to_string()),
            _ => Error::io(path, cause),
        };
        let file = File::open(path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let npy = NpyFile::new(BufReader::new(file)).map_err(io)?;
        let found = npy.shape().to_vec();
        let sizes = match found[..] {
            [rows, columns] if rows > 0 && columns > 0 => Some([rows, columns]),
            _ => None,
        };
        let fits = |sizes: &[u64; 2]| {
            let mut pairs = sizes.iter().zip(shape);
            pairs.all(|(&found, expected)| expected.is_none_or(|expected| expected as u64 == found))
        };
        let Some([rows, columns]) = sizes.filter(fits) else {
            let wanted = shape.map(|size| size.map_or("any".to_string(), |size| size.to_string()));
            let problem = format!(
                "expected a matrix of {} by {} numbers, found the shape {found:?}",
                wanted[0], wanted[1]
            );
            return Err(unusable(problem));
        };
        if npy.order() != Order::C {
            return Err(unusable(
                "expected a matrix stored row by row, found one stored column by column"
                    .to_string(),
            ));
        }
        // Checked before allocating, because a damaged header may contain any number.
        if rows
            .checked_mul(columns)
            .is_none_or(|count| count > bytes / 8)
        {
            let problem = format!(
                "is cut short: {bytes} bytes cannot hold {rows} by {columns} numbers of 8 bytes"
            );
            return Err(unusable(problem));
        }
        let values: Vec<f64> = npy.into_vec().map_err(io)?;
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            let (row, column) = (place as u64 / columns, place as u64 % columns);
            let problem = format!(
                "row {row}, column {column}: expected a finite number, found {}",
                values[place]
            );
            return Err(unusable(problem));
        }
        Ok(Self {
            rows: rows as usize,
            columns: columns as usize,
            values,
        })
    }
}
