//! Dashboards: one definition, written in the forms that its readers take.
//!
//! OpenShift's console draws old panels (`rows`, `graph`, `singlestat`) and skips any other without a word; Grafana has
//! replaced those by `timeseries` and `stat`, and no longer loads some of them.

mod console;
mod grafana;

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Panels in rows. The file with the definition explains its fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    /// The title, by which people choose it.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// The rows, from the top.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its title.
    pub title: String,
    /// Its panels, from the left.
    pub panels: Vec<Panel>,
}

/// A panel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Its title.
    pub title: String,
    /// What it shows, and what good looks like.
    pub description: String,
    /// How it shows it.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The unit of its values.
    pub unit: Unit,
    /// How wide it is, of twelve.
    pub width: u8,
    /// Whether lines are added up.
    #[serde(default)]
    pub stack: bool,
    /// Which values the axis of lines shows at least, from the lowest to the highest; without it, it begins at 0. The
    /// console chooses its axes itself.
    #[serde(default)]
    pub range: Option<(f64, f64)>,
    /// How many decimals a number has.
    #[serde(default)]
    pub decimals: Option<u8>,
    /// What it asks for; a number asks once.
    pub queries: Vec<Query>,
}

/// How a panel shows its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The newest, as a number.
    Number,
    /// All, over time.
    Lines,
}

/// A unit of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A number of anything.
    Count,
    /// Of one, shown as a percentage. The console writes percentages of a hundred as bare numbers.
    Ratio,
    Seconds,
    Bytes,
    #[serde(rename = "bytes per second")]
    ByteRate,
    #[serde(rename = "per second")]
    Rate,
    #[serde(rename = "requests per second")]
    RequestRate,
    Days,
    #[serde(rename = "CPUs")]
    Cpus,
}

/// What a panel asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The expression, in PromQL.
    pub expr: String,
    /// What its lines are called; `{{label}}` is the value of a label.
    pub legend: String,
}

impl Unit {
    /// Its name in Grafana, which the console takes too, as far as it knows it.
    fn name(self) -> &'static str {
        match self {
            Self::Count | Self::Cpus => "short",
            Self::Ratio => "percentunit",
            Self::Seconds => "s",
            Self::Bytes => "bytes",
            Self::ByteRate => "Bps",
            Self::Rate => "ops",
            Self::RequestRate => "reqps",
            Self::Days => "d",
        }
    }
}

/// The form for a reader of dashboards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// OpenShift's console.
    Console,
    /// Grafana, from 9 on.
    Grafana,
}

impl Reader {
    /// By its name in templates.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "console" => Some(Self::Console),
            "grafana" => Some(Self::Grafana),
            _ => None,
        }
    }
}

impl Dashboard {
    /// The dashboard for a reader. The ids of panels are their places, from 1.
    #[must_use]
    pub fn write(&self, reader: Reader) -> Value {
        match reader {
            Reader::Console => console::dashboard(self),
            Reader::Grafana => grafana::dashboard(self),
        }
    }

    /// What is wrong with it, if anything: a row that does not fill its lines, a title twice, a number with several
    /// queries, an axis without room.
    #[must_use]
    pub fn mistake(&self) -> Option<String> {
        let mut titles = Vec::new();
        for row in &self.rows {
            let width: u32 = row.panels.iter().map(|panel| u32::from(panel.width)).sum();
            if row.panels.is_empty() || !width.is_multiple_of(12) {
                return Some(format!("the panels of row {:?} are {width} wide, which is no multiple of 12", row.title));
            }
            for panel in &row.panels {
                if titles.contains(&&panel.title) {
                    return Some(format!("panel {:?} is there twice", panel.title));
                }
                titles.push(&panel.title);
                if ![2, 3, 4, 5, 6, 12].contains(&panel.width) {
                    return Some(format!(
                        "panel {:?} is {} wide, which the console has no style for",
                        panel.title, panel.width
                    ));
                }
                if panel.queries.is_empty() || panel.kind == Kind::Number && panel.queries.len() > 1 {
                    return Some(format!("panel {:?} has {} queries", panel.title, panel.queries.len()));
                }
                if panel.range.is_some_and(|(least, most)| panel.kind == Kind::Number || least >= most) {
                    return Some(format!("panel {:?} has no axis from one value to a higher one", panel.title));
                }
            }
        }
        None
    }
}

/// What both forms have around their panels.
fn frame(dashboard: &Dashboard, schema: u32) -> Map<String, Value> {
    let fields = [
        ("title", json!(dashboard.title)),
        ("description", json!(dashboard.description)),
        ("tags", json!(["quay"])),
        ("schemaVersion", json!(schema)),
        ("version", json!(1)),
        ("editable", json!(false)),
        ("timezone", json!("")),
        ("refresh", json!("30s")),
        ("time", json!({"from": "now-1h", "to": "now"})),
        ("annotations", json!({"list": []})),
        ("templating", json!({"list": []})),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

/// Whether a row is of numbers alone, which need less height.
fn is_of_numbers(row: &Row) -> bool {
    row.panels.iter().all(|panel| panel.kind == Kind::Number)
}

/// The name of a query in its panel: A, B, and so on.
fn reference(index: usize) -> String {
    let letter = u8::try_from(index % 26).map_or('A', |index| char::from(b'A' + index));
    letter.to_string().repeat(index / 26 + 1)
}
