//! An entry of the ring: its settings checked, its secrets decoded, its key schedules made.

use std::{cmp::Reverse, collections::BTreeMap};

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    algorithm::{ecb::Ecb, mac::MacKey, siv, siv::Siv, xaes, xaes::Xaes},
    envelope::{Version, is_version_name},
    error::RingError,
    secret::Secret,
    spec::{Algorithm, Encoding, KeySpec, Plaintext, SecretEncoding},
};

/// Base64 as people paste it: with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An entry of the ring. It has no `Debug`.
pub(crate) struct Key {
    pub(crate) algorithm: Algorithm,
    pub(crate) encoding: Encoding,
    pub(crate) plaintext: Plaintext,
    pub(crate) ciphers: Ciphers,
    /// Of the current version, where the algorithm has MACs.
    pub(crate) mac: Option<MacKey>,
}

/// The ciphers of all versions, the current one first.
pub(crate) enum Ciphers {
    Xaes(Vec<Version<Xaes>>),
    Siv(Vec<Version<Siv>>),
    Ecb(Vec<Ecb>),
    None,
}

/// A version's name and its decoded secret.
type Decoded<'a> = (&'a str, Zeroizing<Vec<u8>>);

impl Key {
    pub(crate) fn build(key: &str, spec: &KeySpec) -> Result<Self, RingError> {
        let algorithm = spec.algorithm;
        if algorithm == Algorithm::HmacSha256 {
            for (setting, given) in
                [("encoding", spec.encoding.is_some()), ("plaintext", spec.plaintext.is_some())]
            {
                if given {
                    return Err(RingError::Unused { key: key.to_owned(), setting, algorithm });
                }
            }
        }
        let current = current(key, spec)?;
        let mut versions = decode_all(key, spec)?;
        // The current one first: it is the likeliest in cells. Then the latest, as names mostly count up.
        versions.sort_by_key(|(name, _)| Reverse((*name == current, *name)));

        let ciphers = match algorithm {
            Algorithm::Xaes256Gcm => Ciphers::Xaes(aeads(&versions, xaes::FORMAT, Xaes::new)),
            Algorithm::Aes256GcmSiv => Ciphers::Siv(aeads(&versions, siv::FORMAT, Siv::new)),
            Algorithm::AesEcbPkcs5 => {
                Ciphers::Ecb(versions.iter().filter_map(|(_, secret)| Ecb::new(secret)).collect())
            }
            Algorithm::HmacSha256 => Ciphers::None,
        };
        let mac = versions.first().and_then(|(_, secret)| match algorithm {
            Algorithm::Xaes256Gcm | Algorithm::Aes256GcmSiv => Some(MacKey::derived(secret)),
            Algorithm::HmacSha256 => Some(MacKey::new(secret)),
            Algorithm::AesEcbPkcs5 => None,
        });
        Ok(Self {
            algorithm,
            encoding: spec.encoding.unwrap_or_default(),
            plaintext: spec.plaintext.unwrap_or_default(),
            ciphers,
            mac,
        })
    }
}

/// The version that seals.
fn current<'a>(key: &str, spec: &'a KeySpec) -> Result<&'a str, RingError> {
    let names = || spec.versions.keys().cloned().collect();
    match (&spec.current, spec.versions.len()) {
        (_, 0) => Err(RingError::NoVersions { key: key.to_owned() }),
        (Some(current), _) if spec.versions.contains_key(current) => Ok(current),
        (Some(current), _) => Err(RingError::UnknownCurrent {
            key: key.to_owned(),
            current: current.clone(),
            versions: names(),
        }),
        (None, 1) => Ok(spec.versions.keys().next().map_or("", String::as_str)),
        (None, _) => Err(RingError::NoCurrent { key: key.to_owned(), versions: names() }),
    }
}

/// The secrets of all versions: of the right length, and no two the same.
fn decode_all<'a>(key: &str, spec: &'a KeySpec) -> Result<Vec<Decoded<'a>>, RingError> {
    let mut decoded: Vec<Decoded<'a>> = Vec::with_capacity(spec.versions.len());
    for (version, secret) in &spec.versions {
        let (key, named) = (key.to_owned(), version.clone());
        if !is_version_name(version) {
            return Err(RingError::VersionName { key, version: named });
        }
        let encoding = spec.secret_encoding;
        let Some(secret) = decode(secret, encoding) else {
            return Err(RingError::SecretText { key, version: named, encoding });
        };
        let algorithm = spec.algorithm;
        if !algorithm.takes(secret.len()) {
            let bytes = secret.len();
            return Err(RingError::SecretLength { key, version: named, bytes, encoding, algorithm });
        }
        if let Some((first, _)) = decoded.iter().find(|(_, other)| bool::from(other.ct_eq(&secret))) {
            return Err(RingError::SameSecret { key, first: (*first).to_owned(), second: named });
        }
        decoded.push((version, secret));
    }
    Ok(decoded)
}

/// The bytes of a secret, or none if its text is not so encoded.
fn decode(secret: &Secret, encoding: SecretEncoding) -> Option<Zeroizing<Vec<u8>>> {
    let text = secret.text();
    match encoding {
        // Decoded into a buffer made before, so that no copy is left behind by one that grows.
        SecretEncoding::Base64 => {
            let text = text.trim_ascii();
            let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(text.len())]);
            let length = LENIENT.decode_slice(text, &mut bytes).ok()?;
            bytes.truncate(length);
            Some(bytes)
        }
        SecretEncoding::Hex => {
            let text = text.trim_ascii();
            let mut bytes = Zeroizing::new(vec![0; text.len() / 2]);
            hex::decode_to_slice(text, &mut bytes).ok()?;
            Some(bytes)
        }
        SecretEncoding::Utf8 => {
            let text = text.strip_suffix('\n').unwrap_or(text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            Some(Zeroizing::new(text.as_bytes().to_vec()))
        }
    }
}

/// The versions of an AEAD. Their secrets have 32 bytes: [`Algorithm::takes`] saw to it.
fn aeads<C>(versions: &[Decoded<'_>], format: u8, cipher: fn(&[u8; 32]) -> C) -> Vec<Version<C>> {
    versions
        .iter()
        .filter_map(|(name, secret)| {
            let secret: &[u8; 32] = secret.as_slice().try_into().ok()?;
            Some(Version::new(format, name, cipher(secret)))
        })
        .collect()
}

/// The entries of a configuration, by name.
pub(crate) fn build_all<'a>(
    specs: impl IntoIterator<Item = (&'a String, &'a KeySpec)>,
) -> Result<BTreeMap<String, Key>, RingError> {
    specs.into_iter().map(|(name, spec)| Ok((name.clone(), Key::build(name, spec)?))).collect()
}
