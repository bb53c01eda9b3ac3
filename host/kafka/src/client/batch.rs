//! Messages as librdkafka holds them: no copy, no allocation of ours a message.

use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use rdkafka_sys as sys;

use super::Handle;
use crate::error::Native;

/// Messages that librdkafka handed over, freed with this. Keys and values lie in the buffers of librdkafka's fetch
/// responses, which live as long as any message of them.
pub struct MessageBatch {
    messages: Vec<NonNull<sys::rd_kafka_message_t>>,
    headers: OnceLock<Vec<(usize, Vec<Header>)>>,
    handle: Arc<Handle>,
}

// SAFETY: a message belongs to whoever took it from the queue; librdkafka lets it be read and freed on any thread.
unsafe impl Send for MessageBatch {}
// SAFETY: all that is done through a shared reference reads, but for headers: librdkafka parses those, outside of
// what `Message` looks at, at the first look. That happens in one place and once, inside the `OnceLock`.
unsafe impl Sync for MessageBatch {}

/// A header: its name and value.
pub type Header = (String, Option<Vec<u8>>);

impl MessageBatch {
    /// Takes over messages of a client, which stays alive until they are freed.
    pub(super) fn new(messages: Vec<NonNull<sys::rd_kafka_message_t>>, handle: &Arc<Handle>) -> Self {
        Self { messages, headers: OnceLock::new(), handle: Arc::clone(handle) }
    }

    /// Number of messages.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// A message by its place.
    pub fn get(&self, place: usize) -> Message<'_> {
        // SAFETY: the message is valid until this batch is dropped.
        Message(unsafe { self.messages[place].as_ref() })
    }

    /// All messages, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Message<'_>> {
        (0..self.len()).map(|place| self.get(place))
    }

    /// Cuts the batch: what stands at `place` and after it comes back.
    pub fn split_off(&mut self, place: usize) -> Self {
        self.headers.take();
        Self::new(self.messages.split_off(place), &self.handle)
    }

    /// Frees the first messages.
    pub fn drop_first(&mut self, count: usize) {
        self.headers.take();
        for message in self.messages.drain(..count) {
            // SAFETY: the message is ours and is not reached again.
            unsafe { sys::rd_kafka_message_destroy(message.as_ptr()) };
        }
    }

    /// Headers of every message that has some, with its place, in order.
    pub fn headers(&self) -> &[(usize, Vec<Header>)] {
        self.headers.get_or_init(|| {
            let mut all = Vec::new();
            for (place, message) in self.messages.iter().enumerate() {
                let mut list = std::ptr::null_mut();
                // SAFETY: the message is valid, and nobody else reads or parses its headers: see `Sync` above.
                // Names and values are copied.
                unsafe {
                    if is_fine(sys::rd_kafka_message_headers(message.as_ptr(), &raw mut list)) {
                        all.push((place, read_headers(list)));
                    }
                }
            }
            all
        })
    }
}

/// Whether there was no error. Most messages have no headers, which is one, and no text is made of it for each.
fn is_fine(code: sys::rd_kafka_resp_err_t) -> bool {
    code == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
}

/// # Safety
/// `list` is a valid list of headers.
unsafe fn read_headers(list: *const sys::rd_kafka_headers_t) -> Vec<Header> {
    let mut headers = Vec::new();
    let (mut name, mut value, mut size) = (std::ptr::null(), std::ptr::null(), 0);
    // SAFETY: the caller vouches for the list; an index past its end is an error, which ends the loop.
    unsafe {
        while is_fine(sys::rd_kafka_header_get_all(
            list,
            headers.len(),
            &raw mut name,
            &raw mut value,
            &raw mut size,
        )) {
            let text = CStr::from_ptr(name).to_string_lossy().into_owned();
            let bytes =
                (!value.is_null()).then(|| std::slice::from_raw_parts(value.cast::<u8>(), size).to_vec());
            headers.push((text, bytes));
        }
    }
    headers
}

impl Drop for MessageBatch {
    fn drop(&mut self) {
        self.drop_first(self.messages.len());
    }
}

/// A message, borrowed.
#[derive(Clone, Copy)]
pub struct Message<'a>(&'a sys::rd_kafka_message_t);

impl<'a> Message<'a> {
    /// Its offset.
    pub fn offset(self) -> i64 {
        self.0.offset
    }

    /// The key.
    pub fn key(self) -> Option<&'a [u8]> {
        // SAFETY: a valid message's key is null or as long as it says.
        unsafe { bytes(self.0.key.cast(), self.0.key_len) }
    }

    /// The value; `None` is a tombstone.
    pub fn value(self) -> Option<&'a [u8]> {
        // SAFETY: a valid message's value is null or as long as it says.
        unsafe { bytes(self.0.payload.cast(), self.0.len) }
    }

    /// Bytes of key and value.
    pub fn size(self) -> usize {
        self.0.key_len + self.0.len
    }

    /// Its time, in milliseconds since 1970.
    pub fn timestamp_ms(self) -> Option<i64> {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is valid; the call only reads it.
        let time = unsafe { sys::rd_kafka_message_timestamp(self.0, &raw mut kind) };
        (kind != sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE).then_some(time)
    }

    /// Whether it is the end of the partition, in place of a message.
    pub fn is_end(self) -> bool {
        self.0.err == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__PARTITION_EOF
    }

    /// The error that it is, in place of a message.
    pub fn error(self) -> Option<Native> {
        let error = Native::check(self.0.err).err()?;
        // SAFETY: an error of the queue has its text as its value; the call gives a valid text.
        let text = unsafe { CStr::from_ptr(sys::rd_kafka_message_errstr(self.0)) };
        Some(Native { text: text.to_string_lossy().into_owned(), ..error })
    }

    /// Whether it is a message at all.
    pub fn is_message(self) -> bool {
        self.0.err == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
    }
}

/// # Safety
/// `start` is null or valid for `length` bytes as long as `'a`.
unsafe fn bytes<'a>(start: *const u8, length: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller vouches for it.
    (!start.is_null()).then(|| unsafe { std::slice::from_raw_parts(start, length) })
}
