//! The table of an output.

use sluicegate_connector::Error;
use sluicegate_model::TableName;

use crate::table::TableRef;

/// A name with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(String);

/// What may stand in braces.
const PLACEHOLDERS: [&str; 3] = ["{table}", "{database}", "{name}"];

impl Template {
    /// Looks at the placeholders of a text.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for one that there is not, or that does not end.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let rest = PLACEHOLDERS.iter().fold(text.to_owned(), |text, known| text.replace(known, ""));
        if rest.contains(['{', '}']) {
            let what = format!("`table` of the sink, {text:?}, has a placeholder that there is not");
            return Err(Error::configuration(what).help("there are {table}, {database}, {name}"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The table of an output; `database` is that of the connection.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a name that no table can have.
    pub fn table(&self, output: &TableName, database: &str) -> Result<TableRef, Error> {
        let values = [output.as_str(), output.database(), output.table()];
        let name = PLACEHOLDERS
            .iter()
            .zip(values)
            .fold(self.0.clone(), |text, (placeholder, value)| text.replace(placeholder, value));
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
