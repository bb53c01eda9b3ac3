//! The block checked: how rows are routed, and to which outputs.

use sluicegate_sdk::ordered::Ordered;
use sluicegate_sdk::template::Template;

use crate::config::{Columns, Config, Hash, TargetKind, Unmatched, Value};

/// More outputs than this are a slip: each is a batch of its own. `Modulo` counts on it.
const MOST_OUTPUTS: u32 = 1024;

/// What the step does.
#[derive(Debug)]
pub struct Plan {
    /// How rows are routed.
    pub method: Method,
    /// The columns of the routing.
    pub by: Vec<String>,
    /// The outputs, by the number that a route is.
    pub outputs: Vec<OutputPlan>,
    /// What happens to rows without a route.
    pub unmatched: Unmatched,
    /// How an output is told.
    pub target: TargetKind,
    /// Whether an unknown value before an update is taken for the one after it.
    pub assume_unchanged: bool,
}

/// How rows are routed.
#[derive(Debug, PartialEq)]
pub enum Method {
    /// By a hash modulo the number of outputs.
    Hash(Hash),
    /// The bounds of the first outputs; then, if so, one without a bound. The last output may be `other`.
    Ranges(Ranges),
    /// The values of the first outputs. The last output may be `other`.
    Values(Lists),
    /// Every row goes to every output.
    Copy,
}

/// Bounds, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges {
    /// Where each range ends.
    pub bounds: Vec<Value>,
    /// Whether a range without a bound follows.
    pub open: bool,
    /// The output of what is in no range.
    pub other: Option<u32>,
}

/// Lists of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lists {
    /// Each value and its output.
    pub values: Vec<(Value, u32)>,
    /// The output of what is in no list.
    pub other: Option<u32>,
}

/// One output.
#[derive(Clone, Debug)]
pub struct OutputPlan {
    /// The table that it goes to.
    pub to: Template,
    /// Its columns.
    pub columns: Columns,
}

impl Plan {
    /// Checks a block.
    ///
    /// # Errors
    /// In words, beginning with the key that is wrong.
    pub fn read(config: Config) -> Result<Self, String> {
        let given = [
            ("into", config.into.is_some()),
            ("ranges", config.ranges.is_some()),
            ("values", config.values.is_some()),
            ("copy", config.copy.is_some()),
        ];
        let given: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(key, _)| *key).collect();
        let [how] = given[..] else {
            return Err(match given[..] {
                [] => "into: say how to split: one of `into`, `ranges`, `values`, `copy`".to_owned(),
                _ => format!("{}: {} are given; one of them says how to split", given[0], given.join(", ")),
            });
        };
        check_keys(&config, how)?;
        let (method, tables) = match how {
            "into" => by_hash(&config)?,
            "ranges" => by_ranges(&config)?,
            "values" => by_values(&config)?,
            _ => (Method::Copy, config.copy.clone().unwrap_or_default()),
        };
        if tables.is_empty() {
            return Err(format!("{how}: there is no output"));
        }
        if method == Method::Copy && config.target != TargetKind::Partition {
            refuse_repeats(how, &tables)?;
        }
        let outputs = outputs(&config, how, &tables)?;
        Ok(Self {
            method,
            by: config.by,
            outputs,
            unmatched: config.unmatched.unwrap_or_default(),
            target: config.target,
            assume_unchanged: config.assume_unchanged,
        })
    }

    /// Whether every row goes to every output.
    pub fn copies(&self) -> bool {
        self.method == Method::Copy
    }
}

