//! SQL's LIKE, by the cheapest function of the host that does it.

/// What a pattern comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Like {
    /// It is this text.
    Eq(String),
    /// It begins with this.
    StartsWith(String),
    /// It ends with this.
    EndsWith(String),
    /// It contains this.
    Contains(String),
    /// This regular expression matches.
    Matches(String),
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    One,
    Any,
}

/// Reads a pattern: `%` is any characters, `_` one character, `\` takes the meaning of the next.
///
/// # Errors
/// In words, where it ends with a lone `\`.
pub fn read(pattern: &str) -> Result<Like, String> {
    use Part::{Any, Text};
    let mut parts = parts(pattern)?;
    Ok(match &mut parts[..] {
        [] => Like::Eq(String::new()),
        [Text(text)] => Like::Eq(std::mem::take(text)),
        [Text(text), Any] => Like::StartsWith(std::mem::take(text)),
        [Any, Text(text)] => Like::EndsWith(std::mem::take(text)),
        [Any, Text(text), Any] => Like::Contains(std::mem::take(text)),
        parts => Like::Matches(regex(parts)),
    })
}

fn parts(pattern: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let literal = match character {
            '%' => {
                if parts.last() != Some(&Part::Any) {
                    parts.push(Part::Any);
                }
                continue;
            }
            '_' => {
                parts.push(Part::One);
                continue;
            }
            '\\' => {
                characters.next().ok_or_else(|| format!("{pattern:?} ends with a \\ that escapes nothing"))?
            }
            other => other,
        };
        match parts.last_mut() {
            Some(Part::Text(text)) => text.push(literal),
            _ => parts.push(Part::Text(literal.to_string())),
        }
    }
    Ok(parts)
}

fn regex(parts: &[Part]) -> String {
    let mut regex = String::from("(?s)^");
    for part in parts {
        match part {
            Part::Any => regex.push_str(".*"),
            Part::One => regex.push('.'),
            Part::Text(text) => {
                for character in text.chars() {
                    if r"\.+*?()|[]{}^$#&-~".contains(character) {
                        regex.push('\\');
                    }
                    regex.push(character);
                }
            }
        }
    }
    regex.push('$');
    regex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_way_is_taken() {
        for (pattern, expected) in [
            ("", Like::Eq(String::new())),
            ("a.b", Like::Eq("a.b".to_owned())),
            ("a%", Like::StartsWith("a".to_owned())),
            ("%%a", Like::EndsWith("a".to_owned())),
            ("%李%", Like::Contains("李".to_owned())),
            (r"50\%%", Like::StartsWith("50%".to_owned())),
            ("%", Like::Matches("(?s)^.*$".to_owned())),
            ("a_c%.x", Like::Matches(r"(?s)^a.c.*\.x$".to_owned())),
            (r"\__", Like::Matches("(?s)^_.$".to_owned())),
        ] {
            assert_eq!(read(pattern).unwrap(), expected, "{pattern}");
        }
        assert!(read(r"a\").unwrap_err().contains("escapes nothing"));
    }
}
