//! A statement's words.

use super::Refused;

/// A word of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A keyword or a name.
    Name(String),
    /// A name in backquotes.
    Quoted(String),
    /// A text.
    Text(String),
    /// Digits.
    Number(String),
    /// Anything else.
    Symbol(char),
}

/// The words that are left of a statement.
#[derive(Clone, Debug)]
pub struct Words {
    words: Vec<Word>,
    at: usize,
}

impl Words {
    /// Takes a statement apart.
    pub fn of(sql: &str) -> Result<Self, Refused> {
        let mut words = Vec::new();
        let mut rest = sql.chars().peekable();
        while let Some(&first) = rest.peek() {
            if first.is_whitespace() {
                rest.next();
            } else if matches!(first, '\'' | '"' | '`') {
                rest.next();
                let mut text = String::new();
                loop {
                    match rest.next() {
                        None => return Err(Refused::of("a quote is not closed")),
                        Some('\\') if first != '`' => text.extend(rest.next()),
                        Some(end) if end == first && rest.peek() == Some(&first) => {
                            rest.next();
                            text.push(first);
                        }
                        Some(end) if end == first => break,
                        Some(other) => text.push(other),
                    }
                }
                words.push(if first == '`' { Word::Quoted(text) } else { Word::Text(text) });
            } else if first.is_ascii_digit() {
                let mut text = String::new();
                while let Some(digit) = rest.next_if(|next| next.is_ascii_digit() || *next == '.') {
                    text.push(digit);
                }
                words.push(Word::Number(text));
            } else if first.is_alphanumeric() || first == '_' || first == '@' {
                let mut text = String::new();
                while let Some(next) =
                    rest.next_if(|next| next.is_alphanumeric() || matches!(next, '_' | '@' | '$'))
                {
                    text.push(next);
                }
                words.push(Word::Name(text));
            } else {
                rest.next();
                words.push(Word::Symbol(first));
            }
        }
        while words.last() == Some(&Word::Symbol(';')) {
            words.pop();
        }
        Ok(Self { words, at: 0 })
    }

    /// The next word, which is not taken.
    pub fn peek(&self) -> Option<&Word> {
        self.words.get(self.at)
    }

    /// The next word.
    pub fn next(&mut self) -> Option<Word> {
        let word = self.words.get(self.at).cloned();
        self.at += 1;
        word
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.at >= self.words.len()
    }

    /// Takes a keyword, if it is the next word.
    pub fn take(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(Word::Name(name)) if name.eq_ignore_ascii_case(keyword));
        self.at += usize::from(found);
        found
    }

    /// Takes keywords, if they are the next words.
    pub fn take_all(&mut self, keywords: &[&str]) -> bool {
        let start = self.at;
        let found = keywords.iter().all(|keyword| self.take(keyword));
        if !found {
            self.at = start;
        }
        found
    }

    /// Takes a symbol, if it is next.
    pub fn symbol(&mut self, symbol: char) -> bool {
        let found = self.peek() == Some(&Word::Symbol(symbol));
        self.at += usize::from(found);
        found
    }

    /// Takes a symbol.
    pub fn want(&mut self, symbol: char) -> Result<(), Refused> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.unexpected(&format!("'{symbol}'"))) }
    }

    /// A name.
    pub fn name(&mut self) -> Result<String, Refused> {
        if let Some(Word::Name(name) | Word::Quoted(name)) = self.next() {
            return Ok(name);
        }
        self.at -= 1;
        Err(self.unexpected("a name"))
    }

    /// A name, perhaps with its database in front.
    pub fn table(&mut self, current: &str) -> Result<(String, String), Refused> {
        let first = self.name()?;
        if self.symbol('.') { Ok((first, self.name()?)) } else { Ok((current.to_owned(), first)) }
    }

    /// Names in brackets.
    pub fn names(&mut self) -> Result<Vec<String>, Refused> {
        self.want('(')?;
        let mut names = vec![self.name()?];
        while self.symbol(',') {
            names.push(self.name()?);
        }
        self.want(')')?;
        Ok(names)
    }

    /// What is wrong with the next word.
    pub fn unexpected(&self, wanted: &str) -> Refused {
        let found = self.peek().map_or("the end".to_owned(), |word| format!("{word:?}"));
        Refused::of(format!(
            "Getting syntax error. Detail message: Unexpected input {found}, the most similar input is {wanted}."
        ))
    }
}
