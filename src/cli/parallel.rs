//! Work on many things at once.

use super::Fatal;
use super::terminal::tell_raw;
use std::io::{self, IsTerminal as _};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// How many threads work, where nobody says: one for each processor.
pub(super) fn processors() -> NonZero<usize> {
    thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Does the same with each item, on so many threads, and gives the results in the order of the items. What is done must not
/// depend on its turn. A line on a terminal counts what is done.
///
/// # Errors
/// Where a thread ended without a result.
pub(super) fn each<I: Sync, T: Send>(
    items: &[I],
    jobs: NonZero<usize>,
    what: &str,
    work: impl Fn(&I) -> T + Sync,
) -> Result<Vec<T>, Fatal> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut results: Vec<Option<T>> = items.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..jobs.get().min(items.len()) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                while let Some((at, item)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| items.get(at).map(|item| (at, item)))
                {
                    if sender.send((at, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let progress = Progress::new(items.len(), what);
        for (done, (at, result)) in receiver.iter().enumerate() {
            progress.show(done + 1);
            if let Some(slot) = results.get_mut(at) {
                *slot = Some(result);
            }
        }
        progress.clear();
    });
    let results: Option<Vec<T>> = results.into_iter().collect();
    results.ok_or_else(|| Fatal("a thread ended early".to_owned()))
}

/// A line that says how far it is; nothing where no person would see it come and go.
struct Progress<'a> {
    total: usize,
    what: &'a str,
    is_shown: bool,
}

impl<'a> Progress<'a> {
    fn new(total: usize, what: &'a str) -> Self {
        Self { total, what, is_shown: io::stderr().is_terminal() }
    }

    fn show(&self, done: usize) {
        if self.is_shown {
            tell_raw(format_args!("\r\x1b[K{done} of {} {}", self.total, self.what));
        }
    }

    fn clear(&self) {
        if self.is_shown {
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
