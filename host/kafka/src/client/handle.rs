//! A client of a cluster.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rdkafka_sys as sys;
use sluicegate_connector::Error;

use super::{Settings, c_text};
use crate::error::Native;

/// What a client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads.
    Consumer,
    /// Writes.
    Producer,
}

/// A message that was not delivered.
#[derive(Clone, Debug)]
pub struct Undelivered {
    /// The mark that it was sent with.
    pub mark: usize,
    /// Why.
    pub error: Native,
    /// Bytes of its key and value.
    pub size: usize,
    /// Where it was to go.
    pub topic: String,
}

/// What librdkafka's own threads tell about a client. It lives as long as the client.
#[derive(Default)]
struct Context {
    /// The last thing that went wrong with a connection, in librdkafka's words.
    complaint: Mutex<Option<String>>,
    /// Messages that were not delivered since the last look.
    undelivered: Mutex<Vec<Undelivered>>,
}

/// A client of a cluster. Destroyed with its last owner, so everything that librdkafka wants gone before its client
/// (topics, queues, messages) keeps one of these.
pub struct Handle {
    client: NonNull<sys::rd_kafka_t>,
    context: Box<Context>,
    brokers: String,
}

// SAFETY: librdkafka's client may be used from any thread, several at a time.
unsafe impl Send for Handle {}
// SAFETY: as above; the context is locked.
unsafe impl Sync for Handle {}

impl Handle {
    /// Makes a client. It connects in the background; nothing is asked of a broker yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a setting that librdkafka does not take.
    pub fn new(kind: Kind, settings: &Settings) -> Result<Arc<Self>, Error> {
        let context = Box::<Context>::default();
        let mut reason = [0 as c_char; 512];
        let kafka = match kind {
            Kind::Consumer => sys::rd_kafka_type_t::RD_KAFKA_CONSUMER,
            Kind::Producer => sys::rd_kafka_type_t::RD_KAFKA_PRODUCER,
        };
        let mut texts = Vec::new();
        for (key, value) in settings.iter() {
            texts.push((key, c_text(key)?, c_text(value)?));
        }
        // SAFETY: the configuration is made here and either freed here, on an error, or taken over by
        // `rd_kafka_new`. Texts and buffers outlive the calls; the opaque pointer is a box that outlives the client.
        let client = unsafe {
            let conf = sys::rd_kafka_conf_new();
            for (key, name, text) in &texts {
                let code = sys::rd_kafka_conf_set(
                    conf,
                    name.as_ptr(),
                    text.as_ptr(),
                    reason.as_mut_ptr(),
                    reason.len(),
                );
                if code != sys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK {
                    sys::rd_kafka_conf_destroy(conf);
                    return Err(bad_setting(key, &reason));
                }
            }
            sys::rd_kafka_conf_set_opaque(conf, std::ptr::from_ref::<Context>(&context).cast_mut().cast());
            sys::rd_kafka_conf_set_log_cb(conf, Some(on_log));
            match kind {
                Kind::Consumer => sys::rd_kafka_conf_set_events(
                    conf,
                    sys::RD_KAFKA_EVENT_REBALANCE | sys::RD_KAFKA_EVENT_ERROR,
                ),
                Kind::Producer => sys::rd_kafka_conf_set_dr_msg_cb(conf, Some(on_undelivered)),
            }
            let client = sys::rd_kafka_new(kafka, conf, reason.as_mut_ptr(), reason.len());
            if client.is_null() {
                sys::rd_kafka_conf_destroy(conf);
            }
            client
        };
        let brokers = settings.get("bootstrap.servers").unwrap_or_default().to_owned();
        let client = NonNull::new(client).ok_or_else(|| {
            Error::configuration(format!("the Kafka client cannot be set up: {}", text_of(&reason)))
        })?;
        Ok(Arc::new(Self { client, context, brokers }))
    }

