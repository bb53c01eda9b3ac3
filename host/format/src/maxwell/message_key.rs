//! The primary key from the key of a Kafka message.

use crate::scan::{Fault, Scanner};

/// The columns of the primary key, where a key names them: `{"database": .., "table": .., "pk.id": 1}`, or, under
/// Maxwell's `kafka_key_format=array`, `["database", "table", [{"id": 1}]]`. A table without a key has a `_uuid` there.
pub(super) fn columns(key: &[u8]) -> Option<Vec<String>> {
    let mut scanner = Scanner::new(key).ok()?;
    scanner.skip_space();
    let columns = if scanner.peek() == b'[' { of_array(&mut scanner) } else { of_object(&mut scanner) };
    columns.ok().filter(|columns| !columns.is_empty())
}

fn of_object(scanner: &mut Scanner<'_>) -> Result<Vec<String>, Fault> {
    Ok(keys(scanner)?.into_iter().filter_map(|key| key.strip_prefix("pk.").map(str::to_owned)).collect())
}

fn of_array(scanner: &mut Scanner<'_>) -> Result<Vec<String>, Fault> {
    let mut columns = Vec::new();
    scanner.eat(b'[');
    for _ in 0..2 {
        scanner.skip_space();
        scanner.string()?;
        scanner.skip_space();
        scanner.eat(b',');
    }
    scanner.skip_space();
    scanner.eat(b'[');
    scanner.skip_space();
    while scanner.peek() == b'{' {
        columns.extend(keys(scanner)?);
        scanner.skip_space();
        scanner.eat(b',');
        scanner.skip_space();
    }
    Ok(columns)
}

/// The keys of an object.
fn keys(scanner: &mut Scanner<'_>) -> Result<Vec<String>, Fault> {
    let mut keys = Vec::new();
    let mut scratch = Vec::new();
    let mut more = scanner.open_object()?;
    while more {
        let key = scanner.string()?;
        keys.push(String::from_utf8_lossy(scanner.resolve(&key, &mut scratch)).into_owned());
        scanner.colon()?;
        scanner.value(2)?;
        more = scanner.next_in_object()?;
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_keys_name_the_columns() {
        let of = |key: &str| columns(key.as_bytes()).unwrap_or_default();
        assert_eq!(of(r#"{"database":"d","table":"t","pk.id":1,"pk.other":"x"}"#), ["id", "other"]);
        assert_eq!(of(r#"["d", "t", [{"id": 1}, {"other": "x"}]]"#), ["id", "other"]);
        for none in
            [r#"{"database":"d","table":"t","_uuid":"1"}"#, "17", "", "{", "[1]", r#"["d","t",[]]"#, "\u{e9}"]
        {
            assert!(of(none).is_empty(), "{none}");
        }
    }
}
