//! The table that an output is written to.

use sluicegate_connector::{Error, TableTemplate};
use sluicegate_model::TableName;

use crate::sql::name::TableRef;

/// The longest name of a table or database, in characters.
const LONGEST: usize = 64;

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
            let long = part.chars().count() > LONGEST;
            if part.is_empty() || long || part.contains('\0') || part.ends_with(' ') {
                let why =
                    if long { "it is longer than 64 characters" } else { "it is empty, or ends in a space" };
                return Err(Error::configuration(format!("{name:?} is no name of a table: {why}"))
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
            Template::parse(template)
                .unwrap()
                .table(&TableName::new(output), "main")
                .map(|table| table.to_string())
        };
        assert_eq!(table("{table}", "ods.orders").unwrap(), "ods.orders");
        assert_eq!(table("{table}", "orders").unwrap(), "main.orders");
        assert_eq!(table("dwd.{database}_{name}", "shop.orders").unwrap(), "dwd.shop_orders");
        assert!(table("{database}.{name}", "orders").is_err());
        assert!(table("{table}", &"x".repeat(65)).is_err());
        assert!(Template::parse("{x}").is_err() && Template::parse("{table").is_err());
    }
}
