//! Work on several threads, or one after the other where the feature `parallel` is off.

/// How many threads `threads` asks for; 0 asks for as many as there are cores.
pub(crate) fn threads(threads: usize) -> usize {
    #[cfg(feature = "parallel")]
    if threads == 0 {
        return rayon::current_num_threads();
    }
    if cfg!(feature = "parallel") {
        threads
    } else {
        1
    }
}

/// Runs `work` where further threads are at hand, if it wants more than one: handing work over is cheap there.
pub(crate) fn among<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    #[cfg(feature = "parallel")]
    if threads > 1 {
        return rayon::scope(|_| work());
    }
    let _ = threads;
    work()
}

/// Runs both, at the same time if there is a thread for it.
pub(crate) fn join(left: impl FnOnce() + Send, right: impl FnOnce() + Send) {
    #[cfg(feature = "parallel")]
    rayon::join(left, right);
    #[cfg(not(feature = "parallel"))]
    {
        left();
        right();
    }
}

/// Runs `work` on every item, each on a thread of its own if there are as many.
pub(crate) fn for_each<T: Send>(items: &mut [T], work: impl Fn(usize, &mut T) + Sync) {
    #[cfg(feature = "parallel")]
    {
        use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
        let items = items.par_iter_mut().with_max_len(1).enumerate();
        items.for_each(|(index, item)| work(index, item));
    }
    #[cfg(not(feature = "parallel"))]
    for (index, item) in items.iter_mut().enumerate() {
        work(index, item);
    }
}
