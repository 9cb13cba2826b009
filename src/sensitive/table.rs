//! Secrets in tables: in a column whose header names a secret, or next to a name in a table of two columns.
//!
//! `| user | password |`, `user,password` and then `admin,x`.

use super::looks::{Kind, kind};
use super::name::is_secret_of_value;
use super::phrase;
use std::ops::Range;

/// Column separators.
const DIVIDERS: [char; 4] = ['|', '\t', ';', ','];
/// The maximum number of columns, and the maximum length of the header.
const MOST: usize = 64;
const LONGEST: usize = 1_024;
/// The maximum number of words in a header's name.
const MOST_WORDS: usize = 3;

/// The table that a line belongs to.
struct Table {
    divider: char,
    columns: usize,
    /// The indices of the columns that hold secrets.
    secret: Vec<usize>,
}

/// The ranges of such secrets in a text.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut table, mut start) = (Vec::new(), None::<Table>, 0);
    for line in text.split_inclusive('\n') {
        let row = table.as_ref().map(|table| cells(line, table.divider)).unwrap_or_default();
        table = table.filter(|table| row.len() == table.columns).or_else(|| head(line));
        let of_row = table.iter().flat_map(|table| &table.secret).filter_map(|column| row.get(*column));
        let of_pair = pair(line);
        let secret = of_row.chain(&of_pair).filter(|cell| is_value(line.get((*cell).clone()).unwrap_or_default()));
        found.extend(secret.map(|cell| start + cell.start..start + cell.end));
        start += line.len();
    }
    found
}

/// The cells of a line, without surrounding blanks and quotation marks; a leading `|` starts no empty cell.
fn cells(line: &str, divider: char) -> Vec<Range<usize>> {
    let mut start = line.len() - line.trim_start_matches([' ', '|']).len();
    let line = line.trim_end_matches(['\n', '\r', ' ']);
    let line = if divider == '|' { line.trim_end_matches('|') } else { line };
    let mut found = Vec::new();
    for cell in line.get(start..).unwrap_or_default().split(divider).take(MOST + 1) {
        let bare = cell.trim_start_matches([' ', '"', '\'', '`', '*']);
        let begin = start + cell.len() - bare.len();
        found.push(begin..begin + bare.trim_end_matches([' ', '"', '\'', '`', '*']).len());
        start += cell.len() + divider.len_utf8();
    }
    found
}

/// The table whose header a line is: all its cells are names, at least one that of a secret.
fn head(line: &str) -> Option<Table> {
    let is_drawn = line.trim_start().starts_with('|');
    let divider = DIVIDERS.into_iter().find(|divider| line.len() <= LONGEST && line.contains(*divider))?;
    // Separators that also occur in sentences and programs are accepted only in lines without blanks.
    let may_have_blanks = is_drawn || divider == '\t';
    if (divider == '|' && !is_drawn) || (!may_have_blanks && line.trim().contains(char::is_whitespace)) {
        return None;
    }
    let cells = cells(line, divider);
    let names: Vec<&str> = cells.iter().filter_map(|cell| line.get(cell.clone())).collect();
    let is_of_name = |c: char| c.is_alphabetic() || matches!(c, '_' | '-' | ' ' | '.');
    let is_name =
        |name: &&str| !name.is_empty() && name.chars().all(is_of_name) && name.split(' ').count() <= MOST_WORDS;
    let is_head = (2..=MOST).contains(&names.len()) && names.iter().all(is_name);
    let named = names.iter().enumerate().filter(|(_, name)| is_secret(name));
    let secret: Vec<usize> = named.map(|(column, _)| column).filter(|_| is_head).collect();
    (!secret.is_empty()).then_some(Table { divider, columns: names.len(), secret })
}

/// The second cell of a row with two cells, if the first is the name of a secret.
fn pair(line: &str) -> Option<Range<usize>> {
    if !line.trim_start().starts_with('|') || line.len() > LONGEST {
        return None;
    }
    match cells(line, '|').as_slice() {
        [name, value] if line.get(name.clone()).is_some_and(is_secret) => {
            let is_one = |text: &str| !text.contains(' ') && kind(text) == Kind::Odd;
            line.get(value.clone()).is_some_and(is_one).then(|| value.clone())
        }
        _ => None,
    }
}

/// Whether a column of that name holds secrets. One called `secret` says for each row whether it is one.
fn is_secret(name: &str) -> bool {
    !name.eq_ignore_ascii_case("secret") && (is_secret_of_value(name) || phrase::is_last(name))
}

/// Whether a cell holds a value, rather than a description such as `required`.
fn is_value(cell: &str) -> bool {
    kind(cell) != Kind::None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_below_or_beside_the_name_of_a_secret_is_found_and_nothing_else() {
        for (text, wanted) in [
            ("user,password\nadmin,s3cr3t\nroot,\"s3 c\"\n\nb,c", &["s3cr3t", "s3 c"][..]),
            ("| User | Password | Note |\n|---|:--|---|\n| a | s3cr3t | b |\ntext | x", &["s3cr3t"]),
            ("host\tAPI key\nh\ts3cr3t", &["s3cr3t"]),
            ("Name;Passwort\na;s3cr3t", &["s3cr3t"]),
            ("| password | s3cr3t |", &["s3cr3t"]),
            ("user,password", &[]),
            ("name\tsecret\na\tb", &[]),
            ("user, password\nadmin, note", &[]),
            ("a password, or a token\nb, c", &[]),
            ("| DB_PASSWORD | the database user's (not Quay's) |", &[]),
            ("| Field | Password |\n| a | required |", &[]),
            ("  user,\n  password,\n  host,\n", &[]),
            ("call(user, password)\nother(a, b)", &[]),
            ("user, host\na, b", &[]),
            ("echo $token | docker login\na | b", &[]),
            ("user,password\nadmin\na,b,c", &[]),
        ] {
            let found: Vec<&str> = values(text).into_iter().filter_map(|range| text.get(range)).collect();
            assert_eq!(found, wanted, "{text}");
        }
    }
}
