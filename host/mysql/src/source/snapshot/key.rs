//! The primary key in the server's own words: conditions over it are its business, collations and all. Here keys are
//! never compared, only carried.

use std::fmt::Write as _;

use crate::sql::name;
use crate::sql::text::quoted;

/// How the values of a column are carried, and written into a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Digits of a whole number.
    Integer,
    /// Digits, with a point.
    Number,
    /// Digits of what the server compares as a number, though it shows it as something else: ENUM, SET, BIT.
    Ordinal,
    /// A floating-point number.
    Float,
    /// Bytes in hexadecimal digits of text in a character set, as the server names it.
    Text(String),
    /// Bytes in hexadecimal digits.
    Bytes,
    /// What the server reads from its own text: dates, times, addresses.
    Shown,
}

impl Form {
    /// Of a type as information_schema has it (`data_type`, `character_set_name`).
    pub fn of(data_type: &str, charset: Option<&str>) -> Self {
        match data_type.to_ascii_lowercase().as_str() {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => Self::Integer,
            "decimal" => Self::Number,
            "enum" | "set" | "bit" => Self::Ordinal,
            "float" | "double" => Self::Float,
            "date" | "time" | "datetime" | "timestamp" | "uuid" | "inet4" | "inet6" => Self::Shown,
            _ => match charset {
                Some(charset) if charset != "binary" => Self::Text(charset.to_owned()),
                _ => Self::Bytes,
            },
        }
    }
}

/// A column of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    /// Its name.
    pub name: String,
    /// How its values are carried.
    pub form: Form,
    /// What the table is called in the statement, where another table may have such a column too.
    pub of: Option<String>,
}

impl KeyColumn {
    /// The column, as SQL has it.
    fn column(&self) -> String {
        match &self.of {
            Some(table) => format!("{}.{}", name::quoted(table), name::quoted(&self.name)),
            None => name::quoted(&self.name),
        }
    }

    /// What is compared.
    fn operand(&self) -> String {
        let column = self.column();
        match self.form {
            Form::Ordinal => format!("({column}+0)"),
            Form::Float => format!("({column}+0e0)"),
            _ => column,
        }
    }

    /// What gives the value as it is carried.
    fn shown(&self) -> String {
        match self.form {
            Form::Text(_) | Form::Bytes => format!("HEX({})", self.column()),
            _ => format!("CAST({} AS CHAR)", self.operand()),
        }
    }

    /// A value in a condition. `None` for a text that cannot be one.
    fn literal(&self, value: &str) -> Option<String> {
        let digits =
            |more: &str| value.bytes().all(|byte| byte.is_ascii_digit() || more.contains(char::from(byte)));
        let hex = || value.bytes().all(|byte| byte.is_ascii_hexdigit()) && value.len().is_multiple_of(2);
        match &self.form {
            Form::Integer | Form::Number | Form::Ordinal => {
                (!value.is_empty() && digits("-.")).then(|| value.to_owned())
            }
            // With an exponent it is one to the server too, and no decimal.
            Form::Float if value.is_empty() || !digits("-+.eE") => None,
            Form::Float if value.contains(['e', 'E']) => Some(value.to_owned()),
            Form::Float => Some(format!("{value}e0")),
            Form::Text(charset) => hex().then(|| format!("_{charset} x'{value}'")),
            Form::Bytes => hex().then(|| format!("x'{value}'")),
            Form::Shown => Some(quoted(value)),
        }
    }
}

/// The primary key of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key(pub Vec<KeyColumn>);

impl Key {
    /// Whether the table has none.
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// What gives a key as it is carried, for a list of what is selected.
    pub fn shown(&self) -> String {
        self.0.iter().map(KeyColumn::shown).collect::<Vec<_>>().join(", ")
    }

    /// Its columns, for an order.
    pub fn columns(&self) -> String {
        self.0.iter().map(KeyColumn::column).collect::<Vec<_>>().join(", ")
    }

    /// The condition of keys after one and up to another; `None` for a key that is none of this table.
    pub fn between(&self, after: Option<&[String]>, up_to: Option<&[String]>) -> Option<String> {
        let mut conditions = Vec::new();
        if let Some(after) = after {
            conditions.push(self.beside(after, '>', ">")?);
        }
        if let Some(up_to) = up_to {
            conditions.push(self.beside(up_to, '<', "<=")?);
        }
        Some(if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") })
    }

    /// The condition of keys on one side of another. Written out column by column: servers find the rows of that by the
    /// index, and not those of a comparison of lists.
    fn beside(&self, key: &[String], strictly: char, last: &str) -> Option<String> {
        if key.len() != self.0.len() {
            return None;
        }
        let mut condition = String::new();
        // The first column alone gives the index its range.
        let (first, value) = (self.0.first()?, self.0.first()?.literal(&key[0])?);
        if self.0.len() > 1 {
            let _ = write!(condition, "{} {strictly}= {value} AND ", first.operand());
        }
        for (place, (column, value)) in self.0.iter().zip(key).enumerate() {
            let (operand, value) = (column.operand(), column.literal(value)?);
            if place + 1 < self.0.len() {
                let _ = write!(condition, "({operand} {strictly} {value} OR ({operand} = {value} AND ");
            } else {
                let _ = write!(condition, "{operand} {last} {value}");
            }
        }
        condition.push_str(&")".repeat(2 * (self.0.len() - 1)));
        Some(format!("({condition})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(columns: &[(&str, &str, Option<&str>)]) -> Key {
        let column = |(name, data_type, charset): &(&str, &str, Option<&str>)| KeyColumn {
            name: (*name).to_owned(),
            form: Form::of(data_type, *charset),
            of: None,
        };
        Key(columns.iter().map(column).collect())
    }

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn conditions_are_written_column_by_column() {
        let one = key(&[("id", "bigint", None)]);
        let between = one.between(Some(&texts(&["7"])), Some(&texts(&["19"])));
        assert_eq!(between.unwrap(), "(`id` > 7) AND (`id` <= 19)");
        assert_eq!(one.between(None, None).unwrap(), "TRUE");
        let two = key(&[("a", "varchar", Some("latin1")), ("b", "enum", Some("utf8mb4"))]);
        assert_eq!(
            two.between(Some(&texts(&["4142", "3"])), None).unwrap(),
            "(`a` >= _latin1 x'4142' AND (`a` > _latin1 x'4142' OR (`a` = _latin1 x'4142' AND (`b`+0) > 3)))"
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let one = key(&[("id", "bigint", None)]);
        for wrong in [&["1 OR 1"][..], &["1", "2"], &[""], &[]] {
            assert_eq!(one.between(Some(&texts(wrong)), None), None, "{wrong:?}");
        }
        let bytes = key(&[("id", "varbinary", None)]);
        assert_eq!(bytes.between(Some(&texts(&["41'"])), None), None);
        assert_eq!(bytes.between(Some(&texts(&[""])), None).unwrap(), "(`id` > x'')");
    }
}
