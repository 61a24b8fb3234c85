"""Posting to a webhook: the status comes back, and where it was posted to is never said."""

import socket
import ssl
import threading
import traceback
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from batchmedic.channels import webhook
from batchmedic.channels.slack import Slack
from batchmedic.errors import DeliveryError
from batchmedic.notices.notice import notice_of
from batchmedic.notices.reasons import Reason
from tests.contract.receiving import SECRET, Receiver, serving
from tests.factories import NOW, an_incident

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving() as made:
        yield made


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver behind a certificate for which nobody vouches."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.public_key(key.public_key()).add_extension(address, critical=False)
    builder = builder.not_valid_before(NOW - timedelta(days=10_000)).not_valid_after(NOW + timedelta(days=10_000))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    pem += builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (tmp_path / "both.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    with serving(context) as made:
        yield made


def failure(url: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        webhook.post(url, {"text": "hello"})
    return caught.value


def texts(error: DeliveryError) -> str:
    """Everything that a log may show of an error."""
    return "\n".join([str(error), repr(error), repr(error.__cause__), *traceback.format_exception(error)])


def test_the_payload_arrives_as_json(receiver):
    assert webhook.post(receiver.url, {"text": "é ✓"}).status == 200

    assert receiver.got == [(f"/services/{SECRET}", "application/json", {"text": "é ✓"})]


@pytest.mark.parametrize("status", [204, 400, 404, 410, 429, 500, 503])
def test_the_status_comes_back_after_one_try(receiver, status):
    receiver.status = status

    assert webhook.post(receiver.url, {}).status == status
    assert len(receiver.got) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver, status):
    """It could lead anywhere, also off HTTPS."""
    receiver.status = status
    receiver.headers = {"Location": receiver.url + "/elsewhere"}

    assert webhook.post(receiver.url, {}).status == status
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(302, False), (400, False), (403, False), (404, False), (410, False), (429, True), (500, True), (503, True)],
)
def test_slack_tries_again_where_that_may_help(receiver, status, retryable):
    receiver.status = status
    channel = Slack(url=lambda fresh: receiver.url, post=webhook.post)

    with pytest.raises(DeliveryError, match=f"Slack answered {status}") as caught:
        channel.deliver(notice_of(an_incident(), Reason.OPENED))

    assert caught.value.retryable is retryable
    assert SECRET not in texts(caught.value)


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "7", 7),
        (429, "99999999999999", 3_600),
        (429, "Wed, 25 Nov 2026 12:00:00 GMT", 30),
        (429, "", 30),
        (503, "7", None),
    ],
)
def test_who_is_too_fast_is_told_how_long_to_rest(receiver, status, header, seconds):
    receiver.status, receiver.headers = status, {"Retry-After": header}

    rest = webhook.post(receiver.url, {}).retry_after

    assert (rest and rest.total_seconds()) == seconds


def test_a_refused_connection_is_worth_another_try():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    error = failure(f"http://127.0.0.1:{port}/services/{SECRET}")

    assert error.retryable
    assert SECRET not in texts(error)


def test_no_answer_in_time_is_worth_another_try(receiver, monkeypatch):
    monkeypatch.setattr(webhook, "_pool", urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(read=0.1)))
    receiver.silent = threading.Event()

    error = failure(receiver.url)

    assert (error.retryable, len(receiver.got)) == (True, 1)
    assert SECRET not in texts(error)


def test_an_answer_that_breaks_off_is_worth_another_try(receiver):
    receiver.headers = {"Content-Length": "10", "Connection": "close"}

    error = failure(receiver.url)

    assert error.retryable
    assert SECRET not in texts(error)


def test_the_wait_is_bounded_within_the_functions_timeout():
    assert 0 < webhook.TIMEOUT.connect_timeout + webhook.TIMEOUT.read_timeout <= 10


def test_an_impostor_is_told_nothing(impostor):
    """HTTPS is worth nothing if anybody's certificate will do."""
    error = failure(impostor.url)

    assert impostor.got == []
    assert "SSLError" in str(error)
    assert SECRET not in texts(error)


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.slack.example/",
        "http://127.0.0.1.example/",
        "http://127.0.0.1@hooks.slack.example/",
        "ftp://hooks.slack.example/",
        "hooks.slack.example/",
        "//hooks.slack.example/",
        "/",
        "",
    ],
)
def test_other_hosts_only_by_https(address):
    error = failure(address + SECRET)

    assert (error.retryable, error.channel_is_gone) == (False, True)
    assert "https://" in str(error)
    assert SECRET not in texts(error)


@pytest.mark.parametrize(
    "address",
    [
        "https:///",
        "https://:99999/",
        "https://a b/",
        "https://[::1/",
        "https://[abc]/",
        "https://\u2100.example/",
        "https://" + "a" * 70 + ".example/",
        "ftp://127.0.0.1/",
    ],
)
def test_an_unusable_address_is_a_failed_delivery(address):
    error = failure(address + SECRET)

    assert SECRET not in texts(error)
