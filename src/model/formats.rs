//! The formats of texts in declared documents: for each the pattern for the JSON Schema, the check of the reader, and
//! the message for a text that fails it.

use super::notations::{self, Timeout};
use crate::input::is_profile;
use crate::kubernetes_names::{is_data_key, is_label, is_object_name, is_qualified};
use crate::quote;

/// A format, named in the column `allowed` of `components/config/documents.tsv` as `as NAME`.
#[derive(Clone, Copy)]
pub struct Format {
    /// Its name in that column.
    pub name: &'static str,
    /// The format as an ECMA 262 regular expression, for the JSON Schema.
    pub pattern: &'static str,
    /// The message for a text in the wrong format, with `{}` for the text; `None` if the format is right.
    problem: fn(&str) -> Option<&'static str>,
    /// How a message quotes the text.
    quote: fn(&str) -> String,
    /// The hint; empty if the row's own hint is used.
    pub hint: &'static str,
}

impl Format {
    /// The format of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// The message for a text in the wrong format; `None` if the format is right.
    #[must_use]
    pub fn problem(&self, text: &str) -> Option<String> {
        (self.problem)(text).map(|message| message.replace("{}", &(self.quote)(text)))
    }
}

/// The profiles that come with the program: `components/profiles/`.
pub const PROFILES: &[&str] = &["small", "standard", "large"];

/// The hint where [`is_object_name`] fails.
const NAME_HINT: &str = "lower-case letters, digits, `-` and `.`, at most 253";
const OBJECT_NAME: &str = r"^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const DATA_KEY: &str = r"^(?!\.$)(?!\.\.)[-_.A-Za-z0-9]{1,253}$";
const VOLUME_PATH: &str = r"^(?!(.*/)?\.{1,2}(/|$))[-_.A-Za-z0-9]+(/[-_.A-Za-z0-9]+)*$";
/// Scheme, host and port alone.
const ORIGIN: &str = r"^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?$";
/// As the Prometheus operator's CustomResourceDefinitions have it.
const PROMETHEUS_DURATION: &str =
    r"^(?=.)([0-9]{1,6}y)?([0-9]{1,6}w)?([0-9]{1,6}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?([0-9]{1,6}ms)?$";
const KEY_PREFIX: &str = r"^(?!(.*/)?\.{1,2}(/|$))([-_.A-Za-z0-9]+(/[-_.A-Za-z0-9]+)*)?$";
const TIME_ZONE: &str = r"^(?!Local$)[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$";
const SCHEDULE: &str =
    r"^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|([-,*?/0-9A-Za-z]+ ){4}[-,*?/0-9A-Za-z]+)$";
const VERSION: &str = r"^v?[0-9]+\.[0-9]+(\.|$)";
/// Does not quote the text: somebody may have put the secret itself where the name of its key belongs.
const NO_KEY: &str = "is not a valid name for a Secret's key";

/// The format of an object's name; messages call the object `noun`.
macro_rules! name {
    ($name:literal, $noun:literal, $hint:expr) => {
        Format {
            name: $name,
            pattern: OBJECT_NAME,
            problem: |text| (!is_object_name(text)).then_some(concat!("{} is not a ", $noun)),
            quote: quote::name,
            hint: $hint,
        }
    };
}

