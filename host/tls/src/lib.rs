//! Encryption of connections: whom a client trusts, and how it shows who it is.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sluicegate_connector::Error;

/// What the `tls` of a connection says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// File with the certificates of the authorities to trust, PEM; the well-known ones where there is none.
    pub ca: Option<&'a Path>,
    /// Takes any certificate.
    pub skip_verification: bool,
    /// Files with the client's certificate and its private key, PEM.
    pub identity: Option<(&'a Path, &'a Path)>,
}

/// What the library is told.
///
/// # Errors
/// [`sluicegate_connector::Class::Configuration`] for a file that cannot be read.
pub fn config(options: &Options<'_>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unfit)?;
    let builder = if options.skip_verification {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)))
    } else {
        let roots = Arc::new(roots(options.ca)?);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider).build();
        let verifier = verifier.map_err(|error| {
            Error::configuration("`ca` of `tls` has no certificate of an authority").caused_by(error)
        })?;
        builder.with_webpki_verifier(verifier)
    };
    let Some((certificate, key)) = options.identity else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates(certificate, "certificate")?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable("key", key).caused_by(error))?;
    builder.with_client_auth_cert(chain, key).map_err(unfit)
}

fn unfit(error: rustls::Error) -> Error {
    Error::configuration("`tls` of the connection cannot be used").caused_by(error)
}

fn unreadable(name: &str, file: &Path) -> Error {
    Error::configuration(format!("`{name}` of `tls` cannot be read: {}", file.display()))
}

/// The certificates in a file.
fn certificates(file: &Path, name: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(name, file).caused_by(error))
}

/// The authorities to trust.
fn roots(file: Option<&Path>) -> Result<RootCertStore, Error> {
    let Some(file) = file else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file, "ca")? {
        roots.add(certificate).map_err(|error| unreadable("ca", file).caused_by(error))?;
    }
    Ok(roots)
}

/// What is to be done about a certificate that is not trusted; `None` for an error of another kind.
pub fn untrusted(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(rustls::Error::InvalidCertificate(why)) = cause.downcast_ref::<rustls::Error>() {
            use rustls::CertificateError as Why;
            return Some(match why {
                Why::UnknownIssuer => {
                    "its certificate is of an authority that is not trusted: name the authority's in `ca` of `tls`"
                        .to_owned()
                }
                Why::NotValidForName | Why::NotValidForNameContext { .. } => {
                    format!("its certificate is for another name: call it by that in the connection ({why})")
                }
                why => format!("its certificate is not valid: {why}"),
            });
        }
        // One of these is named as the source of none: it passes for the error that it holds.
        next = match cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(held) => Some(held),
            None => cause.source(),
        };
    }
    None
}

/// Takes any certificate.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
