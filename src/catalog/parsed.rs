//! What rendered templates say, read once: two registries of a fleet render most templates to the same text, since the values
//! that differ stand beside it.

use crate::object::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Beyond so many texts none is kept any more: a release has some hundred templates, and each a few forms.
const MOST: usize = 1_000;

/// Values by the text that was rendered.
#[derive(Default)]
pub struct Parsed(Mutex<BTreeMap<String, Arc<[Value]>>>);

impl Parsed {
    /// The values in `text`, of which `parse` reads them where nobody did before.
    ///
    /// # Errors
    /// Those of `parse`; such a text is not kept.
    pub fn values<E>(&self, text: &str, parse: impl FnOnce() -> Result<Vec<Value>, E>) -> Result<Arc<[Value]>, E> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(text) {
            return Ok(Arc::clone(known));
        }
        let values: Arc<[Value]> = parse()?.into();
        let mut kept = lock();
        if kept.len() < MOST {
            kept.insert(text.to_owned(), Arc::clone(&values));
        }
        Ok(values)
    }
}

/// The texts may be of secrets.
impl std::fmt::Debug for Parsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parsed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_once_and_a_broken_one_each_time() {
        let (parsed, mut reads) = (Parsed::default(), 0);
        for _ in 0..3 {
            let values = parsed.values("a: b", || {
                reads += 1;
                Ok::<_, ()>(vec!["b".into()])
            });
            assert_eq!(*values.unwrap(), [Value::from("b")]);
            assert_eq!(parsed.values("{", || Err::<Vec<Value>, _>("broken")).err(), Some("broken"));
        }
        assert_eq!(reads, 1);
    }

    #[test]
    fn only_so_many_are_kept() {
        let parsed = Parsed::default();
        for number in 0..=MOST {
            drop(parsed.values(&number.to_string(), || Ok::<_, ()>(Vec::new())));
        }
        assert_eq!(parsed.0.lock().unwrap().len(), MOST);
    }
}