const FORMATS: &[Format] = &[
    name!("object-name", "name", NAME_HINT),
    name!("secret-name", "name for a Secret", NAME_HINT),
    name!("source-name", "name of a source", NAME_HINT),
    name!("api-group", "API group", NAME_HINT),
    name!("class-name", "name of an IngressClass", ""),
    Format {
        name: "namespace",
        pattern: r"^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        problem: |text| (!is_label(text)).then_some("{} is not a namespace"),
        quote: quote::name,
        hint: "lower-case letters, digits and `-`, at most 63",
    },
    Format {
        name: "pool-name",
        pattern: r"^(?=.{1,43}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        problem: |text| (!is_label(text) || text.len() > 43).then_some("{} is not the name of a pool"),
        quote: quote::name,
        hint: "lower-case letters, digits and `-`, at most 43",
    },
    Format {
        name: "volume-size",
        pattern: r"^((1[6-9]|[2-9][0-9]|[1-9][0-9]{2,5})Gi|[1-9][0-9]{0,3}Ti)$",
        problem: |text| (!is_volume_size(text)).then_some("{} is not the size of such a volume"),
        quote: quote::number,
        hint: "a whole number of Gi or Ti, at least 16Gi: 100Gi",
    },
    Format {
        name: "image-prefix",
        pattern: r"^(?=[^/]*[.:])[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[A-Za-z0-9][A-Za-z0-9._-]*)*$",
        problem: |text| (!is_image_prefix(text)).then_some("{} is not what the name of an image begins with"),
        quote: quote::name,
        hint: "a host with a dot or a port, and perhaps a path: mirror.example.com:5000/quay; no scheme, tag or digest",
    },
    Format {
        name: "secret-key",
        pattern: DATA_KEY,
        problem: |text| (!is_data_key(text)).then_some(NO_KEY),
        quote: quote::name,
        hint: "letters, digits, `-`, `_` and `.`, at most 253",
    },
    Format {
        name: "ca-key",
        pattern: DATA_KEY,
        problem: |text| (!is_data_key(text)).then_some(NO_KEY),
        quote: quote::name,
        hint: "",
    },
    Format {
        name: "issuer-kind",
        pattern: "^[A-Za-z0-9]+$",
        problem: |text| {
            let is_kind = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
            (!is_kind).then_some("{} is not a kind")
        },
        quote: quote::name,
        hint: "",
    },
    Format {
        name: "balancer-class",
        pattern: r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$",
        problem: |text| (!is_qualified(text)).then_some("{} is not a class"),
        quote: quote::name,
        hint: "",
    },
    Format {
        name: "version",
        pattern: VERSION,
        problem: |text| notations::major_minor(text).is_none().then_some("{} is not a version"),
        quote: quote::number,
        hint: "",
    },
    Format {
        name: "release",
        pattern: VERSION,
        problem: |text| notations::major_minor(text).is_none().then_some("{} is not a release"),
        quote: quote::number,
        hint: "",
    },
    Format {
        name: "certificate-duration",
        pattern: "^(?=.*[1-9])(?=.)([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$",
        problem: |text| notations::certificate_seconds(text).is_none().then_some("{} is not a duration"),
        quote: quote::number,
        hint: "",
    },
    Format {
        name: "flux-duration",
        pattern: r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$",
        problem: |text| (!notations::is_flux_duration(text)).then_some("{} is not a duration"),
        quote: quote::number,
        hint: "",
    },
    Format {
        name: "prometheus-duration",
        pattern: PROMETHEUS_DURATION,
        problem: |text| (!notations::is_prometheus_duration(text)).then_some("{} is not a duration of Prometheus"),
        quote: quote::number,
        hint: "numbers with the units y, w, d, h, m, s and ms, each at most once and in this order, such as 1h30m",
    },
    Format {
        name: "page-url",
        pattern: r"^https?://[^\s@?#]+$",
        problem: |text| (!notations::is_page_url(text)).then_some("is not the URL of a page"),
        quote: quote::name,
        hint: "http:// or https://, a host and a path: https://wiki.example.com/quay/alerts",
    },
    Format {
        name: "timeout",
        pattern: "^[0-9]{1,5}[smh]$",
        problem: |text| Timeout::parse(text).is_none().then_some("{} is not a time"),
        quote: quote::number,
        hint: "",
    },
    Format {
        name: "claim-size",
        pattern: "^[1-9][0-9]{0,6}(Mi|Gi|Ti)$",
        problem: |text| notations::kibibytes(text).is_none().then_some("{} is not the size of a volume"),
        quote: quote::number,
        hint: "a whole number of Mi, Gi or Ti, such as 50Gi",
    },
    Format {
        name: "quantity",
        pattern: "^[0-9]{1,9}(\\.[0-9]{1,3})?(m|[kMGT]|[KMGT]i)?$",
        problem: |text| (!is_plain_quantity(text)).then_some("{} is not a quantity"),
        quote: quote::number,
        hint: "a number and its unit in quotes: \"500m\" of CPU, \"256Mi\" of memory",
    },
    Format {
        name: "variable",
        pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
        problem: |text| (!is_variable(text)).then_some("{} is not a name of a variable"),
        quote: quote::name,
        hint: "letters, digits and `_`, no digit first",
    },
    Format {
        name: "schedule",
        pattern: SCHEDULE,
        problem: |text| (!notations::is_schedule(text)).then_some("{} is not the schedule of a CronJob"),
        quote: quote::name,
        hint: "minute, hour, day of the month, month, day of the week: \"30 2 * * *\"; or @daily",
    },
    Format {
        name: "time-zone",
        pattern: TIME_ZONE,
        problem: |text| (!is_time_zone(text)).then_some("{} is not a time zone"),
        quote: quote::name,
        hint: "its name in the database of IANA, such as Europe/Berlin, or Etc/UTC",
    },
    Format {
        name: "endpoint",
        pattern: ORIGIN,
        problem: |text| (!notations::is_origin(text)).then_some("is not the URL of a service"),
        quote: quote::name,
        hint: "scheme, host and port alone: https://s3.example.com",
    },
    Format {
        name: "key-prefix",
        pattern: KEY_PREFIX,
        problem: |text| (!text.is_empty() && !is_volume_path(text)).then_some("{} is not a prefix"),
        quote: quote::name,
        hint: "names of letters, digits, `-`, `_` and `.`, with `/` between them",
    },
    Format {
        name: "body-size",
        pattern: "^(unlimited|[1-9][0-9]{0,8}[kmg])$",
        problem: |text| (!notations::is_body_size(text)).then_some("{} is not a size"),
        quote: quote::number,
        hint: "",
    },
    Format {
        name: "store-path",
        pattern: r"\{secret\}",
        problem: |text| (!text.contains("{secret}")).then_some("{} is one place for all Secrets"),
        quote: quote::name,
        hint: "",
    },
    Format {
        name: "source-path",
        pattern: r"^(?!/)(?!(.*/)?\.\.(/|$)).+$",
        problem: |text| {
            let leads_out = text.starts_with('/') || text.split('/').any(|part| part == "..");
            let is_path = !text.is_empty() && !leads_out && !text.contains(char::is_control);
            (!is_path).then_some("{} is not a path inside the source")
        },
        quote: quote::name,
        hint: "",
    },
    Format {
        name: "volume-path",
        pattern: VOLUME_PATH,
        problem: |text| (!is_volume_path(text)).then_some("{} is not a path inside a volume"),
        quote: quote::name,
        hint: "folders and a file of letters, digits, `-`, `_` and `.`, with `/` between them",
    },
    Format {
        name: "profile",
        pattern: r"^(small|standard|large|(?!/)[^\x00-\x1f\x7f]*\.profile\.ya?ml)$",
        problem: |text| {
            let is_path = is_profile(text) && !text.starts_with('/') && !text.contains(char::is_control);
            (!PROFILES.contains(&text) && !is_path).then_some("{} is not a profile")
        },
        quote: quote::name,
        hint: "small, standard, large, or a file of yours whose name ends in .profile.yaml",
    },
    Format {
        name: "not-blank",
        pattern: r"\S",
        problem: |text| text.trim().is_empty().then_some("an empty text says nothing"),
        quote: quote::name,
        hint: "",
    },
    Format {
        name: "proxy-url",
        pattern: ORIGIN,
        problem: |text| (!notations::is_origin(text)).then_some("is not the URL of a proxy"),
        quote: quote::name,
        hint: "http://proxy.example.com:3128; one that asks for a password stands in a Secret, whose name is secretName",
    },
    Format {
        name: "no-proxy",
        pattern: "^[^, ]+$",
        problem: |text| (text.is_empty() || text.contains([',', ' '])).then_some("{} is not one entry"),
        quote: quote::name,
        hint: "one entry a line: a host name, .example.com for all below it, or a range such as 10.0.0.0/8",
    },
    Format {
        name: "bucket-host",
        pattern: "^[A-Za-z0-9.-]+$",
        problem: |text| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
            let message = "is not a host name: no scheme, no port, no path";
            empty(text).or_else(|| (!text.chars().all(is_plain)).then_some(message))
        },
        quote: quote::name,
        hint: BUCKET_HINT,
    },
    Format {
        name: "bucket-name",
        pattern: "^[^/ ]+$",
        problem: |text| empty(text).or_else(|| text.contains(['/', ' ']).then_some("is not the name of a bucket")),
        quote: quote::name,
        hint: BUCKET_HINT,
    },
    Format {
        name: "ciphertext",
        pattern: "^[A-D][A-Za-z0-9+/]{365,}={0,2}$",
        problem: |text| (!is_ciphertext(text)).then_some("is not a sealed value"),
        quote: quote::name,
        hint: "",
    },
    Format { name: "bucket-key", pattern: ".", problem: empty, quote: quote::name, hint: BUCKET_HINT },
];

