//! What a server answers questions with: columns, and then rows.
//!
//! Rows of a statement that is sent as text are text
//! (<https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html>); those of a
//! prepared one are binary
//! (<https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html>).

use std::sync::Arc;

use mysql_async::prelude::FromRow;
use mysql_async::{Column, Error as Native, Row};
use mysql_common::io::ParseBuf;
use mysql_common::proto::Text;
use mysql_common::row::RowDeserializer;
use mysql_common::value::ServerSide;

use super::answer::{Answer, refusal, unexpected};
use super::channel::Channel;

/// `COM_STMT_PREPARE`, `COM_STMT_EXECUTE`, `COM_STMT_CLOSE`
const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;
const CLOSE: u8 = 0x19;

/// What a packet with no more rows begins with. A row in text may too, where its first value has 16 MiB: then it is longer.
const END: u8 = 0xfe;
const END_LEN: usize = 9;

/// A statement that a server has prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prepared(u32);

/// What comes behind a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Maybe more of them.
    More,
    /// Nothing.
    End,
}

impl Channel {
    /// Asks, and gives all rows.
    ///
    /// # Errors
    /// The server's, and the socket's.
    pub async fn ask<R: FromRow>(&mut self, sql: &str) -> Result<Vec<R>, Native> {
        self.query(sql).await?;
        let head = self.read().await?;
        let Some(count) = count(&head)? else { return Ok(Vec::new()) };
        let columns: Arc<[Column]> = self.columns(count).await?.into();
        let mut rows = Vec::new();
        loop {
            let packet = self.read().await?;
            if is_end(&packet) {
                return Ok(rows);
            }
            if let Some(refused) = refusal(&packet) {
                return Err(refused);
            }
            let row: RowDeserializer<ServerSide, Text> = ParseBuf(&packet).parse(Arc::clone(&columns))?;
            let row: Row = row.into();
            rows.push(R::from_row_opt(row).map_err(|error| Native::Other(error.into()))?);
        }
    }

    /// Has a statement prepared, and gives the columns that it answers with.
    ///
    /// # Errors
    /// The server's, and the socket's.
    pub async fn prepare(&mut self, sql: &str) -> Result<(Prepared, Vec<Column>), Native> {
        self.command(&[&[PREPARE], sql.as_bytes()].concat()).await?;
        let Answer::Ok(said) = self.answer().await? else { return Err(unexpected(b"")) };
        let Some(&[a, b, c, d, columns_low, columns_high, parameters_low, parameters_high]) =
            said.first_chunk()
        else {
            return Err(unexpected(&said));
        };
        let columns = u16::from_le_bytes([columns_low, columns_high]);
        let parameters = u16::from_le_bytes([parameters_low, parameters_high]);
        self.columns(parameters.into()).await?;
        let described = self.columns(columns.into()).await?;
        Ok((Prepared(u32::from_le_bytes([a, b, c, d])), described))
    }

    /// Runs a prepared statement, and gives the columns of its rows, which are to be read to their end.
    ///
    /// # Errors
    /// The server's, and the socket's.
    pub async fn execute(&mut self, statement: Prepared) -> Result<Vec<Column>, Native> {
        // No cursor, once, without parameters.
        let [a, b, c, d] = statement.0.to_le_bytes();
        self.command(&[EXECUTE, a, b, c, d, 0, 1, 0, 0, 0]).await?;
        let head = self.read().await?;
        match count(&head)? {
            Some(count) => self.columns(count).await,
            None => Err(unexpected(&head)),
        }
    }

    /// Forgets a prepared statement. The server says nothing to that.
    ///
    /// # Errors
    /// The socket's.
    pub async fn close(&mut self, statement: Prepared) -> Result<(), Native> {
        let [a, b, c, d] = statement.0.to_le_bytes();
        self.command(&[CLOSE, a, b, c, d]).await
    }

    /// Waits for a binary row, and gives it with those behind it that have come already: NULLs and values, without what
    /// comes before them.
    ///
    /// # Errors
    /// The server's, the socket's, and what `each` says.
    pub async fn some_rows(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<(), Native>,
    ) -> Result<Next, Native> {
        let mut next = binary_row(&self.read().await?, &mut each)?;
        while next == Next::More {
            match self.payload_here(|packet| binary_row(packet, &mut each)) {
                Some(following) => next = following?,
                None => break,
            }
        }
        Ok(next)
    }

    async fn columns(&mut self, count: usize) -> Result<Vec<Column>, Native> {
        let mut columns = Vec::with_capacity(count);
        for _ in 0..count {
            columns.push(ParseBuf(&self.read().await?).parse(())?);
        }
        if count > 0 {
            let end = self.read().await?;
            if !is_end(&end) {
                return Err(refusal(&end).unwrap_or_else(|| unexpected(&end)));
            }
        }
        Ok(columns)
    }
}

fn binary_row(packet: &[u8], each: &mut impl FnMut(&[u8]) -> Result<(), Native>) -> Result<Next, Native> {
    match packet {
        [0, row @ ..] => each(row).map(|()| Next::More),
        packet if is_end(packet) => Ok(Next::End),
        packet => Err(refusal(packet).unwrap_or_else(|| unexpected(packet))),
    }
}

fn is_end(packet: &[u8]) -> bool {
    packet.len() < END_LEN && packet.first() == Some(&END)
}

