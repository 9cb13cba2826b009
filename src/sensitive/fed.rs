//! Secrets on the standard input of programs, or written to files of secrets: `echo x | docker login --password-stdin`,
//! `chpasswd <<< x`, `kinit admin <<EOF`, `cat > .pgpass <<EOF`.

use super::ends::{Ends, Until};
use super::name::{is_secret, is_secret_of_value, is_secret_variable};
use super::operand;
use std::ops::Range;

/// Words, in this order, but possibly with others in between, of a command line that reads a secret. A `*` stands for
/// the beginning of a word, an empty text for a `|` or the like.
const READERS: &[&[&str]] = &[
    &["ConvertTo-SecureString"],
    &["*=/dev/stdin"],
    &["--key-file", "-"],
    &["--key-file=-"],
    &["--password-file", "-"],
    &["--passphrase-fd"],
    &["--password-fd"],
    &["--password-stdin"],
    &["--stdin-password"],
    &["--token-stdin"],
    &["--with-token"],
    &["adcli", "join"],
    &["auth", "login", "--stdin"],
    &["aws", "configure"],
    &["chpasswd"],
    &["create", "secret"],
    &["cryptsetup"],
    &["htpasswd"],
    &["kadmin"],
    &["kadmin.local"],
    &["kinit"],
    &["kpasswd"],
    &["ldappasswd"],
    &["mkpasswd"],
    &["mysql_config_editor"],
    &["nmcli", "--ask"],
    &["openssl", "-pass", "stdin"],
    &["openssl", "-passin", "stdin"],
    &["openssl", "-passout", "stdin"],
    &["openssl", "passwd"],
    &["passwd"],
    &["pdbedit"],
    &["read", "*PASS"],
    &["read", "*PASSWORD"],
    &["read", "*SECRET"],
    &["read", "*TOKEN"],
    &["realm", "join"],
    &["saslpasswd2"],
    &["secret", "create"],
    &["secret", "set"],
    &["slappasswd"],
    &["smbpasswd"],
    &["ssh-add", "-"],
    &["echo", "", "su"],
    &["printf", "", "su"],
    &["sudo", "-S"],
    &["vault", "login"],
    &["vault", "write"],
    &["vault", "kv", "put"],
    &["wpa_passphrase"],
];
/// The names of files that hold passwords.
const FILES: &[&str] = &[
    ".dockercfg",
    ".git-credentials",
    ".htpasswd",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    "_netrc",
    "gshadow",
    "pgpass",
    "pgpass.conf",
    "shadow",
];
/// Programs that print their arguments.
const WRITERS: &[&str] = &["echo", "printf"];
/// Characters that may surround a word of a command line.
const AROUND: &[char] = &['"', '\'', '`', '(', ')', ';', '&', '|'];
/// How many words of a command line are examined.
const MOST_WORDS: usize = 1_024;

/// The ranges of such secrets in a text of command lines.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut next) = (Vec::new(), 0);
    let (mut ends, mut of_writers) = (Ends::default(), [(); WRITERS.len()].map(|()| Ends::default()));
    while let Some(line) = command_line(text, next) {
        next = line.end;
        let command = text.get(line.clone()).unwrap_or_default();
        if !command.contains(['|', '<', '>']) && !command.contains("tee ") {
            continue;
        }
        let words: Vec<&str> = command.split_whitespace().take(MOST_WORDS).collect();
        let is_read = takes_secret(command, &words);
        if is_read {
            found.extend(here_strings(text, &line, &mut ends));
            found.extend(piped(command).map(|range| line.start + range.start..line.start + range.end));
            for (writer, ends) in WRITERS.iter().zip(&mut of_writers) {
                found.extend(written(text, &line, writer, ends));
            }
        }
        // The input of another program may consist of commands.
        for word in delimiters(command).into_iter().filter(|_| is_read) {
            let (end, behind) = body(text, next, word);
            found.push(next..text.get(..end).map_or(end, |lines| lines.trim_end_matches('\n').len().max(next)));
            next = behind;
        }
    }
    found
}

