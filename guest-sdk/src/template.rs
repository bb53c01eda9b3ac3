//! Names with placeholders: `orders-{n}`. `{{` and `}}` stand for braces.

use std::borrow::Cow;

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// In words, where a brace is not closed or a placeholder has no name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(place) = rest.find(['{', '}']) {
            plain.push_str(&rest[..place]);
            let brace = &rest[place..=place];
            rest = &rest[place + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let end = if brace == "{" { rest.find(['{', '}']) } else { None };
            let name = end.filter(|&end| rest.as_bytes()[end] == b'}').map(|end| &rest[..end]);
            let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
                return Err(format!(
                    "{text:?}: {brace} has no partner; write {brace}{brace} for the character"
                ));
            };
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Name(name.to_owned()));
            rest = &rest[end.map_or(0, |end| end + 1)..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// Reads a template whose placeholders must be among `known`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and for a placeholder that is not known.
    pub fn parse_known(text: &str, known: &[&str]) -> Result<Self, String> {
        let template = Self::parse(text)?;
        if let Some(name) = template.names().find(|name| !known.contains(name)) {
            let known: Vec<String> = known.iter().map(|known| format!("{{{known}}}")).collect();
            return Err(format!("{text:?}: there is no {{{name}}} here, only {}", known.join(", ")));
        }
        Ok(template)
    }

    /// The placeholders, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Whether there is no placeholder.
    pub fn is_plain(&self) -> bool {
        self.names().next().is_none()
    }

    /// The text with each placeholder replaced; one without a value becomes nothing.
    pub fn render<'a>(&self, value: impl Fn(&str) -> Option<Cow<'a, str>>) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Name(name) => text.push_str(&value(name).unwrap_or_default()),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str) -> String {
        Template::parse(text).unwrap().render(|name| Some(Cow::Owned(format!("<{name}>"))))
    }

    #[test]
    fn placeholders_are_replaced() {
        assert_eq!(render("orders-{n}"), "orders-<n>");
        assert_eq!(render("{table}{1}"), "<table><1>");
        assert_eq!(render("ods.orders"), "ods.orders");
        assert_eq!(render(""), "");
    }

    #[test]
    fn doubled_braces_are_braces() {
        assert_eq!(render("{{x}}-{n}"), "{x}-<n>");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for text in ["a{n", "a}", "a{}", "{a{b}"] {
            assert!(Template::parse(text).unwrap_err().contains("has no partner"), "{text}");
        }
        let error = Template::parse_known("{m}", &["n", "table"]).unwrap_err();
        assert_eq!(error, r#""{m}": there is no {m} here, only {n}, {table}"#);
    }
}
