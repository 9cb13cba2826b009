//! JSON patches (RFC 6902) of objects.

use crate::diagnostic::Location;
use crate::model::patches::{Operation, Verb};
use crate::object::Value;

/// An object with all operations done; else where the one stands that cannot be done, and why.
pub fn patched(object: &Value, operations: &[Operation]) -> Result<Value, (Location, String)> {
    let mut value = object.clone();
    for operation in operations {
        done(&mut value, operation).map_err(|reason| (operation.at.clone(), reason))?;
    }
    Ok(value)
}

fn done(value: &mut Value, operation: &Operation) -> Result<(), String> {
    let path = &operation.path;
    match &operation.verb {
        Verb::Add(new) => add(value, path, new.clone()),
        Verb::Remove => remove(value, path).map(drop),
        Verb::Replace(new) => {
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
            let taken = find(value, from).ok_or_else(|| absent(from))?.clone();
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

/// The place in a list that a key names: digits, none in front that says nothing.
fn place(key: &str) -> Option<usize> {
    let is_plain = key == "0" || !key.starts_with(['0', '+']);
    key.parse().ok().filter(|_| is_plain)
}

fn add(value: &mut Value, path: &[String], new: Value) -> Result<(), String> {
    let Some((last, above)) = path.split_last() else { return Err(absent(path)) };
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
