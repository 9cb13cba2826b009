//! The commented RenderConfigs of `docs/` compared with the declarations: each default and each `required` in a
//! comment.

use quay_render::model::declared::{Row, rows};

/// The pages with RenderConfigs and with parts of them.
const PAGES: [&str; 4] = [
    include_str!("../../docs/first-registry.md"),
    include_str!("../../docs/kustomize-and-kpt.md"),
    include_str!("../../docs/reference/access.md"),
    include_str!("../../docs/reference/render-config.md"),
];

/// The row of a field of RenderConfig by its keys, even if one of them may be any name.
fn row(path: &[String]) -> Option<&'static Row> {
    let is_of = |row: &&Row| {
        let parts: Vec<&str> = row.path.split('.').collect();
        let fits = |(part, key): (&&str, &String)| match *part {
            "<certificate>" => key.to_lowercase().ends_with("certificate"),
            part => part == key,
        };
        row.document == "render-config" && parts.len() == path.len() && parts.iter().zip(path).all(fits)
    };
    rows().iter().find(is_of)
}

/// The fields of a block with their values and comments.
fn fields(block: &str) -> Vec<(Vec<String>, String, String)> {
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut found = Vec::new();
    for line in block.lines() {
        let indent = line.len() - line.trim_start().len();
        let Some((key, rest)) = line.trim_start().split_once(':').filter(|(key, _)| !key.starts_with(['#', '-']))
        else {
            continue;
        };
        path.retain(|(above, _)| *above < indent);
        path.push((indent, key.to_owned()));
        let (value, comment) = rest.split_once(" # ").unwrap_or((rest, ""));
        let mut keys: Vec<String> = path.iter().map(|(_, key)| key.clone()).collect();
        if keys[0] != "spec" {
            keys.insert(0, "spec".to_owned());
        }
        // `kind: A (default) or B` says something of a member.
        let comment = match comment.split_once(": ").filter(|(member, _)| *member == "kind") {
            Some((member, rest)) => {
                keys.push(member.to_owned());
                rest
            }
            None => comment,
        };
        found.push((keys, value.trim().trim_matches('"').to_owned(), comment.to_owned()));
    }
    found
}

/// The default in a comment; empty if the comment says that there is none, or states it in prose.
fn stated<'a>(comment: &'a str, value: &'a str) -> Option<&'a str> {
    let words: Vec<&str> = comment.split_whitespace().collect();
    let plain = |word: &'a str| word.trim_matches(['"', ',', ':', ';', '.', '(', ')']);
    let at = words.iter().position(|word| plain(word) == "default")?;
    let before = at.checked_sub(1).map_or("", |before| words[before]);
    let after = words.get(at + 1).map_or("", |after| plain(after));
    match words[at] {
        word if word.starts_with('(') => Some(plain(before)),
        "default:" => Some(""),
        _ if before == "no" => Some(""),
        _ if before == "the" => None,
        _ if after == "as" => Some(value),
        // Not at the full stop inside of "1.18".
        _ => words.get(at + 1).map(|word| word.trim_end_matches([',', ':', ';', '.']).trim_matches('"')),
    }
}

#[test]
fn the_commented_render_configs_of_the_pages_say_what_is_declared() {
    let behind = PAGES.into_iter().flat_map(|page| page.split("```yaml\n").skip(1));
    let blocks = behind.filter_map(|rest| rest.split_once("\n```"));
    let blocks = blocks.map(|(block, _)| block);
    let ours = blocks.filter(|block| block.contains("kind: RenderConfig\n") || block.starts_with("  access:\n"));
    let (mut defaults, mut problems) = (0, Vec::new());
    for block in ours {
        // The examples do not explain every field; the reference does.
        let is_reference = block.contains("# text, required");
        for (path, value, comment) in fields(block) {
            let Some(row) = row(&path) else { continue };
            let name = path.join(".");
            let default = if row.kind == "boolean" && row.default.is_empty() { "false" } else { row.default_text() };
            match stated(&comment, &value) {
                Some(said) if said != default && !(said.is_empty() && row.default.is_empty()) => {
                    problems.push(format!("{name}: the comment says the default {said:?}, declared is {default:?}"));
                }
                None if is_reference && !row.default.is_empty() => {
                    problems.push(format!("{name}: the comment does not say the default, {default:?}"));
                }
                Some(_) => defaults += 1,
                None => {}
            }
            let is_said = comment.contains("required") && !comment.contains("required with");
            if is_said && row.need != "required" {
                problems.push(format!("{name}: the comment says that it is required, and it is not declared so"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(defaults > 20, "{defaults}");
}
