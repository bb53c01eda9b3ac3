//! A load that is a transaction by itself.

use std::time::{Duration, Instant};

use hyper::Method;

use super::transaction::segment;
use super::{Client, Counts, Failure, LabelState, LoadOptions, Payload, Request};

/// What came of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// The rows are in the table, or will be without anybody's help.
    Applied(Option<Counts>),
    /// The label is another load's that still runs.
    Running,
}

impl Client {
    /// Loads rows under a label, once: where the label has loaded already, nothing is loaded again.
    ///
    /// # Errors
    /// See [`Failure`]. After [`Failure::Lost`] the same rows may be sent under the same label.
    pub async fn stream_load(
        &self,
        database: &str,
        table: &str,
        label: &str,
        options: &LoadOptions,
        rows: Payload,
    ) -> Result<Loaded, Failure> {
        let what = "rows cannot be loaded";
        let path = format!("/api/{}/{}/_stream_load", segment(database), segment(table));
        let mut request = Request::new(what, Method::PUT, path).header("label", label);
        request.more = options.headers();
        request.body = rows;
        request.expect = true;
        let answer = self.ask(request).await?;
        match answer.status.as_str() {
            // What is published late is committed all the same.
            "SUCCESS" | "OK" | "PUBLISH TIMEOUT" => Ok(Loaded::Applied(answer.counts)),
            "LABEL ALREADY EXISTS" => match answer.existing.as_deref() {
                Some("FINISHED") => Ok(Loaded::Applied(None)),
                _ => Ok(Loaded::Running),
            },
            _ => Err(Failure::of(what, &answer)),
        }
    }

    /// Loads rows, and sends them again under the same label where the answer is lost or the server cannot take them
    /// now, but not after `until`.
    ///
    /// # Errors
    /// As [`Client::stream_load`], the last of them.
    pub async fn stream_load_until(
        &self,
        database: &str,
        table: &str,
        label: &str,
        (options, rows): (&LoadOptions, &Payload),
        until: Instant,
    ) -> Result<Option<Counts>, Failure> {
        let what = "rows cannot be loaded";
        let mut pause = Duration::from_millis(200);
        loop {
            let failure = match self.stream_load(database, table, label, options, rows.clone()).await {
                Ok(Loaded::Applied(counts)) => return Ok(counts),
                Ok(Loaded::Running) => match self.state(database, label).await {
                    Ok(LabelState::Applied) => return Ok(None),
                    Ok(_) => Failure::Busy { what, why: "an earlier try still runs".to_owned(), pause: None },
                    Err(failure) => failure,
                },
                Err(failure) => failure,
            };
            if !failure.may_be_asked_again() || Instant::now() + pause >= until {
                return Err(failure);
            }
            tracing::debug!(label, %failure, "rows are sent again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }
}
