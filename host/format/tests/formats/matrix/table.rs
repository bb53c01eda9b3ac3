//! What each format holds, as it stands in the book.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use super::features::{self, Feature, Group};
use super::outcome::{self, Outcome, only, read, written};
use super::profiles::{self, Profile};

/// The outcome of every feature in every format, by their names.
pub(crate) static OUTCOMES: LazyLock<HashMap<(String, &'static str), Outcome>> = LazyLock::new(|| {
    let all = features::all();
    let of = |profile: &'static Profile| {
        all.iter().map(move |feature| ((feature.name.clone(), profile.name), of(profile, feature)))
    };
    profiles::all().flat_map(of).collect()
});

fn of(profile: &Profile, feature: &Feature) -> Outcome {
    let batch = &feature.batch;
    let Some(messages) = written(profile, batch) else { return Outcome::Refused };
    let compare = |yaml: &str| {
        let decoded = read(yaml, &messages);
        let Some(found) = only(&decoded) else { return Outcome::Lost };
        let same = match feature.group {
            Group::Kinds | Group::Types => return outcome::rows(batch, found),
            Group::Cells => return outcome::cells(batch, found),
            Group::Table => found.table() == batch.table(),
            Group::PrimaryKey => found.primary_key() == batch.primary_key(),
            Group::Meta(name) => {
                found.meta().get(name).is_some_and(|found| found == batch.meta().get(name).unwrap())
            }
        };
        if same { Outcome::Held } else { Outcome::Lost }
    };
    match compare(&profile.decoder(batch)) {
        Outcome::Held if matches!(feature.group, Group::Table | Group::PrimaryKey) => {
            if compare(&profile.untold(batch)) == Outcome::Held { Outcome::Held } else { Outcome::Told }
        }
        other => other,
    }
}

fn table() -> String {
    let profiles: Vec<&Profile> = profiles::all().collect();
    let mut table = String::from("| |");
    for profile in &profiles {
        write!(table, " `{}` |", profile.name).unwrap();
    }
    writeln!(table, "\n|---|{}", "---|".repeat(profiles.len())).unwrap();
    for feature in features::all() {
        let name = if feature.group == Group::Types && !feature.name.contains(' ') {
            format!("`{}`", feature.name)
        } else {
            feature.name.clone()
        };
        write!(table, "| {name} |").unwrap();
        for profile in &profiles {
            write!(table, " {} |", OUTCOMES[&(feature.name.clone(), profile.name)]).unwrap();
        }
        table.push('\n');
    }
    table
}

#[test]
fn the_book_says_what_each_format_holds() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (head, rest) = text.split_once("<!-- held -->\n").expect("the place of the table");
    let (known, tail) = rest.split_once("<!-- end -->").expect("the end of the table");
    let table = table();
    if known == table {
        return;
    }
    assert!(std::env::var_os("UPDATE").is_some(), "UPDATE=1 writes it anew. The table is:\n{table}");
    std::fs::write(&page, format!("{head}<!-- held -->\n{table}<!-- end -->{tail}")).unwrap();
}
