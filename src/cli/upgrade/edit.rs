//! Edits of a RenderConfig's text that leave everything else as it stands, comments among it.

use crate::diagnostic::Diagnostics;
use crate::yaml::{self, Dialect, Entry, Node, Origin, Pos};

/// What is set; nothing where it stays.
#[derive(Clone, Copy, Default)]
pub(super) struct Edit<'a> {
    pub release: Option<&'a str>,
    /// `false` takes the field away.
    pub paused: Option<bool>,
    pub moves: Option<Moves<'a>>,
}

/// What becomes of `databaseUpgrade`.
#[derive(Clone, Copy)]
pub(super) enum Moves<'a> {
    /// It is written, in place of what was there.
    From { release: &'a str, id: &'a str },
    /// It has another id.
    Again { id: &'a str },
    /// It is done.
    Done,
    /// It goes.
    Gone,
}

const MOVES: &str = "databaseUpgrade";

/// The text with the edit; nothing where it has no place for it.
pub(super) fn edited(text: &str, edit: &Edit<'_>) -> Option<String> {
    let mut text = text.to_owned();
    if let Some(is_paused) = edit.paused {
        text = changed(&text, |spec, lines| match (is_paused, of(spec, "paused")) {
            (true, Some(paused)) => replace(lines, paused.value.pos, "true"),
            (true, None) => add_below(lines, of(spec, "release")?, &["paused: true"]),
            (false, Some(paused)) => take_away(lines, paused).or_else(|| replace(lines, paused.value.pos, "false")),
            (false, None) => Some(()),
        })?;
    }
    if let Some(Moves::From { .. } | Moves::Gone) = edit.moves {
        text = changed(&text, |spec, lines| of(spec, MOVES).map_or(Some(()), |moves| take_away(lines, moves)))?;
    }
    if let Some(moves) = edit.moves {
        text = changed(&text, |spec, lines| {
            let id = || of(of(spec, MOVES)?.value.as_map()?, "id");
            match moves {
                Moves::From { release, id } => {
                    let from = [&format!("{MOVES}:"), &format!("  from: \"{release}\""), &format!("  id: \"{id}\"")];
                    add_below(lines, of(spec, "release")?, &from.map(String::as_str))
                }
                Moves::Again { id: new } => replace(lines, id()?.value.pos, &format!("\"{new}\"")),
                Moves::Done => add_below(lines, id()?, &["done: true"]),
                Moves::Gone => Some(()),
            }
        })?;
    }
    changed(&text, |spec, lines| {
        let release = of(spec, "release")?;
        edit.release.map_or(Some(()), |wanted| replace(lines, release.value.pos, &format!("\"{wanted}\"")))
    })
}

/// The text with a change of the lines that the RenderConfig's `spec` is in.
fn changed(text: &str, change: impl FnOnce(&[Entry], &mut Vec<String>) -> Option<()>) -> Option<String> {
    let origin = Origin { file: "", within: None };
    let documents = yaml::parse(text, &origin, Dialect::Kubernetes, &mut Diagnostics::new());
    let mut specs = documents.iter().filter_map(|document| spec(&document.root));
    let spec = specs.next().filter(|_| specs.next().is_none())?;
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    change(spec, &mut lines)?;
    Some(lines.join("\n"))
}

/// `spec` of a RenderConfig.
fn spec(root: &Node) -> Option<&[Entry]> {
    let is_one = root.get("kind").and_then(Node::as_str) == Some("RenderConfig");
    root.get("spec").filter(|_| is_one)?.as_map()
}

fn of<'a>(map: &'a [Entry], name: &str) -> Option<&'a Entry> {
    map.iter().find(|entry| entry.key == name)
}

/// A line, and the index of the byte of it at which a position is.
fn at(lines: &mut [String], pos: Pos) -> Option<(&mut String, usize)> {
    let line = lines.get_mut(usize::try_from(pos.line).ok()?.checked_sub(1)?)?;
    let column = usize::try_from(pos.column).ok()?.checked_sub(1)?;
    let index = line.char_indices().map(|(index, _)| index).chain([line.len()]).nth(column)?;
    Some((line, index))
}

/// Replaces a scalar of one line.
fn replace(lines: &mut [String], pos: Pos, by: &str) -> Option<()> {
    let (line, start) = at(lines, pos)?;
    let rest = line.get(start..)?;
    let length = match rest.strip_prefix(['"', '\'']) {
        Some(inner) => inner.find(rest.chars().next()?)? + 2,
        None => rest.find([' ', '\t', '\r', ',', '}']).unwrap_or(rest.len()),
    };
    line.replace_range(start..start + length, by);
    Some(())
}

/// Adds lines below a field that has a line of its own, in that line's form.
fn add_below(lines: &mut Vec<String>, field: &Entry, added: &[&str]) -> Option<()> {
    let index = usize::try_from(field.value.pos.line).ok()?;
    let (line, start) = at(lines, field.key_pos)?;
    let (indent, end) = (line.get(..start)?, if line.ends_with('\r') { "\r" } else { "" });
    if field.key_pos.line != field.value.pos.line || !indent.chars().all(|c| c == ' ') {
        return None;
    }
    let added: Vec<String> = added.iter().map(|text| format!("{indent}{text}{end}")).collect();
    lines.splice(index..index, added);
    Some(())
}

