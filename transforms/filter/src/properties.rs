//! The whole transform over the host's own kernels, against its rules written out row by row.

use proptest::prelude::*;
use sluicegate_sdk::serde_json::{Map, Value, json};
use sluicegate_sdk::testing::{Case, start};

use crate::Filter;

/// A cell: a value, NULL, or missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of<T> {
    Value(T),
    Null,
    Missing,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    id: i64,
    n: Of<i64>,
    s: Of<&'static str>,
}

#[derive(Clone, Copy, Debug)]
enum Unit {
    Single(&'static str, Row),
    Pair(Row, Row),
}

#[derive(Clone, Debug)]
enum Condition {
    Above(i64),
    Within(Vec<i64>),
    IsNull(bool),
    Begins(&'static str),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

impl Condition {
    fn json(&self) -> Value {
        let list = |inner: &[Self]| inner.iter().map(Self::json).collect::<Vec<_>>();
        match self {
            Self::Above(than) => json!({"column": "n", "gt": than}),
            Self::Within(values) => json!({"column": "n", "in": values}),
            Self::IsNull(holds) => json!({"column": "n", "is_null": holds}),
            Self::Begins(text) => json!({"column": "s", "like": format!("{text}%")}),
            Self::All(inner) => json!({"all": list(inner)}),
            Self::Any(inner) => json!({"any": list(inner)}),
            Self::Not(inner) => json!({"not": inner.json()}),
        }
    }

    /// Whether it speaks of `n`, and of `s`.
    fn columns(&self) -> (bool, bool) {
        match self {
            Self::Above(_) | Self::Within(_) | Self::IsNull(_) => (true, false),
            Self::Begins(_) => (false, true),
            Self::All(inner) | Self::Any(inner) => inner
                .iter()
                .map(Self::columns)
                .fold((false, false), |all, one| (all.0 | one.0, all.1 | one.1)),
            Self::Not(inner) => inner.columns(),
        }
    }

    fn holds(&self, row: Row) -> Option<bool> {
        let n = |ask: &dyn Fn(i64) -> bool| match row.n {
            Of::Value(value) => Some(ask(value)),
            _ => None,
        };
        match self {
            Self::Above(than) => n(&|value| value > *than),
            Self::Within(values) => n(&|value| values.contains(&value)),
            Self::IsNull(holds) => Some((row.n == Of::Null) == *holds),
            Self::Begins(text) => match row.s {
                Of::Value(value) => Some(value.starts_with(text)),
                _ => None,
            },
            Self::Not(inner) => inner.holds(row).map(|holds| !holds),
            Self::All(inner) => {
                let answers: Vec<_> = inner.iter().map(|inner| inner.holds(row)).collect();
                if answers.contains(&Some(false)) {
                    Some(false)
                } else {
                    answers.into_iter().reduce(Option::and)?
                }
            }
            Self::Any(inner) => {
                let answers: Vec<_> = inner.iter().map(|inner| inner.holds(row)).collect();
                if answers.contains(&Some(true)) {
                    Some(true)
                } else {
                    answers.into_iter().reduce(Option::and)?
                }
            }
        }
    }
}

fn of<T: Clone + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Of<T>> {
    prop_oneof![5 => value.prop_map(Of::Value), 1 => Just(Of::Null), 1 => Just(Of::Missing)]
}

fn row() -> impl Strategy<Value = Row> {
    let s = prop_oneof![Just("x"), Just("xy"), Just("y")];
    (0_i64..9, of(0_i64..4), of(s)).prop_map(|(id, n, s)| Row { id, n, s })
}

fn units() -> impl Strategy<Value = Vec<Unit>> {
    let kind = prop_oneof![4 => Just("+I"), 1 => Just("+U"), 2 => Just("-D")];
    let single = (kind, row()).prop_map(|(kind, row)| Unit::Single(kind, row));
    let pair = (row(), row()).prop_map(|(before, after)| Unit::Pair(before, Row { id: before.id, ..after }));
    proptest::collection::vec(prop_oneof![single, pair], 1..20)
}

fn conditions() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        (0_i64..4).prop_map(Condition::Above),
        proptest::collection::vec(0_i64..5, 1..12).prop_map(Condition::Within),
        any::<bool>().prop_map(Condition::IsNull),
        prop_oneof![Just("x"), Just("xy")].prop_map(Condition::Begins),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let some = || proptest::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            some().prop_map(Condition::All),
            some().prop_map(Condition::Any),
            inner.clone().prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

/// What is expected of the rows: kinds and rows that come out, and rows that are rejected.
#[derive(Debug, Default, PartialEq)]
struct Expected {
    rows: Vec<(String, Value)>,
    rejects: Vec<u32>,
}

fn shown(row: Row) -> Value {
    let mut shown = Map::new();
    shown.insert("id".to_owned(), json!(row.id));
    match row.n {
        Of::Value(n) => drop(shown.insert("n".to_owned(), json!(n))),
        Of::Null => drop(shown.insert("n".to_owned(), Value::Null)),
        Of::Missing => {}
    }
    match row.s {
        Of::Value(s) => drop(shown.insert("s".to_owned(), json!(s))),
        Of::Null => drop(shown.insert("s".to_owned(), Value::Null)),
        Of::Missing => {}
    }
    Value::Object(shown)
}

/// The values before and after by which a pair is judged.
fn known<T: Copy>(before: Of<T>, after: Of<T>, assume: bool) -> Option<(Of<T>, Of<T>)> {
    match (before, after) {
        (Of::Missing, Of::Missing) => None,
        (Of::Missing, after) => assume.then_some((after, after)),
        (before, Of::Missing) => Some((before, before)),
        both => Some(both),
    }
}

fn expected(units: &[Unit], condition: &Condition, drops: bool, assume: bool) -> Expected {
    let (asks_n, asks_s) = condition.columns();
    let inside = |row: Row| (condition.holds(row) == Some(true)) != drops;
    let mut expected = Expected::default();
    let mut at = 0;
    for unit in units {
        match *unit {
            Unit::Single(kind, row) => {
                let missing = (asks_n && row.n == Of::Missing) || (asks_s && row.s == Of::Missing);
                if missing || (kind == "+U" && !assume) {
                    expected.rejects.push(at);
                } else if inside(row) {
                    expected.rows.push((kind.to_owned(), shown(row)));
                }
                at += 1;
            }
            Unit::Pair(before, after) => {
                // A column that nobody asks about is no matter.
                let n = if asks_n { known(before.n, after.n, assume) } else { Some((Of::Null, Of::Null)) };
                let s = if asks_s { known(before.s, after.s, assume) } else { Some((Of::Null, Of::Null)) };
                let judged = n.zip(s).map(|(n, s)| {
                    (inside(Row { n: n.0, s: s.0, ..before }), inside(Row { n: n.1, s: s.1, ..after }))
                });
                let whole = Row {
                    n: if after.n == Of::Missing { before.n } else { after.n },
                    s: if after.s == Of::Missing { before.s } else { after.s },
                    ..after
                };
                match judged {
                    None => expected.rejects.extend([at, at + 1]),
                    Some((true, true)) => {
                        expected.rows.push(("-U".to_owned(), shown(before)));
                        expected.rows.push(("+U".to_owned(), shown(after)));
                    }
                    Some((true, false)) => expected.rows.push(("-D".to_owned(), shown(before))),
                    Some((false, true)) if whole.n == Of::Missing || whole.s == Of::Missing => {
                        expected.rejects.extend([at, at + 1]);
                    }
                    Some((false, true)) => expected.rows.push(("+I".to_owned(), shown(whole))),
                    Some((false, false)) => {}
                }
                at += 2;
            }
        }
    }
    expected
}

proptest! {
    #[test]
    fn the_rules_hold(units in units(), condition in conditions(), drops: bool, assume: bool) {
        let matched = if drops { "drop" } else { "keep" };
        let with = json!({"where": condition.json(), "matched": matched, "assume_unchanged": assume});
        let (mut kinds, mut rows) = (Vec::new(), Vec::new());
        for unit in &units {
            match *unit {
                Unit::Single(kind, row) => {
                    kinds.push(kind);
                    rows.push(shown(row));
                }
                Unit::Pair(before, after) => {
                    kinds.extend(["-U", "+U"]);
                    rows.extend([shown(before), shown(after)]);
                }
            }
        }
        let ran = Case::of("t")
            .fields([("id", "int64"), ("n", "int64"), ("s", "utf8")])
            .rows(rows)
            .kinds(&kinds.join(" "))
            .primary_key(["id"])
            .run(&mut start::<Filter>(with));
        let mut made = Expected::default();
        for output in ran.outputs() {
            let kinds = output.kinds();
            made.rows.extend(kinds.split_whitespace().map(str::to_owned).zip(output.rows()));
        }
        made.rejects.extend(ran.rejects().iter().map(|(row, _)| *row));
        prop_assert_eq!(made, expected(&units, &condition, drops, assume));
    }
}
