//! Merges several documents into one: the RenderConfig of a registry over those of the folders above it.

use crate::diagnostic::Location;
use crate::yaml::{Data, Entry, Node, Pos};
use std::collections::BTreeMap;

/// The files of a merged document, as if they were concatenated: line numbers beyond the last line of one file count
/// into the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    name: String,
    /// The number of lines before it.
    before: u32,
    lines: u32,
}

impl Files {
    /// One file, with its text.
    pub fn one(name: &str, text: &str) -> Self {
        // Each of the two characters ends at most one line; one more line holds what follows the last break.
        let breaks = text.bytes().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
        Self(vec![Part { name: name.to_owned(), before: 0, lines: u32::try_from(breaks + 1).unwrap_or(u32::MAX) }])
    }

    /// The first file.
    pub fn first(&self) -> &str {
        self.0.first().map_or("", |part| part.name.as_str())
    }

    /// The location of a position in the document.
    pub fn location(&self, pos: Pos) -> Location {
        let part = self.0.iter().rfind(|part| part.before < pos.line).or(self.0.first());
        let (name, before) = part.map_or(("", 0), |part| (part.name.as_str(), part.before));
        Location { file: name.to_owned(), line: pos.line.saturating_sub(before), column: pos.column }
    }

    fn lines(&self) -> u32 {
        self.0.last().map_or(0, |part| part.before.saturating_add(part.lines))
    }

    /// Appends the files of another document; returns by how many lines its positions move.
    fn append(&mut self, mut other: Self) -> u32 {
        let lines = self.lines();
        other.0.iter_mut().for_each(|part| part.before = part.before.saturating_add(lines));
        self.0.extend(other.0);
        lines
    }
}

/// Merges a document over another: maps are merged, any other value of the upper one replaces the lower. A merged map
/// has the position of the upper one.
pub fn overlay(below: (Files, Node), above: (Files, Node)) -> (Files, Node) {
    let ((mut files, below), (upper_files, mut above)) = (below, above);
    let lines = files.append(upper_files);
    shift(&mut above, lines);
    (files, merge(below, above))
}

fn merge(below: Node, above: Node) -> Node {
    let Node { pos, data, raw } = above;
    match (below.data, data) {
        (Data::Map(mut entries), Data::Map(upper)) => {
            let mut places = BTreeMap::new();
            for (place, entry) in entries.iter().enumerate() {
                places.entry(entry.key.clone()).or_insert(place);
            }
            for entry in upper {
                let place = *places.entry(entry.key.clone()).or_insert(entries.len());
                match entries.get_mut(place) {
                    Some(known) => {
                        let value = std::mem::replace(&mut known.value, Node { pos, data: Data::Null, raw: None });
                        *known = Entry { value: merge(value, entry.value), ..entry };
                    }
                    None => entries.push(entry),
                }
            }
            Node { pos, data: Data::Map(entries), raw: None }
        }
        (_, data) => Node { pos, data, raw },
    }
}

/// Moves all positions of a tree down by a number of lines.
fn shift(node: &mut Node, lines: u32) {
    node.pos.line = node.pos.line.saturating_add(lines);
    match &mut node.data {
        Data::Seq(items) => items.iter_mut().for_each(|item| shift(item, lines)),
        Data::Map(entries) => {
            for entry in entries {
                entry.key_pos.line = entry.key_pos.line.saturating_add(lines);
                shift(&mut entry.value, lines);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::yaml::{self, Origin};

    fn document(name: &str, text: &str) -> (Files, Node) {
        let origin = Origin { file: name, within: None };
        let mut documents = yaml::parse_own(text, &origin, &mut Diagnostics::new());
        (Files::one(name, text), documents.remove(0).root)
    }

    /// Each leaf with its value and location.
    fn leaves(files: &Files, node: &Node, path: &str, found: &mut Vec<String>) {
        match node.as_map() {
            Some(entries) => {
                for entry in entries {
                    assert_eq!(files.location(entry.key_pos).file, files.location(entry.value.pos).file);
                    leaves(files, &entry.value, &format!("{path}/{}", entry.key), found);
                }
            }
            None => found.push(format!("{path}={} {}", yaml::flow(&node.to_value()), files.location(node.pos))),
        }
    }

    #[test]
    fn maps_are_merged_and_every_value_keeps_its_place() {
        let one = document("one", "a: 1\nb: {c: 2, d: [1, 2]}\ne: x\n");
        let two = document("two", "\r\nb:\r\n  d: [3]\r\n  f: 4\r\n");
        let three = document("three", "e:\n  g: 5\nb: {c: null}\nh: 6");
        let (files, root) = overlay(overlay(one, two), three);
        let mut found = Vec::new();
        leaves(&files, &root, "", &mut found);
        assert_eq!(
            found,
            [
                "/a=1 one:1:4",
                "/b/c=null three:3:8",
                "/b/d=[3] two:3:6",
                "/b/f=4 two:4:6",
                "/e/g=5 three:2:6",
                "/h=6 three:4:4"
            ]
        );
        assert_eq!(files.location(root.pos).to_string(), "three:1:1");
        assert_eq!(files.location(Pos::default()).to_string(), "one");
    }
}
