//! What somebody may have meant.

use strsim::damerau_levenshtein;

/// The known word that is nearest to one, if it is near enough to be a slip.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let distance = |candidate: &str| damerau_levenshtein(&word, &candidate.to_lowercase());
    let allowed = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

/// ``; did you mean `x`?`` where something is near, else nothing.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Words as a list for people.
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["topics", "format", "start", "on_purged"];
        assert_eq!(nearest("topcis", known), Some("topics"));
        assert_eq!(nearest("Format", known), Some("format"));
        assert_eq!(nearest("onpurged", known), Some("on_purged"));
        assert_eq!(nearest("retention", known), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
