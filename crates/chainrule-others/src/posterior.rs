//! nuts-rs's trait for a program that computes the logarithm of a density.

use std::collections::HashMap;

use chainrule::{ErrorKind, Evaluator};
use nuts_rs::{CpuLogpFunc, CpuMathError, HasDims, LogpError, rand::Rng};

/// The logarithm of a density: the first output of a program.
pub struct Posterior(pub Evaluator);

/// An error of the program at a point.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Failed(#[from] chainrule::Error);

impl LogpError for Failed {
    fn is_recoverable(&self) -> bool {
        self.0.kind() == ErrorKind::Branch
    }
}

impl HasDims for Posterior {
    fn dim_sizes(&self) -> HashMap<String, u64> {
        HashMap::from([("unconstrained_parameter".into(), self.dim() as u64)])
    }
}

impl CpuLogpFunc for Posterior {
    type LogpError = Failed;
    type FlowParameters = ();
    type ExpandedVector = Vec<f64>;

    fn dim(&self) -> usize {
        self.0.program().inputs()
    }

    fn logp(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, Failed> {
        let (value, slopes) = self.0.gradient(x)?;
        gradient.copy_from_slice(slopes);
        Ok(value)
    }

    fn expand_vector<R: Rng + ?Sized>(
        &mut self,
        _: &mut R,
        x: &[f64],
    ) -> Result<Vec<f64>, CpuMathError> {
        Ok(x.to_vec())
    }
}
