//! Caches what is read repeatedly: releases and their parts, and rendered templates. Most templates give the same text
//! for two registries of a fleet, since the values that differ are kept apart from it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The maximum number of entries: all releases together have some hundred files, and each a few forms.
const MOST: usize = 1_000;

/// The results, by the name or text that they were read from.
pub struct Memo<T>(Mutex<BTreeMap<String, T>>);

impl<T: Clone> Memo<T> {
    /// The cached value of `key`, else that of `read`. Two concurrent callers may both read it.
    ///
    /// # Errors
    /// Those of `read`; then nothing is cached.
    pub fn get_or<E>(&self, key: &str, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        if let Some(known) = self.kept().get(key) {
            return Ok(known.clone());
        }
        let value = read()?;
        let mut kept = self.kept();
        if kept.len() < MOST {
            kept.insert(key.to_owned(), value.clone());
        }
        Ok(value)
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Shows nothing, as cached values may be secret.
impl<T> fmt::Debug for Memo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_read_once_and_what_is_broken_each_time() {
        let (memo, mut reads) = (Memo::default(), 0);
        for _ in 0..3 {
            let value = memo.get_or("a", || {
                reads += 1;
                Ok::<_, &str>(reads)
            });
            assert_eq!(value, Ok(1));
            assert_eq!(memo.get_or("b", || Err("broken")), Err("broken"));
        }
        assert_eq!(reads, 1);
    }

    #[test]
    fn only_so_many_are_kept() {
        let memo = Memo::default();
        for number in 0..=MOST {
            assert_eq!(memo.get_or(&number.to_string(), || Ok::<_, ()>(number)), Ok(number));
        }
        assert_eq!(memo.kept().len(), MOST);
    }
}
