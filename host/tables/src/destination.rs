//! The table that an output is written to.

use sluicegate_connector::{Error, TableTemplate};
use sluicegate_model::TableName;

use crate::name::TableRef;

/// A name with placeholders, and which names the server takes.
#[derive(Clone, Debug)]
pub struct Destination {
    template: TableTemplate,
    rule: NameRule,
}

/// Whether a server takes a name of a table or a database; if not, why, in words after "it".
pub type NameRule = fn(&str) -> Result<(), &'static str>;

impl Destination {
    /// Takes a text apart. `{{` is a brace.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a placeholder that there is not, or that does not end.
    pub fn parse(text: &str, rule: NameRule) -> Result<Self, Error> {
        Ok(Self { template: TableTemplate::parse(text)?, rule })
    }

    /// Whether outputs with different names have different tables.
    pub fn keeps_tables_apart(&self) -> bool {
        self.template.keeps_tables_apart()
    }

    /// The table of an output; `database` is that of the connection.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a name that no table can have.
    pub fn table(&self, output: &TableName, database: &str) -> Result<TableRef, Error> {
        let name = self.template.name_of(output);
        // A table has a dot in its name more often than a database.
        let (database, table) = name.split_once('.').unwrap_or((database, &name));
        for part in [database, table] {
            let taken = if part.is_empty() { Err("is empty") } else { (self.rule)(part) };
            taken.map_err(|why| {
                Error::configuration(format!("{name:?} is no name of a table: it {why}"))
                    .table(output)
                    .help("name the output's table otherwise in a step, or set `table` of the sink")
            })?;
        }
        Ok(TableRef { database: database.to_owned(), name: table.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(name: &str) -> Result<(), &'static str> {
        if name.len() > 10 { Err("is too long") } else { Ok(()) }
    }

    #[test]
    fn names_are_put_in() {
        let table = |template: &str, output: &str| {
            let table = Destination::parse(template, short).unwrap().table(&TableName::new(output), "main");
            table.map(|table| table.to_string()).map_err(|error| error.to_string())
        };
        assert_eq!(table("{table}", "ods.orders").unwrap(), "ods.orders");
        assert_eq!(table("{table}", "orders").unwrap(), "main.orders");
        let dotted = Destination::parse("{table}", short).unwrap().table(&TableName::new("a.b.c"), "main");
        assert_eq!(dotted.unwrap().name, "b.c");
        assert_eq!(table("d.{database}_{name}", "s.orders").unwrap(), "d.s_orders");
        assert!(table("{database}.{name}", "orders").unwrap_err().contains("it is empty"));
        assert!(table("{table}", "orders_of_all").unwrap_err().contains("it is too long"));
        let apart = |template| Destination::parse(template, short).unwrap().keeps_tables_apart();
        assert!(apart("{table}") && apart("ods.{table}_1"));
        assert!(!apart("orders") && !apart("{name}") && !apart("{database}_{name}"));
        assert!(Destination::parse("{x}", short).is_err() && Destination::parse("{table", short).is_err());
    }
}
