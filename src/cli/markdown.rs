//! Markdown as a terminal shows it: wrapped, in styles in place of marks, with tables in columns.

use crate::report::{Paint, line};
use anstyle::{AnsiColor, Style};

const BOLD: Style = Style::new().bold();
const CODE: Style = AnsiColor::Cyan.on_default();
/// Between two columns of a table.
const GAP: usize = 2;

/// A page in lines of `width` columns.
pub fn rendered(page: &str, width: usize, color: bool) -> String {
    let paint = Paint(color);
    let mut out = String::new();
    let mut lines = page.lines().peekable();
    while let Some(first) = lines.next() {
        if first.trim_start().starts_with("```") {
            // Code stands apart by its indentation.
            for code in lines.by_ref().take_while(|it| !it.trim_start().starts_with("```")) {
                out.push_str(&format!("    {}\n", line(code)));
            }
        } else if first.starts_with("    ") || first.trim().is_empty() {
            out.push_str(&format!("{}\n", line(first)));
        } else if let Some(heading) = first.strip_prefix('#') {
            let heading = heading.trim_start_matches('#').trim_start();
            out.push_str(&format!("{}\n", paint.with(BOLD, &line(heading))));
        } else if first.starts_with('|') {
            let mut rows = vec![first];
            while let Some(row) = lines.next_if(|it| it.starts_with('|')) {
                rows.push(row);
            }
            out.push_str(&table(&rows, width, &paint));
        } else {
            let mut text = first.to_owned();
            while let Some(more) = lines.next_if(|it| continues(it)) {
                text.push(' ');
                text.push_str(more.trim_start());
            }
            let indent = item(first);
            let mark = text.get(..indent).unwrap_or_default().to_owned();
            let rest = text.get(indent..).unwrap_or_default();
            let wrapped = wrap(words(rest, &paint), width.saturating_sub(indent));
            for (index, (text, _)) in wrapped.iter().enumerate() {
                let front = if index == 0 { mark.clone() } else { " ".repeat(indent) };
                out.push_str(&format!("{front}{text}\n"));
            }
        }
    }
    out
}

/// A plain text in lines of `width` columns.
pub fn paragraph(text: &str, width: usize) -> Vec<String> {
    let words = text.split_whitespace().map(|word| Word { text: word.to_owned(), width: word.chars().count() });
    wrap(words.collect(), width).into_iter().map(|(text, _)| text).collect()
}

/// How many characters stand before the text of an item of a list.
fn item(line: &str) -> usize {
    let rest = line.trim_start();
    let indent = line.len() - rest.len();
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match rest.get(digits..) {
        Some(text) if digits > 0 && text.starts_with(". ") => indent + digits + 2,
        _ if rest.starts_with("- ") || rest.starts_with("* ") => indent + 2,
        _ => indent,
    }
}

/// Whether a line goes on with the paragraph or the item above it.
fn continues(line: &str) -> bool {
    let rest = line.trim_start();
    let begins = rest.is_empty() || rest.starts_with('#') || rest.starts_with('|') || rest.starts_with("```");
    !begins && item(line) == line.len() - rest.len()
}

/// A word as it is printed, and how many columns it takes.
struct Word {
    text: String,
    width: usize,
}

/// The words of a text, with styles in place of marks. Without colors the marks of code stay, which nothing else would show.
fn words(text: &str, paint: &Paint) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = Word { text: String::new(), width: 0 };
    let mut run = String::new();
    let (mut is_bold, mut is_code) = (false, false);
    let text = without_links(text);
    let mut rest = text.as_str();
    let flush = |run: &mut String, word: &mut Word, is_bold: bool, is_code: bool| {
        let style = if is_code {
            CODE
        } else if is_bold {
            BOLD
        } else {
            Style::new()
        };
        word.width += run.chars().count();
        let text = line(run);
        word.text += &if is_code || is_bold { paint.with(style, &text) } else { text };
        run.clear();
    };
    while let Some(next) = rest.chars().next() {
        let bold = !is_code && rest.starts_with("**");
        rest = rest.get(if bold { 2 } else { next.len_utf8() }..).unwrap_or_default();
        match next {
            '`' if paint.0 => {
                flush(&mut run, &mut word, is_bold, is_code);
                is_code = !is_code;
            }
            '`' => {
                run.push(next);
                is_code = !is_code;
            }
            _ if bold => {
                flush(&mut run, &mut word, is_bold, is_code);
                is_bold = !is_bold;
            }
            ' ' => {
                flush(&mut run, &mut word, is_bold, is_code);
                if word.width > 0 {
                    words.push(std::mem::replace(&mut word, Word { text: String::new(), width: 0 }));
                }
            }
            other => run.push(other),
        }
    }
    flush(&mut run, &mut word, is_bold, is_code);
    if word.width > 0 {
        words.push(word);
    }
    words
}

