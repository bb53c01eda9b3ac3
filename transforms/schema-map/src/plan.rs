//! What is done to one table. Made from names alone, kept until the table's fields change.

use std::collections::{HashMap, HashSet};

use sluicegate_sdk::Field;
use sluicegate_sdk::pattern::Groups;

use crate::config::MetaColumn;
use crate::prepare::{Entry, render};
use crate::renames;

/// Calls on an output, in the order of the fields of this struct.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// The table that rows go to.
    pub table: String,
    /// Fields that go, by their old names.
    pub removes: Vec<String>,
    /// Old and new names, in an order in which they never meet.
    pub renames: Vec<(String, String)>,
    /// Columns put over a field in its place, or behind the last one.
    pub puts: Vec<Put>,
    /// Columns taken away and put behind the last one, in this order: how fields change places.
    pub moves: Vec<Put>,
    /// Another key. Without one the host renames the source's with its columns.
    pub primary_key: Option<Vec<String>>,
    /// The first column of that key that the rows lack.
    pub key_lacks: Option<String>,
    /// Columns of a key that is not in the source's: their new names and places in the input.
    pub rekey: Vec<(String, u32)>,
    /// What the configuration names and the table lacks, in words.
    pub lacking: Vec<String>,
}

/// A column of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// Its name.
    pub name: String,
    /// What it is filled from.
    pub from: Source,
}

/// What a column is filled from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A field of the input, as it is.
    Field(u32),
    /// A field of the input through a cast, by its place in the entry's casts.
    Cast(u32, usize),
    /// One value: its text and type.
    Constant(Option<String>, String),
    /// What is known about the row.
    Meta(MetaColumn),
}

impl Plan {
    /// The plan of an entry for a table with these fields.
    ///
    /// # Errors
    /// In words, where two columns would get one name.
    pub fn make(
        entry: &Entry,
        table: &str,
        groups: &Groups,
        fields: &[Field],
        primary_key: &[String],
    ) -> Result<Self, String> {
        let rule = &entry.rule;
        let stays = |name: &String| {
            rule.keep.as_ref().is_none_or(|keep| keep.contains(name)) && !rule.drop.contains(name)
        };
        let new_name = |old: &str| rule.rename.get(old).cloned().unwrap_or_else(|| rule.name_case.apply(old));

        let (kept, gone): (Vec<(u32, &Field)>, Vec<_>) =
            (0..).zip(fields).partition(|(_, field)| stays(&field.name));
        let kept: Vec<(u32, &str, String)> = kept
            .into_iter()
            .map(|(place, field)| (place, field.name.as_str(), new_name(&field.name)))
            .collect();
        refuse_collisions(table, &kept)?;

        let mut columns: Vec<Put> = kept
            .iter()
            .map(|(place, _, new)| Put { name: new.clone(), from: Source::Field(*place) })
            .collect();
        for (number, cast) in entry.casts.iter().enumerate() {
            if let Some(column) = columns.iter_mut().find(|column| column.name == cast.column)
                && let Source::Field(place) = column.from
            {
                column.from = Source::Cast(place, number);
            }
        }
        let constants = entry.adds.iter().map(|add| {
            let text = add.text.as_ref().map(|text| render(text, table, groups));
            (add.column.as_str(), Source::Constant(text, add.data_type.clone()))
        });
        let meta = rule.meta.iter().map(|(name, meta)| match meta {
            MetaColumn::Table => (name, Source::Constant(Some(table.to_owned()), "utf8".to_owned())),
            meta => (name, Source::Meta(*meta)),
        });
        for (name, from) in constants.chain(meta) {
            match columns.iter_mut().find(|column| column.name == name) {
                Some(column) => column.from = from,
                None => columns.push(Put { name: name.to_owned(), from }),
            }
        }

        let lacking = lacking(entry, fields, &columns);
        let rekey = rule.primary_key.as_ref().map(|key| moving_key(&columns, fields, key, primary_key));
        let is_column = |name: &&String| columns.iter().any(|column| column.name == **name);
        let key_lacks = rule.primary_key.iter().flatten().find(|name| !is_column(name)).cloned();
        let renamed: Vec<(&str, &str)> = kept.iter().map(|(_, old, new)| (*old, new.as_str())).collect();
        let (puts, moves) = arrange(columns, &rule.order);
        Ok(Self {
            table: entry.to.as_ref().map_or_else(|| table.to_owned(), |to| render(to, table, groups)),
            removes: gone.into_iter().map(|(_, field)| field.name.clone()).collect(),
            renames: renames::in_order(&renamed),
            puts,
            moves,
            primary_key: rule.primary_key.clone(),
            key_lacks,
            rekey: rekey.unwrap_or_default(),
            lacking,
        })
    }
}