/// Keys that do not go together.
fn check_keys(config: &Config, how: &str) -> Result<(), String> {
    match (how, config.by.len()) {
        ("copy", 0) | ("into", 1..) | ("ranges" | "values", 1) => {}
        ("copy", _) => return Err("by: `copy` takes every row, there is nothing to split by".to_owned()),
        ("into", _) => return Err("by: name the columns to hash".to_owned()),
        (how, _) => return Err(format!("by: `{how}` takes one column")),
    }
    refuse_repeats("by", &config.by)?;
    let lists = matches!(how, "ranges" | "values");
    for (key, given, fits, with) in [
        ("hash", config.hash.is_some(), how == "into", "`into`"),
        ("to", config.to.is_some(), how == "into", "`into`; the others name their tables themselves"),
        ("other", config.other.is_some(), lists, "`ranges` and `values`"),
        ("unmatched", config.unmatched.is_some(), lists, "`ranges` and `values`"),
        ("assume_unchanged", config.assume_unchanged, how != "copy", "all but `copy`"),
    ] {
        if given && !fits {
            return Err(format!("{key}: goes with {with}"));
        }
    }
    if config.other.is_some() && config.unmatched.is_some() {
        return Err("unmatched: with `other` every row has an output".to_owned());
    }
    Ok(())
}

fn by_hash(config: &Config) -> Result<(Method, Vec<String>), String> {
    let count = config.into.unwrap_or_default();
    if !(1..=MOST_OUTPUTS).contains(&count) {
        return Err(format!("into: it is 1 to {MOST_OUTPUTS}, not {count}"));
    }
    let to = config.to.clone().unwrap_or_else(|| "{table}-{n}".to_owned());
    Ok((Method::Hash(config.hash.unwrap_or_default()), vec![to; count as usize]))
}

fn by_ranges(config: &Config) -> Result<(Method, Vec<String>), String> {
    let ranges = config.ranges.as_deref().unwrap_or_default();
    let mut bounds = Vec::with_capacity(ranges.len());
    for (place, range) in ranges.iter().enumerate() {
        match &range.below {
            Some(Value(Some(_))) => bounds.extend(range.below.clone()),
            Some(Value(None)) | None if place + 1 == ranges.len() => {}
            _ => return Err(format!("ranges[{place}].below: only the last range may have no bound")),
        }
    }
    let mut tables: Vec<String> = ranges.iter().map(|range| range.to.clone()).collect();
    let other = config.other.as_ref().map(|_| tables.len() as u32);
    tables.extend(config.other.clone());
    Ok((Method::Ranges(Ranges { open: bounds.len() < ranges.len(), bounds, other }), tables))
}

fn by_values(config: &Config) -> Result<(Method, Vec<String>), String> {
    let mut tables = Vec::new();
    let mut values: Vec<(Value, u32)> = Vec::new();
    for (table, list) in config.values.iter().flat_map(Ordered::iter) {
        for value in list {
            if let Some((_, other)) = values.iter().find(|(known, _)| known == value) {
                let other = tables.get(*other as usize).map_or(table, String::as_str);
                let text = value.0.as_deref().unwrap_or("null");
                return Err(format!("values.{table}: {text} stands under {other} already"));
            }
            values.push((value.clone(), tables.len() as u32));
        }
        tables.push(table.to_owned());
    }
    let other = config.other.as_ref().map(|_| tables.len() as u32);
    tables.extend(config.other.clone());
    Ok((Method::Values(Lists { values, other }), tables))
}

fn outputs(config: &Config, how: &str, tables: &[String]) -> Result<Vec<OutputPlan>, String> {
    let outputs = tables.iter().enumerate().map(|(number, table)| {
        let to = Template::parse_known(table, &["table", "n"]);
        let to = to.map_err(|error| format!("{}: {error}", if how == "into" { "to" } else { how }))?;
        let columns = config.columns.get(table).or_else(|| config.columns.get(&number.to_string()));
        Ok(OutputPlan { to, columns: columns.cloned().unwrap_or_default() })
    });
    let known =
        |key: &String| tables.contains(key) || key.parse::<usize>().is_ok_and(|number| number < tables.len());
    match config.columns.keys().find(|key| !known(key)) {
        Some(key) => Err(format!(
            "columns.{key}: there is no such output; outputs are 0 to {}, or a table as it is written here",
            tables.len() - 1
        )),
        None => outputs.collect(),
    }
}

