"""Which certificates are trusted: the system's, as company proxies put their own root there.

Windows and macOS verify through truststore. Elsewhere OpenSSL's own folders are used, loaded once (truststore
reads the whole bundle again for each connection there), then the places of the large distributions, then
certifi's list for a system that has none.
"""

import logging
import os
import ssl
import sys
import threading
from typing import Any

log = logging.getLogger(__name__)

# A Python built elsewhere looks for certificates where its builder kept them.
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # Alpine, BSD
)


def system_context() -> ssl.SSLContext:
    """A verifying client context. Its certificate errors carry `issuer_seen` (see `issuer_of`)."""
    if sys.platform in ("win32", "darwin"):
        return _os_context()
    return _Context(ssl.PROTOCOL_TLS_CLIENT)


def issuer_of(error: BaseException) -> str | None:
    """Who issued the certificate that was refused, if the handshake let us see it."""
    seen = getattr(error, "issuer_seen", None)
    return seen if isinstance(seen, str) else None


def _os_context() -> ssl.SSLContext:
    import truststore

    class OsContext(_NotesIssuer, truststore.SSLContext):
        pass

    context = OsContext(ssl.PROTOCOL_TLS_CLIENT)
    if extra := os.environ.get("SSL_CERT_FILE"):
        context.load_verify_locations(extra)
    return context


def _load_roots(context: ssl.SSLContext) -> None:
    try:
        context.load_default_certs()
        if not _has_roots(context):
            _load_elsewhere(context)
    except OSError as error:  # ssl.SSLError is one
        log.warning("The system's certificates could not be read: %s", error)


def _has_roots(context: ssl.SSLContext) -> bool:
    # A capath folder is read on demand and does not show in the statistics.
    folder = ssl.get_default_verify_paths().capath
    return context.cert_store_stats()["x509_ca"] > 0 or bool(folder and os.listdir(folder))


def _load_elsewhere(context: ssl.SSLContext) -> None:
    for bundle in _BUNDLES:
        if os.path.isfile(bundle):
            context.load_verify_locations(bundle)
            return
    try:
        import certifi
    except ImportError:
        return
    context.load_verify_locations(certifi.where())


class _NotesIssuer:
    """Notes on a certificate error who issued the certificate: OpenSSL's text does not say."""

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        connection: ssl.SSLObject = super().wrap_bio(*args, **kwargs)  # type: ignore[misc]
        handshake = connection.do_handshake

        def noting() -> None:
            try:
                handshake()
            except ssl.SSLCertVerificationError as error:
                error.issuer_seen = _issuer_seen(connection)  # type: ignore[attr-defined]
                raise

        connection.do_handshake = noting  # type: ignore[method-assign]
        return connection


class _Context(_NotesIssuer, ssl.SSLContext):
    """Loads its roots beside the start of the program (some 50 ms); the first connection waits for them."""

    def __init__(self, *_: object) -> None:
        self._loading = threading.Thread(target=_load_roots, args=(self,), name="certificates")
        self._loading.start()

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        self._loading.join()
        return super().wrap_bio(*args, **kwargs)


def _issuer_seen(connection: ssl.SSLObject) -> str | None:
    """The issuer's name of the peer's first certificate, from a handshake that failed.

    `getpeercert` knows nothing after a failure, the chain does; before Python 3.13 only under `_sslobj`.
    """
    inner = getattr(connection, "_sslobj", None)
    for chain_of in ("get_verified_chain", "get_unverified_chain"):
        try:
            chain = getattr(inner, chain_of)()
            issuer = dict(part[0] for part in chain[0].get_info()["issuer"])
        except (AttributeError, KeyError, IndexError, TypeError, ValueError, ssl.SSLError):
            continue
        name = issuer.get("organizationName") or issuer.get("commonName")
        if name:
            return str(name)[:100]
    return None