/// Takes a field away that has lines of its own: its line, and those below it that are further in.
fn take_away(lines: &mut Vec<String>, field: &Entry) -> Option<()> {
    let (line, start) = at(lines, field.key_pos)?;
    if !line.get(..start)?.chars().all(|c| c == ' ') {
        return None;
    }
    let first = usize::try_from(field.key_pos.line).ok()?.checked_sub(1)?;
    let is_within = |line: &&String| line.get(..=start).is_some_and(|indent| indent.chars().all(|c| c == ' '));
    let below = lines.iter().skip(first + 1).take_while(is_within).count();
    lines.drain(first..=first + below);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: Edit<'_> = Edit { release: None, paused: Some(true), moves: None };
    const MIGRATE: Edit<'_> = Edit { release: Some("3.16"), paused: None, moves: None };
    const START: Edit<'_> = Edit { release: None, paused: Some(false), moves: None };

    fn moves(moves: Moves<'_>) -> Edit<'_> {
        Edit { moves: Some(moves), ..Edit::default() }
    }

    #[test]
    fn everything_else_stays_as_it_stands() {
        let text = "# mine\nkind: RenderConfig # and mine\nspec:\n  release: '3.15' # pinned\n  cluster: {platform: kubernetes}\n";
        let stopped = edited(text, &STOP).unwrap();
        assert_eq!(stopped, text.replace("# pinned\n", "# pinned\n  paused: true\n"));
        let migrated = edited(&stopped, &MIGRATE).unwrap();
        assert_eq!(migrated, stopped.replace("'3.15'", "\"3.16\""));
        assert_eq!(edited(&migrated, &START).unwrap(), text.replace("'3.15'", "\"3.16\""));
    }

    #[test]
    fn other_forms_are_edited_or_left_alone() {
        let with = |spec: &str| format!("kind: Other\n---\nkind: RenderConfig\nspec: {spec}\n");
        let flow = with("{release: \"3.15\", paused: true}");
        assert_eq!(edited(&flow, &MIGRATE).unwrap(), with("{release: \"3.16\", paused: true}"));
        assert_eq!(edited(&flow, &START).unwrap(), with("{release: \"3.15\", paused: false}"));
        assert_eq!(edited(&with("{release: \"3.15\"}"), &STOP), None);
        assert_eq!(edited("kind: RenderConfig\n", &STOP), None);
        assert_eq!(edited("a: [", &STOP), None);
        let windows = "kind: RenderConfig\r\nspec:\r\n  release: 3.15.0\r\n";
        assert_eq!(edited(windows, &STOP).unwrap(), format!("{windows}  paused: true\r\n"));
        assert_eq!(edited(windows, &MIGRATE).unwrap(), windows.replace("3.15.0", "\"3.16\""));
        let off = "kind: RenderConfig\nspec:\n  release: \"3.15\"\n  paused: false # for now\n";
        assert_eq!(edited(off, &STOP).unwrap(), off.replace("false", "true"));
    }

    #[test]
    fn a_move_is_written_changed_and_taken_away() {
        let text = "kind: RenderConfig\nspec:\n  release: \"3.8\" # pinned\n  paused: true\n  cluster: {platform: kubernetes}\n";
        let edit = Edit { release: Some("3.9"), ..moves(Moves::From { release: "3.8", id: "5f3a9c01" }) };
        let moved = edited(text, &edit).unwrap();
        let block = "# pinned\n  databaseUpgrade:\n    from: \"3.8\"\n    id: \"5f3a9c01\"\n";
        assert_eq!(moved, text.replace("\"3.8\"", "\"3.9\"").replace("# pinned\n", block));
        let again = edited(&moved, &moves(Moves::Again { id: "00000002" })).unwrap();
        assert_eq!(again, moved.replace("5f3a9c01", "00000002"));
        let done = edited(&moved, &moves(Moves::Done)).unwrap();
        assert_eq!(done, moved.replace("5f3a9c01\"\n", "5f3a9c01\"\n    done: true\n"));
        assert_eq!(edited(&done, &moves(Moves::Gone)).unwrap(), text.replace("\"3.8\"", "\"3.9\""));
        let next = edited(&done, &moves(Moves::From { release: "3.12", id: "00000003" })).unwrap();
        assert_eq!(next, moved.replace("3.8", "3.12").replace("5f3a9c01", "00000003"));
        // What is not there is not taken away, and what is in one line with others is left to the user.
        assert_eq!(edited(text, &moves(Moves::Gone)).as_deref(), Some(text));
        assert_eq!(edited(text, &moves(Moves::Done)), None);
        let flow = "kind: RenderConfig\nspec: {release: \"3.9\", databaseUpgrade: {from: \"3.8\", id: \"5f3a9c01\"}}\n";
        assert_eq!(edited(flow, &moves(Moves::Gone)), None);
    }
}
