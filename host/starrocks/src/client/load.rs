//! How rows are read: the headers of a load.

/// The form of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON objects back to back.
    #[default]
    Json,
    /// Fields with [`Format::BETWEEN_FIELDS`] between and [`Format::BEHIND_ROWS`] behind, in [`Format::ENCLOSE`] where they
    /// have one of these; `\N` is NULL.
    Csv,
    /// An Arrow IPC stream, whose columns are found by name. Of 4.2 and later.
    Arrow,
}

impl Format {
    /// Stands between the fields of CSV. Few texts have it: tabs and commas would have to be enclosed.
    pub const BETWEEN_FIELDS: u8 = 1;
    /// Stands behind a row of CSV.
    pub const BEHIND_ROWS: u8 = 2;
    /// Stands around a field of CSV that has one of the others; within it is doubled. Loads in transactions do not know it.
    pub const ENCLOSE: u8 = b'"';
}

/// How a body is compressed. Of plain loads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compressed {
    /// Not at all.
    #[default]
    No,
    /// As LZ4 frames.
    Lz4,
    /// As gzip.
    Gzip,
    /// As Zstandard.
    Zstd,
}

/// How the rows of a load are read. Always strict: a value that does not fit refuses its row, and one such row refuses
/// the load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// The form of the body.
    pub format: Format,
    /// How the body is compressed.
    pub compressed: Compressed,
    /// `columns`: what stands in the body, in order, and what is made of it.
    pub columns: Option<String>,
    /// `jsonpaths`: where the columns stand in an object.
    pub json_paths: Option<String>,
    /// Whether only the columns that are there are changed.
    pub partial: bool,
    /// A row takes the place of another only where this column's value is not smaller.
    pub merge_condition: Option<String>,
    /// The zone of values that have none.
    pub time_zone: Option<String>,
    /// Others, by the names of the server.
    pub more: Vec<(String, String)>,
}

impl LoadOptions {
    /// Names and values of headers.
    pub fn headers(&self) -> Vec<(String, String)> {
        let mut headers = self.form();
        headers.extend([
            ("strict_mode", "true".to_owned()),
            ("max_filter_ratio", "0".to_owned()),
            ("timezone", self.time_zone.clone().unwrap_or_else(|| "+00:00".to_owned())),
        ]);
        headers.extend(self.columns.clone().map(|columns| ("columns", columns)));
        headers.extend(self.json_paths.clone().map(|paths| ("jsonpaths", paths)));
        if self.partial {
            // In a transaction no other word is known.
            headers.push(("partial_update", "true".to_owned()));
        }
        headers.extend(self.merge_condition.clone().map(|column| ("merge_condition", column)));
        let own = headers.into_iter().map(|(name, value)| (name.to_owned(), value));
        own.chain(self.more.iter().cloned()).collect()
    }

    /// The headers of the body's form. Compressed CSV is a format of its own, compressed JSON has a header.
    fn form(&self) -> Vec<(&'static str, String)> {
        let compression = match self.compressed {
            Compressed::No => None,
            Compressed::Lz4 => Some(("lz4", "lz4_frame")),
            Compressed::Gzip => Some(("gzip", "gzip")),
            Compressed::Zstd => Some(("zstd", "zstd")),
        };
        match self.format {
            Format::Json => {
                // The lengths of all loads of a transaction add up to a limit of 100 MB otherwise.
                let mut headers =
                    vec![("format", "json".to_owned()), ("ignore_json_size", "true".to_owned())];
                headers.extend(compression.map(|(_, name)| ("compression", name.to_owned())));
                headers
            }
            Format::Csv => {
                let hexadecimal = |byte: u8| format!("\\x{byte:02x}");
                vec![
                    ("format", compression.map_or("csv", |(name, _)| name).to_owned()),
                    ("column_separator", hexadecimal(Format::BETWEEN_FIELDS)),
                    ("row_delimiter", hexadecimal(Format::BEHIND_ROWS)),
                    ("enclose", char::from(Format::ENCLOSE).to_string()),
                ]
            }
            Format::Arrow => vec![("format", "arrow".to_owned())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_has_its_headers() {
        let of = |format, compressed| {
            let headers = LoadOptions { format, compressed, ..LoadOptions::default() }.headers();
            let own = ["format", "compression", "column_separator", "row_delimiter", "enclose"];
            let shown = headers.iter().filter(|(name, _)| own.contains(&name.as_str()));
            shown.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(Format::Json, Compressed::No), "format=json");
        assert_eq!(of(Format::Json, Compressed::Lz4), "format=json compression=lz4_frame");
        let csv = r#"column_separator=\x01 row_delimiter=\x02 enclose=""#;
        assert_eq!(of(Format::Csv, Compressed::No), format!("format=csv {csv}"));
        assert_eq!(of(Format::Csv, Compressed::Zstd), format!("format=zstd {csv}"));
        assert_eq!(of(Format::Arrow, Compressed::No), "format=arrow");
    }
}
