//! The block checked: a tree of tests, and what they are about.

use crate::config::{Condition, Config, Kind, Matched, Meta};
use crate::like::{self, Like};

/// What is done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The condition, where there is one.
    pub condition: Option<Expression>,
    /// The tests that it is made of, by their numbers.
    pub tests: Vec<Test>,
    /// The columns whose values count. A test names one by its place here.
    pub columns: Vec<String>,
    /// Whether the rows for which the condition is true are dropped.
    pub drops: bool,
    /// Which changes pass.
    pub passes: Passes,
    /// Whether an unknown value before a change is taken for the one after it.
    pub assume_unchanged: bool,
}

/// A condition over tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// All of them hold.
    All(Vec<Expression>),
    /// One of them holds.
    Any(Vec<Expression>),
    /// It does not hold.
    Not(Box<Expression>),
    /// The test of this number.
    Test(usize),
}

/// One question about a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// What is asked about.
    pub subject: Subject,
    /// What is asked.
    pub question: Question,
}

/// What a test is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A column whose value counts, by its place in [`Plan::columns`].
    Value(usize),
    /// Whether a column of this name was said at all.
    Presence(String),
    /// What is known about the row.
    Meta(Meta),
}

/// What a test asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// A comparison with a value of the column's type: `eq`, `lt`.
    Compare(&'static str, String),
    /// Whether it is one of these, of the column's type.
    Within(Vec<String>),
    /// A question about text: `starts-with`, `ends-with`, `contains`, and what is looked for.
    Text(&'static str, String),
    /// Whether a regular expression is found.
    Matches(String),
    /// Whether it is NULL.
    IsNull,
    /// Whether it was not said.
    IsMissing,
}

impl Question {
    /// The values that are of the column's type.
    pub fn values(&self) -> &[String] {
        match self {
            Self::Compare(_, value) => std::slice::from_ref(value),
            Self::Within(values) => values,
            _ => &[],
        }
    }

    /// Whether it asks for an order of values.
    pub fn orders(&self) -> bool {
        matches!(self, Self::Compare("lt" | "le" | "gt" | "ge", _))
    }
}

/// Which changes pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passes {
    /// Rows that are new, or come in.
    pub inserts: bool,
    /// Rows that stay in and change.
    pub updates: bool,
    /// Rows that are gone, or go out.
    pub deletes: bool,
}

impl Passes {
    /// Whether every change passes.
    pub fn all(self) -> bool {
        self.inserts && self.updates && self.deletes
    }
}

impl Plan {
    /// Reads a block.
    ///
    /// # Errors
    /// In words, beginning with the key that is wrong.
    pub fn read(config: Config) -> Result<Self, String> {
        let mut plan = Self {
            condition: None,
            tests: Vec::new(),
            columns: Vec::new(),
            drops: config.matched == Some(Matched::Drop),
            passes: passes(config.kinds.as_deref())?,
            assume_unchanged: config.assume_unchanged,
        };
        match &config.condition {
            Some(condition) => plan.condition = Some(plan.expression(condition, "where")?),
            None if config.matched.is_some() => {
                return Err("matched: it says what becomes of the rows for which `where` is true, and there is no `where`"
                    .to_owned());
            }
            None if config.kinds.is_none() => {
                return Err("where: there is nothing to filter by; give a condition, or `kinds`".to_owned());
            }
            None => {}
        }
        Ok(plan)
    }

    fn expression(&mut self, condition: &Condition, path: &str) -> Result<Expression, String> {
        let heads = [
            ("all", condition.all.is_some()),
            ("any", condition.any.is_some()),
            ("not", condition.not.is_some()),
            ("column", condition.column.is_some()),
            ("meta", condition.meta.is_some()),
        ];
        let heads: Vec<&str> = heads.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect();
        let questions = questions(condition, path)?;
        match heads[..] {
            [] => Err(format!("{path}: a condition begins with `column`, `meta`, `all`, `any` or `not`")),
            [one, other, ..] => Err(format!(
                "{path}: `{one}` and `{other}` do not stand together: put them under `all` or `any`"
            )),
            ["column" | "meta"] if questions.is_empty() => Err(format!(
                "{path}: nothing is asked; write one such as `eq: ...`, `gt: ...`, `in: [...]`, `is_null: true`"
            )),
            ["column" | "meta"] => self.tests(condition, questions, path),
            [head] if !questions.is_empty() => {
                Err(format!("{path}: a question about what? `{head}` takes conditions"))
            }
            _ => self.combined(condition, path),
        }
    }

