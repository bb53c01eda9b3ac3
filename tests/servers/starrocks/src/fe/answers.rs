//! The shapes of its answers.

use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use hyper::{Request, Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::http::{self, Text};

/// The shapes of answers of one version.
#[derive(Clone, Copy, Debug)]
pub struct Answers {
    /// As 3.3 has them.
    pub old: bool,
}

impl Answers {
    /// The sender is not known, or may not do this.
    pub fn unauthorized(why: &str) -> Response<Text> {
        let body = json!({ "status": "FAILED", "code": "1", "msg": why, "message": why });
        let mut response = http::plain(StatusCode::UNAUTHORIZED, &body.to_string());
        let headers = response.headers_mut();
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"\""));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        response
    }

    /// Somebody else does it, by its URL.
    pub fn redirect<B>(to: &str, request: &Request<B>, close: bool) -> Response<Text> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let mut response = http::plain(StatusCode::TEMPORARY_REDIRECT, "");
        let headers = response.headers_mut();
        if let Ok(location) = format!("{to}{path}").parse() {
            headers.insert(LOCATION, location);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        if close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// What it says of a transaction.
    pub fn transaction(self, status: &str, message: &str, more: &[(&str, Value)]) -> Response<Text> {
        let mut fields = Map::new();
        // The order is that of a hash map: none to rely on.
        fields.insert("Message".to_owned(), message.into());
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        fields.insert("Status".to_owned(), status.into());
        let content_type = if self.old { "text/html" } else { "application/json; charset=UTF-8" };
        let plain = serde_json::to_string_pretty(&fields).unwrap_or_default();
        // As Gson writes what HTML gives a meaning to; none of it stands outside of a string.
        let escaped =
            [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("=", "\\u003d"), ("'", "\\u0027")]
                .iter()
                .fold(plain, |text, (plain, escape)| text.replace(plain, escape));
        let mut response = Response::new(Text::new(escaped));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    }

    /// An exception about a transaction.
    pub fn failed(self, why: &str) -> Response<Text> {
        let class = if self.old { "UserException" } else { "StarRocksException" };
        self.transaction("FAILED", &format!("class com.starrocks.common.{class}: {why}"), &[])
    }

    /// An exception about a plain load.
    pub fn ddl_exception(self, why: &str) -> Response<Text> {
        let mut response =
            self.transaction("FAILED", &format!("class com.starrocks.common.DdlException: {why}"), &[]);
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        response
    }
}
