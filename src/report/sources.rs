//! The visible parts of the files of an input.

use super::line::Line;
use super::public::{self, Kind, Marks};
use crate::input::{Inputs, Source};
use crate::model::bundle::is_config;
use crate::yaml::Pos;
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// The files of an input whose lines a report may show.
///
/// Of a line, only what is proven public is shown: the tables list what may be shown, not what must be hidden. The file
/// is parsed again; keys and values of public fields are shown if their text is in the file exactly as it was parsed,
/// with the punctuation between them. At anything else the line ends in a mask of fixed width: a secret, a text that is
/// not in the tables, a text in a notation that is not understood here. Comments are left out. Nothing is shown of a
/// file that cannot be parsed.
pub struct Sources<'a> {
    files: BTreeMap<&'a str, File<'a>>,
}

struct File<'a> {
    name: &'a str,
    bytes: &'a [u8],
    kind: Kind,
    /// Filled in when a line of the file is first needed: most runs show none.
    read: OnceCell<Option<(Vec<&'a str>, Marks)>>,
}

impl<'a> Sources<'a> {
    /// The files of an input.
    #[must_use]
    pub fn new(inputs: &'a Inputs) -> Self {
        Self::of(files(inputs))
    }

    /// The files of several inputs.
    #[must_use]
    pub fn of_all(inputs: &[&'a Inputs]) -> Self {
        Self::of(inputs.iter().flat_map(|inputs| files(inputs)))
    }

    /// Of two files with the same name, the first one counts.
    fn of(files: impl Iterator<Item = File<'a>>) -> Self {
        let mut found = BTreeMap::new();
        for file in files {
            found.entry(file.name).or_insert(file);
        }
        Self { files: found }
    }

    /// The visible part of a line, from 1; `None` if there is none.
    pub(super) fn line(&self, name: &str, number: u32) -> Option<Line> {
        let file = self.files.get(name)?;
        let (lines, marks) = file.read.get_or_init(|| file.read()).as_ref()?;
        let text = lines.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
        Line::of(text, |column| marks.at(Pos { line: number, column }))
    }
}

fn files(inputs: &Inputs) -> impl Iterator<Item = File<'_>> {
    let documents = inputs.sources.iter().chain(inputs.above.iter().flatten().map(|file| &file.source));
    let documents = documents.map(|source| File::new(source, Kind::Documents));
    let bundle = inputs.bundle.iter().flat_map(|folder| &folder.files);
    let configs = bundle.filter(|(key, _)| is_config(key));
    documents.chain(configs.map(|(_, source)| File::new(source, Kind::Config)))
}

impl<'a> File<'a> {
    fn new(source: &'a Source, kind: Kind) -> Self {
        Self { name: &source.name, bytes: &source.bytes, kind, read: OnceCell::new() }
    }

    fn read(&self) -> Option<(Vec<&'a str>, Marks)> {
        let text = std::str::from_utf8(self.bytes).ok()?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = lines(text);
        let marks = public::marks(text, &lines, self.kind);
        Some((lines, marks))
    }
}

/// The lines, as YAML counts them: each ends in CR, LF or CR LF.
fn lines(text: &str) -> Vec<&str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r')).collect()
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn every_line_break_of_yaml_ends_a_line() {
        assert_eq!(lines("a\nb\r\nc\rd\n\n"), ["a", "b", "c", "d", "", ""]);
    }
}
