//! How long deleted tags can be restored (the time machine).

use super::Subject;
use crate::diagnostic::{Diagnostics, codes};
use crate::model::schema::Fact;
use crate::quote::{self, Form};

const OPTIONS: &str = "TAG_EXPIRATION_OPTIONS";

/// The default must be one of the options, compared as text: 14d is not 2w.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    let (default, options) = (subject.field("DEFAULT_TAG_EXPIRATION"), subject.field(OPTIONS));
    if options.node().is_some_and(|node| node.as_seq().is_none()) {
        return;
    }
    let offered: Vec<String> = if options.is_given() {
        options.items().filter_map(|item| item.text().map(str::to_owned)).collect()
    } else {
        options.fact().map(Fact::default_texts).unwrap_or_default()
    };
    let Some(chosen) = subject.text_or_default("DEFAULT_TAG_EXPIRATION") else { return };
    if offered.iter().all(|option| option != chosen) {
        let what = if default.is_given() { "" } else { ", the default," };
        let message = format!("{}{what} is not among {OPTIONS}", quote::number(chosen));
        let may_repeat = |text: &&str| Form::Number.may_quote(text, false);
        let offered: Vec<&str> = offered.iter().map(String::as_str).filter(may_repeat).collect();
        let hint = match offered.first() {
            Some(_) => format!("DEFAULT_TAG_EXPIRATION: {}", offered.join(" or ")),
            None => format!("{OPTIONS}: [{}]", Some(chosen).filter(may_repeat).unwrap_or("2w")),
        };
        out.push(default.problem(codes::TAG_EXPIRATION, message).hint(hint));
    }
}
