//! The comparison as a comment on a pull request.

use super::lines;
use crate::compare::{Change, Class, Comparison};
use crate::report::visible;

/// The most characters that a comment on GitHub may have.
const LIMIT: usize = 65_536;
/// How many lines of one object are shown, so that others have room too.
const MOST_LINES: usize = 200;

/// The length of a text as the stricter of two ways to count characters: those beyond Unicode's first plane, such as an
/// emoji, count twice.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

impl Comparison {
    /// The consequences as a list, the differences of each object folded, and the totals. Limited to what GitHub
    /// accepts: the rest is left out at the end, and counted.
    #[must_use]
    pub fn markdown(&self) -> String {
        let end = format!("\n{}\n", self.totals());
        let mut page = Page::new("### quay-render diff\n\n", &end);
        if self.is_same() {
            page.add("No difference.\n");
        }
        for (sort, text, advice) in self.meanings() {
            let advice = advice.map(|advice| format!(": {advice}")).unwrap_or_default();
            page.add(&format!("- **{}** {}{advice}\n", sort.as_str(), code(&text)));
        }
        for (class, _, heading) in Class::ALL {
            for (index, change) in self.changes.iter().filter(|change| change.class == *class).enumerate() {
                let heading = if index == 0 { format!("\n**{heading}**\n\n") } else { String::new() };
                page.add(&(heading + &block(change)));
            }
        }
        page.finish(&end)
    }
}

/// A text that grows up to a limit.
struct Page {
    out: String,
    /// How many characters there is room for.
    room: usize,
    left_out: usize,
}

impl Page {
    /// A page with its head, and with room kept for its end and for the line that counts what is left out.
    fn new(head: &str, end: &str) -> Self {
        let kept: usize = [head, end, &Self::more(usize::MAX)].into_iter().map(length).sum();
        Self { out: head.to_owned(), room: LIMIT.saturating_sub(kept), left_out: 0 }
    }

    fn more(left_out: usize) -> String {
        format!("\n… {left_out} more entries do not fit into a comment; `quay-render diff` shows all\n")
    }

    /// Adds a piece if it fits and nothing was left out before it: the page is always a beginning of the whole.
    fn add(&mut self, piece: &str) {
        let length = length(piece);
        if self.left_out > 0 || length > self.room {
            self.left_out += 1;
            return;
        }
        self.room -= length;
        self.out.push_str(piece);
    }

    fn finish(self, end: &str) -> String {
        let more = if self.left_out > 0 { Self::more(self.left_out) } else { String::new() };
        self.out + &more + end
    }
}

/// An object: folded if it has differences to show.
fn block(change: &Change) -> String {
    let name = visible(&change.identity.to_string());
    if change.fields.is_empty() {
        return format!("- {}\n", code(&name));
    }
    let all: Vec<String> = change.fields.iter().flat_map(lines).map(|(sign, line)| diff_line(sign, &line)).collect();
    let mut body: String = all.iter().take(MOST_LINES).map(String::as_str).collect();
    if all.len() > MOST_LINES {
        body.push_str(&format!("  … {} more lines\n", all.len() - MOST_LINES));
    }
    let fence = "`".repeat(longest_run(&body).max(2) + 1);
    let (name, count) = (html(&name), change.fields.len());
    let fields = if count == 1 { "field" } else { "fields" };
    let head = format!("<details><summary><code>{name}</code>: {count} {fields}</summary>");
    format!("{head}\n\n{fence}diff\n{body}{fence}\n\n</details>\n")
}

/// A line for the highlighter of diffs, which colors it by its first character: `!` means changed.
fn diff_line(sign: char, line: &str) -> String {
    match (sign, line.trim_start().chars().next()) {
        ('~', _) => format!("! {line}\n"),
        (' ', Some(inside @ ('+' | '-'))) => format!("{inside} {line}\n"),
        _ => format!("{sign} {line}\n"),
    }
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// A text as inline code, which no character of it can end.
fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::report::tests::sample;
    use crate::compare::tests::{compare, object};

    #[test]
    fn nothing_that_is_shown_ends_its_place() {
        let found = sample().markdown();
        for part in [
            "- **restart** `pods of Deployment quay/app restart: image of c`\n",
            "<details><summary><code>Deployment quay/app</code>: 1 field</summary>\n\n```diff\n! spec",
            "\n-   -b\n+   +B",
            "\n- `PersistentVolumeClaim quay/data`\n",
        ] {
            assert!(found.contains(part), "{part:?} is not in\n{found}");
        }
        assert!(!found.contains('\x1b'));
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!(html("<a&b>"), "&lt;a&amp;b&gt;");
        let map = |text: &str| [object("v1/ConfigMap", "x", &format!("data: {{a: '{text}'}}"))];
        assert!(compare(&map("b"), &map("````")).markdown().contains("\n`````diff\n"));
    }

    #[test]
    fn what_does_not_fit_is_counted_and_the_totals_stay() {
        let side = |value: &str| -> Vec<_> {
            (0..2000).map(|n| object("v1/ConfigMap", &format!("map-{n}"), &format!("data: {{é: {value}}}"))).collect()
        };
        let (old, new) = (side("a"), side(&"😀ü".repeat(50)));
        let found = compare(&old, &new);
        let text = found.markdown();
        let length = length(&text);
        assert!(length <= LIMIT && length > LIMIT - 1000, "{length}");
        let shown = text.matches("<details>").count();
        assert!(shown > 100 && text.matches("</details>").count() == shown);
        assert!(text.contains(&format!("… {} more entries", 2000 - shown)), "{shown}");
        assert!(text.ends_with(&format!("\n{}\n", found.totals())));
    }

    #[test]
    fn an_object_with_many_fields_leaves_room_for_others() {
        let side = |value: usize| {
            let fields: Vec<String> = (0..5000).map(|n| format!("field-{n}: {value}")).collect();
            let many = object("v1/A", "many", &format!("spec: {{{}}}", fields.join(", ")));
            [many, object("v1/B", "few", &format!("spec: {{a: {value}}}"))]
        };
        let text = compare(&side(1), &side(2)).markdown();
        assert!(
            text.contains("<code>A quay/many</code>: 5000 fields") && text.contains("\n  … 4800 more lines\n"),
            "{text}"
        );
        assert!(text.contains("<code>B quay/few</code>: 1 field</summary>\n\n```diff\n! spec.a: 1 -> 2\n"), "{text}");
    }
}
