//! Functions by name.
//!
//! Each takes columns of one length and options. Where `value` is an option it stands for the last column, as text
//! of the other's type. How NULL and missing cells are treated stands on the [crate's page](crate); what is said
//! here is what a function does beside that.
//!
//! | function | columns | options | gives |
//! |---|---|---|---|
//! | `eq`, `ne`, `lt`, `le`, `gt`, `ge` | two | `value` | boolean. Integers and decimals compare with each other; of floats NaN is the greatest and equal to itself |
//! | `eq-null-safe` | two | `value` | boolean: NULL equals NULL, missing equals missing; never NULL |
//! | `in` | one | `values`: a JSON array | boolean |
//! | `and`, `or` | one or more boolean | | SQL's three-valued logic, a missing cell as unknown as NULL |
//! | `not` | boolean | | boolean |
//! | `is-null` | any | | boolean; NULL where the cell is missing |
//! | `is-missing` | any | | boolean, never NULL |
//! | `coalesce` | one or more of a type | `value` | the first cell that is not NULL, be it missing |
//! | `if` | boolean, two of a type | `value` for the last | the second where the first is true, else the third |
//! | `add`, `sub`, `mul`, `mod` | two integers of a type, or with decimals | `value` | exactly; overflow and a divisor of 0 fail. Of decimals: the scale of SQL |
//! | `abs` | integers, decimals, floats | | the same type |
//! | `round` | integers, decimals, floats | one of `places` (default 0), `step` (`100`, `0.25`), `digits` (significant ones); `round` (`half-up`, `down`) | the same type; exactly, but of floats |
//! | `upper`, `lower` | utf8 | | by Unicode, whatever the language |
//! | `trim` | utf8 | | without white space at both ends |
//! | `length` | utf8, binary | | int64: characters, of binary bytes |
//! | `substring` | utf8 | `start` (from 1; from the end where negative), `len` | characters |
//! | `replace` | utf8 | `search`, `with` | every occurrence |
//! | `concat` | one or more utf8 | `separator` | utf8 |
//! | `starts-with`, `ends-with`, `contains` | two utf8 | `value` | boolean |
//! | `matches` | utf8 | `pattern` | boolean: found anywhere; `^` and `$` tie it |
//! | `regex-replace` | utf8 | `pattern`, `with` (`$1`, `${name}`) | every match |
//! | `mask` | utf8 | `keep-first`, `keep-last` (default 0), `with` (default `*`) | each other character becomes `with`; a text with nothing to hide is hidden whole |
//! | `mask` | utf8 | `preset`: `phone`, `id-card`, `bank-card`, `email` | `138****1234`, `110***********123X`, `6222********1234`, `a***@x.com`; a text of another form is hidden whole |
//! | `redact` | any | `value` | the value, or NULL, in the place of every value |
//! | `to-hex`, `to-base64` | utf8, binary | | utf8 |
//! | `encode` | utf8, binary | `encoding` (`hex`, `base64`, `base64url` without padding), `prefix`, `bytes` (only the first) | utf8 |
//! | `from-hex`, `from-base64` | utf8 | | binary |
//! | `date-trunc` | date32, timestamp, utf8 | `unit`, `time-zone` | the same type: the start of the year, quarter, month, week (Monday), day, hour, minute. Text keeps its form: `2024/05/17 13:22` becomes `2024/05/01 00:00` |
//! | `hash-bucket` | one or more | `buckets`, `algorithm` (default murmur2) | uint64 below `buckets`; a missing cell fails |
//!
//! Regular expressions are those of the crate `regex`: matching takes time linear in the text.

mod arithmetic;
mod bucket;
mod call;
mod compare;
mod encode;
mod logic;
mod mask;
mod null;
mod pattern;
mod redact;
mod round;
mod temporal;
mod text;
mod written_date;

use sluicegate_model::Column;

use self::call::Call;
use self::compare::Comparison;
use crate::cast::Encoding;
use crate::{Checked, KernelError, Options};