/// The next command line from `start` on, with its continuation lines.
fn command_line(text: &str, start: usize) -> Option<Range<usize>> {
    let mut end = start;
    for line in text.get(start..).filter(|rest| !rest.is_empty())?.split_inclusive('\n') {
        end += line.len();
        if !line.trim_end().ends_with(['\\', '|']) {
            break;
        }
    }
    Some(start..end)
}

/// Whether a command line reads a secret, or writes its input to a file of secrets or to a variable.
fn takes_secret(command: &str, words: &[&str]) -> bool {
    let is = |word: &&str, known: &str| match known.strip_prefix('*') {
        Some(end) => word
            .len()
            .checked_sub(end.len())
            .and_then(|at| word.get(at..))
            .is_some_and(|it| it.eq_ignore_ascii_case(end)),
        None => *word == known || (word.contains("bin/") && word.rsplit('/').next() == Some(known)),
    };
    let words: Vec<&str> = words.iter().map(|word| word.trim_matches(AROUND)).collect();
    let follow = |known: &&[&str]| {
        let mut rest = words.iter();
        known.iter().all(|known| rest.any(|word| is(word, known)))
    };
    let assigns = || {
        let parts =
            command.match_indices("=$(").chain(command.match_indices("=\"$(")).chain(command.match_indices("=`"));
        parts
            .into_iter()
            .any(|(at, _)| is_secret_variable(super::words::last_name(command.get(..at).unwrap_or_default())))
    };
    READERS.iter().any(follow) || is_file_written(&words) || assigns()
}

/// Whether these words write to a file of secrets.
fn is_file_written(words: &[&str]) -> bool {
    let mut is_next = false;
    words.iter().any(|word| {
        let target = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&').trim_start_matches('>');
        let target = target.strip_prefix("of=").unwrap_or(target);
        let is_target = is_next || target.len() < word.len();
        is_next = *word == "tee" || (is_next && word.starts_with('-')) || (is_target && target.is_empty());
        is_target && is_file(target)
    })
}

/// Whether a file's name suggests that it holds secrets.
fn is_file(path: &str) -> bool {
    let name = path.trim_matches(AROUND).rsplit('/').next().unwrap_or_default();
    FILES.contains(&name)
        || path.contains("/secrets/")
        || name.split('.').any(|part| is_secret(part) || is_secret_of_value(part))
}

/// The texts after `<<<`.
fn here_strings(text: &str, line: &Range<usize>, ends: &mut Ends) -> Vec<Range<usize>> {
    let command = text.get(line.clone()).unwrap_or_default();
    let starts = command.match_indices("<<<").map(|(at, sign)| line.start + at + sign.len());
    starts
        .map(|start| {
            let rest = text.get(start..).unwrap_or_default();
            let start = text.len() - rest.trim_start_matches([' ', '\t']).len();
            start..ends.of(text, start, Until::Word)
        })
        .collect()
}

/// The quoted texts that are piped by themselves, as in PowerShell and scripts.
fn piped(command: &str) -> impl Iterator<Item = Range<usize>> {
    command.match_indices('|').filter_map(|(pipe, _)| {
        let front = command.get(..pipe)?.trim_end();
        let quote = front.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
        let start = front.get(..front.len() - 1)?.rfind(quote)?;
        let before = command.get(..start)?.trim_end();
        (before.is_empty() || before.ends_with(['=', '(', ';', '|', '&'])).then_some(start..front.len())
    })
}

