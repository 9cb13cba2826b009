//! Edits of a RenderConfig's text that leave everything else as it stands, comments among it.

use crate::diagnostic::Diagnostics;
use crate::yaml::{self, Dialect, Entry, Node, Origin, Pos};

/// What is set; nothing where it stays.
pub(super) struct Edit<'a> {
    pub release: Option<&'a str>,
    /// `false` takes the field away.
    pub paused: Option<bool>,
}

/// The text with the edit; nothing where it has no place for it.
pub(super) fn edited(text: &str, edit: &Edit<'_>) -> Option<String> {
    let origin = Origin { file: "", within: None };
    let documents = yaml::parse(text, &origin, Dialect::Kubernetes, &mut Diagnostics::new());
    let mut specs = documents.iter().filter_map(|document| spec(&document.root));
    let spec = specs.next().filter(|_| specs.next().is_none())?;
    let of = |name: &str| spec.iter().find(|entry| entry.key == name);
    let release = of("release")?;
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    match (edit.paused, of("paused")) {
        (Some(true), Some(paused)) => replace(&mut lines, paused.value.pos, "true")?,
        (Some(true), None) => add_below(&mut lines, release)?,
        (Some(false), Some(paused)) => take_away(&mut lines, paused)?,
        (Some(false) | None, _) => {}
    }
    if let Some(wanted) = edit.release {
        replace(&mut lines, release.value.pos, &format!("\"{wanted}\""))?;
    }
    Some(lines.join("\n"))
}

/// `spec` of a RenderConfig.
fn spec(root: &Node) -> Option<&[Entry]> {
    let is_one = root.get("kind").and_then(Node::as_str) == Some("RenderConfig");
    root.get("spec").filter(|_| is_one)?.as_map()
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

/// Adds `paused: true` below a field that has a line of its own, in that line's form.
fn add_below(lines: &mut Vec<String>, field: &Entry) -> Option<()> {
    let index = usize::try_from(field.value.pos.line).ok()?;
    let (line, start) = at(lines, field.key_pos)?;
    let (indent, end) = (line.get(..start)?, if line.ends_with('\r') { "\r" } else { "" });
    if field.key_pos.line != field.value.pos.line || !indent.chars().all(|c| c == ' ') {
        return None;
    }
    let added = format!("{indent}paused: true{end}");
    lines.insert(index, added);
    Some(())
}

/// Takes a field away that has a line of its own; another one becomes `false`.
fn take_away(lines: &mut Vec<String>, field: &Entry) -> Option<()> {
    let (line, start) = at(lines, field.key_pos)?;
    let is_alone = line.get(..start)?.chars().all(|c| c == ' ') && field.key_pos.line == field.value.pos.line;
    if !is_alone {
        return replace(lines, field.value.pos, "false");
    }
    lines.remove(usize::try_from(field.key_pos.line).ok()?.checked_sub(1)?);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: Edit<'_> = Edit { release: None, paused: Some(true) };
    const MIGRATE: Edit<'_> = Edit { release: Some("3.16"), paused: None };
    const START: Edit<'_> = Edit { release: None, paused: Some(false) };

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
}
