//! What a server said, in any of its shapes.
//!
//! Front ends and back ends answer one operation in different shapes and under different content types; HTTP's status is
//! 200 nearly always. So only the keys of the body count, whatever their case.

use hyper::StatusCode;
use serde_json::{Map, Value};

use super::Reply;

/// Characters of a body that is no answer which are shown.
const SHOWN: usize = 200;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP's status.
    pub http: u16,
    /// `Status`, in capitals: `OK`, `FAILED`, `LABEL_ALREADY_EXISTS`; of a plain load `SUCCESS`, `PUBLISH TIMEOUT`.
    pub status: String,
    /// `Message`, or `msg`.
    pub message: String,
    /// `TxnId`.
    pub transaction: Option<i64>,
    /// `ExistingJobStatus`.
    pub existing: Option<String>,
    /// `state` of a label.
    pub state: Option<String>,
    /// `reason` of a state.
    pub reason: Option<String>,
    /// Rows, where the answer counts them.
    pub counts: Option<Counts>,
    /// `ErrorURL`: what the server kept about rows that it refused.
    pub error_url: Option<String>,
}

/// Rows of a load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that were read.
    pub total: u64,
    /// Those that are in the table.
    pub loaded: u64,
    /// Those that were refused.
    pub filtered: u64,
    /// Those that `where` left out.
    pub unselected: u64,
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Errors
    /// Why it is none, with its beginning.
    pub fn of(reply: &Reply) -> Result<Self, String> {
        let body: Map<String, Value> = serde_json::from_slice(&reply.body).map_err(|_| excerpt(reply))?;
        let get =
            |name: &str| body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let text = |name: &str| get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(status) = text("status") else { return Err(excerpt(reply)) };
        let number = |name: &str| get(name).and_then(Value::as_u64);
        let counts = number("NumberTotalRows").map(|total| Counts {
            total,
            loaded: number("NumberLoadedRows").unwrap_or(0),
            filtered: number("NumberFilteredRows").unwrap_or(0),
            unselected: number("NumberUnselectedRows").unwrap_or(0),
        });
        Ok(Self {
            http: reply.status.as_u16(),
            status: status.to_ascii_uppercase(),
            message: text("message").or_else(|| text("msg")).unwrap_or_default(),
            transaction: get("TxnId").and_then(Value::as_i64),
            existing: text("ExistingJobStatus"),
            state: text("state"),
            reason: text("reason").filter(|reason| !reason.is_empty()),
            counts,
            error_url: text("ErrorURL").filter(|url| !url.is_empty()),
        })
    }

    /// Whether the operation was done.
    pub fn is_ok(&self) -> bool {
        self.status == "OK"
    }

    /// Whether the message has a part, in any case.
    pub fn says(&self, part: &str) -> bool {
        self.message.to_ascii_lowercase().contains(&part.to_ascii_lowercase())
    }

    /// Why the sender is not known, or may not do this, where the answer says so.
    pub(super) fn denied(&self) -> Option<String> {
        let denied = self.http == StatusCode::UNAUTHORIZED.as_u16()
            || self.http == StatusCode::FORBIDDEN.as_u16()
            || self.status == "NOT_AUTHORIZED"
            || (self.status != "OK"
                && (self.says("access denied") || self.says("no valid basic authorization")));
        denied.then(|| self.words())
    }

    /// Status and message, for people. The class of Java in front of a message is left out.
    pub fn words(&self) -> String {
        let message = self.message.trim();
        let message = match message.split_once(": ") {
            Some((class, rest)) if class.starts_with("class ") => rest,
            _ => message,
        };
        match message {
            "" => self.status.clone(),
            _ => message.to_owned(),
        }
    }
}

fn excerpt(reply: &Reply) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let status = reply.status;
    if line.is_empty() {
        return format!("{status} without a body");
    }
    let shown: String = line.chars().take(SHOWN).collect();
    let more = if shown.len() < line.len() { ".." } else { "" };
    format!("{status} {shown:?}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &'static str) -> Reply {
        Reply { status: StatusCode::from_u16(status).unwrap(), body: body.into(), from: "be:8040".to_owned() }
    }

    #[test]
    fn every_shape_is_read() {
        let fe = reply(
            200,
            "{\n  \"Message\": \"class com.starrocks.common.StarRocksException: publish timeout: 20000, transactionId\\u003d7\",\n  \"Status\": \"FAILED\"\n}",
        );
        let answer = Answer::of(&fe).unwrap();
        assert_eq!(answer.words(), "publish timeout: 20000, transactionId=7");
        let be = reply(
            200,
            r#"{"Status":"OK","Message":"","Label":"l","TxnId":7,"NumberTotalRows":3,"NumberLoadedRows":2,"NumberFilteredRows":1,"NumberUnselectedRows":0}"#,
        );
        let answer = Answer::of(&be).unwrap();
        assert_eq!(answer.counts, Some(Counts { total: 3, loaded: 2, filtered: 1, unselected: 0 }));
        let denied = reply(
            401,
            r#"{"status":"FAILED","code":"1","msg":"Access denied for u@1","message":"Access denied for u@1"}"#,
        );
        assert_eq!(Answer::of(&denied).unwrap().denied().as_deref(), Some("Access denied for u@1"));
        let plain =
            Answer::of(&reply(200, r#"{"TxnId":1,"Status":"Publish Timeout","Message":""}"#)).unwrap();
        assert_eq!(plain.status, "PUBLISH TIMEOUT");
    }

    #[test]
    fn what_is_no_answer_is_shown() {
        let shown = |status, body| Answer::of(&reply(status, body)).unwrap_err();
        assert!(shown(502, "<html>\n Bad   Gateway</html>").contains(r#""<html> Bad Gateway</html>""#));
        assert_eq!(shown(200, ""), "200 OK without a body");
        assert!(shown(200, r#"{"a":1}"#).contains('{'));
        assert!(shown(200, r#"{"Status":"OK","#).contains("Status"), "cut off");
    }
}
