//! The parser, its problems in readable words, and the second check of a text's syntax with libyaml.

use super::check::Misplaced;
use super::text::position_of;
use super::{Origin, Pos};
use crate::diagnostic::{Code, Diagnostic, codes};
use granit_parser::{ErrorKind, Parser, ScanError, StrInput};
use serde::Deserialize as _;
use serde::de::{DeserializeOwned, IgnoredAny};

/// The maximum depth of nested lists and maps.
pub(super) const MAX_NESTING: usize = 100;

/// The events of the parser.
pub(super) type Events<'a> = Parser<'a, StrInput<'a>>;

/// The parser of a text with a limit on nesting.
pub(super) fn parser(text: &str, max_nesting: usize) -> Events<'_> {
    let options = granit_parser::options! {
        block_scalar_eof_without_line_feed: true,
        bom_inside_document_as_content: true,
        block_nesting_limit: max_nesting,
        flow_nesting_limit: max_nesting,
        emit_anchor_events: true,
    };
    Parser::new_from_str_with_options(text, options)
}

/// A problem at a position of the file.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub code: Code,
    pub at: Pos,
    pub message: String,
    pub hint: Option<String>,
}

impl Fault {
    pub(super) fn new(code: Code, at: Pos, message: impl Into<String>) -> Self {
        Self { code, at, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn into_diagnostic(self, origin: &Origin<'_>) -> Diagnostic {
        let diagnostic = Diagnostic::new(self.code, self.message).at(origin.location(self.at));
        Diagnostic { hint: self.hint, ..diagnostic }
    }

    pub(super) fn too_deep(at: Pos) -> Self {
        Self::new(codes::YAML_LIMIT, at, format!("lists and maps are nested more than {MAX_NESTING} deep"))
    }

    /// The fault for an error of the parser. Its messages quote no content, at most one character of YAML syntax.
    pub(super) fn of_parser(error: &ScanError, origin: &Origin<'_>) -> Self {
        let at = origin.locate(position_of(error.marker()));
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return Self::too_deep(at);
        }
        let fault = Self::new(codes::YAML_SYNTAX, at, error.kind().to_string());
        match advice(error.kind()) {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    }

    pub(super) fn of_tab(found: &Misplaced, origin: &Origin<'_>) -> Self {
        let at = origin.locate(found.at);
        Self::new(codes::YAML_SYNTAX, at, "a TAB stands outside quotes").hint("indent with spaces")
    }

    pub(super) fn of_character(found: &Misplaced, origin: &Origin<'_>) -> Self {
        let number = u32::from(found.character);
        let at = origin.locate(found.at);
        let fault =
            Self::new(codes::YAML_SYNTAX, at, format!("the character U+{number:04X} cannot stand in YAML as itself"));
        let escape = if number > 0xffff { format!("\\U{number:08X}") } else { format!("\\u{number:04X}") };
        fault.hint(format!("delete it, or write it as {escape} in double quotes"))
    }
}

fn advice(kind: &ErrorKind) -> Option<&'static str> {
    use ErrorKind as E;
    Some(match kind {
        E::InvalidColonPlacement => "close the bracket above, or quote a text that holds a colon",
        E::MappingValueNotAllowed => "quote a text that holds \": \", or indent the key",
        E::UnexpectedCharacter { .. } => "quote a text that starts with this character",
        E::UnknownAnchor | E::MissingAnchorOrAliasName => {
            "define an anchor with & before * repeats it; quote a text that starts with & or *"
        }
        E::UndeclaredTagHandle | E::InvalidTagTerminator | E::InvalidTagEscape | E::MissingTagUri => {
            "quote a text that starts with !"
        }
        E::UnknownQuotedScalarEscape | E::InvalidQuotedScalarHexEscape => {
            "write a backslash in double quotes as \\\\, or use single quotes"
        }
        E::UnclosedQuotedScalar => "close the quote; in single quotes, ' is written ''",
        E::UnclosedFlowCollection { .. } | E::MismatchedFlowCollectionEnd { .. } => "close each bracket with its like",
        E::ExpectedBlockMappingKey
        | E::ExpectedBlockSequenceEntry
        | E::SimpleKeyExpected
        | E::InvalidSimpleKey
        | E::InvalidIndentation => "check the indentation here and above, and that each key ends in \": \"",
        E::InvalidBlockScalarIndent => "indent every line of the block alike",
        E::BlockSequenceEntryNotAllowed => "start the list on a line of its own",
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
            "nothing may follow the closing quote; in single quotes, ' is written ''"
        }
        E::CommentNotSeparated => "put a space before #",
        _ => return None,
    })
}

/// Deserializes a text of the program's own; an error gives the line, if known, and the reason.
///
/// # Errors
/// If it is not YAML, or not of that type.
pub fn typed<T: DeserializeOwned>(text: &str) -> Result<T, (Option<usize>, String)> {
    serde_yaml::from_str(text).map_err(|error| {
        let line = error.location().map(|location| location.line());
        let reason = error.to_string();
        (line, reason.split(" at line ").next().unwrap_or_default().to_owned())
    })
}

/// The first document that libyaml refuses (counted from 0), and why. Quay's and Kubernetes' readers share its grammar,
/// which is in places stricter than that of the parser that builds the tree.
pub(super) fn gate(text: &str, origin: &Origin<'_>) -> Option<(usize, Fault)> {
    let mut documents = serde_yaml::Deserializer::from_str(text).enumerate();
    let (index, error) = documents.find_map(|(i, document)| IgnoredAny::deserialize(document).err().map(|e| (i, e)))?;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let at = error.location().map(|l| Pos { line: number(l.line()), column: number(l.column()) }).unwrap_or_default();
    // The rest repeats the position, or adds that of the start of the construct.
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or_default();
    Some((index, Fault::new(codes::YAML_SYNTAX, origin.locate(at), message)))
}
