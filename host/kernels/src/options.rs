//! Reading options.

use std::fmt::Display;
use std::str::FromStr;

use crate::{KernelError, Options};

/// The options of one call, checked against the names that it knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a>(Options<'a>);

impl<'a> Given<'a> {
    /// Refuses names that are not among `known` and names that stand twice.
    pub fn new(function: &str, options: Options<'a>, known: &[&str]) -> Result<Self, KernelError> {
        for (place, (name, value)) in options.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let why = if known.is_empty() {
                    format!("{function} takes no options")
                } else {
                    format!("{function} knows {}", known.join(", "))
                };
                return Err(KernelError::bad_option(name, value, why));
            }
            if options[..place].iter().any(|(other, _)| other == name) {
                return Err(KernelError::bad_option(name, value, "it is given twice"));
            }
        }
        Ok(Self(options))
    }

    /// The value of an option, if it was given.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of an option that must be given.
    pub fn required(&self, name: &str, what: &str) -> Result<&'a str, KernelError> {
        self.text(name).ok_or_else(|| KernelError::bad_option(name, "", format!("it must be given: {what}")))
    }

    /// A number, if it was given.
    pub fn number<N: FromStr>(&self, name: &str, what: &str) -> Result<Option<N>, KernelError> {
        let parse = |value: &str| value.parse().map_err(|_| KernelError::bad_option(name, value, what));
        self.text(name).map(parse).transpose()
    }

    /// One of a few words, if it was given.
    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, KernelError> {
        let Some(value) = self.text(name) else { return Ok(None) };
        match choices.iter().find(|(word, _)| *word == value) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => Err(KernelError::bad_option(name, value, one_of(choices.iter().map(|(word, _)| word)))),
        }
    }
}

/// "it is one of a, b, c".
pub(crate) fn one_of(words: impl Iterator<Item = impl Display>) -> String {
    let words: Vec<String> = words.map(|word| word.to_string()).collect();
    format!("it is one of {}", words.join(", "))
}
