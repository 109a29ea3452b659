"""What the programs share: where the cloud is (with-cloud.mjs says it), and how a client gets in."""

import base64
import hashlib
import hmac
import itertools
import json
import os
import time
import urllib.parse
from unittest import mock

import certifi
from azure.core.credentials import AccessToken
from azure.identity import ClientSecretCredential

CLOUD = json.loads(os.environ["INTEROP_CLOUD"])
"""The placeholders of proxy profiles."""

CA_FILE = CLOUD["cloud.ca_file"]

BY_NAME = {"proxies": {"https": os.environ["INTEROP_PROXY"]}}
"""Options that lead every host name to the cloud, as in the field (CON-004)."""

FAIL_AT_ONCE = {"retry_total": 0}

_numbers = itertools.count(1)


def unique(prefix):
    """A name that no other test uses."""
    return f"{prefix}-{os.getpid()}-{next(_numbers)}"


def credential(tenant=None, client_id=None, secret=None, **options):
    """The credential of the installation."""
    options = {"authority": CLOUD["cloud.login"], "disable_instance_discovery": True, **FAIL_AT_ONCE, **options}
    return ClientSecretCredential(
        tenant or CLOUD["tenant"], client_id or CLOUD["client_id"], secret or CLOUD["client_secret"], **options
    )


class Foreign:
    """A credential whose tokens are no tokens of this cloud."""

    def get_token(self, *_scopes, **_options):
        return AccessToken("a.b.c", int(time.time()) + 3600)


class OfAudience:
    """A credential that always asks for the same audience."""

    def __init__(self, audience):
        self.scope = f"{audience}/.default"

    def get_token(self, *_scopes, **_options):
        return credential().get_token(self.scope)


def policy(name):
    """Name and key of a shared access policy, for example of `cloud.organization.manage`."""
    return CLOUD[f"{name}.key_name"], CLOUD[f"{name}.key"]


def sas_token(resource, name, seconds):
    """A shared access signature for `resource` by a policy, good for so many seconds."""
    key_name, key = policy(name)
    resource = urllib.parse.quote_plus(resource)
    expiry = int(time.time()) + seconds
    digest = hmac.new(key.encode(), f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
    signature = urllib.parse.quote_plus(base64.b64encode(digest))
    return f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn={key_name}"


def without_test_ca():
    """While this holds, a client of HTTPS trusts what is usually trusted, and so not the cloud."""
    return mock.patch.dict(os.environ, {"REQUESTS_CA_BUNDLE": certifi.where()})
