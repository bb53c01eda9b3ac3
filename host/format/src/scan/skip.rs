//! Values of any kind, passed as they are.

use std::ops::Range;

use super::{Fault, MAX_DEPTH, Scanner};

impl Scanner<'_> {
    /// Passes a value and gives the bytes that it stands in. `outer` objects and arrays are open around it.
    pub(crate) fn value(&mut self, outer: u32) -> Result<Range<usize>, Fault> {
        let start = self.at();
        // A bit a level: 1 for an object. The lowest is the innermost. MAX_DEPTH levels fit.
        let mut kinds: u64 = 0;
        let mut depth: u32 = 0;
        loop {
            // A value begins here.
            match self.peek() {
                open @ (b'{' | b'[') => {
                    let object = open == b'{';
                    if depth + outer >= MAX_DEPTH {
                        return Err(self.fault("objects and arrays nest deeper than 64"));
                    }
                    self.go_to(self.at() + 1);
                    self.skip_space();
                    if !self.eat(if object { b'}' } else { b']' }) {
                        depth += 1;
                        kinds = kinds << 1 | u64::from(object);
                        if object {
                            self.key()?;
                        }
                        continue;
                    }
                }
                b'"' => {
                    self.string()?;
                }
                b'-' | b'0'..=b'9' => {
                    self.number()?;
                }
                b't' => self.literal(b"true")?,
                b'f' => self.literal(b"false")?,
                b'n' => self.literal(b"null")?,
                _ => return Err(self.no_value()),
            }
            // A value ended here: close what ends with it.
            loop {
                if depth == 0 {
                    return Ok(start..self.at());
                }
                self.skip_space();
                let object = kinds & 1 == 1;
                if self.eat(b',') {
                    self.skip_space();
                    if object {
                        self.key()?;
                    }
                    break;
                }
                if !self.eat(if object { b'}' } else { b']' }) {
                    return Err(self.fault("a comma or the end of the object or array is expected"));
                }
                depth -= 1;
                kinds >>= 1;
            }
        }
    }

    fn key(&mut self) -> Result<(), Fault> {
        if self.peek() != b'"' {
            return Err(self.fault("a key in double quotes is expected"));
        }
        self.string()?;
        self.colon()
    }
}

/// Whether a text is one JSON value and nothing else.
pub(crate) fn is_value(text: &str) -> bool {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
    scanner.skip_space();
    scanner.value(0).is_ok() && {
        scanner.skip_space();
        scanner.is_at_end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_json() {
        for good in [
            "{}",
            "[]",
            " [ ] ",
            "[1,2]",
            r#"{"a":{"b":[{},[],"x",null,true,false,-1e5]},"c":""}"#,
            "\t\"x\"\r\n",
            "[[[[]]]]",
            r#"{ "a" : 1 , "b" : [ 1 , 2 ] }"#,
        ] {
            assert!(is_value(good), "{good}");
        }
        for bad in [
            "",
            "{",
            "[",
            "]",
            "{]",
            "[}",
            "[1,]",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            "{a:1}",
            "[1 2]",
            "nul",
            "truest",
            "NaN",
            "[NaN]",
            "'a'",
            "1 1",
            "[1]]",
            r#"{"a":1]"#,
            "/* */1",
        ] {
            assert!(!is_value(bad), "{bad}");
        }
    }

    #[test]
    fn depth_is_bounded_and_costs_no_stack() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_value(&nested(64)));
        assert!(!is_value(&nested(65)));
        assert!(!is_value(&"[".repeat(1_000_000)));
        let text = nested(60);
        assert!(Scanner::new(text.as_bytes()).unwrap().value(4).is_ok());
        let fault = Scanner::new(text.as_bytes()).unwrap().value(5).unwrap_err();
        assert_eq!((fault.at, fault.what), (59, "objects and arrays nest deeper than 64"));
    }

    #[test]
    fn kinds_are_remembered_at_every_level() {
        let deep = format!("{}1{}", r#"{"k":["#.repeat(32), "]}".repeat(32));
        assert!(is_value(&deep));
        assert!(!is_value(&deep.replace("]}", "}]")));
    }
}