    /// For calls of librdkafka. Valid as long as this handle.
    pub fn as_ptr(&self) -> *mut sys::rd_kafka_t {
        self.client.as_ptr()
    }

    /// The addresses that the client began with.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// The id of the cluster. Blocks until a broker answers.
    ///
    /// # Errors
    /// Where none does in time: what was wrong with the connection, as far as it is known.
    pub fn cluster_id(&self, limit: Duration) -> Result<String, Error> {
        /// How long librdkafka is left to itself, and how often it is woken.
        const WAIT: Duration = Duration::from_millis(12);
        const CALLS: usize = 3;
        let end = Instant::now() + limit;
        for calls in 0.. {
            let left = end.saturating_duration_since(Instant::now());
            let wait = if calls < CALLS { WAIT.min(left) } else { left };
            // SAFETY: the client is alive; the text that comes back is ours and is freed after it was copied.
            let id = unsafe {
                let id = sys::rd_kafka_clusterid(self.as_ptr(), millis(wait));
                (!id.is_null()).then(|| {
                    let text = CStr::from_ptr(id).to_string_lossy().into_owned();
                    sys::rd_kafka_mem_free(self.as_ptr(), id.cast());
                    text
                })
            };
            match id {
                Some(id) => return Ok(id),
                None if wait == left => break,
                None => self.wake(),
            }
        }
        Err(self.unreachable(limit))
    }

    /// Wakes the client's main thread with a question whose answer nobody waits for. Its first connection is put off
    /// by a few milliseconds now and then, and it may sleep through that moment for a second.
    fn wake(&self) {
        // SAFETY: the client is alive. The answer goes to a queue that is given up at once, and with it.
        unsafe {
            let queue = sys::rd_kafka_queue_new(self.as_ptr());
            sys::rd_kafka_DescribeCluster(self.as_ptr(), std::ptr::null(), queue);
            sys::rd_kafka_queue_destroy(queue);
        }
    }

    /// Asks for a topic and its leaders: afterwards the client knows them. Blocks. Where no broker answers in time,
    /// whoever asks next says so.
    pub fn learn_leaders(&self, topic: NonNull<sys::rd_kafka_topic_t>, limit: Duration) {
        let mut metadata = std::ptr::null();
        // SAFETY: client and topic are alive; the answer is ours, is only there where there was no error, and is freed
        // once.
        unsafe {
            let code =
                sys::rd_kafka_metadata(self.as_ptr(), 0, topic.as_ptr(), &raw mut metadata, millis(limit));
            if Native::check(code).is_ok() {
                sys::rd_kafka_metadata_destroy(metadata);
            }
        }
    }

    /// The error of a cluster that does not answer.
    pub fn unreachable(&self, limit: Duration) -> Error {
        let complaint = self.context.complaint.lock().clone();
        let what = format!("no broker of {} answered within {limit:?}", self.brokers);
        match complaint {
            Some(complaint) if is_refusal(&complaint) => Error::configuration(format!("{what}: {complaint}"))
                .help("check `security` of the connection"),
            Some(complaint) => Error::transient(format!("{what}: {complaint}"))
                .help("check `brokers` of the connection and whether they run"),
            None => Error::transient(what).help("check `brokers` of the connection and whether they run"),
        }
    }

    /// The error that ended the client, if one did.
    pub fn fatal_error(&self) -> Option<Native> {
        let mut reason = [0 as c_char; 512];
        // SAFETY: the client is alive and the buffer is as long as said.
        let code = unsafe { sys::rd_kafka_fatal_error(self.as_ptr(), reason.as_mut_ptr(), reason.len()) };
        let error = Native::check(code).err()?;
        Some(Native { text: text_of(&reason), fatal: true, ..error })
    }

    /// Messages that were not delivered since the last call.
    pub fn take_undelivered(&self) -> Vec<Undelivered> {
        std::mem::take(&mut self.context.undelivered.lock())
    }

