//! A comparison in the form for its reader: a terminal, a comment on a pull request, a program.
//!
//! These functions are pure, and cannot show a secret: a [`Comparison`] holds none.

mod json;
mod markdown;
mod text;

use super::meaning::listed;
use super::{Comparison, Delta, Field, Presence, Sort};
use crate::object::Value;
use crate::report::visible;
use crate::yaml;

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines for people.
    Text,
    /// A comment on a pull request.
    Markdown,
    /// One object for programs.
    Json,
}

impl Format {
    /// Every form with its name on the command line.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("text", Self::Text), ("markdown", Self::Markdown), ("json", Self::Json)];
}

impl Comparison {
    /// The comparison in a form; only text uses `color`.
    #[must_use]
    pub fn render(&self, format: Format, color: bool) -> String {
        match format {
            Format::Text => self.text(color),
            Format::Markdown => self.markdown(),
            Format::Json => self.json(),
        }
    }

    /// The consequences in order: the kind, what happens, what to do about it. All objects that change in labels alone
    /// share one entry. Control characters are escaped.
    fn meanings(&self) -> Vec<(Sort, String, Option<&str>)> {
        let mut found: Vec<_> = self.changes.iter().flat_map(|change| &change.meanings).collect();
        found.sort_by_key(|meaning| meaning.sort);
        let (labels, rest): (Vec<_>, Vec<_>) = found.into_iter().partition(|meaning| meaning.sort == Sort::LabelsOnly);
        let mut meanings: Vec<_> = rest
            .into_iter()
            .map(|meaning| (meaning.sort, cut(&visible(&meaning.text)), meaning.advice.as_deref()))
            .collect();
        if !labels.is_empty() {
            let names: Vec<String> = labels.iter().map(|meaning| visible(&meaning.text)).collect();
            meanings.push((Sort::LabelsOnly, listed(&names, ", "), None));
        }
        meanings
    }
}

/// How long a value or a meaning may be in text and Markdown, in characters.
const LONGEST: usize = 400;

/// One line of a difference: its sign and the text after it.
pub type Line = (char, String);

/// The lines for a field. Control characters are escaped.
#[must_use]
pub fn lines(field: &Field) -> Vec<Line> {
    let path = visible(&field.path.to_string());
    let line = |sign: char, text: String| vec![(sign, format!("{path}: {text}"))];
    match &field.delta {
        Delta::Added(new) => line('+', short(new)),
        Delta::Removed(old) => line('-', short(old)),
        Delta::Changed(old, new) => line('~', format!("{} -> {}", short(old), short(new))),
        Delta::Secret(Presence::Added) => line('+', "(secret) added".to_owned()),
        Delta::Secret(Presence::Removed) => line('-', "(secret) removed".to_owned()),
        Delta::Secret(Presence::Changed) => line('~', "(secret) changed".to_owned()),
        Delta::Follows(name) => line('~', format!("the content of {} changed", visible(name))),
        Delta::Suffix => line('~', "another content suffix".to_owned()),
        Delta::Order => line('~', "another order".to_owned()),
        Delta::Form => line('~', "the same fields in another form".to_owned()),
        Delta::Lines(lines) => {
            let head = std::iter::once(('~', format!("{path}:")));
            head.chain(lines.iter().map(|line| (' ', format!("  {}", cut(&visible(line)))))).collect()
        }
    }
}

/// A value in one line that is not too long.
fn short(value: &Value) -> String {
    cut(&visible(&yaml::flow(value)))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::{compare, object, value};

    /// A comparison with one difference of each kind.
    pub fn sample() -> Comparison {
        let labels = |label: &str| {
            value(&format!("{{apiVersion: v1, kind: Service, metadata: {{name: l, labels: {{a: {label}}}}}}}"))
        };
        let pods = |image: &str| format!("spec: {{template: {{spec: {{containers: [{{name: c, image: {image}}}]}}}}}}");
        let old = [
            object("v1/PersistentVolumeClaim", "data", "{}"),
            object("apps/v1/Deployment", "app", &pods("a")),
            object("v1/Secret", "s", "data: {k: czNjcjN0, gone: czNjcjN0}"),
            object("v1/ConfigMap", "scripts", "data: {run.sh: \"a\\nb\\nc\\n\"}"),
            labels("x"),
        ];
        let new = [
            object("apps/v1/Deployment", "app", &pods("\"b\\e[31m`</details>\"")),
            object("v1/Secret", "s", "data: {k: bmV3, new: bmV3}"),
            object("v1/ConfigMap", "scripts", "data: {run.sh: \"a\\nB\\e\\nc\\n\"}"),
            object("v1/Service", "more", "{}"),
            labels("z"),
        ];
        compare(&old, &new)
    }

    #[test]
    fn text_tells_what_it_means_then_what_differs_then_how_much() {
        let wanted = "\
data deleted: PersistentVolumeClaim quay/data is deleted with its data by whoever prunes; no annotation keeps it
  hint: back it up, or keep it
restart: pods of Deployment quay/app restart: image of c
labels only: Service l

Destroyed
- PersistentVolumeClaim quay/data

Restarts
~ Deployment quay/app
    ~ spec.template.spec.containers[c].image: \"a\" -> \"b\\x1B[31m`</details>\"

New
+ Service quay/more

The rest
~ ConfigMap quay/scripts
    ~ data[\"run.sh\"]:
         a
        -b
        +B\\u{1b}
         c
~ Secret quay/s
    ~ data.k: (secret) changed
    - data.gone: (secret) removed
    + data.new: (secret) added
~ Service l
    ~ metadata.labels.a: \"x\" -> \"z\"

1 destroyed, 0 blocked, 1 restarted, 1 new, 3 changed otherwise, 0 unchanged
";
        assert_eq!(sample().text(false), wanted);
        let colored = sample().text(true);
        assert!(colored.contains("\x1b[31m- PersistentVolumeClaim quay/data\x1b[0m\n"), "{colored}");
        let mut parts = colored.split('\x1b');
        let first = parts.next().unwrap().to_owned();
        let plain = parts.map(|part| part.split_once('m').unwrap().1);
        assert_eq!(first + &plain.collect::<String>(), wanted);
    }

    #[test]
    fn where_nothing_differs_only_the_count_is_printed() {
        let same = Comparison { changes: Vec::new(), unchanged: 3 };
        let totals = "0 destroyed, 0 blocked, 0 restarted, 0 new, 0 changed otherwise, 3 unchanged";
        assert_eq!(same.text(false), format!("{totals}\n"));
        assert!(same.markdown().contains("No difference.\n") && same.markdown().ends_with(&format!("\n{totals}\n")));
    }

    #[test]
    fn a_long_value_is_cut() {
        let text = short(&"ü".repeat(LONGEST * 2).into());
        assert_eq!(text.chars().count(), LONGEST + 1);
        assert!(text.ends_with('…'));
    }
}
