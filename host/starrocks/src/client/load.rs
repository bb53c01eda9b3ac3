//! How rows are read: the headers of a load.

/// How the rows of a load, JSON objects back to back, are read. Always strict: a value that does not fit refuses its row, and one such row refuses
/// the load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
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
        let mut headers = vec![
            ("format", "json".to_owned()),
            // The lengths of all loads of a transaction add up to a limit of 100 MB otherwise.
            ("ignore_json_size", "true".to_owned()),
            ("strict_mode", "true".to_owned()),
            ("max_filter_ratio", "0".to_owned()),
            ("timezone", self.time_zone.clone().unwrap_or_else(|| "+00:00".to_owned())),
        ];
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
}