    fn combined(&mut self, condition: &Condition, path: &str) -> Result<Expression, String> {
        let mut each = |name: &str, conditions: &[Condition]| {
            if conditions.is_empty() {
                return Err(format!("{path}.{name}: there is no condition in it"));
            }
            let numbered = conditions.iter().enumerate();
            numbered
                .map(|(place, inner)| self.expression(inner, &format!("{path}.{name}[{place}]")))
                .collect()
        };
        match (&condition.all, &condition.any, &condition.not) {
            (Some(all), ..) => each("all", all).map(Expression::All),
            (_, Some(any), _) => each("any", any).map(Expression::Any),
            (.., Some(not)) => Ok(Expression::Not(Box::new(self.expression(not, &format!("{path}.not"))?))),
            _ => Err(format!("{path}: it is empty")),
        }
    }

    /// The tests of one column.
    fn tests(
        &mut self,
        condition: &Condition,
        questions: Vec<(Question, bool)>,
        path: &str,
    ) -> Result<Expression, String> {
        let mut tests = Vec::with_capacity(questions.len());
        for (question, holds) in questions {
            let subject = match (&condition.column, condition.meta) {
                (Some(column), _) if question == Question::IsMissing => Subject::Presence(column.clone()),
                (Some(column), _) => Subject::Value(self.column(column)),
                (None, Some(meta)) if question != Question::IsMissing => Subject::Meta(meta),
                _ => {
                    return Err(format!(
                        "{path}.is_missing: what is known about a row is never missing: ask is_null"
                    ));
                }
            };
            self.tests.push(Test { subject, question });
            let test = Expression::Test(self.tests.len() - 1);
            tests.push(if holds { test } else { Expression::Not(Box::new(test)) });
        }
        Ok(match tests.len() {
            1 => tests.remove(0),
            _ => Expression::All(tests),
        })
    }

    /// The place of a column whose value counts.
    fn column(&mut self, name: &str) -> usize {
        self.columns.iter().position(|known| known == name).unwrap_or_else(|| {
            self.columns.push(name.to_owned());
            self.columns.len() - 1
        })
    }
}

fn passes(kinds: Option<&[Kind]>) -> Result<Passes, String> {
    let Some(kinds) = kinds else { return Ok(Passes { inserts: true, updates: true, deletes: true }) };
    if kinds.is_empty() {
        return Err("kinds: no change would pass; name some of insert, update and delete".to_owned());
    }
    let has = |kind| kinds.contains(&kind);
    Ok(Passes { inserts: has(Kind::Insert), updates: has(Kind::Update), deletes: has(Kind::Delete) })
}

