//! Secrets in calls of scripts and programs: `os.Setenv("DB_PASSWORD", "x")`, `smtp.login("a", "x")`,
//! `s/@PASSWORD@/x/`.

use super::endings::ENDINGS;
use super::ends::{Ends, Until};
use super::name::is_secret_of_value;
use super::phrase;
use super::words::{is_of_name, last_name};
use std::ops::Range;

/// Functions that take a user and a password, by their lower-case names or, with `*`, the ends of those; with the index
/// of the password.
const LOGINS: &[(&str, usize)] = &[
    ("auth", 1),
    ("authenticate", 1),
    ("*basicauth", 1),
    ("*credential", 1),
    ("*credentials", 1),
    ("getconnection", 2),
    ("login", 1),
    ("passwordauthentication", 1),
];
/// Prefixes of functions that set what the rest of their name says.
const SETTERS: &[&str] = &["", "add", "put", "set", "use", "with"];
/// The Redis command for logging in.
const AUTH: &str = "AUTH";
/// How many arguments of a call are examined.
const MOST_ARGUMENTS: usize = 6;
/// The maximum length of a non-text argument and of a name.
const LONGEST: usize = 120;
/// Characters around a name that is replaced: `@PASSWORD@`, `{{ .password }}`, `^password=.*`.
const AROUND_NAMES: &[char] =
    &['@', '%', '$', '{', '}', '<', '>', '[', ']', '(', ')', '_', '^', '*', '.', '\\', '=', ':', '#', '"', '\'', ' '];
const QUOTES: [char; 3] = ['"', '\'', '/'];
/// Delimiters of the parts of a substitution.
const DIVIDERS: &[char] = &['/', '|', '#', ',', '@', '!', '~', '%', '+', ':', ';', '{'];

/// The ranges of such secrets in a text.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut ends) = (Vec::new(), Ends::default());
    for (at, _) in text.match_indices('(') {
        let front = text.get(..at).unwrap_or_default();
        let is_call = front.ends_with(|c| is_of_name(c) || c == '!');
        let password = password(front);
        if !is_call && password.is_none() {
            continue;
        }
        let arguments = arguments(text, at + 1, &mut ends);
        let of = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
        let named = arguments.windows(2).filter_map(|pair| match pair {
            [name, value] if is_call && is_name(of(name)) => Some(value),
            _ => None,
        });
        let password = password.and_then(|place| arguments.get(place));
        found.extend(named.chain(password).filter(|value| is_value(of(value))).cloned());
    }
    found.extend(substituted(text));
    found
}

/// The first arguments of a call, up to one that contains brackets.
fn arguments(text: &str, start: usize, ends: &mut Ends) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), start);
    for _ in 0..MOST_ARGUMENTS {
        let rest = text.get(at..).unwrap_or_default();
        let begin = text.len() - rest.trim_start().len();
        // Some languages have signs and letters before string literals: `@"x"`, `rb'x'`.
        let prefix = text.get(begin..).unwrap_or_default();
        let prefix = prefix.len() - prefix.trim_start_matches(['@', '$', 'r', 'b', 'f', 'u']).len();
        let is_text = text.get(begin + prefix..).is_some_and(|rest| rest.starts_with(['"', '\'']));
        let begin = if is_text { begin + prefix } else { begin };
        let rest = text.get(begin..).unwrap_or_default();
        let end = if is_text {
            ends.of(text, begin, Until::Word)
        } else {
            let mut others = rest.char_indices().take(LONGEST);
            match others.find(|(_, c)| matches!(c, ',' | '(' | ')' | '"' | '\'' | '\n')) {
                Some((length, _)) => begin + length,
                None => break,
            }
        };
        found.push(begin..end);
        let behind = text.get(end..).unwrap_or_default().trim_start();
        match behind.strip_prefix(',') {
            Some(next) => at = text.len() - next.len(),
            None => break,
        }
    }
    found
}

/// Whether an argument is the name of a secret, quoted or as a pattern.
fn is_name(argument: &str) -> bool {
    let inner = argument.strip_prefix(QUOTES).and_then(|inner| inner.strip_suffix(QUOTES));
    inner.is_some_and(|inner| inner == AUTH || is_secret_name(inner))
}

fn is_secret_name(text: &str) -> bool {
    let name = text.trim_matches(AROUND_NAMES);
    let is_one =
        !name.is_empty() && name.len() <= LONGEST && name.chars().all(|c| is_of_name(c) || c.is_alphanumeric());
    is_one && (is_secret_of_value(name) || phrase::is_last(name))
}

/// Whether an argument is a text, but not itself a name of secrets: `filter("password", "token")`.
fn is_value(argument: &str) -> bool {
    let inner = argument.trim_matches(['"', '\'']);
    argument.starts_with(['"', '\'']) && !inner.is_empty() && !ENDINGS.contains(&inner.to_ascii_lowercase().as_str())
}

