//! The operations of a JSON patch (RFC 6902).

use super::Reader;
use crate::diagnostic::Location;
use crate::object::Value;
use crate::quote::nearest;
use crate::yaml::{Data, Node};

/// One operation.
pub struct Operation {
    pub verb: Verb,
    /// The keys and indices of its path (RFC 6901).
    pub path: Vec<String>,
    /// Where it is in the input.
    pub at: Location,
}

/// What it does at its path.
pub enum Verb {
    Add(Value),
    Remove,
    Replace(Value),
    /// Moves the value from this path.
    Move(Vec<String>),
    /// Copies the value from this path.
    Copy(Vec<String>),
    /// Goes on only if this value is there.
    Test(Value),
}

const OPERATIONS: &[&str] = &["add", "copy", "move", "remove", "replace", "test"];

/// Reads all of them; reports what is wrong.
pub(super) fn read(items: &[Node], reader: &mut Reader<'_>) -> Vec<Operation> {
    let whole = reader.path.clone();
    let mut found = Vec::new();
    for (index, item) in items.iter().enumerate() {
        reader.path = format!("{whole}[{index}]");
        found.extend(one(item, reader));
    }
    reader.path = whole;
    found
}

fn one(item: &Node, reader: &mut Reader<'_>) -> Option<Operation> {
    let Data::Map(entries) = &item.data else {
        reader.problem(item.pos, "is not an operation", "{op: replace, path: /spec/…, value: …}");
        return None;
    };
    for entry in entries.iter().filter(|entry| !["op", "path", "from", "value"].contains(&entry.key.as_str())) {
        reader.problem(entry.key_pos, "an operation has op, path, and value or from", "take it out");
    }
    let path = pointer(item, "path", reader);
    let word = item.get("op").and_then(Node::as_str).unwrap_or_default();
    let verb = match word {
        "add" => Verb::Add(value(item, reader)?),
        "replace" => Verb::Replace(value(item, reader)?),
        "test" => Verb::Test(value(item, reader)?),
        "remove" => Verb::Remove,
        "move" => Verb::Move(pointer(item, "from", reader)?),
        "copy" => Verb::Copy(pointer(item, "from", reader)?),
        _ => {
            let near = nearest(word, OPERATIONS).map(|near| format!("the nearest is {near}; ")).unwrap_or_default();
            let at = item.get("op").map_or(item.pos, |node| node.pos);
            reader.problem(at, "op is none of the operations", &format!("{near}{}", OPERATIONS.join(", ")));
            return None;
        }
    };
    Some(Operation { verb, path: path?, at: (reader.locate)(item.pos) })
}

fn value(item: &Node, reader: &mut Reader<'_>) -> Option<Value> {
    let value = item.get("value").map(Node::to_value);
    if value.is_none() {
        reader.problem(item.pos, "has no value", "value: …");
    }
    value
}

fn pointer(item: &Node, name: &str, reader: &mut Reader<'_>) -> Option<Vec<String>> {
    let node = item.get(name);
    let parsed = node.and_then(Node::as_str).and_then(keys);
    if parsed.is_none() {
        let at = node.map_or(item.pos, |node| node.pos);
        let hint = "keys and places behind slashes: /spec/template/spec/containers/0/args; ~1 for a slash in a key, ~0 for a tilde";
        reader.problem(at, &format!("{name} is not a path"), hint);
    }
    parsed
}

/// The keys of a JSON pointer.
fn keys(text: &str) -> Option<Vec<String>> {
    let rest = text.strip_prefix('/')?;
    let is_escaped = |part: &str| part.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    rest.split('/').map(|part| is_escaped(part).then(|| part.replace("~1", "/").replace("~0", "~"))).collect()
}