fn refuse_collisions(table: &str, kept: &[(u32, &str, String)]) -> Result<(), String> {
    let mut names = HashMap::new();
    for (_, old, new) in kept {
        if let Some(other) = names.insert(new.as_str(), *old) {
            return Err(format!(
                "table {table}: columns {other} and {old} would both be named {new}; rename or drop one of them"
            ));
        }
    }
    Ok(())
}

/// Columns of the new key that come from the input, if any of them is outside the source's key: those whose value
/// before a change must be known.
fn moving_key(
    columns: &[Put],
    fields: &[Field],
    new_key: &[String],
    old_key: &[String],
) -> Vec<(String, u32)> {
    let field_of = |name: &String| {
        let column = columns.iter().find(|column| column.name == *name)?;
        match column.from {
            Source::Field(place) | Source::Cast(place, _) => Some((name.clone(), place)),
            // Made from nothing that a change could move.
            Source::Constant(..) | Source::Meta(_) => None,
        }
    };
    let found: Vec<(String, u32)> = new_key.iter().filter_map(field_of).collect();
    let outside = found.iter().any(|(_, place)| !old_key.contains(&fields[*place as usize].name));
    if outside { found } else { Vec::new() }
}

/// What to put in place and what to move to the end, so that the columns of `order` come first.
fn arrange(columns: Vec<Put>, order: &[String]) -> (Vec<Put>, Vec<Put>) {
    let place_of = |name: &String| columns.iter().position(|column| column.name == *name);
    let mut wanted: Vec<usize> = order.iter().filter_map(place_of).collect();
    let first: HashSet<usize> = wanted.iter().copied().collect();
    wanted.extend((0..columns.len()).filter(|place| !first.contains(place)));
    // The longest run from the start that stands in its order already may stay where it is.
    let stay = wanted.windows(2).position(|two| two[0] > two[1]).map_or(wanted.len(), |last| last + 1);
    let moves: Vec<Put> = wanted[stay..].iter().map(|&place| columns[place].clone()).collect();
    let mut staying: Vec<usize> = wanted[..stay].to_vec();
    staying.sort_unstable();
    let puts = staying.into_iter().map(|place| columns[place].clone());
    (puts.filter(|put| !matches!(put.from, Source::Field(_))).collect(), moves)
}

