//! Callbacks: called during a run, they can stop it.

use std::ops::ControlFlow;

use super::history::{Epoch, TrainingStep};
use crate::error::Result;

/// What a callback of [`Fit`](super::Fit) may return: nothing, whether to continue, or a `Result` of either.
///
/// ```
/// use chainrule::nn::fit::CallbackOutput;
/// use std::ops::ControlFlow;
///
/// assert_eq!(().control_flow()?, ControlFlow::Continue(()));
/// assert_eq!(ControlFlow::Break(()).control_flow()?, ControlFlow::Break(()));
/// assert!(chainrule::Result::<()>::Err(chainrule::Error::argument("x", "is NaN")).control_flow().is_err());
/// # Ok::<(), chainrule::Error>(())
/// ```
pub trait CallbackOutput {
    /// Whether to continue, or the callback's error, which ends the run.
    ///
    /// ```
    /// use chainrule::nn::fit::CallbackOutput;
    /// assert!(().control_flow()?.is_continue());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// The callback's own.
    fn control_flow(self) -> Result<ControlFlow<()>>;
}

impl CallbackOutput for () {
    fn control_flow(self) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }
}

impl CallbackOutput for ControlFlow<()> {
    fn control_flow(self) -> Result<ControlFlow<()>> {
        Ok(self)
    }
}

impl<C: CallbackOutput> CallbackOutput for Result<C> {
    fn control_flow(self) -> Result<ControlFlow<()>> {
        self?.control_flow()
    }
}

type Callback<'a, E, M> = Option<Box<dyn FnMut(&E, &M) -> Result<ControlFlow<()>> + 'a>>;

/// The callbacks of a run.
pub(super) struct Callbacks<'a, M> {
    pub(super) step: Callback<'a, TrainingStep, M>,
    pub(super) epoch: Callback<'a, Epoch, M>,
}