/// How many columns an answer has; `None` where it has none, and no rows.
fn count(head: &[u8]) -> Result<Option<usize>, Native> {
    match head {
        [0, ..] => Ok(None),
        // No answer has as many that it takes more bytes: a table has 4096 columns at most.
        [count @ 1..=250] => Ok(Some(usize::from(*count))),
        [0xfc, low, high] => Ok(Some(usize::from(u16::from_le_bytes([*low, *high])))),
        head => Err(refusal(head).unwrap_or_else(|| unexpected(head))),
    }
}

#[cfg(test)]
mod tests {
    use mysql_async::consts::ColumnType;
    use mysql_common::proto::MySerialize as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    fn channel() -> (Channel, DuplexStream) {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        (Channel::new(ours), theirs)
    }

    async fn say(theirs: &mut DuplexStream, payloads: &[&[u8]]) {
        for payload in payloads {
            let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
            theirs.write_all(&[&length[..3], &[1], payload].concat()).await.unwrap();
        }
    }

    async fn heard(theirs: &mut DuplexStream) -> Vec<u8> {
        let length = theirs.read_u32_le().await.unwrap();
        let mut payload = vec![0; length as usize & 0xff_ffff];
        theirs.read_exact(&mut payload).await.unwrap();
        payload
    }

    fn column(name: &str) -> Vec<u8> {
        let mut packet = Vec::new();
        Column::new(ColumnType::MYSQL_TYPE_VAR_STRING).with_name(name.as_bytes()).serialize(&mut packet);
        packet
    }

    const NO_MORE: &[u8] = b"\xfe\0\0\x02\0";
    const OK: &[u8] = b"\0\0\0\x02\0\0\0";
    const REFUSED: &[u8] = b"\xff\xea\x03#42000no";

    fn code<T: std::fmt::Debug>(result: Result<T, Native>) -> u16 {
        match result {
            Err(Native::Server(error)) => error.code,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn questions_have_rows_of_text() {
        let (mut channel, mut theirs) = channel();
        let long = [&[0xfe, 0, 0, 0, 0, 0, 0, 0, 0][..]].concat();
        say(&mut theirs, &[&[2], &column("a"), &column("b"), NO_MORE]).await;
        say(&mut theirs, &[b"\x011\xfb", b"\x0222\x01x", &[&long[..], &[0xfb]].concat(), NO_MORE]).await;
        let rows: Vec<(String, Option<String>)> = channel.ask("SELECT a, b FROM t").await.unwrap();
        let text = |text: &str| text.to_owned();
        let expected = [(text("1"), None), (text("22"), Some(text("x"))), (text(""), None)];
        assert_eq!(rows, expected, "a row may begin as an end does");
        assert_eq!(heard(&mut theirs).await, b"\x03SELECT a, b FROM t");

        say(&mut theirs, &[OK, REFUSED, &[1], &column("a"), NO_MORE, b"\x011", REFUSED]).await;
        assert_eq!(channel.ask::<Row>("DO 1").await.unwrap().len(), 0);
        assert_eq!(code(channel.ask::<Row>("SELECT").await), 1002);
        assert_eq!(code(channel.ask::<Row>("SELECT a FROM t").await), 1002, "after a row");
    }

    #[tokio::test]
    async fn prepared_statements_have_binary_rows() {
        let (mut channel, mut theirs) = channel();
        say(&mut theirs, &[b"\0\x07\0\0\0\x01\0\0\0\0\0\0", &column("a"), NO_MORE]).await;
        let (statement, columns) = channel.prepare("SELECT a FROM t").await.unwrap();
        assert_eq!(columns[0].name_str(), "a");
        say(&mut theirs, &[&[1], &column("a"), NO_MORE, b"\0\0\x01x", b"\0\0\x01y", b"\0\x04", NO_MORE])
            .await;
        assert_eq!(channel.execute(statement).await.unwrap(), columns);
        let (mut rows, mut next) = (Vec::new(), Next::More);
        while next == Next::More {
            let taken = channel.some_rows(|row| {
                rows.push(row.to_vec());
                Ok(())
            });
            next = taken.await.unwrap();
        }
        assert_eq!(rows, [b"\0\x01x".to_vec(), b"\0\x01y".to_vec(), b"\x04".to_vec()]);
        channel.close(statement).await.unwrap();
        let said = [heard(&mut theirs).await, heard(&mut theirs).await, heard(&mut theirs).await];
        assert_eq!(said[0], b"\x16SELECT a FROM t");
        assert_eq!(said[1], b"\x17\x07\0\0\0\0\x01\0\0\0");
        assert_eq!(said[2], b"\x19\x07\0\0\0");
    }

    #[tokio::test]
    async fn what_refuses_a_row_ends_the_answer() {
        let (mut channel, mut theirs) = channel();
        say(&mut theirs, &[b"\0a", b"\0b", REFUSED]).await;
        assert_eq!(code(channel.some_rows(|_| Ok(())).await), 1002, "the server's");
        say(&mut theirs, &[b"\0a"]).await;
        let refused = channel.some_rows(|_| Err(Native::Other("no".into()))).await;
        assert!(matches!(refused, Err(Native::Other(_))), "{refused:?}");
        say(&mut theirs, &[b"\x05"]).await;
        assert!(channel.some_rows(|_| Ok(())).await.is_err(), "no row");
    }
}