/// The text with the words of a link alone where that leads to another page, and with both where it leads out.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        match after.split_once("](").and_then(|(words, more)| Some((words, more.split_once(')')?))) {
            Some((words, (target, behind))) if !words.contains(['[', ']', '`']) => {
                out.push_str(words);
                if target.contains("://") {
                    out.push_str(&format!(" ({target})"));
                }
                rest = behind;
            }
            _ => {
                out.push('[');
                rest = after;
            }
        }
    }
    out + rest
}

/// Lines of words, each with its width. A word that is wider than a line has one of its own.
fn wrap(words: Vec<Word>, width: usize) -> Vec<(String, usize)> {
    let mut lines: Vec<(String, usize)> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some((text, used)) if *used + 1 + word.width <= width => {
                text.push(' ');
                text.push_str(&word.text);
                *used += 1 + word.width;
            }
            _ => lines.push((word.text, word.width)),
        }
    }
    lines
}

/// A table in columns. The widest ones give way until it fits.
fn table(rows: &[&str], width: usize, paint: &Paint) -> String {
    let is_rule = |row: &&&str| !row.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
    let rows: Vec<Vec<String>> = rows.iter().filter(is_rule).map(|row| cells(row)).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let most = |column: usize, of_cell: &dyn Fn(Vec<Word>) -> usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| of_cell(words(cell, paint))).max().unwrap_or_default()
    };
    let line = |words: Vec<Word>| words.iter().map(|word| word.width + 1).sum::<usize>().saturating_sub(1);
    let longest = |words: Vec<Word>| words.iter().map(|word| word.width).max().unwrap_or_default();
    // What a column takes, and what it takes at least.
    let mut widths: Vec<(usize, usize)> =
        (0..columns).map(|column| (most(column, &line), most(column, &longest))).collect();
    while widths.iter().map(|(width, _)| width + GAP).sum::<usize>() > width + GAP {
        match widths.iter_mut().filter(|(width, least)| width > least).max() {
            Some((widest, _)) => *widest -= 1,
            None => break,
        }
    }
    let mut out = String::new();
    for row in &rows {
        let wrapped: Vec<Vec<(String, usize)>> =
            row.iter().zip(&widths).map(|(cell, (width, _))| wrap(words(cell, paint), *width)).collect();
        for number in 0..wrapped.iter().map(Vec::len).max().unwrap_or_default() {
            let mut text = String::new();
            for (cell, (width, _)) in wrapped.iter().zip(&widths) {
                let (part, used) = cell.get(number).map_or(("", 0), |(part, used)| (part.as_str(), *used));
                text.push_str(part);
                text.push_str(&" ".repeat(width.saturating_sub(used) + GAP));
            }
            out.push_str(text.trim_end());
            out.push('\n');
        }
    }
    out
}

/// The cells of a row. A pipe behind a backslash is part of one.
fn cells(row: &str) -> Vec<String> {
    let inner = row.trim().trim_start_matches('|');
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    inner.replace("\\|", "\u{0}").split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_wrapped_and_its_marks_become_styles() {
        let page = "# Title\n\nSome `code` and **bold** of\n[a page](x.md) and [one](https://e.com).\n\n- an item\n  of two lines\n- \
                    another\n\n```yaml\na: [b](c)\n```\n";
        let plain = "Title\n\nSome `code` and bold of\na page and one\n(https://e.com).\n\n- an item of two lines\n- another\n\n    a: [b](c)\n";
        assert_eq!(rendered(page, 24, false), plain);
        let colored = rendered(page, 24, true);
        assert!(colored.starts_with("\u{1b}[1mTitle\u{1b}[0m\n"), "{colored:?}");
        assert!(colored.contains("\u{1b}[36mcode\u{1b}[0m and \u{1b}[1mbold\u{1b}[0m"), "{colored:?}");
    }

    #[test]
    fn a_table_stands_in_columns_that_fit() {
        let page = "| field | what |\n|---|---|\n| `a\\|b` | several words that need two lines |\n";
        assert_eq!(rendered(page, 30, false), "field  what\n`a|b`  several words that need\n       two lines\n");
    }

    #[test]
    fn every_page_of_a_code_fits_a_terminal() {
        for code in crate::diagnostic::codes::ALL {
            let text = rendered(code.page(), 80, false);
            // Code keeps its lines, and an address cannot be broken.
            let is_wide = |it: &&str| it.chars().count() > 80 && !it.starts_with("    ") && it.contains(' ');
            let wide: Vec<&str> = text.lines().filter(is_wide).collect();
            assert!(wide.is_empty(), "{code}: {wide:#?}");
        }
    }

    #[test]
    fn a_paragraph_is_wrapped() {
        assert_eq!(paragraph("one two  three", 7), ["one two", "three"]);
    }
}