    /// Serves what librdkafka has for the application: reports of failed deliveries, for a producer.
    pub fn serve(&self, wait: Duration) {
        // SAFETY: the client is alive.
        unsafe { sys::rd_kafka_poll(self.as_ptr(), millis(wait)) };
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: this is the last owner: nothing of the client is in use. The context goes after it, because
        // fields are dropped after this. A consumer that wanted to leave its group has done so before.
        unsafe { sys::rd_kafka_destroy_flags(self.as_ptr(), sys::RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) };
    }
}

/// A time as librdkafka takes it.
pub fn millis(time: Duration) -> c_int {
    c_int::try_from(time.as_millis()).unwrap_or(c_int::MAX)
}

/// The text in a buffer that librdkafka filled.
fn text_of(buffer: &[c_char]) -> String {
    let bytes: Vec<u8> = buffer.iter().map(|byte| *byte as u8).take_while(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// librdkafka's own words name the setting, and may repeat its value: they are kept where it is no secret.
fn bad_setting(key: &str, reason: &[c_char]) -> Error {
    let is_secret = ["password", "secret", "pem", "sasl", "token"].iter().any(|word| key.contains(word));
    let why = if is_secret { "its value does not do".to_owned() } else { text_of(reason) };
    Error::configuration(format!("librdkafka does not take `{key}`: {why}"))
}

/// Whether a connection failed because of who we are.
fn is_refusal(complaint: &str) -> bool {
    let complaint = complaint.to_ascii_lowercase();
    ["authentication", "sasl", "ssl", "certificate", "handshake"].iter().any(|word| complaint.contains(word))
}

unsafe extern "C" fn on_log(
    client: *const sys::rd_kafka_t,
    level: c_int,
    facility: *const c_char,
    text: *const c_char,
) {
    if text.is_null() || facility.is_null() {
        return;
    }
    // SAFETY: librdkafka gives two texts that live as long as the call.
    let (facility, text) =
        unsafe { (CStr::from_ptr(facility).to_string_lossy(), CStr::from_ptr(text).to_string_lossy()) };
    if facility == "FAIL" || facility == "ERROR" {
        // SAFETY: the opaque pointer of a client of ours is its context, which outlives it.
        let context =
            (!client.is_null()).then(|| unsafe { sys::rd_kafka_opaque(client).cast::<Context>().as_ref() });
        if let Some(Some(context)) = context {
            // Its prefix names the thread, which says nothing to a reader.
            let complaint = text.split_once("]: ").map_or(&*text, |(_, rest)| rest);
            *context.complaint.lock() = Some(complaint.trim().to_owned());
        }
    }
    match level {
        ..=3 => tracing::warn!(target: "librdkafka", facility = &*facility, "{text}"),
        4 => tracing::info!(target: "librdkafka", facility = &*facility, "{text}"),
        _ => tracing::debug!(target: "librdkafka", facility = &*facility, "{text}"),
    }
}

/// Called by whoever polls a producer, for each message that was not delivered: others are not reported.
unsafe extern "C" fn on_undelivered(
    _: *mut sys::rd_kafka_t,
    message: *const sys::rd_kafka_message_t,
    opaque: *mut c_void,
) {
    // SAFETY: both pointers are librdkafka's: a message that lives as long as the call, and the context that the
    // client was made with.
    let Some((message, context)) = (unsafe { message.as_ref().zip(opaque.cast::<Context>().as_ref()) })
    else {
        return;
    };
    let Err(error) = Native::check(message.err) else { return };
    // SAFETY: the topic of a message is set and lives as long as it.
    let topic = unsafe { CStr::from_ptr(sys::rd_kafka_topic_name(message.rkt)) };
    context.undelivered.lock().push(Undelivered {
        mark: message._private as usize,
        error,
        size: message.len + message.key_len,
        topic: topic.to_string_lossy().into_owned(),
    });
}
