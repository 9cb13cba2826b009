//! The values of options that several commands have, as words that help and completion list.

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// The form of what most commands print.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Text,
    Json,
}

/// Takes the words of a table.
pub fn words<T>(table: &'static [(&'static str, T)]) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let found =
        |name: String| table.iter().find(|(word, _)| *word == name).map(|(_, it)| *it).ok_or("there is no such word");
    PossibleValuesParser::new(table.iter().map(|(word, _)| *word)).try_map(found)
}
