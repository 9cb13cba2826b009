//! `quay-render keys`: makes the random values of a registry, once. The compiler uses no randomness and no clock; it
//! only reads what this command wrote.

#![allow(
    clippy::disallowed_methods,
    reason = "the one command that makes random values, at a time that certificates begin with"
)]

use super::fleet::One;
use super::terminal::{mention, tell};
use super::words::Form;
use super::{Fatal, Outcome, failed, input_file, only_errors, print, report, told};
use crate::check;
use crate::diagnostic::Diagnostics;
use crate::input::{Inputs, KEYS_FILE};
use crate::model::keys::{CA_CERT, CA_KEY, DIGEST_KEY, TLS_CERT, TLS_KEY};
use crate::model::{self, Model};
use crate::output::{self, Failure, IGNORE, ignore_line};
use crate::pki::{self, Pair};
use crate::schemas::VERSION;
use crate::secret::Secret;
use clap::Args;
use serde_json::json;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// The characters that the operator uses in random values.
const ALPHABET: &[u8; 63] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";
/// The length of DIGEST_KEY.
const DIGEST_KEY_LENGTH: usize = 44;
/// A CA with fewer days left cannot issue a certificate that lasts.
const LEAST_DAYS_OF_CA: u64 = 60;

/// Make the random values.
#[derive(Args)]
pub struct Keys {
    /// A directory, a file, or - for standard input; keys.yaml is written into the directory or next to the file, or printed for -
    input: String,
    /// The format of what is said of the file: text on standard error, or json on standard output
    #[arg(long, default_value = "text")]
    format: Form,
    #[command(flatten)]
    one: One,
}

impl Keys {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        if self.input == "-" && self.format == Form::Json {
            return Err(Fatal("--format json is about a file, and the keys of standard input are printed".to_owned()));
        }
        let inputs = self.one.read(&self.input, false)?;
        let mut diagnostics = inputs.problems.clone();
        let model = model::read(&inputs, &mut diagnostics);
        let hosts = model.as_ref().and_then(|model| check::host_names(model, &mut diagnostics));
        let (Some(mut model), Some(hosts), false) = (model, hosts, diagnostics.has_errors()) else {
            diagnostics.sort();
            report(&only_errors(&diagnostics), Some(&inputs));
            return Ok(Outcome::Refused);
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let made = fill_in(&mut model, &hosts, now)?;
        if self.input == "-" {
            print(model.keys.document(&model.registry.name.value, &hosts.namespace).as_str())?;
        } else {
            let found = model.keys.at.as_ref().map(|at| at.file.as_str());
            let path = input_file::target(&inputs.name, found, KEYS_FILE);
            if made.is_empty() {
                self.told(&path, &made)?;
                // In a file with other documents: whether the keys may be in Git is the user's decision.
                if !path.is_file() || input_file::refuse_shared(&inputs, &path, "the keys", "Secret").is_err() {
                    return Ok(Outcome::Done);
                }
                keep_from_others(&path);
                return keep_from_git(&inputs, &path).map_or_else(failed, |()| Ok(Outcome::Done));
            }
            input_file::refuse_shared(&inputs, &path, "the keys", "Secret")?;
            // Before the keys are written, so that Git never sees them unignored.
            if let Err(failure) = keep_from_git(&inputs, &path) {
                return failed(failure);
            }
            if let Err(failure) = input_file::write(
                &inputs,
                &path,
                &model.keys.document(&model.registry.name.value, &hosts.namespace),
                true,
            ) {
                return failed(failure);
            }
            self.told(&path, &made)?;
        }
        Ok(Outcome::Done)
    }

    /// Tells which values were made.
    fn told(&self, path: &Path, made: &[String]) -> Result<(), Fatal> {
        let file = path.display();
        match self.format {
            Form::Json => {
                told::print_json(&json!({"version": VERSION, "file": file.to_string(), "made": made}))?;
            }
            Form::Text if made.is_empty() => mention(format_args!("{file}: complete; nothing was changed")),
            Form::Text => mention(format_args!(
                "{file}: made {}; keep this file secret, and keep it: the database needs it",
                made.join(", ")
            )),
        }
        Ok(())
    }
}

/// The document of the keys Secret of an input that a command is about to write, with every value that is missing made; nothing
/// if the input is refused, which is reported.
pub(super) fn complete(inputs: &Inputs, problems: &mut Diagnostics) -> Result<Option<Zeroizing<String>>, Fatal> {
    let mut found = Diagnostics::new();
    let model = model::read(inputs, &mut found);
    let hosts = model.as_ref().and_then(|model| check::host_names(model, &mut found));
    let (Some(mut model), Some(hosts), false) = (model, hosts, found.has_errors()) else {
        problems.extend(only_errors(&found));
        return Ok(None);
    };
    fill_in(&mut model, &hosts, SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    Ok(Some(model.keys.document(&model.registry.name.value, &hosts.namespace)))
}

/// Makes a keys file that this command did not write readable by its owner only. Where that fails, as in somebody
/// else's checkout, the user is told.
fn keep_from_others(path: &Path) {
    match output::close_to_others(path) {
        Ok(false) => {}
        Ok(true) => tell(format_args!("{}: others could read it; its mode is 0600 now", path.display())),
        Err(failure) => tell(format_args!("{failure}; others may read it, close it: chmod 600")),
    }
}

/// Keeps the keys file out of Git: writes a .gitignore next to it, or, if there is one, tells the user which line it
/// lacks. An existing .gitignore is never changed.
fn keep_from_git(inputs: &Inputs, path: &Path) -> Result<(), Failure> {
    let Some(name) = path.file_name().and_then(OsStr::to_str) else { return Ok(()) };
    let (ignore, line) = (path.with_file_name(IGNORE), ignore_line(name));
    let names_it = || {
        let text = fs::read_to_string(&ignore).unwrap_or_default();
        names(&text, name)
    };
    match fs::symlink_metadata(&ignore) {
        Ok(found) if found.is_file() && names_it() => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            input_file::write(inputs, &ignore, &format!("# Random values and private keys.\n{line}\n"), false)?;
            mention(format_args!("{}: written, so that Git does not take {name}", ignore.display()));
        }
        _ => tell(format_args!(
            "{}: does not name {name}; add the line {line} unless Git ignores it already",
            ignore.display()
        )),
    }
    Ok(())
}

