//! Tables by name or regular expression.

use std::borrow::Cow;

use regex_lite::Regex;

/// A table's full name, or a regular expression that the whole name must match. The syntax is that of the crate
/// `regex-lite`: Perl's without look-around and back-references, `\d` and `\w` for ASCII.
#[derive(Clone, Debug)]
pub struct TablePattern {
    text: String,
    regex: Regex,
}

/// What the groups of a pattern stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups(Vec<(String, String)>);

impl Groups {
    /// A group by its number or name; `0` is the whole table name. A group that took no part has none.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// The same, for [`Template::render`](crate::template::Template::render).
    pub fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(Cow::Borrowed)
    }
}

impl TablePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// In words, where it is no regular expression.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("an empty pattern matches no table".to_owned());
        }
        match Regex::new(&format!("^(?:{text})$")) {
            Ok(regex) => Ok(Self { text: text.to_owned(), regex }),
            Err(error) => Err(format!("{text:?} is no regular expression: {error}")),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Numbers and names of the groups: what a template may name.
    pub fn group_names(&self) -> Vec<String> {
        let numbers = (0..self.regex.captures_len()).map(|number| number.to_string());
        numbers.chain(self.regex.capture_names().flatten().map(str::to_owned)).collect()
    }

    /// Whether a table is meant.
    pub fn matches(&self, table: &str) -> bool {
        self.text == table || self.regex.is_match(table)
    }

    /// The groups, if the table is meant.
    pub fn groups(&self, table: &str) -> Option<Groups> {
        let Some(captures) = self.regex.captures(table) else {
            // A plain name with a character that means something in an expression: V$SESSION.
            let whole = || Groups(vec![("0".to_owned(), table.to_owned())]);
            return (self.text == table).then(whole);
        };
        let mut groups = Vec::new();
        for (number, name) in self.regex.capture_names().enumerate() {
            if let Some(group) = captures.get(number) {
                groups.push((number.to_string(), group.as_str().to_owned()));
                groups.extend(name.map(|name| (name.to_owned(), group.as_str().to_owned())));
            }
        }
        Some(Groups(groups))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_name_must_match() {
        let pattern = TablePattern::new(r"SHOP\.ORDERS_(\d+)|shop\.x").unwrap();
        assert!(pattern.matches("SHOP.ORDERS_07") && pattern.matches("shop.x"));
        assert!(!pattern.matches("SHOP.ORDERS_07_OLD") && !pattern.matches("XSHOP.ORDERS_07"));
    }

    #[test]
    fn groups_go_by_number_and_name() {
        let pattern = TablePattern::new(r"(?P<db>\w+)\.ORDERS_(\d+)(_old)?").unwrap();
        assert_eq!(pattern.group_names(), ["0", "1", "2", "3", "db"]);
        let groups = pattern.groups("SHOP.ORDERS_07").unwrap();
        assert_eq!(
            (groups.get("db"), groups.get("1"), groups.get("2")),
            (Some("SHOP"), Some("SHOP"), Some("07"))
        );
        assert_eq!((groups.get("0"), groups.get("3")), (Some("SHOP.ORDERS_07"), None));
        assert_eq!(pattern.groups("other"), None);
    }

    #[test]
    fn a_plain_name_needs_no_escapes() {
        let pattern = TablePattern::new("SYS.V$SESSION").unwrap();
        assert!(pattern.matches("SYS.V$SESSION"));
        assert_eq!(pattern.groups("SYS.V$SESSION").unwrap().get("0"), Some("SYS.V$SESSION"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(TablePattern::new("a(").unwrap_err().contains("is no regular expression"));
        assert!(TablePattern::new("").is_err());
    }
}
