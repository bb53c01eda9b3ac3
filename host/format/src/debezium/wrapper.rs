//! `{"schema": .., "payload": ..}`, which Kafka Connect's JSON converter puts around keys and values.

use crate::scan::{Fault, Scanner};

/// Where the parts of a message are.
pub(super) struct Wrapped {
    /// Where the schema begins, if there is one.
    pub(super) schema: Option<usize>,
    /// Where what it is about begins.
    pub(super) payload: usize,
}

/// Finds the parts of a message that holds nothing but the two, in any order. Both are passed, and the place is left
/// behind the message. `None`, and the place where it was, for a message that is no wrapper.
pub(super) fn find(scanner: &mut Scanner<'_>) -> Result<Option<Wrapped>, Fault> {
    let start = scanner.at();
    let mut scratch = Vec::new();
    let (mut schema, mut payload) = (None, None);
    let mut more = scanner.open_object()?;
    while more {
        let key = scanner.string()?;
        let key = scanner.resolve(&key, &mut scratch);
        let part = match key {
            b"schema" => &mut schema,
            b"payload" => &mut payload,
            _ => {
                scanner.go_to(start);
                return Ok(None);
            }
        };
        scanner.colon()?;
        *part = Some(scanner.at());
        scanner.value(1)?;
        more = scanner.next_in_object()?;
    }
    let Some(payload) = payload else {
        scanner.go_to(start);
        return Ok(None);
    };
    Ok(Some(Wrapped { schema, payload }))
}

/// Passes the beginning of a wrapper in its usual order, up to the schema.
pub(super) fn open(scanner: &mut Scanner<'_>) -> bool {
    eat_all(scanner, [b"{", b"\"schema\"", b":"]) && matches!(scanner.peek(), b'{' | b'n')
}

/// Whether the message begins as a wrapper in the other order.
pub(super) fn is_turned(mut scanner: Scanner<'_>) -> bool {
    eat_all(&mut scanner, [b"{", b"\"payload\"", b":"])
}

/// Passes what stands between the two parts of a wrapper.
pub(super) fn between(scanner: &mut Scanner<'_>) -> bool {
    scanner.skip_space();
    eat_all(scanner, [b",", b"\"payload\"", b":"])
}

/// Passes the end of a wrapper.
pub(super) fn close(scanner: &mut Scanner<'_>) -> bool {
    scanner.skip_space();
    scanner.eat(b'}')
}

fn eat_all(scanner: &mut Scanner<'_>, parts: [&[u8]; 3]) -> bool {
    parts.into_iter().all(|part| {
        let found = scanner.eat_known(part);
        scanner.skip_space();
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapper_is_nothing_but_its_parts() {
        let parts = |text: &str| {
            let mut scanner = Scanner::new(text.as_bytes()).unwrap();
            let found = find(&mut scanner).unwrap();
            found.map(|found| (found.schema, found.payload, scanner.at()))
        };
        assert_eq!(parts(r#"{"schema":{},"payload":1}"#), Some((Some(10), 23, 25)));
        assert_eq!(parts(r#"{"payload":1,"schema":null}"#), Some((Some(22), 11, 27)));
        assert_eq!(parts(r#"{"payload":1,"payload":2}"#), Some((None, 23, 25)));
        assert_eq!(parts(r#"{"schema":{},"payload":1,"a":2}"#), None);
        assert_eq!(parts(r#"{"schema":{}}"#), None);
        assert_eq!(parts("{}"), None);
    }
}