const BUCKET_HINT: &str = "as the claim's ConfigMap and Secret say it";

/// Whether a text may be a value that `seal` encrypted, in base64: two bytes with the length of the encrypted key, that
/// key, encrypted by RSA of 2048 bits or more (256 bytes), and the output of AES-GCM (16 bytes and more). Any other
/// text there may be the plain value.
fn is_ciphertext(text: &str) -> bool {
    let letters = text.trim_end_matches('=');
    text.len() <= letters.len() + 2
        && letters.len() > (2 + 256 + 16) * 4 / 3
        && letters.starts_with(['A', 'B', 'C', 'D'])
        && letters.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// Whether a text is the path of a file below where a volume is mounted, in characters that a command line takes as they are.
fn is_volume_path(text: &str) -> bool {
    let is_name = |part: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !matches!(part, "" | "." | "..") && part.chars().all(is_plain)
    };
    text.split('/').all(is_name)
}

/// Whether a text is a size that a volume of a storage gateway may have, as its operator checks it.
fn is_volume_size(text: &str) -> bool {
    let number = |unit: &str, digits: usize| {
        let number = text.strip_suffix(unit).filter(|number| number.len() <= digits && !number.starts_with('0'))?;
        number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse::<u32>().ok()).flatten()
    };
    number("Gi", 6).is_some_and(|size| size >= 16) || number("Ti", 4).is_some()
}