/// What the entry names and the table lacks. A batch without any field has nothing to compare with.
fn lacking(entry: &Entry, fields: &[Field], columns: &[Put]) -> Vec<String> {
    if fields.is_empty() {
        return Vec::new();
    }
    let rule = &entry.rule;
    let incoming: HashSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let outgoing: HashSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let old = |key: &'static str, name: &str| (!incoming.contains(name)).then(|| format!("{key} {name}"));
    let new = |key: &'static str, name: &str| (!outgoing.contains(name)).then(|| format!("{key} {name}"));
    let mut lacking = Vec::new();
    lacking.extend(rule.keep.iter().flatten().filter_map(|name| old("keep", name)));
    lacking.extend(rule.drop.iter().filter_map(|name| old("drop", name)));
    lacking.extend(rule.rename.keys().filter_map(|name| old("rename", name)));
    lacking.extend(entry.casts.iter().filter_map(|cast| new("cast", &cast.column)));
    lacking.extend(rule.order.iter().filter_map(|name| new("order", name)));
    lacking.extend(rule.primary_key.iter().flatten().filter_map(|name| new("primary_key", name)));
    lacking
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "SHOP.ORDERS_07";

    fn plan_of(rule: &str, fields: &[&str], key: &[&str]) -> Result<Plan, String> {
        let entry = Entry::read(0, serde_json::from_str(rule).unwrap(), None).unwrap();
        let groups = entry.pattern.groups(TABLE).unwrap();
        let field = |name: &&str| Field { name: (*name).to_owned(), data_type: "utf8".to_owned() };
        let fields: Vec<Field> = fields.iter().map(field).collect();
        let key: Vec<String> = key.iter().map(|name| (*name).to_owned()).collect();
        Plan::make(&entry, TABLE, &groups, &fields, &key)
    }

    /// The names that an output has once the plan was carried out.
    fn names(plan: &Plan, fields: &[&str]) -> Vec<String> {
        let mut names: Vec<String> = fields.iter().map(|name| (*name).to_owned()).collect();
        names.retain(|name| !plan.removes.contains(name));
        for (old, new) in &plan.renames {
            let place = names.iter().position(|name| name == old).unwrap();
            names[place].clone_from(new);
        }
        for put in &plan.puts {
            if !names.contains(&put.name) {
                names.push(put.name.clone());
            }
        }
        names.retain(|name| plan.moves.iter().all(|put| put.name != *name));
        names.extend(plan.moves.iter().map(|put| put.name.clone()));
        names
    }

    #[test]
    fn an_entry_becomes_calls() {
        let rule = r#"{
            "match": "SHOP\\.ORDERS_(\\d+)", "to": "ods.orders_{1}", "rename": {"ORDER_ID": "id"},
            "name_case": "lower", "drop": ["JUNK"], "cast": {"amount": "decimal(18,2)"},
            "add": {"shard": {"value": "{1}", "type": "int"}}, "meta": {"source_table": "table"}
        }"#;
        let fields = ["ORDER_ID", "AMOUNT", "JUNK"];
        let plan = plan_of(rule, &fields, &["ORDER_ID"]).unwrap();
        assert_eq!(plan.table, "ods.orders_07");
        assert_eq!(names(&plan, &fields), ["id", "amount", "shard", "source_table"]);
        assert_eq!(plan.primary_key, None);
        assert_eq!(plan.puts[0], Put { name: "amount".into(), from: Source::Cast(1, 0) });
        let shard = Source::Constant(Some("07".into()), "int".into());
        assert_eq!(plan.puts[1], Put { name: "shard".into(), from: shard });
        let table = Source::Constant(Some(TABLE.into()), "utf8".into());
        assert_eq!(plan.puts[2], Put { name: "source_table".into(), from: table });
        assert!(plan.moves.is_empty() && plan.lacking.is_empty() && plan.rekey.is_empty());
    }

    #[test]
    fn an_entry_that_changes_nothing_makes_no_call() {
        let plan = plan_of(r#"{"match": "SHOP.*"}"#, &["a", "b"], &["a"]).unwrap();
        assert_eq!(plan.table, TABLE);
        assert!(plan.removes.is_empty() && plan.renames.is_empty() && plan.puts.is_empty());
        assert!(plan.moves.is_empty() && plan.primary_key.is_none());
    }

    #[test]
    fn columns_come_in_the_order_asked_for() {
        for (order, expected, moved) in [
            (r#"["a"]"#, ["a", "b", "c", "n"], 0),
            (r#"["b"]"#, ["b", "a", "c", "n"], 3),
            (r#"["n", "c"]"#, ["n", "c", "a", "b"], 3),
            (r#"["a", "c", "x"]"#, ["a", "c", "b", "n"], 2),
        ] {
            let rule = format!(r#"{{"match": "SHOP.*", "order": {order}, "add": {{"n": 1}}}}"#);
            let fields = ["a", "b", "c"];
            let plan = plan_of(&rule, &fields, &[]).unwrap();
            assert_eq!(names(&plan, &fields), expected);
            assert_eq!(plan.moves.len(), moved);
        }
    }

    #[test]
    fn keep_then_drop() {
        let rule = r#"{"match": "SHOP.*", "keep": ["c", "a"], "drop": ["a"]}"#;
        assert_eq!(names(&plan_of(rule, &["a", "b", "c"], &[]).unwrap(), &["a", "b", "c"]), ["c"]);
    }

    #[test]
    fn two_columns_never_get_one_name() {
        let error = plan_of(r#"{"match": "SHOP.*", "name_case": "lower"}"#, &["A", "a"], &[]).unwrap_err();
        assert!(error.contains("columns A and a would both be named a"), "{error}");
    }

    #[test]
    fn what_the_table_lacks_is_named() {
        let rule = r#"{"match": "SHOP.*", "rename": {"X": "x"}, "cast": {"amuont": "int64"}, "drop": ["Y"]}"#;
        let plan = plan_of(rule, &["amount"], &[]).unwrap();
        assert_eq!(plan.lacking, ["drop Y", "rename X", "cast amuont"]);
        assert!(plan_of(rule, &[], &[]).unwrap().lacking.is_empty());
    }

    #[test]
    fn a_key_outside_the_sources_needs_values_before_changes() {
        let rule = r#"{"match": "SHOP.*", "rename": {"CODE": "code"}, "primary_key": ["shard", "code"],
                       "add": {"shard": 7}}"#;
        let plan = plan_of(rule, &["ID", "CODE"], &["ID"]).unwrap();
        assert_eq!(plan.rekey, [("code".to_owned(), 1)]);
        assert_eq!(plan.primary_key, Some(vec!["shard".to_owned(), "code".to_owned()]));
        // A part of the source's key, or more of what never moves, is known in every image.
        assert!(plan_of(rule, &["ID", "CODE"], &["ID", "CODE"]).unwrap().rekey.is_empty());
    }

    #[test]
    fn a_key_that_the_rows_lack_is_named() {
        let plan = plan_of(r#"{"match": "SHOP.*", "primary_key": ["a", "b"]}"#, &["a"], &["a"]).unwrap();
        assert_eq!(plan.key_lacks.as_deref(), Some("b"));
    }

    #[test]
    fn a_constant_over_a_field_takes_its_place() {
        let plan = plan_of(r#"{"match": "SHOP.*", "add": {"a": "x"}}"#, &["a", "b"], &[]).unwrap();
        assert_eq!(names(&plan, &["a", "b"]), ["a", "b"]);
        assert!(matches!(plan.puts[0].from, Source::Constant(..)));
    }
}
