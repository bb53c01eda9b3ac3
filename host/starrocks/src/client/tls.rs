//! Encryption of requests.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sluicegate_connector::Error;

use crate::connection::Tls;

/// What the library is told.
///
/// # Errors
/// [`sluicegate_connector::Class::Configuration`] for a file of authorities that cannot be read.
pub fn config(tls: &Tls) -> Result<ClientConfig, Error> {
    let unfit = |error: rustls::Error| {
        Error::configuration("`tls` of the connection cannot be used").caused_by(error)
    };
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unfit)?;
    if tls.skip_verification {
        tracing::warn!(
            "`skip_verification` of `tls`: any certificate is taken, so rows and the password may go to anybody who \
             stands between"
        );
        let verifier = Arc::new(Anybody(provider));
        return Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth());
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots(tls)?), provider).build();
    let verifier = verifier.map_err(|error| {
        Error::configuration("`ca` of `tls` has no certificate of an authority").caused_by(error)
    })?;
    Ok(builder.with_webpki_verifier(verifier).with_no_client_auth())
}

/// The authorities to trust.
fn roots(tls: &Tls) -> Result<RootCertStore, Error> {
    let Some(file) = &tls.ca else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let unreadable = format!("`ca` of `tls` cannot be read: {}", file.display());
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| Error::configuration(unreadable.as_str()).caused_by(error))?;
    for certificate in certificates {
        roots.add(certificate).map_err(|error| Error::configuration(unreadable.as_str()).caused_by(error))?;
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
