//! `${VARIABLE}`, `${file:PATH}` and `$[DATE]` in values: never in the text of the file, so that what is put in cannot
//! change its structure. `$$` is a dollar.

use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;

use super::dates;
use super::error::Problem;
use super::locate::{Content, Node};
use super::nearest::nearest;

/// Where values come from.
pub(super) struct Surroundings<'a> {
    /// What paths are relative to: the directory of the pipeline file.
    pub(super) directory: &'a Path,
    /// The environment.
    pub(super) variables: &'a dyn Fn(&str) -> Option<String>,
    /// Names of the environment's variables, to find what may have been meant.
    pub(super) names: Vec<String>,
    /// What to do about a variable that is not set.
    pub(super) remedy: &'a str,
    /// What dates are counted from.
    pub(super) today: NaiveDateTime,
}

impl Surroundings<'_> {
    /// Puts values in for every `${...}` and `$[...]` of a tree, and marks what then must not be shown. Dates are added to
    /// `dates` in the order in which they stand in the tree.
    pub(super) fn substitute(&self, node: &mut Node, problems: &mut Vec<Problem>, dates: &mut Vec<String>) {
        if let Content::Text(text) = &node.content
            && text.contains('$')
        {
            match self.replace(text) {
                Ok(replaced) => {
                    if replaced.foreign || !replaced.dates.is_empty() {
                        node.written = Some(text.clone());
                    }
                    node.hidden |= replaced.foreign;
                    node.content = Content::Text(replaced.text);
                    dates.extend(replaced.dates);
                }
                Err(mistake) => {
                    let problem = Problem::new(mistake.message).at(node.place).label("here");
                    problems.push(problem.help(mistake.help).hidden(node.hidden));
                }
            }
        }
        for child in node.children_mut() {
            self.substitute(child, problems, dates);
        }
    }

    fn replace(&self, text: &str) -> Result<Replaced, Mistake> {
        let mut replaced = Replaced::default();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            replaced.text.push_str(&rest[..dollar]);
            rest = &rest[dollar + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                replaced.text.push('$');
                rest = after;
            } else if let Some(inner) = rest.strip_prefix('{') {
                let end = inner.find('}').ok_or_else(|| Mistake {
                    message: "`${` has no `}`".to_owned(),
                    help: "close it, or write `$$` for a dollar".to_owned(),
                })?;
                replaced.text.push_str(&self.value(&inner[..end])?);
                replaced.foreign = true;
                rest = &inner[end + 1..];
            } else if let Some(inner) = rest.strip_prefix('[') {
                let end = dates::end(inner).ok_or_else(|| Mistake {
                    message: "`$[` has no `]`".to_owned(),
                    help: "close it, or write `$$[` for what is no date".to_owned(),
                })?;
                let date = dates::evaluate(&inner[..end], self.today)?;
                replaced.text.push_str(&date);
                replaced.dates.push(date);
                rest = &inner[end + 1..];
            } else {
                replaced.text.push('$');
            }
        }
        replaced.text.push_str(rest);
        Ok(replaced)
    }

    fn value(&self, name: &str) -> Result<String, Mistake> {
        if let Some(path) = name.strip_prefix("file:") {
            return self.file(path.trim());
        }
        let is_name = !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !is_name {
            return Err(Mistake {
                message: format!("`${{{name}}}` names no environment variable"),
                help:
                    "a name is made of letters, digits and _; `${file:PATH}` reads a file; `$$` is a dollar"
                        .to_owned(),
            });
        }
        (self.variables)(name).ok_or_else(|| Mistake {
            message: format!("the environment variable `{name}` is not set"),
            help: match nearest(name, self.names.iter().map(String::as_str)) {
                Some(near) => format!("there is `{near}`"),
                None => self.remedy.to_owned(),
            },
        })
    }

    fn file(&self, path: &str) -> Result<String, Mistake> {
        let path: PathBuf = self.directory.join(path);
        let text =
            std::fs::read(&path).and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other));
        match text {
            // Files end with a line end that is no part of what they hold.
            Ok(text) => {
                Ok(text.strip_suffix('\n').map_or(&*text, |text| text.trim_end_matches('\r')).to_owned())
            }
            Err(error) => Err(Mistake {
                message: format!("the file {} cannot be read: {}", path.display(), reason(&error)),
                help: "a path is relative to the directory of the pipeline file".to_owned(),
            }),
        }
    }
}

/// Why a file cannot be read, without anything of what is in it.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::Other => "it is no UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

#[derive(Default)]
struct Replaced {
    text: String,
    /// Whether something was put in from elsewhere.
    foreign: bool,
    /// Dates that were put in.
    dates: Vec<String>,
}

/// What is wrong with a `${...}` or `$[...]`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) message: String,
    pub(super) help: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(text: &str) -> Result<(String, bool), String> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("secret"), "hush\n").unwrap();
        std::fs::write(directory.path().join("bytes"), [0xff]).unwrap();
        let variables = |name: &str| (name == "BROKERS").then(|| "b:1, $x: ${y}".to_owned());
        let surroundings = Surroundings {
            directory: directory.path(),
            variables: &variables,
            names: vec!["BROKERS".to_owned()],
            remedy: "set it",
            today: "2026-11-01T08:30:00".parse().unwrap(),
        };
        let replaced =
            surroundings.replace(text).map_err(|mistake| mistake.message + "; " + &mistake.help)?;
        Ok((replaced.text, replaced.foreign))
    }

    #[test]
    fn values_are_put_in_once() {
        assert_eq!(replace("<${BROKERS}>"), Ok(("<b:1, $x: ${y}>".to_owned(), true)));
        assert_eq!(replace("${file:secret}"), Ok(("hush".to_owned(), true)));
    }

    #[test]
    fn dollars_that_mean_nothing_stay() {
        assert_eq!(replace(r"^SHOP\.ORDERS$"), Ok((r"^SHOP\.ORDERS$".to_owned(), false)));
        assert_eq!(replace("$$ $${BROKERS} $1"), Ok(("$ ${BROKERS} $1".to_owned(), false)));
    }

    #[test]
    fn dates_are_put_in_and_may_be_shown() {
        assert_eq!(replace("dt=$[yyyy-MM-dd-1]."), Ok(("dt=2026-10-31.".to_owned(), false)));
        assert_eq!(replace("$[yyyyMM]/$[dd]"), Ok(("202611/01".to_owned(), false)));
        assert_eq!(replace("$$[yyyy]"), Ok(("$[yyyy]".to_owned(), false)));
    }

    #[test]
    fn what_is_missing_is_named() {
        let message = |text| replace(text).unwrap_err();
        assert_eq!(message("${BROKER}"), "the environment variable `BROKER` is not set; there is `BROKERS`");
        assert!(message("${1}").starts_with("`${1}` names no environment variable"));
        assert!(message("${BROKERS").starts_with("`${` has no `}`"));
        assert!(message("${file:nothing}").contains("nothing cannot be read: No such file"));
        assert!(message("${file:bytes}").contains("bytes cannot be read: it is no UTF-8 text"));
    }
}
