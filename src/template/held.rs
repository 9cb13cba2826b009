//! Values that a rendered template refers to by number instead of containing them: quoting a script only to read it
//! back would be most of the work of rendering, and without names and host names the text of a template is the same for
//! most registries.

use crate::object::{Map, Value};
use crate::yaml;
use std::sync::{Mutex, PoisonError};

/// Stands for a value in the text, before its number. As every text is held, none in the rendered text can imitate it.
const MARK: &str = "@held/";

/// The values of one template that are kept out of its text.
#[derive(Default)]
pub(super) struct Held(Mutex<Vec<Value>>);

impl Held {
    /// How a value is written in the text: as one YAML scalar.
    pub(super) fn write(&self, value: Value) -> String {
        let is_held = match &value {
            Value::Str(_) => true,
            Value::Seq(items) => !items.is_empty(),
            Value::Map(map) => !map.is_empty(),
            _ => false,
        };
        if !is_held {
            return yaml::flow(&value);
        }
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(value);
        format!("\"{MARK}{}\"", held.len() - 1)
    }

    /// A parsed value with the held values put back; `None` if that gives a map with a duplicate key.
    pub(super) fn put_back(&self, value: &Value) -> Option<Value> {
        put_back(&self.0.lock().unwrap_or_else(PoisonError::into_inner), value)
    }
}

fn put_back(held: &[Value], value: &Value) -> Option<Value> {
    match value {
        Value::Str(text) => Some(find(held, text).unwrap_or(value).clone()),
        Value::Seq(items) => items.iter().map(|item| put_back(held, item)).collect::<Option<_>>().map(Value::Seq),
        Value::Map(map) => {
            let mut whole = Map::new();
            for (key, value) in map.iter() {
                let key = find(held, key).and_then(Value::as_str).unwrap_or(key);
                if whole.insert(key, put_back(held, value)?).is_some() {
                    return None;
                }
            }
            Some(whole.into())
        }
        other => Some(other.clone()),
    }
}

/// The held value that a text refers to.
fn find<'a>(held: &'a [Value], text: &str) -> Option<&'a Value> {
    held.get(text.strip_prefix(MARK)?.parse::<usize>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value that is read for an expression with this value.
    fn through(held: &Held, value: Value) -> Option<Value> {
        let written = held.write(value);
        let mut problems = crate::diagnostic::Diagnostics::new();
        let origin = yaml::Origin { file: "test", within: None };
        let text = format!("a: {written}\n{written}: b\n");
        let root = yaml::parse_own(&text, &origin, &mut problems).first().unwrap().root.to_value();
        held.put_back(&root)
    }

    #[test]
    fn every_value_comes_back_as_it_was() {
        let long = "l\u{e9}ng: '\"\n".repeat(100);
        for text in ["", "short", "@held/0", "@held/1", "@held/", &long] {
            let held = Held::default();
            let map: Map =
                [("a".to_owned(), text.into()), (text.to_owned(), Value::Seq(vec![text.into()]))].into_iter().collect();
            let wanted: Map = [("a".to_owned(), text.into()), (text.to_owned(), "b".into())].into_iter().collect();
            assert_eq!(through(&held, text.into()), Some(wanted.into()));
            assert_eq!(put_back(&held.0.lock().unwrap(), &"@held/9".into()), Some("@held/9".into()));
            let written = held.write(map.clone().into());
            assert_eq!(held.put_back(&written.trim_matches('"').into()), Some(map.into()));
        }
    }

    #[test]
    fn a_key_that_is_held_is_not_there_twice() {
        let held = Held::default();
        let keys = [held.write("k".into()), held.write("k".into())];
        let map: Map = keys.into_iter().map(|key| (key.trim_matches('"').to_owned(), Value::Null)).collect();
        assert_eq!(held.put_back(&map.into()), None);
    }
}