/// What `echo` or `printf` writes to something that reads a secret.
fn written(text: &str, line: &Range<usize>, writer: &str, ends: &mut Ends) -> Vec<Range<usize>> {
    let command = text.get(line.clone()).unwrap_or_default();
    let mut found = Vec::new();
    for (at, _) in command.match_indices(writer).filter(|(at, _)| operand::is_called(command, *at, writer.len())) {
        let words = operand::words(text, line.start + at, ends);
        let closes = |word: &&Range<usize>| text.get((*word).clone()).is_some_and(|word| word.ends_with(')'));
        let closing = words.iter().find(closes);
        let (Some(first), Some(last)) = (words.get(1), closing.or(words.last())) else { continue };
        let next = text.get(last.end..).unwrap_or_default().trim_start();
        if closing.is_some() || (next.starts_with(['|', ')', '>', '<']) && !next.starts_with("||")) {
            found.push(first.start..last.end);
        }
    }
    found
}

/// The words that end the here-documents of a command line.
fn delimiters(command: &str) -> Vec<&str> {
    let is_here = |(at, _): &(usize, &str)| {
        let front = command.get(..*at).unwrap_or_default();
        !front.ends_with('<') && !command.get(at + 2..).is_some_and(|rest| rest.starts_with('<'))
    };
    let word = |(at, sign): (usize, &str)| {
        let rest = command.get(at + sign.len()..)?;
        let word = rest.strip_prefix('-').unwrap_or(rest).trim_start_matches([' ', '\t', '"', '\'', '\\']);
        let end =
            word.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | '!')).unwrap_or(word.len());
        word.get(..end).filter(|word| !word.is_empty())
    };
    command.match_indices("<<").filter(is_here).filter_map(word).collect()
}

/// The end of the lines of a here-document that starts at `start`, and that of the line with its closing word, which
/// may be indented.
fn body(text: &str, start: usize, word: &str) -> (usize, usize) {
    let mut end = start;
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        if line.trim().trim_end_matches(['"', '\'', ')']) == word {
            return (end, end + line.len());
        }
        end += line.len();
    }
    (end, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_of_secrets_is_given_is_found_and_nothing_else() {
        for (text, wanted) in [
            ("echo s3cr3t | docker login --password-stdin", &["s3cr3t"][..]),
            ("echo a; printf '%s' 's3 c' | sudo -S id; echo b", &["'%s' 's3 c'"]),
            ("kinit a <<EOF\ns3cr3t\nEOF\necho b", &["s3cr3t"]),
            ("kinit a <<-'E-1' && x\n\ts3cr3t\n\tE-1\nkinit b <<E\nt\nE", &["\ts3cr3t", "t"]),
            ("cat > ~/.pgpass <<EOF\ns3cr3t\nEOF\n", &["s3cr3t"]),
            ("cat <<EOF | tee -a /run/secrets/db > /dev/null\ns3cr3t\nEOF\n", &["s3cr3t"]),
            ("echo s3cr3t > /tmp/db-password.txt", &["s3cr3t"]),
            ("openssl rsa -in a \\\n  -passin stdin <<< 's3 c'\n", &["'s3 c'"]),
            ("TOKEN=$(cat <<EOF\ns3cr3t\nEOF\n)", &["s3cr3t"]),
            ("read -r DB_PASSWORD <<EOF\ns3\ncr3t", &["s3\ncr3t"]),
            ("docker login --password-file <(echo s3cr3t) --password-stdin", &["s3cr3t)"]),
            ("$p = \"s3cr3t\" | ConvertTo-SecureString -AsPlainText -Force", &["\"s3cr3t\""]),
            ("'s3 c' | docker login --password-stdin; cat 'f' | sudo -S id", &["'s3 c'"]),
            ("bash <<EOF\necho s3cr3t | chpasswd\nEOF", &["s3cr3t"]),
            ("cat > app.conf <<EOF\na\nEOF\necho b | tee /etc/app.conf", &[]),
            ("x << 2;\ny", &[]),
            ("echo password changed > log", &[]),
            ("cat /etc/passwd | grep a <<< b", &[]),
        ] {
            let found: Vec<&str> = values(text).into_iter().filter_map(|range| text.get(range)).collect();
            assert_eq!(found, wanted, "{text}");
        }
    }
}
