//! Values to columns, strictly or not.

use chrono::{NaiveDate, NaiveDateTime};

use crate::column_type::ColumnType;

/// A value as it stands in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// JSON's `null`, CSV's `\N`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// The digits of a JSON number.
    Number(String),
    /// Text.
    Text(String),
    /// Bytes, of an expression.
    Bytes(Vec<u8>),
    /// An array or object of JSON.
    Nested(String),
}

/// What a column has: NULL, or the text by which it is shown.
pub type Cell = Option<Vec<u8>>;

/// A value as a column has it.
///
/// # Errors
/// The words of the server's log of refused rows. Without strict mode it then loads NULL.
pub fn convert(column: &str, to: ColumnType, token: &Token) -> Result<Cell, String> {
    if *token == Token::Null {
        return Ok(None);
    }
    if to == ColumnType::Json {
        return Ok(Some(json(token)));
    }
    let text = match token {
        Token::Null => String::new(),
        Token::Bool(value) => u8::from(*value).to_string(),
        Token::Number(text) | Token::Text(text) | Token::Nested(text) => text.clone(),
        Token::Bytes(bytes) => return bytes_of(column, to, bytes.clone()),
    };
    let out_of_range = || format!("Value '{text}' is out of range. The type of '{column}' is {to}'");
    let overflow = || match token {
        Token::Number(_) => format!("Value is overflow. column={column}, value={text}"),
        _ => out_of_range(),
    };
    let integer = |bits: u32| -> Result<Cell, String> {
        let number = whole(token, &text).ok_or_else(out_of_range)?;
        let fits = bits == 128 || (-(1_i128 << (bits - 1))..1_i128 << (bits - 1)).contains(&number);
        if fits { Ok(Some(number.to_string().into_bytes())) } else { Err(overflow()) }
    };
    match to {
        ColumnType::Boolean => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Some(b"1".to_vec())),
            "false" | "0" => Ok(Some(b"0".to_vec())),
            _ => Err(out_of_range()),
        },
        ColumnType::TinyInt => integer(8),
        ColumnType::SmallInt => integer(16),
        ColumnType::Int => integer(32),
        ColumnType::BigInt => integer(64),
        ColumnType::LargeInt => integer(128),
        ColumnType::Float => {
            let number: f32 = text.trim().parse().map_err(|_| out_of_range())?;
            finite(f64::from(number)).ok_or_else(out_of_range)?;
            Ok(Some(number.to_string().into_bytes()))
        }
        ColumnType::Double => {
            let number: f64 = text.trim().parse().map_err(|_| out_of_range())?;
            finite(number).ok_or_else(out_of_range)?;
            Ok(Some(number.to_string().into_bytes()))
        }
        ColumnType::Decimal(precision, scale) => decimal(text.trim(), precision, scale)
            .map(Some)
            .ok_or_else(|| format!("Decimal '{text}' is out of range. The type of '{column}' is {to}'")),
        ColumnType::Date => date_time(&text)
            .map(|moment| Some(moment.format("%Y-%m-%d").to_string().into_bytes()))
            .ok_or_else(out_of_range),
        ColumnType::DateTime => date_time(&text)
            .map(|moment| {
                let fraction = moment.and_utc().timestamp_subsec_micros();
                let form = if fraction == 0 { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S%.6f" };
                Some(moment.format(form).to_string().into_bytes())
            })
            .ok_or_else(out_of_range),
        ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Varbinary(_) | ColumnType::Json => {
            bytes_of(column, to, text.into_bytes())
        }
    }
}

fn bytes_of(column: &str, to: ColumnType, bytes: Vec<u8>) -> Result<Cell, String> {
    let (ColumnType::Char(most) | ColumnType::Varchar(most) | ColumnType::Varbinary(most)) = to else {
        return Err(format!("Value is out of range. The type of '{column}' is {to}'"));
    };
    if bytes.len() > most as usize {
        return Err(format!(
            "String '{}'(length={}) is too long. The max length of '{column}' is {most}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(100)]),
            bytes.len()
        ));
    }
    Ok(Some(bytes))
}