/// The index of the password in the arguments after a text: `set_password("x")`, `auth=("a", "x")`.
fn password(front: &str) -> Option<usize> {
    let name = last_name(front.strip_suffix('=').unwrap_or(front)).rsplit('.').next().unwrap_or_default();
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let login = LOGINS.iter().find(|(login, _)| match login.strip_prefix('*') {
        Some(end) => name.ends_with(end),
        None => name == *login,
    });
    let set = |setter: &str| name.strip_prefix(setter).is_some_and(|rest| ENDINGS.contains(&rest));
    let is_setter = || !front.ends_with('=') && SETTERS.iter().any(|setter| set(setter));
    login.map(|(_, place)| *place).or_else(|| is_setter().then_some(0))
}

/// The replacement of a secret's name: `s/PASSWORD/x/`, `s|@TOKEN@|x|g`.
fn substituted(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('s') {
        let before = text.get(..at).and_then(|front| front.chars().next_back());
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '$' | '\\')) {
            continue;
        }
        let rest = text.get(at + 1..).unwrap_or_default();
        let Some(divider) = rest.chars().next().filter(|c| DIVIDERS.contains(c)) else { continue };
        let closing = if divider == '{' { '}' } else { divider };
        let mut pattern = rest.char_indices().skip(1).take(LONGEST).take_while(|(_, c)| *c != '\n');
        let Some((end, _)) = pattern.find(|(_, c)| *c == closing) else { continue };
        if !rest.get(1..end).is_some_and(is_secret_name) {
            continue;
        }
        let value = rest.get(end + 1..).unwrap_or_default();
        let value = if divider == '{' { value.strip_prefix('{').unwrap_or_default() } else { value };
        let start = text.len() - value.len();
        let length =
            value.find([closing, '\n']).filter(|length| !value.get(*length..).unwrap_or_default().starts_with('\n'));
        found.extend(length.map(|length| start..start + length));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_over_under_a_name_is_found_and_nothing_else() {
        for (text, wanted) in [
            ("os.Setenv(\"DB_PASSWORD\",\"s3cr3t\")", &["\"s3cr3t\""][..]),
            ("setenv(\"A_TOKEN\", \"s3 cr3t\", 1);", &["\"s3 cr3t\""]),
            ("ENV.store('PASSWORD', 's3cr3t')", &["'s3cr3t'"]),
            ("config.set('db', 'password', 's3cr3t')", &["'s3cr3t'"]),
            ("x.set(\n  section,\n  \"api_key\",\n  \"s3cr3t\"\n)", &["\"s3cr3t\""]),
            ("[Environment]::SetEnvironmentVariable(\"DB_PASS\", \"s3cr3t\", \"User\")", &["\"s3cr3t\""]),
            ("f(g(\"password\", \"s3cr3t\"), os.getenv('TOKEN', 'd3fault'))", &["\"s3cr3t\"", "'d3fault'"]),
            ("text.replace(\"@PASSWORD@\", \"s3cr3t\")", &["\"s3cr3t\""]),
            ("smtp.login('a', 's3cr3t')", &["'s3cr3t'"]),
            ("requests.get(url, auth=('a', 's3cr3t'))", &["'s3cr3t'"]),
            ("new NetworkCredential(user, \"s3cr3t\")", &["\"s3cr3t\""]),
            ("set(\"Passwort\", \"s3cr3t\")", &["\"s3cr3t\""]),
            ("sed s/PASSWORD/s3cr3t/", &["s3cr3t"]),
            ("a.setPassword(@\"s3cr3t\").withToken('s3cr3t')", &["\"s3cr3t\"", "'s3cr3t'"]),
            ("DriverManager.getConnection(url, \"a\", \"s3cr3t\")", &["\"s3cr3t\""]),
            ("new Credentials('a', 's3cr3t')", &["'s3cr3t'"]),
            ("redis.call(\"AUTH\", \"s3cr3t\")", &["\"s3cr3t\""]),
            ("gsub(/PASSWORD/, \"s3cr3t\"); s{PASSWORD}{s3cr3t}g", &["\"s3cr3t\"", "s3cr3t"]),
            ("sed -i -e 's|@TOKEN@|s3 cr3t|g' -e \"s#{{ db.password }}#s3cr3t#\" f", &["s3 cr3t", "s3cr3t"]),
            ("perl -pe 's/^password=.*/s3cr3t/'", &["s3cr3t"]),
            ("getenv(\"HOME\", \"/root\"); config.set('db', 'host', 'h')", &[]),
            ("filter_parameters(\"password\", \"token\")", &[]),
            ("f(\"password\", value); g(\"password\"); h(\"password\", \"\")", &[]),
            ("[\"password\", \"host\"], (\"password\", \"host\")", &[]),
            ("if x in (\"password\", \"host\")", &[]),
            ("sed s/HOST/x/; ls/PASSWORD/x/; s/PASSWORD/x\n", &[]),
            ("label_replace(up, \"job\", \"$1\", \"instance\", \"(.*)\")", &[]),
            ("f(((((\"", &[]),
            ("parse_authenticate(a, \"www\")", &[]),
            ("getpass(\"Password: \"); hashPassword('a'); get_token(\"a\")", &[]),
        ] {
            let found: Vec<&str> = values(text).into_iter().filter_map(|range| text.get(range)).collect();
            assert_eq!(found, wanted, "{text}");
        }
    }
}
