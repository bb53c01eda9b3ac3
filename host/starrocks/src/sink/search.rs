//! The rows for which a load is refused.

use sluicegate_connector::{Error, SinkReject};

use super::loader::{Load, Loader, told};
use super::stage::Batch;
use super::window::TableWindow;
use crate::client::Failure;

/// Rows that are found before the search ends: the epoch is aborted anyway, and what is left is found on the way back.
const ENOUGH: usize = 64;

/// Bytes of the server's log that are read.
const LOG: usize = 64 << 10;

impl Loader<'_> {
    /// Divides a load that was refused until the rows for which it was stand alone. What passes is rolled back.
    ///
    /// # Errors
    /// Where the cluster fails otherwise meanwhile, or refuses rows together and none of them alone.
    pub async fn search(
        &mut self,
        table: &TableWindow,
        batch: &Batch,
        refused: Failure,
    ) -> Result<Vec<SinkReject>, Error> {
        let entries = &batch.entries;
        let mut rejects = Vec::new();
        // The first stretch is all of them, whose answer is there already.
        let mut stretches = Vec::from([(0..entries.len(), Some(refused))]);
        while let Some((stretch, known)) = stretches.pop() {
            let load = Load { table, batch, entries: &entries[stretch.clone()] };
            let answer = if let Some(failure) = known { Err(failure) } else { self.prepare(&load).await };
            let failure = match answer {
                Ok(prepared) => {
                    self.roll_back(prepared).await;
                    continue;
                }
                Err(failure) => failure,
            };
            let Failure::Rows { why, log, .. } = &failure else { return Err(told(failure, table)) };
            if stretch.len() > 1 {
                let middle = stretch.start + stretch.len() / 2;
                stretches.push((middle..stretch.end, None));
                stretches.push((stretch.start..middle, None));
                continue;
            }
            let words = match log {
                Some(url) => self.words(url).await.unwrap_or_else(|| why.clone()),
                None => why.clone(),
            };
            rejects.push(table.refuse(&table.entries[entries[stretch.start]], words));
            if rejects.len() >= ENOUGH {
                break;
            }
        }
        if rejects.is_empty() {
            let what = "the cluster refuses rows together, and takes each of them alone";
            return Err(Error::transient(what).table(&table.plan.target.output));
        }
        Ok(rejects)
    }

    /// What the server says about a row, from its log.
    async fn words(&self, url: &str) -> Option<String> {
        match self.client.error_log(url, LOG).await {
            Ok(log) => reason(&log),
            Err(failure) => {
                tracing::debug!(%failure, "the log of refused rows cannot be read");
                None
            }
        }
    }
}

/// The reason in a line of the log, `Error: REASON. Row: ROW`. The row itself is not repeated: it is in the dead letter.
fn reason(log: &str) -> Option<String> {
    let line = log.lines().find(|line| !line.trim().is_empty())?;
    let line = line.strip_prefix("Error: ").unwrap_or(line);
    let reason = line.split(". Row: ").next().unwrap_or(line).trim();
    (!reason.is_empty()).then(|| reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn the_reason_is_read_without_the_row() {
        let log = "Error: NULL value in non-nullable column 'c'. Row: {\"phone\":\"1\"}\n";
        assert_eq!(reason(log).unwrap(), "NULL value in non-nullable column 'c'");
        assert_eq!(reason(""), None);
    }
}
