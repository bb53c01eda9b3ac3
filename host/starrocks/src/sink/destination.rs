//! The table of an output.

use sluicegate_connector::{Error, TableTemplate};
use sluicegate_model::TableName;

use crate::table::TableRef;

/// A name with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(TableTemplate);

impl Template {
    /// Takes a text apart. `{{` is a brace.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a placeholder that there is not, or that does not end.
    pub fn parse(text: &str) -> Result<Self, Error> {
        TableTemplate::parse(text).map(Self)
    }

    /// The table of an output; `database` is that of the connection.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a name that no table can have.
    pub fn table(&self, output: &TableName, database: &str) -> Result<TableRef, Error> {
        let name = self.0.name_of(output);
        let (database, table) = name.rsplit_once('.').unwrap_or((database, &name));
        for part in [database, table] {
            // docs.starrocks.io, "System limits": letters, digits, underscores and more, 1,023 characters.
            let fine = part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
            if part.is_empty() || !fine || part.chars().count() > 256 {
                return Err(Error::configuration(format!("{name:?} is no name of a table"))
                    .table(output)
                    .help("name the output's table otherwise in a step, or set `table` of the sink"));
            }
        }
        Ok(TableRef { database: database.to_owned(), name: table.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_put_in() {
        let table = |template: &str, output: &str| {
            let table = Template::parse(template).unwrap().table(&TableName::new(output), "main");
            table.map(|table| table.to_string())
        };
        assert_eq!(table("{table}", "ods.orders").unwrap(), "ods.orders");
        assert_eq!(table("{table}", "orders").unwrap(), "main.orders");
        assert_eq!(table("dwd.{database}_{name}", "shop.orders").unwrap(), "dwd.shop_orders");
        assert!(table("{database}.{name}", "orders").is_err());
        assert!(Template::parse("{x}").is_err() && Template::parse("{table").is_err());
    }
}
