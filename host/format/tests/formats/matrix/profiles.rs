//! Formats with the options under which they are looked at.

use serde_json::{Value, json};
use sluicegate_format::FormatOptions;
use sluicegate_model::{ChangeBatch, data_type, field};

/// A format, written and read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// The name in the configuration.
    pub(crate) format: &'static str,
    /// Options of writing, as JSON.
    written: &'static str,
    /// Options of reading besides those that say what the messages do not.
    read: &'static str,
    /// Whether messages say the types of their columns, so that none have to be declared.
    typed: bool,
    /// Whether table, primary key and columns are said in the configuration.
    told: &'static [Told],
}

/// What a format's messages do not say of themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Table,
    PrimaryKey,
    Columns,
}

const fn profile(name: &'static str) -> Profile {
    Profile { name, format: name, written: "{}", read: "{}", typed: false, told: &[] }
}

const ALL: &[Profile] = &[
    profile("ogg-json"),
    Profile { typed: true, ..profile("canal-json") },
    profile("maxwell-json"),
    Profile { typed: true, ..profile("debezium-json") },
    Profile {
        name: "debezium-json, envelope: false",
        written: r#"{"envelope":false}"#,
        read: r#"{"decimals":"precise"}"#,
        ..profile("debezium-json")
    },
    Profile {
        read: r#"{"on_tombstone":"delete"}"#,
        told: &[Told::Table, Told::PrimaryKey],
        ..profile("json")
    },
    Profile {
        written: r#"{"header":false,"kind_column":"op","missing_text":"?","timestamps":"sql"}"#,
        read: r#"{"kind_column":"op","missing_text":"?"}"#,
        told: &[Told::Table, Told::PrimaryKey, Told::Columns],
        ..profile("delimited")
    },
    Profile {
        name: "delimited, as GoldenGate",
        written: r#"{"meta_columns":["op_type","table","op_ts","pos","xid"],"images":"before-after","null_text":"NULL","missing_text":"","timestamps":"sql"}"#,
        read: r#"{"meta_columns":["op_type","table","op_ts","pos","xid"],"images":"before-after","null_text":"NULL","missing_text":""}"#,
        told: &[Told::PrimaryKey, Told::Columns],
        ..profile("delimited")
    },
];

/// Those of formats that are there.
pub(crate) fn all() -> impl Iterator<Item = &'static Profile> {
    ALL.iter().filter(|profile| FormatOptions::names().contains(&profile.format))
}

impl Profile {
    pub(crate) fn encoder(&self) -> String {
        json!({ self.format: options(self.written) }).to_string()
    }

    /// The reader of what was written of a batch, told all that may be said in a configuration.
    pub(crate) fn decoder(&self, batch: &ChangeBatch) -> String {
        let mut read = self.plain(batch);
        for told in self.told {
            match told {
                Told::Table => read["table"] = json!(batch.table().as_str()),
                Told::PrimaryKey => read["primary_key"] = json!(batch.primary_key()[..]),
                Told::Columns => {}
            }
        }
        json!({ self.format: read }).to_string()
    }

    /// The same without table and primary key.
    pub(crate) fn untold(&self, batch: &ChangeBatch) -> String {
        let mut read = self.plain(batch);
        if self.told.contains(&Told::PrimaryKey) {
            read.as_object_mut().unwrap().remove("on_tombstone");
        }
        json!({ self.format: read }).to_string()
    }

    fn plain(&self, batch: &ChangeBatch) -> Value {
        let mut read = options(self.read);
        if !self.typed {
            read["schema"] = json!({ batch.table().as_str(): types(batch) });
        }
        if self.told.contains(&Told::Columns) {
            let names = batch.schema().fields().iter().map(|field| field.name().as_str());
            let kind = read["kind_column"].as_str().map(str::to_owned);
            read["columns"] = kind.as_deref().into_iter().chain(names).collect();
        }
        read
    }
}

fn options(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The types of columns by name, without those that JSON tells itself.
fn types(batch: &ChangeBatch) -> Value {
    let fields = batch.schema().fields().iter();
    let declared =
        fields.filter(|field| !field.metadata().contains_key(field::JSON) && !field.data_type().is_nested());
    let name = |field: &arrow_schema::Field| json!(data_type::name_of(field.data_type()).unwrap());
    declared.map(|field| (field.name().clone(), name(field))).collect()
}
