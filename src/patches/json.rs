//! JSON patches (RFC 6902) of objects.

use crate::diagnostic::Location;
use crate::model::patches::{Operation, Verb};
use crate::object::Value;

/// How many bytes all operations of a patch together may copy within an object: otherwise copies of copies double it
/// each time, and no cluster accepts a larger object.
const COPIED: usize = 1 << 20;
/// How deep lists and maps may be nested, as in every document.
const DEEPEST: usize = 100;

/// An object after all operations; or the location of the one that fails, and why.
pub fn patched(object: &Value, operations: &[Operation]) -> Result<Value, (Location, String)> {
    let (mut value, mut copied) = (object.clone(), 0);
    for operation in operations {
        done(&mut value, operation, &mut copied).map_err(|reason| (operation.at.clone(), reason))?;
    }
    Ok(value)
}

/// Executes an operation; `copied` counts the bytes that earlier ones have copied.
fn done(value: &mut Value, operation: &Operation, copied: &mut usize) -> Result<(), String> {
    let path = &operation.path;
    match &operation.verb {
        Verb::Add(new) => add(value, path, new.clone()),
        Verb::Remove => remove(value, path).map(drop),
        Verb::Replace(new) => {
            check_nesting(path, new)?;
            *find(value, path).ok_or_else(|| absent(path))? = new.clone();
            Ok(())
        }
        Verb::Move(from) if path.starts_with(from) && path.len() > from.len() => {
            Err(format!("{} cannot be moved into itself", shown(from)))
        }
        Verb::Move(from) => {
            let taken = remove(value, from)?;
            add(value, path, taken)
        }
        Verb::Copy(from) => {
            let taken = find(value, from).ok_or_else(|| absent(from))?;
            *copied += size(taken);
            if *copied > COPIED {
                return Err(format!("copies of {} and others have more than {COPIED} bytes", shown(from)));
            }
            let taken = taken.clone();
            add(value, path, taken)
        }
        Verb::Test(wanted) => match find(value, path) {
            Some(found) if found == wanted => Ok(()),
            Some(_) => Err(format!("{} is something else than the test says", shown(path))),
            None => Err(absent(path)),
        },
    }
}

fn find<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Map(map) => map.get_mut(key),
        Value::Seq(items) => items.get_mut(place(key)?),
        _ => None,
    })
}

/// The index in a list that a key names: digits without leading zeros.
fn place(key: &str) -> Option<usize> {
    let is_plain = key == "0" || !key.starts_with(['0', '+']);
    key.parse().ok().filter(|_| is_plain)
}

fn add(value: &mut Value, path: &[String], new: Value) -> Result<(), String> {
    let Some((last, above)) = path.split_last() else { return Err(absent(path)) };
    check_nesting(path, &new)?;
    match find(value, above) {
        Some(Value::Map(map)) => {
            map.insert(last.as_str(), new);
            Ok(())
        }
        Some(Value::Seq(items)) => {
            let at = if last == "-" { Some(items.len()) } else { place(last) };
            let at = at.filter(|at| *at <= items.len()).ok_or_else(|| absent(path))?;
            items.insert(at, new);
            Ok(())
        }
        _ => Err(absent(above)),
    }
}

fn check_nesting(path: &[String], new: &Value) -> Result<(), String> {
    let is_deep = path.len() + height(new) > DEEPEST;
    if is_deep { Err(format!("lists and maps would be nested more than {DEEPEST} deep")) } else { Ok(()) }
}

fn remove(value: &mut Value, path: &[String]) -> Result<Value, String> {
    let Some((last, above)) = path.split_last() else { return Err(absent(path)) };
    let removed = match find(value, above) {
        Some(Value::Map(map)) => map.remove(last),
        Some(Value::Seq(items)) => place(last).filter(|at| *at < items.len()).map(|at| items.remove(at)),
        _ => None,
    };
    removed.ok_or_else(|| absent(path))
}

fn absent(path: &[String]) -> String {
    format!("there is no {}", shown(path))
}

fn shown(path: &[String]) -> String {
    path.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
}

/// The bytes of a value's keys and texts, and one for each value.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Map(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum(),
        Value::Seq(items) => items.iter().map(size).sum(),
        Value::Str(text) | Value::Int(text) | Value::Date(text) => text.len(),
        Value::Null | Value::Bool(_) | Value::Float(_) => 0,
    }
}

/// How deep lists and maps are nested in a value.
fn height(value: &Value) -> usize {
    match value {
        Value::Map(map) => 1 + map.iter().map(|(_, value)| height(value)).max().unwrap_or_default(),
        Value::Seq(items) => 1 + items.iter().map(height).max().unwrap_or_default(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Map;

    fn operation(verb: Verb, path: &str) -> Operation {
        Operation { verb, path: keys(path), at: Location::default() }
    }

    fn keys(path: &str) -> Vec<String> {
        path.split('/').skip(1).map(str::to_owned).collect()
    }

    fn map(value: impl Into<Value>) -> Value {
        [("a".to_owned(), value.into())].into_iter().collect::<Map>().into()
    }

    fn refusal(operations: &[Operation]) -> Option<String> {
        patched(&map("x"), operations).err().map(|(_, reason)| reason)
    }

    #[test]
    fn copies_of_copies_end() {
        let double = |n: usize| operation(Verb::Copy(Vec::new()), &format!("/copy{n}"));
        assert_eq!(refusal(&(0..10).map(double).collect::<Vec<_>>()), None);
        let reason = refusal(&(0..60).map(double).collect::<Vec<_>>()).unwrap();
        assert!(reason.contains("more than 1048576 bytes"), "{reason}");
    }

    #[test]
    fn nothing_is_nested_deeper_than_in_a_document() {
        let path = |n: usize| "/a".repeat(n);
        let deep = |n: usize| (0..n).fold(Value::Null, |value, _| map(value));
        let step = |n: usize| operation(Verb::Add(deep(1)), &path(n));
        assert_eq!(refusal(&(1..100).map(step).collect::<Vec<_>>()), None);
        for last in [Verb::Add(deep(1)), Verb::Replace(deep(1))] {
            let steps = (1..100).map(step).chain([operation(last, &path(100))]);
            let reason = refusal(&steps.collect::<Vec<_>>()).unwrap();
            assert!(reason.contains("nested more than 100 deep"), "{reason}");
        }
    }
}
