//! Character sets by name.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};

/// A character set by its name in the WHATWG's list: `utf-8`, `gbk`, `gb18030`, `big5`, `windows-1252`. It must hold ASCII
/// as it is. `latin1` is `windows-1252`, as it is in browsers and in MySQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Default for Encoding {
    fn default() -> Self {
        Self(encoding_rs::UTF_8)
    }
}

impl Encoding {
    /// The name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Bytes as UTF-8. Those of UTF-8 are given back as they are, not checked.
    ///
    /// # Errors
    /// In words, for bytes that are no text in it.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
        if self.is_utf8() {
            return Ok(Cow::Borrowed(bytes));
        }
        match self.0.decode_without_bom_handling_and_without_replacement(bytes) {
            Some(Cow::Borrowed(text)) => Ok(Cow::Borrowed(text.as_bytes())),
            Some(Cow::Owned(text)) => Ok(Cow::Owned(text.into_bytes())),
            None => Err(format!("the line is no text in {}", self.0.name())),
        }
    }

    /// Text in this character set.
    ///
    /// # Errors
    /// In words, for text with a character that it does not have.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, String> {
        // What it cannot hold would come out as an HTML escape.
        match self.0.encode(text) {
            (bytes, _, false) => Ok(bytes),
            (.., true) => Err(format!("it has a character that {} does not have", self.0.name())),
        }
    }

    /// Whether it is UTF-8.
    pub fn is_utf8(self) -> bool {
        self.0 == encoding_rs::UTF_8
    }

    /// Whether a byte begins a character whose second byte may look like ASCII.
    pub fn wide(self) -> fn(u8) -> bool {
        use encoding_rs::{BIG5, EUC_KR, GB18030, GBK, SHIFT_JIS};
        if [GBK, GB18030, BIG5, EUC_KR].contains(&self.0) {
            |byte| (0x81..=0xfe).contains(&byte)
        } else if self.0 == SHIFT_JIS {
            |byte| matches!(byte, 0x81..=0x9f | 0xe0..=0xfc)
        } else {
            |_| false
        }
    }
}

impl<'de> Deserialize<'de> for Encoding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = encoding_rs::Encoding::for_label(name.as_bytes())
            .ok_or_else(|| de::Error::custom(format_args!("{name:?} is no character set that is known")))?;
        // Lines are cut before they are decoded.
        if known.is_ascii_compatible() {
            Ok(Self(known))
        } else {
            Err(de::Error::custom(format_args!(
                "{name:?} does not hold ASCII as it is: convert the text first"
            )))
        }
    }
}

impl JsonSchema for Encoding {
    fn schema_name() -> Cow<'static, str> {
        "Encoding".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A character set by its name in the WHATWG's list. It must hold ASCII as it is.",
            "examples": ["utf-8", "gbk", "big5", "windows-1252"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(name: &str) -> Encoding {
        serde_json::from_value(serde_json::json!(name)).unwrap()
    }

    #[test]
    fn text_is_decoded_or_refused() {
        let gbk = encoding("gbk");
        assert_eq!(&*gbk.decode(b"\xc4\xe3\xba\xc3").unwrap(), "你好".as_bytes());
        assert!(gbk.decode(b"a\xff").unwrap_err().contains("GBK"));
        assert_eq!(&*gbk.encode("你好").unwrap(), b"\xc4\xe3\xba\xc3");
        assert!(gbk.encode("a😀").unwrap_err().contains("GBK"));
        let all = encoding("gb18030");
        assert_eq!(&*all.decode(&all.encode("a😀").unwrap()).unwrap(), "a😀".as_bytes());
        assert_eq!(&*encoding("latin1").encode("é€").unwrap(), b"\xe9\x80");
    }
}