/// Whether a text is a quantity with the usual units.
fn is_plain_quantity(text: &str) -> bool {
    let units = ["Ki", "Mi", "Gi", "Ti", "m", "k", "M", "G", "T"];
    let number = units.iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text);
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |digits: &str, most: usize| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    is_number(whole, 9) && is_number(part, 3)
}

/// Whether a text is the name of a variable in every shell.
fn is_variable(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a text is the host of a registry, perhaps with a path.
fn is_image_prefix(text: &str) -> bool {
    let is_plain = |part: &str, more: &[char]| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
    };
    let mut parts = text.split('/');
    let host = parts.next().unwrap_or_default();
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let is_port = |port: &str| (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    host.contains(['.', ':'])
        && is_plain(name, &['.', '-'])
        && port.is_none_or(is_port)
        && parts.all(|part| is_plain(part, &['.', '_', '-']))
}

/// Whether a text may be the name of a time zone: `Local` would be that of some server, and is refused.
fn is_time_zone(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-');
    let is_part = |part: &str| !part.is_empty() && part.chars().all(is_plain);
    text != "Local" && text.starts_with(|c: char| c.is_ascii_uppercase()) && text.split('/').all(is_part)
}

fn empty(text: &str) -> Option<&'static str> {
    text.is_empty().then_some("is empty")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts just inside and just outside each format.
    const TEXTS: &[&str] = &[
        "",
        " ",
        "a",
        "A",
        "-",
        ".",
        "..",
        "a.b",
        "a-",
        "-a",
        "a_b",
        "a/b",
        "/a",
        "a/../b",
        "./a",
        "a b",
        "ü",
        "1",
        "1.33",
        "v1.33.2",
        "1.x",
        "10m",
        "1h30m",
        "0h",
        "1.5h",
        "90",
        "30s",
        "4g",
        "04g",
        "unlimited",
        "x/{secret}",
        "tls.key",
        "example.com/internal",
        "Example.com/a",
        "small",
        "a/b.profile.yaml",
        "/b.profile.yml",
        "a,b",
        "http://proxy.example.com:3128",
        "https://[2001:db8::1]/",
        "http://user:word@proxy:3128",
        "http://proxy:3128/path",
        "ftp://proxy",
        "mirror.example.com:5000/a_b/c.d",
        "mirror.example.com:5000/a/",
        "mirror:port/a",
        "15Gi",
        "16Gi",
        "016Gi",
        "100Gi",
        "1000000Gi",
        "+20Gi",
        "1Ti",
        "0Ti",
        "50Gi",
        "0Gi",
        "0.25",
        "1.5Gi",
        "1.Gi",
        "500m",
        "5mm",
        "DEBUGLOG",
        "_a1",
        "1a",
        "Europe/Berlin",
        "Etc/GMT+1",
        "Local",
        "30 2 * * *",
        "*/5 0-6,22 1 jan-MAR ?",
        "@daily",
        "@never",
        "30 2 * *",
        "a/b.c",
    ];

    /// What the reader refuses and the pattern cannot express, by format.
    const BEYOND: &[(&str, &str)] = &[("timeout", "0h")];

    #[test]
    fn pattern_and_test_of_a_format_agree() {
        let sealed = "A".repeat(368);
        let texts: Vec<&str> = TEXTS.iter().copied().chain([sealed.as_str()]).collect();
        for format in FORMATS {
            let schema = serde_json::json!({"type": "string", "pattern": format.pattern});
            let validator = jsonschema::draft7::new(&schema).unwrap();
            let mut taken = 0;
            for text in &texts {
                let is_right = format.problem(text).is_none();
                let fits = validator.is_valid(&serde_json::json!(text)) && !BEYOND.contains(&(format.name, *text));
                assert_eq!(fits, is_right, "{}: {text:?}", format.name);
                taken += usize::from(is_right);
            }
            assert!((1..texts.len()).contains(&taken), "{}: takes {taken} of the texts", format.name);
        }
    }
}
