"""What the tests share: where the cloud is, and credentials for it."""

import itertools
import json
import os
import time

from azure.core.credentials import AccessToken
from azure.identity import ClientSecretCredential

CLOUD = json.loads(os.environ["INTEROP_CLOUD"])
"""The placeholders of proxy profiles."""

BY_NAME = {"proxies": {"https": os.environ["INTEROP_PROXY"]}}
"""Options that lead every host name to the cloud, as in the field (CON-004)."""

FAIL_AT_ONCE = {"retry_total": 0}

_numbers = itertools.count(1)


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


def unique(prefix):
    """A name that no other test uses."""
    return f"{prefix}-{os.getpid()}-{next(_numbers)}"
