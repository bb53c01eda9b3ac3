//! librdkafka's errors in our words.

use std::ffi::CStr;

use rdkafka_sys as sys;
use rdkafka_sys::types::RDKafkaErrorCode as Code;
use sluicegate_connector::{Class, Error};

/// An error of librdkafka or a broker, as it came.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text}")]
pub struct Native {
    /// What kind.
    pub code: Code,
    /// In its own words.
    pub text: String,
    /// The client is of no use any more.
    pub fatal: bool,
    /// The same call may be made again.
    pub retriable: bool,
    /// The transaction has to be aborted.
    pub abort: bool,
}

impl Native {
    /// An error that is known by its code alone.
    pub fn of(code: sys::rd_kafka_resp_err_t) -> Self {
        // SAFETY: err2str gives a static text for every code.
        let text = unsafe { CStr::from_ptr(sys::rd_kafka_err2str(code)) };
        Self {
            code: code.into(),
            text: text.to_string_lossy().into_owned(),
            fatal: false,
            retriable: false,
            abort: false,
        }
    }

    /// The result of a call that answers by a code.
    pub fn check(code: sys::rd_kafka_resp_err_t) -> Result<(), Self> {
        match code {
            sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            code => Err(Self::of(code)),
        }
    }

    /// The result of a call that answers by an error object, which is freed.
    ///
    /// # Safety
    /// `error` is null or an error object that the caller owns.
    pub unsafe fn take(error: *mut sys::rd_kafka_error_t) -> Result<(), Self> {
        if error.is_null() {
            return Ok(());
        }
        // SAFETY: the caller owns `error`; it is read, then freed once.
        unsafe {
            let native = Self::read(error);
            sys::rd_kafka_error_destroy(error);
            Err(native)
        }
    }

    /// Reads an error object that belongs to somebody else.
    ///
    /// # Safety
    /// `error` is a valid error object.
    pub unsafe fn read(error: *const sys::rd_kafka_error_t) -> Self {
        // SAFETY: the caller vouches for `error`; the text lives as long as it, and is copied.
        unsafe {
            Self {
                code: sys::rd_kafka_error_code(error).into(),
                text: CStr::from_ptr(sys::rd_kafka_error_string(error)).to_string_lossy().into_owned(),
                fatal: sys::rd_kafka_error_is_fatal(error) != 0,
                retriable: sys::rd_kafka_error_is_retriable(error) != 0,
                abort: sys::rd_kafka_error_txn_requires_abort(error) != 0,
            }
        }
    }

    /// Whether it says that another process has taken over.
    pub fn is_fenced(&self) -> bool {
        matches!(
            self.code,
            Code::Fenced
                | Code::ProducerFenced
                | Code::InvalidProducerEpoch
                | Code::InvalidProducerIdMapping
                | Code::TransactionCoordinatorFenced
                | Code::IllegalGeneration
                | Code::UnknownMemberId
                | Code::FencedInstanceId
                | Code::RebalanceInProgress
                | Code::AssignmentLost
        )
    }

    /// Whether somebody has to grant something, or change a password.
    pub fn is_denied(&self) -> bool {
        matches!(
            self.code,
            Code::Authentication
                | Code::SSL
                | Code::SaslAuthenticationFailed
                | Code::UnsupportedSASLMechanism
                | Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::TransactionalIdAuthorizationFailed
        )
    }

    /// Whether a topic or partition is not there.
    pub fn is_unknown_topic(&self) -> bool {
        matches!(
            self.code,
            Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::UnknownPartition
                | Code::UnknownTopicId
        )
    }

    /// What the engine does about it, where the place where it happened does not know better.
    pub fn class(&self) -> Class {
        if self.is_fenced() {
            Class::Fenced
        } else if self.is_denied()
            || self.is_unknown_topic()
            || matches!(
                self.code,
                Code::InvalidTopic | Code::InvalidReplicationFactor | Code::PolicyViolation
            )
        {
            Class::Configuration
        } else {
            Class::Transient
        }
    }

    /// The error of a deed: `doing` is a sentence without a full stop, "the positions could not be read".
    pub fn during(self, doing: impl Into<String>) -> Error {
        Error::new(self.class(), doing).caused_by(self)
    }
}

/// The error of a blocking task that did not end.
pub fn broken_task(error: tokio::task::JoinError) -> Error {
    Error::fatal("a task of the Kafka client broke off").caused_by(error)
}