/// What a condition asks, and whether the answer is to be yes.
fn questions(condition: &Condition, path: &str) -> Result<Vec<(Question, bool)>, String> {
    let mut asked = Vec::new();
    let comparisons = [
        ("eq", &condition.eq),
        ("ne", &condition.ne),
        ("lt", &condition.lt),
        ("le", &condition.le),
        ("gt", &condition.gt),
        ("ge", &condition.ge),
    ];
    for (name, value) in comparisons {
        asked.extend(value.as_ref().map(|value| (Question::Compare(name, value.as_str().to_owned()), true)));
    }
    for (name, values, holds) in [("in", &condition.within, true), ("not_in", &condition.not_in, false)] {
        let Some(values) = values else { continue };
        if values.is_empty() {
            return Err(format!("{path}.{name}: the list is empty"));
        }
        let values = values.iter().map(|value| value.as_str().to_owned()).collect();
        asked.push((Question::Within(values), holds));
    }
    let texts = [
        ("starts-with", &condition.starts_with),
        ("ends-with", &condition.ends_with),
        ("contains", &condition.contains),
    ];
    for (name, text) in texts {
        asked.extend(text.as_ref().map(|text| (Question::Text(name, text.clone()), true)));
    }
    if let Some(pattern) = &condition.like {
        let like = like::read(pattern).map_err(|wrong| format!("{path}.like: {wrong}"))?;
        let question = match like {
            Like::Eq(text) => Question::Text("eq", text),
            Like::StartsWith(text) => Question::Text("starts-with", text),
            Like::EndsWith(text) => Question::Text("ends-with", text),
            Like::Contains(text) => Question::Text("contains", text),
            Like::Matches(regex) => Question::Matches(regex),
        };
        asked.push((question, true));
    }
    asked.extend(condition.matches.as_ref().map(|pattern| (Question::Matches(pattern.clone()), true)));
    asked.extend(condition.is_null.map(|holds| (Question::IsNull, holds)));
    asked.extend(condition.is_missing.map(|holds| (Question::IsMissing, holds)));
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Result<Plan, String> {
        Plan::read(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn a_tree_is_read() {
        let plan = plan(
            r#"{"where": {"all": [
                {"column": "amount", "gt": 100, "le": "5e3"},
                {"any": [{"column": "status", "in": ["a", 1]}, {"not": {"column": "amount", "is_null": true}}]},
                {"meta": "event_time", "ge": "2024-01-01"},
                {"column": "note", "is_missing": false}
            ]}, "kinds": ["insert"]}"#,
        )
        .unwrap();
        use Expression::{All, Any, Not, Test as T};
        let not = |test| Not(Box::new(T(test)));
        let expected = All(vec![All(vec![T(0), T(1)]), Any(vec![T(2), not(3)]), T(4), not(5)]);
        assert_eq!(plan.condition, Some(expected));
        assert_eq!(plan.columns, ["amount", "status"]);
        assert_eq!(plan.tests[0].subject, Subject::Value(0));
        assert_eq!(plan.tests[0].question, Question::Compare("le", "5e3".to_owned()));
        assert_eq!(plan.tests[1].question, Question::Compare("gt", "100".to_owned()));
        assert_eq!(plan.tests[2].question.values(), ["a", "1"]);
        assert_eq!(plan.tests[4].subject, Subject::Meta(Meta::EventTime));
        assert_eq!(plan.tests[5].subject, Subject::Presence("note".to_owned()));
        assert!(plan.tests[0].question.orders() && !plan.tests[2].question.orders());
        assert!(plan.passes.inserts && !plan.passes.updates && !plan.passes.all());
    }

    #[test]
    fn a_plain_like_needs_no_expression() {
        let plan = plan(r#"{"where": {"column": "name", "like": "李%"}, "matched": "drop"}"#).unwrap();
        assert_eq!(plan.tests[0].question, Question::Text("starts-with", "李".to_owned()));
        assert!(plan.drops);
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for (text, wrong) in [
            ("{}", "where: there is nothing to filter by"),
            (r#"{"matched": "drop", "kinds": ["delete"]}"#, "matched: it says what becomes"),
            (r#"{"kinds": []}"#, "kinds: no change would pass"),
            (r#"{"where": {}}"#, "where: a condition begins with"),
            (r#"{"where": {"eq": 1}}"#, "where: a condition begins with"),
            (r#"{"where": {"column": "a"}}"#, "where: nothing is asked"),
            (r#"{"where": {"column": "a", "any": []}}"#, "where: `any` and `column` do not stand together"),
            (r#"{"where": {"any": []}}"#, "where.any: there is no condition in it"),
            (r#"{"where": {"all": [{"column": "a", "in": []}]}}"#, "where.all[0].in: the list is empty"),
            (r#"{"where": {"not": {"column": "a", "like": "x\\"}}}"#, "where.not.like: "),
            (r#"{"where": {"all": [{"column": "a", "eq": 1}], "eq": 1}}"#, "where: a question about what?"),
            (r#"{"where": {"meta": "offset", "is_missing": true}}"#, "where.is_missing: what is known"),
        ] {
            let error = plan(text).unwrap_err();
            assert!(error.starts_with(wrong), "{error}");
        }
    }
}
