//! What a callback may answer.

use std::ops::ControlFlow;

use crate::error::Result;

/// What a callback of [`Fit`](super::Fit) may return: nothing, whether to go on, or a result of such.
///
/// ```
/// use chainrule::nn::fit::Reply;
/// use std::ops::ControlFlow;
///
/// assert_eq!(().reply()?, ControlFlow::Continue(()));
/// assert_eq!(ControlFlow::Break(()).reply()?, ControlFlow::Break(()));
/// assert!(chainrule::Result::<()>::Err(chainrule::Error::argument("x", "is NaN")).reply().is_err());
/// # Ok::<(), chainrule::Error>(())
/// ```
pub trait Reply {
    /// Whether to go on, or what the callback failed with, which ends the run.
    ///
    /// ```
    /// use chainrule::nn::fit::Reply;
    /// assert!(().reply()?.is_continue());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// The callback's own.
    fn reply(self) -> Result<ControlFlow<()>>;
}

impl Reply for () {
    fn reply(self) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }
}

impl Reply for ControlFlow<()> {
    fn reply(self) -> Result<ControlFlow<()>> {
        Ok(self)
    }
}

impl<R: Reply> Reply for Result<R> {
    fn reply(self) -> Result<ControlFlow<()>> {
        self?.reply()
    }
}