fn refuse_repeats(key: &str, names: &[String]) -> Result<(), String> {
    match names.iter().enumerate().find(|(place, name)| names[..*place].contains(name)) {
        Some((_, name)) => Err(format!("{key}: {name} stands twice")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Plan, String> {
        Plan::read(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn a_hash_needs_columns_and_a_number() {
        let plan = read(r#"{"by": ["id"], "into": 3, "to": "orders-{n}"}"#).unwrap();
        assert_eq!((plan.method, plan.outputs.len()), (Method::Hash(Hash::Murmur2), 3));
    }

    #[test]
    fn ranges_and_lists_number_their_outputs() {
        let plan = read(r#"{"by": ["a"], "ranges": [{"below": 10, "to": "x"}, {"to": "y"}], "other": "z"}"#);
        let ranges = Ranges { bounds: vec![Value(Some("10".into()))], open: true, other: Some(2) };
        assert_eq!(plan.unwrap().method, Method::Ranges(ranges));
        let plan = read(r#"{"by": ["c"], "values": {"eu": ["DE", "FR"], "us": ["US", null]}}"#).unwrap();
        let value = |text: &str, output| (Value(Some(text.into())), output);
        let values = vec![value("DE", 0), value("FR", 0), value("US", 1), (Value(None), 1)];
        assert_eq!(plan.method, Method::Values(Lists { values, other: None }));
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for (text, wrong) in [
            (r#"{"by": ["a"]}"#, "into: say how to split"),
            (r#"{"by": ["a"], "into": 2, "copy": ["x"]}"#, "into: into, copy are given"),
            (r#"{"into": 2}"#, "by: name the columns"),
            (r#"{"by": ["a", "a"], "into": 2}"#, "by: a stands twice"),
            (r#"{"by": ["a", "b"], "values": {"x": [1]}}"#, "by: `values` takes one column"),
            (r#"{"by": ["a"], "copy": ["x"]}"#, "by: `copy` takes every row"),
            (r#"{"copy": []}"#, "copy: there is no output"),
            (r#"{"copy": ["x", "x"]}"#, "copy: x stands twice"),
            (r#"{"by": ["a"], "into": 0}"#, "into: it is 1 to 1024, not 0"),
            (r#"{"by": ["a"], "into": 2, "to": "t-{m}"}"#, "to: \"t-{m}\": there is no {m} here"),
            (r#"{"by": ["a"], "into": 2, "other": "x"}"#, "other: goes with `ranges` and `values`"),
            (r#"{"by": ["a"], "values": {"x": [1], "y": ["1"]}}"#, "values.y: 1 stands under x already"),
            (r#"{"by": ["a"], "values": {"x": [1, 1]}}"#, "values.x: 1 stands under x already"),
            (r#"{"by": ["a"], "values": {"x": [1]}, "to": "t"}"#, "to: goes with `into`"),
            (
                r#"{"by": ["a"], "values": {"x": [1]}, "other": "y", "unmatched": "drop"}"#,
                "unmatched: with `other`",
            ),
            (
                r#"{"by": ["a"], "ranges": [{"to": "x"}, {"below": 1, "to": "y"}]}"#,
                "ranges[0].below: only the last",
            ),
            (r#"{"by": ["a"], "into": 2, "columns": {"2": {}}}"#, "columns.2: there is no such output"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(wrong), "{error}");
        }
    }

    #[test]
    fn columns_go_by_number_or_table() {
        let plan = read(
            r#"{"copy": ["full", "slim"], "columns": {"slim": {"keep": ["id"]}, "0": {"drop": ["x"]}}}"#,
        );
        let outputs = plan.unwrap().outputs;
        assert_eq!(outputs[0].columns.drop, ["x"]);
        assert_eq!(outputs[1].columns.removed(|| vec!["id".into(), "x".into()]), ["x"]);
    }
}