fn json(token: &Token) -> Vec<u8> {
    match token {
        Token::Null => b"null".to_vec(),
        Token::Bool(value) => value.to_string().into_bytes(),
        Token::Number(text) | Token::Nested(text) => text.clone().into_bytes(),
        Token::Text(text) => serde_json::Value::from(text.as_str()).to_string().into_bytes(),
        Token::Bytes(bytes) => bytes.clone(),
    }
}

fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// A JSON number with a point or an exponent goes through a double; text does not.
fn whole(token: &Token, text: &str) -> Option<i128> {
    let text = text.trim();
    match (text.parse::<i128>(), token) {
        (Ok(number), _) => Some(number),
        (Err(_), Token::Number(_)) => finite(text.parse().ok()?).map(|number| number as i128),
        (Err(_), _) => None,
    }
}

/// The digits that a decimal keeps, rounded half up; `None` where it is none, or too wide.
fn decimal(text: &str, precision: u8, scale: u8) -> Option<Vec<u8>> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    if all.is_empty() || !all.iter().all(u8::is_ascii_digit) || exponent.unsigned_abs() > 400 {
        return None;
    }
    // The value is 0.all * 10^point.
    let point = whole.len() as i32 + exponent;
    let keep = point + i32::from(scale);
    let mut kept: Vec<u8> =
        (0..keep.max(0)).map(|place| all.get(place as usize).copied().unwrap_or(b'0')).collect();
    let up = keep >= 0 && all.get(keep as usize).is_some_and(|next| *next >= b'5');
    if up {
        let mut place = kept.len();
        loop {
            if place == 0 {
                kept.insert(0, b'1');
                break;
            }
            place -= 1;
            if kept[place] == b'9' {
                kept[place] = b'0';
            } else {
                kept[place] += 1;
                break;
            }
        }
    }
    while kept.len() <= usize::from(scale) {
        kept.insert(0, b'0');
    }
    while kept.len() > usize::from(scale) + 1 && kept[0] == b'0' {
        kept.remove(0);
    }
    let significant = kept.iter().skip_while(|digit| **digit == b'0').count();
    if significant > usize::from(precision) {
        return None;
    }
    if scale > 0 {
        kept.insert(kept.len() - usize::from(scale), b'.');
    }
    if negative && significant > 0 {
        kept.insert(0, b'-');
    }
    Some(kept)
}

fn date_time(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    let form = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    let moment = form.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let moment = moment.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))?;
    (0..=9999).contains(&chrono::Datelike::year(&moment)).then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(to: ColumnType, token: Token) -> Result<String, String> {
        convert("c", to, &token)
            .map(|cell| cell.map_or("NULL".to_owned(), |cell| String::from_utf8(cell).unwrap()))
    }

    fn number(digits: &str) -> Token {
        Token::Number(digits.to_owned())
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        let cents = ColumnType::Decimal(18, 2);
        assert_eq!(text(cents, number("-0.005")).unwrap(), "-0.01");
        assert_eq!(text(cents, number("9999999999999999.99")).unwrap(), "9999999999999999.99");
        assert!(text(cents, number("99999999999999999.99")).unwrap_err().contains("DECIMAL64(18,2)"));
        assert_eq!(text(cents, number("1e3")).unwrap(), "1000.00");
        assert_eq!(
            text(ColumnType::LargeInt, number("18446744073709551615")).unwrap(),
            "18446744073709551615"
        );
        assert!(text(ColumnType::TinyInt, number("128")).unwrap_err().contains("overflow"));
        assert!(text(ColumnType::Int, Token::Text("x".to_owned())).unwrap_err().contains("out of range"));
    }

    #[test]
    fn texts_are_measured_in_bytes() {
        assert!(
            text(ColumnType::Varchar(5), Token::Text("订单".to_owned())).unwrap_err().contains("length=6")
        );
        assert_eq!(
            text(ColumnType::DateTime, Token::Text("2026-01-31T08:15:00.5".to_owned())).unwrap(),
            "2026-01-31 08:15:00.500000"
        );
        assert!(text(ColumnType::Date, Token::Text("2026-02-30".to_owned())).is_err());
    }
}
