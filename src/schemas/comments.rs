//! The comments in a RenderConfig written by `init`, from the declarations of its fields.

use crate::model::declared::{self, Row};
use crate::yaml;

/// Fills in placeholders for a field of a RenderConfig, by its path: `@about PATH@` is replaced by its description; a
/// line with `@optional PATH@` by the description, the values, and the field with its default, all as comments.
#[must_use]
pub fn comments(text: &str) -> String {
    text.lines().map(|line| filled(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

fn filled(line: &str) -> Option<String> {
    let indent = line.get(..line.len() - line.trim_start().len())?;
    let (what, path) = line.trim_start().strip_prefix("# @")?.strip_suffix('@')?.split_once(' ')?;
    let row = declared::rows().iter().find(|row| row.document == "render-config" && row.path == path)?;
    match what {
        "about" => Some(format!("{indent}# {}", row.description)),
        "optional" => Some(format!("{indent}# {}{}\n{indent}# {}", row.description, words(row), default(row)?)),
        _ => None,
    }
}

/// The words that a field accepts, to follow its description.
fn words(row: &Row) -> String {
    row.words().map(|words| format!(" One of {}.", words.join(", "))).unwrap_or_default()
}

/// A field with its default; nothing if it has none.
fn default(row: &Row) -> Option<String> {
    let name = row.path.rsplit('.').next()?;
    let value: serde_json::Value = serde_json::from_str(row.default).ok()?;
    let value = match value.as_str() {
        Some(text) => yaml::emit(&text.into()).trim_end().to_owned(),
        None => value.to_string(),
    };
    Some(format!("{name}: {value}"))
}

#[cfg(test)]
mod tests {
    use super::comments;

    #[test]
    fn a_line_that_names_a_field_says_what_is_declared_of_it() {
        let text = "spec:\n  # @about spec.paused@\n  # @optional spec.cluster.namespace@\n  # @optional spec.cluster.kubernetesVersion@\n";
        let expected = "spec:\n  # Whether application and mirror run no pod, as at a restore of the database.\n  \
            # Whether the Namespace is rendered, or somebody else's. One of render, external.\n  # namespace: render\n  \
            # Version of Kubernetes, in quotes, 1.18 or later; versions of APIs follow it.\n  # kubernetesVersion: \"1.33\"\n";
        assert_eq!(comments(text), expected);
    }

    /// A line with an unknown field would appear unchanged in the output of `init`.
    #[test]
    fn every_line_of_the_program_names_a_field() {
        let text = crate::catalog::Catalog::embedded().files().get("init/render-config.yaml").unwrap();
        assert!(text.contains("# @about ") && text.contains("# @optional "));
        let filled = comments(text);
        assert!(!filled.contains("# @"), "{filled}");
    }
}
