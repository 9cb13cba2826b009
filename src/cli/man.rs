//! `quay-render man`: manual pages.

use super::{Fatal, Outcome, help, print};
use crate::output::{self, Before, File};
use clap::Args;
use clap_mangen::Man as Page;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Print a manual page.
#[derive(Args)]
pub struct Man {
    /// Write all pages to this directory, which is created if needed
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let mut root = help::command().disable_help_subcommand(true);
        // Sets the full name of each subcommand.
        root.build();
        let Some(dir) = self.dir else {
            print(page(root)?.1)?;
            return Ok(Outcome::Done);
        };
        fs::create_dir_all(&dir).map_err(|error| failed(&dir, &error))?;
        let mut commands = vec![root];
        while let Some(command) = commands.pop() {
            commands.extend(command.get_subcommands().cloned());
            let (name, text) = page(command)?;
            let path = dir.join(name);
            let file = File { bytes: text.into_bytes(), secret: false };
            if let Err(failure) = output::replace(&path, Before::Any, &file) {
                return super::failed(failure);
            }
        }
        Ok(Outcome::Done)
    }
}

/// The file name and the text of a command's page.
fn page(command: clap::Command) -> Result<(String, String), Fatal> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let has_subcommands = command.has_subcommands();
    let more = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let page = Page::new(command);
    let mut text = Vec::new();
    // Without a date: the page depends on the program alone.
    writeln!(text, ".TH {} 1 \"\" \"quay\\-render {}\"", name.to_uppercase(), env!("CARGO_PKG_VERSION"))?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if has_subcommands {
        page.render_subcommands_section(&mut text)?;
    }
    for paragraph in more.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        text.extend(section(paragraph).bytes());
    }
    Ok((page.get_filename(), String::from_utf8_lossy(&text).into_owned()))
}

/// `Examples:` and the lines after it as a section that keeps its line breaks.
fn section(paragraph: &str) -> String {
    let (head, body) = paragraph.split_once(':').unwrap_or(("notes", paragraph));
    let mut out = format!(".SH {}\n.nf\n", head.to_uppercase());
    for line in body.trim_start_matches(['\n', ' ']).lines() {
        let line = line.trim_start().replace('\\', "\\e").replace('-', "\\-");
        // roff would take a line that starts with one of these as a command.
        let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
        out.push_str(&format!("{guard}{line}\n"));
    }
    out + ".fi\n"
}

fn failed(path: &Path, error: &std::io::Error) -> Fatal {
    Fatal(format!("{}: {error}", path.display()))
}
