//! Options of programs that take a secret, and which part of their values is secret.

use super::name::is_secret_of_value;
use super::words::is_of_name;
use std::ops::Range;

/// The secret part of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// All of it.
    Secret,
    /// The part after the `=`.
    Entry,
    /// The part after the first of some signs, in a user name with password.
    Login(&'static [char]),
}

use Holds::{Entry, Login, Secret};

/// Long options, and short ones whose meaning is so common that the program does not matter.
const ANYWHERE: &[(&str, Holds)] = &[
    ("-U", Login(&[':'])),
    ("-u", Login(&[':'])),
    ("--auth", Login(&[':'])),
    ("--basic-auth", Login(&[':'])),
    ("--cert", Login(&[':'])),
    ("--cookie", Entry),
    ("--cred", Login(&[':'])),
    ("--creds", Login(&[':'])),
    ("--dest-creds", Login(&[':'])),
    ("--from-literal", Entry),
    ("--oauth2-bearer", Secret),
    ("--pin", Secret),
    ("--proxy-cert", Login(&[':'])),
    ("--proxy-user", Login(&[':'])),
    ("--puk", Secret),
    ("--so-pin", Secret),
    ("--src-creds", Login(&[':'])),
    ("--user", Login(&[':'])),
];
const LDAP: &[&str] = &[
    "ldapadd",
    "ldapcompare",
    "ldapdelete",
    "ldapexop",
    "ldapmodify",
    "ldapmodrdn",
    "ldappasswd",
    "ldapsearch",
    "ldapvc",
    "ldapwhoami",
];
const SAMBA: &[&str] =
    &["mount.cifs", "net", "rpcclient", "smbcacls", "smbclient", "smbget", "smbmap", "smbtree", "winexe", "wmic"];
const SNMP: &[&str] = &["snmpbulkwalk", "snmpget", "snmpgetnext", "snmpset", "snmptrap", "snmpwalk"];
const LOGS_IN: &[&str] = &[
    "clickhouse-client",
    "cqlsh",
    "login",
    "mongo",
    "mongodump",
    "mongoexport",
    "mongoimport",
    "mongorestore",
    "mongosh",
    "pkcs11-tool",
    "rabbitmqadmin",
    "rdesktop",
    "saslpasswd2",
    "sshpass",
    "useradd",
    "usermod",
];
/// Short options, by the programs or subcommands that have them. Their value may be in the same word.
const SHORT: &[(&str, &[&str], Holds)] = &[
    ("-A", SNMP, Secret),
    ("-E", &["curl"], Login(&[':'])),
    ("-K", &["ipmitool", "openssl", "pk12util"], Secret),
    ("-N", &["ssh-keygen"], Secret),
    (
        "-P",
        &[
            "bcp",
            "freebcp",
            "ipmitool",
            "mosquitto_pub",
            "mosquitto_rr",
            "mosquitto_sub",
            "sqlcmd",
            "ssh-keygen",
            "tsql",
            "unzip",
            "zip",
        ],
        Secret,
    ),
    ("-U", SAMBA, Login(&['%'])),
    ("-W", &["pk12util"], Secret),
    ("-X", SNMP, Secret),
    ("-a", &["http", "https", "xh", "xhs"], Login(&[':'])),
    ("-a", &["ipa-server-install", "redis-cli", "valkey-cli"], Secret),
    ("-b", &["curl"], Entry),
    ("-c", SNMP, Secret),
    ("-p", LOGS_IN, Secret),
    ("-p", &["doveadm", "ipa-server-install", "steghide"], Secret),
    ("-s", &["ldappasswd", "slappasswd"], Secret),
    ("-u", &["lftp", "ncftp"], Login(&[',', ':'])),
    ("-w", LDAP, Secret),
    ("-w", &["ipa-client-install", "kadmin", "kadmin.local"], Secret),
];
const ARCHIVERS: &[&str] = &["7z", "7za", "7zr", "7zz", "rar", "unrar"];
const MYSQL: &[&str] = &[
    "mariadb",
    "mariadb-admin",
    "mariadb-backup",
    "mariadb-check",
    "mariadb-dump",
    "mariadb-import",
    "mariadb-show",
    "mysql",
    "mysqladmin",
    "mysqlcheck",
    "mysqldump",
    "mysqlimport",
    "mysqlpump",
    "mysqlsh",
    "mysqlshow",
    "xtrabackup",
];
/// Options whose value is always in the same word.
const JOINED: &[(&str, &[&str], Holds)] = &[
    ("-U", &["curl"], Login(&[':'])),
    ("-hp", ARCHIVERS, Secret),
    ("-p", ARCHIVERS, Secret),
    ("-p", MYSQL, Secret),
    ("-u", &["curl"], Login(&[':'])),
];

/// The secret part of the value of an option; `before` is the part of the command line before it.
pub(super) fn holds(option: &str, before: &str) -> Option<Holds> {
    let of_program = SHORT.iter().find(|(short, programs, _)| *short == option && has_program(before, programs));
    let anywhere = || ANYWHERE.iter().find(|(known, _)| *known == option).map(|(_, holds)| *holds);
    let is_named = || is_secret_of_value(option.trim_start_matches('-')).then_some(Secret);
    of_program.map(|(_, _, holds)| *holds).or_else(anywhere).or_else(is_named)
}

/// The secret part of a setting named like a long option, as in curl's configuration files: a user with a password.
pub(super) fn of_setting(name: &str) -> Option<Holds> {
    let found = ANYWHERE.iter().find(|(known, _)| known.strip_prefix("--") == Some(name)).map(|(_, holds)| *holds);
    found.filter(|holds| matches!(holds, Login(_)))
}

/// Whether a word may be an option with its value: a cheap check.
pub(super) fn may_be_joined(word: &str) -> bool {
    word.len() > 2 && !word.starts_with("--") && word.starts_with('-')
}

/// The start of the value in a word that is an option with its value, and the secret part of it.
pub(super) fn joined(word: &str, before: &str) -> Option<(usize, Holds)> {
    let of = |(short, programs, holds): &(&str, &[&str], Holds)| {
        let value = word.strip_prefix(short)?;
        // A bracket or a comma belongs to a list, with the value in its next text.
        let is_value = !value.is_empty()
            && !value.trim_start_matches(['"', '\'']).is_empty()
            && !value.starts_with("\",")
            && !value.starts_with("',");
        (is_value && has_program(before, programs)).then_some((short.len(), *holds))
    };
    may_be_joined(word).then(|| JOINED.iter().chain(SHORT).find_map(of)).flatten()
}

/// Whether a program or subcommand of that name has such options.
pub(super) fn is_program(name: &str) -> bool {
    JOINED.iter().chain(SHORT).any(|(_, programs, _)| programs.contains(&name))
}

/// Whether any of the programs is called on a command line.
fn has_program(line: &str, programs: &[&str]) -> bool {
    line.split(|c| !is_of_name(c)).any(|word| programs.contains(&word))
}

/// The part of an option's value that is secret.
pub(super) fn part(value: &str, holds: Holds) -> Range<usize> {
    let behind = |signs: &[char]| value.find(signs).map_or(value.len()..value.len(), |at| at + 1..value.len());
    match holds {
        Secret => 0..value.len(),
        Entry => behind(&['=']),
        // Numeric user and group IDs are no secret.
        Login(_) if value.chars().all(|c| c.is_ascii_digit() || c == ':') => value.len()..value.len(),
        Login(signs) => behind(signs),
    }
}
