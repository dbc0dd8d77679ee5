//! Runs work on several threads; on one thread if the feature `parallel` is off.
//!
//! The calling thread takes part. Its helpers stay awake for a short while after their last work, because waking one takes
//! as long as computing a small batch. While they wait, they yield their cores to other threads.

/// The number of threads for a request of `threads`: 0 requests one per core.
pub(crate) fn threads(threads: usize) -> usize {
    #[cfg(feature = "parallel")]
    if threads == 0 {
        return *crew::CORES;
    }
    if cfg!(feature = "parallel") {
        threads
    } else {
        1
    }
}

/// Runs `work` on every item, on up to `threads` threads; on one if another caller is using the helpers, or in a process that
/// was forked after they started. Each thread takes
/// the next item when it has finished one.
pub(crate) fn for_each<T: Send>(
    threads: usize,
    items: &mut [T],
    work: impl Fn(usize, &mut T) + Sync,
) {
    #[cfg(feature = "parallel")]
    if threads.min(items.len()) > 1
        && let Some(crew) = crew::claim()
    {
        crew.for_each(threads, items, work);
        return;
    }
    #[cfg(not(feature = "parallel"))]
    let _ = threads;
    for (index, item) in items.iter_mut().enumerate() {
        work(index, item);
    }
}

#[cfg(feature = "parallel")]
mod crew {
    use std::cell::Cell;
    use std::hint;
    use std::num::NonZero;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, TryLockError};
    use std::time::{Duration, Instant};
    use std::{process, thread};

    use rayon::{ThreadPool, ThreadPoolBuilder, Yield};

    /// How long a helper waits for the next piece of work: several times the duration of a small batch.
    const LINGER: Duration = Duration::from_micros(500);

    /// How long the caller waits for the last pieces before it yields its core.
    const SPIN: Duration = Duration::from_micros(50);

    /// The number of threads that can run at a time, cached because a query takes as long as a small batch.
    pub(super) static CORES: LazyLock<usize> =
        LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));

    /// The helpers, for one caller at a time; `None` on a single core, or if no thread can be started.
    static CREW: LazyLock<Option<Crew>> = LazyLock::new(|| {
        let helpers = *CORES - 1;
        if helpers == 0 {
            return None;
        }
        let builder = ThreadPoolBuilder::new()
            .num_threads(helpers)
            .thread_name(|index| format!("chainrule {index}"));
        let pool = builder.build().ok()?;
        Some(Crew {
            pool,
            caller: Mutex::new(()),
            process: process::id(),
        })
    });
    /// The number of helpers that are awake.
    static AWAKE: AtomicUsize = AtomicUsize::new(0);

    struct Crew {
        pool: ThreadPool,
        caller: Mutex<()>,
        /// The process that started the helpers. A process that is forked from it has a copy of the crew, but no helpers.
        process: u32,
    }

    pub(super) struct Claim {
        pool: &'static ThreadPool,
        _caller: MutexGuard<'static, ()>,
    }

    /// The helpers, if nobody else is using them.
    pub(super) fn claim() -> Option<Claim> {
        let crew = CREW.as_ref()?;
        if crew.process != process::id() {
            return None;
        }
        let caller = match crew.caller.try_lock() {
            Ok(caller) => caller,
            // An earlier caller's work panicked, but the mutex protects no data that could be inconsistent.
            Err(TryLockError::Poisoned(caller)) => caller.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(Claim {
            pool: &crew.pool,
            _caller: caller,
        })
    }

    impl Claim {
        /// Runs `work` on every item. The caller takes part.
        pub(super) fn for_each<T: Send>(
            &self,
            threads: usize,
            items: &mut [T],
            work: impl Fn(usize, &mut T) + Sync,
        ) {
            let helpers = (threads.min(items.len()) - 1).min(self.pool.current_num_threads());
            for _ in AWAKE.load(Ordering::Relaxed)..helpers {
                AWAKE.fetch_add(1, Ordering::Relaxed);
                self.pool.spawn(linger);
            }
            let queue = Mutex::new(items.iter_mut().enumerate());
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let work = || {
                while let Some((index, item)) = next() {
                    work(index, item);
                }
            };
            let at_work = &AtomicUsize::new(helpers);
            self.pool.in_place_scope(|scope| {
                for _ in 0..helpers {
                    scope.spawn(|_| {
                        let _leaves = Leaves(at_work);
                        work();
                    });
                }
                work();
                // The scope would sleep until the others are done, and would wake late.
                let start = Instant::now();
                while at_work.load(Ordering::Acquire) > 0 && start.elapsed() < LINGER {
                    if start.elapsed() < SPIN {
                        hint::spin_loop();
                    } else {
                        thread::yield_now();
                    }
                }
            });
        }
    }

    /// Decrements the count of awake helpers on drop, so also after a panic.
    struct Leaves<'a>(&'a AtomicUsize);

    impl Drop for Leaves<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Release);
        }
    }

    thread_local! {
        static LINGERS: Cell<bool> = const { Cell::new(false) };
    }

    /// Keeps a helper awake until it has had no work for a while.
    fn linger() {
        // A lingering helper may get another request that was meant for one that has not woken yet.
        if !LINGERS.replace(true) {
            let mut last = Instant::now();
            while last.elapsed() < LINGER {
                match rayon::yield_now() {
                    Some(Yield::Executed) => last = Instant::now(),
                    _ => thread::yield_now(),
                }
            }
            LINGERS.set(false);
        }
        AWAKE.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;

    use super::for_each;

    /// Checks that every item is processed once, on any thread.
    fn count(threads: usize, items: usize) {
        let mut counts = vec![0; items];
        for_each(threads, &mut counts, |index, count| *count += index + 1);
        assert!(counts.iter().zip(1..).all(|(&count, place)| count == place));
    }

    #[test]
    fn every_item_is_done_once() {
        for threads in [0, 1, 2, 3, 8] {
            for items in [0, 1, 2, 7, 100] {
                count(threads, items);
            }
        }
    }

    #[test]
    fn callers_do_not_wait_for_each_other() {
        thread::scope(|scope| {
            for threads in 1..6 {
                scope.spawn(move || (0..200).for_each(|_| count(threads, 50)));
            }
        });
        // Nested calls: the inner one finds the helpers in use.
        let mut items = [0; 20];
        for_each(4, &mut items, |_, item| {
            count(4, 20);
            *item += 1;
        });
        assert_eq!(items, [1; 20]);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_helpers_keep_working() {
        for culprit in [0, 1, 30] {
            let mut items = vec![0; 40];
            let work = |index: usize, item: &mut i32| {
                assert!(index != culprit, "the culprit");
                *item = 1;
            };
            let result = catch_unwind(AssertUnwindSafe(|| for_each(2, &mut items, work)));
            let message = result.unwrap_err().downcast::<&str>().unwrap();
            assert_eq!(*message, "the culprit");
            assert_eq!(items[culprit], 0);
            count(2, 40);
        }
    }
}