type Function = fn(&Call<'_>) -> Result<Checked, KernelError>;

/// All functions, in the order of their names.
const FUNCTIONS: [(&str, Function); 42] = [
    ("abs", arithmetic::abs),
    ("add", arithmetic::add),
    ("and", logic::and),
    ("coalesce", null::coalesce),
    ("concat", text::concat),
    ("contains", |call| text::ask(call, |text, other| text.contains(other))),
    ("date-trunc", temporal::date_trunc),
    ("encode", encode::encode),
    ("ends-with", |call| text::ask(call, |text, other| text.ends_with(other))),
    ("eq", |call| compare::compare(call, Comparison::Eq)),
    ("eq-null-safe", compare::eq_null_safe),
    ("from-base64", |call| text::decode(call, "base64")),
    ("from-hex", |call| text::decode(call, "hex")),
    ("ge", |call| compare::compare(call, Comparison::Ge)),
    ("gt", |call| compare::compare(call, Comparison::Gt)),
    ("hash-bucket", bucket::hash_bucket),
    ("if", null::if_else),
    ("in", compare::within),
    ("is-missing", null::is_missing),
    ("is-null", null::is_null),
    ("le", |call| compare::compare(call, Comparison::Le)),
    ("length", text::length),
    ("lower", |call| text::map(call, |text, out| out.push(text.to_lowercase().as_bytes()))),
    ("lt", |call| compare::compare(call, Comparison::Lt)),
    ("mask", mask::mask),
    ("matches", pattern::matches),
    ("mod", arithmetic::modulo),
    ("mul", arithmetic::mul),
    ("ne", |call| compare::compare(call, Comparison::Ne)),
    ("not", logic::not),
    ("or", logic::or),
    ("redact", redact::redact),
    ("regex-replace", pattern::regex_replace),
    ("replace", text::replace),
    ("round", round::round),
    ("starts-with", |call| text::ask(call, |text, other| text.starts_with(other))),
    ("sub", arithmetic::sub),
    ("substring", text::substring),
    ("to-base64", |call| text::encode(call, Encoding::Base64)),
    ("to-hex", |call| text::encode(call, Encoding::Hex)),
    ("trim", |call| text::map(call, |text, out| out.push(text.trim().as_bytes()))),
    ("upper", |call| text::map(call, |text, out| out.push(text.to_uppercase().as_bytes()))),
];

const NAMES: [&str; FUNCTIONS.len()] = {
    let mut names = [""; FUNCTIONS.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = FUNCTIONS[place].0;
        place += 1;
    }
    names
};

/// Names that [`compute`] knows, in their order.
pub fn functions() -> &'static [&'static str] {
    &NAMES
}

/// Applies a function. The module's page has the table of functions.
///
/// # Errors
/// [`KernelError::UnknownFunction`] with the nearest name, and errors about the inputs and options.
pub fn compute(function: &str, inputs: &[&Column], options: Options<'_>) -> Result<Checked, KernelError> {
    let Ok(place) = NAMES.binary_search(&function) else { return Err(unknown(function)) };
    let (name, apply) = FUNCTIONS[place];
    let Some(first) = inputs.first() else {
        let expected = "at least one column".to_owned();
        return Err(KernelError::InputCount { function: name.to_owned(), expected, found: 0 });
    };
    if let Some(input) = inputs.iter().position(|input| input.len() != first.len()) {
        return Err(KernelError::Length { input, found: inputs[input].len(), expected: first.len() });
    }
    apply(&Call { function: name, inputs, options })
}

fn unknown(name: &str) -> KernelError {
    /// How alike names must be to be taken for a slip of the pen: 1 is equal.
    const ALIKE: f64 = 0.7;
    let name: String = name.chars().take(100).collect();
    let likeness = |known: &&str| strsim::jaro_winkler(&name, known);
    let nearest = NAMES.iter().map(|known| (likeness(known), known));
    let nearest = nearest.filter(|(likeness, _)| *likeness > ALIKE).max_by(|a, b| a.0.total_cmp(&b.0));
    KernelError::UnknownFunction { nearest: nearest.map(|(_, known)| (*known).to_owned()), name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_single() {
        assert!(NAMES.windows(2).all(|pair| pair[0] < pair[1]), "{NAMES:?}");
    }

    #[test]
    fn a_slip_gets_the_nearest_name() {
        let error = compute("substr", &[], &[]).unwrap_err();
        assert_eq!(error.to_string(), "there is no function \"substr\": did you mean \"substring\"?");
        let error = compute("xyzzy", &[], &[]).unwrap_err();
        assert_eq!(error.to_string(), "there is no function \"xyzzy\"");
    }
}
