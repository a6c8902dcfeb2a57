"""Where a request comes from: the peer, or what a trusted proxy wrote down last."""

import pytest
from django.test import RequestFactory, override_settings

from netlift.service.core.addresses import address_of


@pytest.mark.parametrize(
    ("behind", "forwarded", "address"),
    [
        (False, "203.0.113.9", "192.0.2.1"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (True, "", "192.0.2.1"),
        (True, "1.1.1.1, ", "192.0.2.1"),
    ],
)
def test_only_the_proxys_own_word_is_believed(behind: bool, forwarded: str, address: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    with override_settings(BEHIND_PROXY=behind):
        assert address_of(request) == address
