//! Messages written and read.

/// A message to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Where to; `None` leaves it to the key (murmur2, as Java clients do).
    pub partition: Option<i32>,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers, in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// Its time, in ms since 1970; `None` is now.
    pub timestamp_ms: Option<i64>,
}

impl Record {
    /// A message with a key and a value.
    pub fn new(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Record { key: Some(key.into()), value: Some(value.into()), ..Record::default() }
    }

    /// A message without a key.
    pub fn keyless(value: impl Into<Vec<u8>>) -> Self {
        Record { value: Some(value.into()), ..Record::default() }
    }

    /// To this partition.
    #[must_use]
    pub fn partition(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), Some(value.into())));
        self
    }

    /// With this time, in ms since 1970.
    #[must_use]
    pub fn at_ms(mut self, timestamp_ms: i64) -> Self {
        self.timestamp_ms = Some(timestamp_ms);
        self
    }
}

/// A message read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The partition it stood in.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its time, in ms since 1970.
    pub timestamp_ms: Option<i64>,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers, in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Message {
    /// The key as text; empty where there is none.
    pub fn key_text(&self) -> String {
        String::from_utf8_lossy(self.key.as_deref().unwrap_or_default()).into_owned()
    }

    /// The value as text; empty for a tombstone.
    pub fn value_text(&self) -> String {
        String::from_utf8_lossy(self.value.as_deref().unwrap_or_default()).into_owned()
    }

    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(n, _)| n == name).and_then(|(_, value)| value.as_deref())
    }
}
