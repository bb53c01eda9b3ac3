//! A log that becomes longer on its way: what stands between a server and its reader gives every event of new rows many
//! times. So a transaction is as large as is wished, and made of what a real server wrote.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Commands that ask for a log: `COM_BINLOG_DUMP`, `COM_BINLOG_DUMP_GTID`.
const DUMPS: [u8; 2] = [0x12, 0x1e];
/// Events of new rows: `WRITE_ROWS_EVENT` of version 1, which MariaDB writes, and 2.
const NEW_ROWS: [u8; 2] = [23, 30];
/// Where a packet with an event has the event's kind: behind a byte that says that there is one, and a time.
const KIND: usize = 5;

/// Stands before a server. Dropped, it takes nobody any more.
pub struct Amplifier {
    port: u16,
    stopped: Arc<AtomicBool>,
}

impl Amplifier {
    /// Before the server at a port; gives each event of new rows so many times.
    pub fn start(server: u16, times: u64) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        thread::spawn(move || {
            for client in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                // Who cannot be served sees a closed connection.
                let _ = client.and_then(|client| serve(client, server, times));
            }
        });
        Ok(Self { port, stopped })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Amplifier {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // So that it looks.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(client: TcpStream, server: u16, times: u64) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server))?;
    for socket in [&client, &server] {
        socket.set_nodelay(true)?;
    }
    let asked = Arc::new(AtomicBool::new(false));
    let (dumps, from_client, to_server) = (Arc::clone(&asked), client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = pass(&from_client, &to_server, |number, payload| {
            if number == 0 && payload.first().is_some_and(|command| DUMPS.contains(command)) {
                dumps.store(true, Ordering::Relaxed);
            }
            1
        });
        let _ = to_server.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let _ = pass(&server, &client, |_, payload| {
            let is_event = asked.load(Ordering::Relaxed) && payload.first() == Some(&0);
            if is_event && payload.get(KIND).is_some_and(|kind| NEW_ROWS.contains(kind)) { times } else { 1 }
        });
        let _ = client.shutdown(Shutdown::Both);
    });
    Ok(())
}

/// Passes packets on, each as often as it is told, until there are no more.
fn pass(from: &TcpStream, to: &TcpStream, times: impl Fn(u8, &[u8]) -> u64) -> io::Result<()> {
    let (mut from, mut to) = (BufReader::new(from), BufWriter::with_capacity(1 << 16, to));
    let mut payload = Vec::new();
    // By how much the numbers of packets are higher than they were.
    let mut more = 0_u8;
    loop {
        let mut head = [0; 4];
        from.read_exact(&mut head)?;
        let [a, b, c, number] = head;
        payload.resize(u32::from_le_bytes([a, b, c, 0]) as usize, 0);
        from.read_exact(&mut payload)?;
        if number == 0 {
            more = 0;
        }
        for again in 0..times(number, &payload) {
            more = more.wrapping_add(u8::from(again > 0));
            to.write_all(&[a, b, c, number.wrapping_add(more)])?;
            to.write_all(&payload)?;
        }
        if from.buffer().is_empty() {
            to.flush()?;
        }
    }
}
