//! Runs the same work on many items in parallel.

use super::Fatal;
use super::terminal::{Volume, tell_raw, volume};
use std::io::{self, IsTerminal as _};
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The default number of threads: one for each processor.
pub(super) fn processors() -> NonZero<usize> {
    thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Calls a function on each item with `jobs` threads, this one included, and returns the results in the order of the
/// items. The function must not depend on the order of calls. On a terminal a line counts the finished items.
///
/// # Errors
/// Where a thread ended without a result.
pub(super) fn each<I: Sync, T: Send>(
    items: &[I],
    jobs: NonZero<usize>,
    what: &str,
    work: impl Fn(&I) -> T + Sync,
) -> Result<Vec<T>, Fatal> {
    let (next, progress) = (AtomicUsize::new(0), Progress::new(items.len(), what));
    let share = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item)));
            progress.step();
        }
    };
    let shares: Vec<thread::Result<Vec<(usize, T)>>> = thread::scope(|scope| {
        let others: Vec<_> = (1..jobs.get().min(items.len())).map(|_| scope.spawn(share)).collect();
        let own = share();
        std::iter::once(Ok(own)).chain(others.into_iter().map(thread::ScopedJoinHandle::join)).collect()
    });
    progress.clear();
    let mut results: Vec<(usize, T)> = Vec::with_capacity(items.len());
    for share in shares {
        results.extend(share.map_err(|_| Fatal("a thread ended early".to_owned()))?);
    }
    results.sort_by_key(|(at, _)| *at);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// A progress line; nothing unless standard error is a terminal.
struct Progress<'a> {
    /// How many items are finished; nothing if no line is shown.
    done: Option<Mutex<usize>>,
    total: usize,
    what: &'a str,
}

impl<'a> Progress<'a> {
    fn new(total: usize, what: &'a str) -> Self {
        Self { done: (io::stderr().is_terminal() && volume() != Volume::Quiet).then(Mutex::default), total, what }
    }

    fn step(&self) {
        if let Some(mut done) = self.done.as_ref().and_then(|done| done.lock().ok()) {
            *done += 1;
            tell_raw(format_args!("\r\x1b[K{done} of {} {}", self.total, self.what));
        }
    }

    fn clear(&self) {
        if self.done.is_some() {
            tell_raw(format_args!("\r\x1b[K"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items_on_any_number_of_threads() {
        let items: Vec<u64> = (0..200).collect();
        for jobs in [1, 2, 7, 500] {
            let squares = each(&items, NonZero::new(jobs).unwrap(), "numbers", |number| {
                thread::sleep(std::time::Duration::from_micros(number % 7 * 50));
                number * number
            });
            let Ok(squares) = squares else { panic!("no result") };
            assert!(squares.iter().eq(items.iter().map(|number| number * number).collect::<Vec<_>>().iter()));
        }
        assert!(each(&[0_u8; 0], processors(), "numbers", |_| 0).is_ok_and(|none| none.is_empty()));
    }
}