/// Whether a .gitignore ignores a file, by its name: the last matching line decides, and one with an exclamation mark
/// includes the file again.
fn names(text: &str, name: &str) -> bool {
    let of = |line: &str| {
        let (is_out, pattern) = line.strip_prefix('!').map_or((true, line), |pattern| (false, pattern));
        let line = ignore_line(name);
        // Any pattern that includes files again counts as a match: missing one would leak the keys.
        let is_any = !is_out && pattern.contains(['*', '?', '[']);
        (pattern == line || line.strip_prefix('/') == Some(pattern) || is_any).then_some(is_out)
    };
    text.lines().map(str::trim_end).filter_map(of).next_back() == Some(true)
}

/// Makes the missing values, and a new certificate and key if the host names changed. Returns the names of what was
/// made.
fn fill_in(model: &mut Model, hosts: &check::HostNames, now: u64) -> Result<Vec<String>, Fatal> {
    let mut made = Vec::new();
    let release = Arc::clone(&model.release);
    let is_asked = |name: &str| hosts.values.iter().any(|asked| asked == name);
    // An operator makes all but the one that it does not know.
    let is_made_here = model.config.operator.is_none();
    let wanted = release.keys().filter(|(name, key, _)| is_made_here && (!key.when_asked || is_asked(name)));
    let random_values = wanted.map(|(name, key, _)| (name, key.length, key.in_bundle));
    for (name, length, may_be_in_bundle) in random_values.chain([(DIGEST_KEY, DIGEST_KEY_LENGTH, false)]) {
        // If its own Secret has no keys, the operator takes them from the bundle.
        let in_bundle =
            may_be_in_bundle && model.bundle.config.as_ref().is_some_and(|config| config.root.get(name).is_some());
        if model.keys.get(name).is_none() && !in_bundle {
            model.keys.set(name, random(length)?);
            made.push(name.to_owned());
        }
    }
    if hosts.tls.is_empty() || model.bundle.file(TLS_CERT).is_some() {
        return Ok(made);
    }
    let value = |model: &Model, name: &str| Secret::new(model.keys.get(name).unwrap_or_default());
    let (cert, key) = (value(model, TLS_CERT), value(model, TLS_KEY));
    if pki::leaf_may_stay(cert.expose().as_bytes(), key.expose().as_bytes(), &hosts.tls, now) {
        return Ok(made);
    }
    let mut ca = Pair { cert: value(model, CA_CERT).expose().to_owned(), key: value(model, CA_KEY) };
    let lasts = pki::not_after(ca.cert.as_bytes()).is_some_and(|end| end > now + LEAST_DAYS_OF_CA * 86_400);
    if ca.key.expose().is_empty() || !lasts {
        ca = pki::issue_ca(&model.registry.name.value, now)?;
        model.keys.set(CA_CERT, Secret::new(ca.cert.as_str()));
        model.keys.set(CA_KEY, ca.key.clone());
        made.push(CA_CERT.to_owned());
    }
    let leaf = pki::issue_leaf(&ca, &hosts.tls, now)?;
    model.keys.set(TLS_CERT, Secret::new(leaf.cert));
    model.keys.set(TLS_KEY, leaf.key);
    made.push(TLS_CERT.to_owned());
    Ok(made)
}

/// A random text of the operator's characters. Bytes beyond a multiple of their number are thrown away, so that every
/// character is equally likely.
fn random(length: usize) -> Result<Secret, Fatal> {
    let limit = 256 - 256 % ALPHABET.len();
    let mut text = Zeroizing::new(String::with_capacity(length));
    let mut pool = Zeroizing::new([0_u8; 64]);
    while text.len() < length {
        getrandom::fill(pool.as_mut_slice()).map_err(|error| Fatal(format!("the system's random source: {error}")))?;
        let fair = pool.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < limit);
        let letters = fair.filter_map(|byte| ALPHABET.get(byte % ALPHABET.len()));
        let room = length - text.len();
        text.extend(letters.take(room).map(|letter| char::from(*letter)));
    }
    Ok(text.into())
}

/// A new DIGEST_KEY: the one value that no operator has.
pub(super) fn random_digest_key() -> Result<Secret, Fatal> {
    random(DIGEST_KEY_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_have_the_operators_form_and_differ() {
        let (one, two) = (random(80).unwrap_or_default(), random(80).unwrap_or_default());
        assert_eq!(one.expose().len(), 80);
        assert!(one.expose().bytes().all(|byte| ALPHABET.contains(&byte)));
        assert!(one != two);
    }

    #[test]
    fn the_last_line_about_the_keys_decides() {
        let names = |text: &str| names(text, "keys.yaml");
        assert!(names("keys.yaml\n") && names("/keys.yaml") && names("!keys.yaml\nkeys.yaml\n*.tmp\n"));
        assert!(!names("") && !names("#keys.yaml") && !names("other/keys.yaml") && !names("*.tmp\n"));
        for back in ["!keys.yaml", "!/keys.yaml", "!*", "!*.yaml", "!/key?.yaml", "![k]eys.yaml"] {
            assert!(!names(&format!("/keys.yaml\n{back}\n")), "{back}");
        }
    }
}
