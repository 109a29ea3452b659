"""Where the cloud is, from the line of JSON that `cargo run -p cloud --example serve` prints (INTEROP_CLOUD), and the
tokens that its services take."""

import base64
import hashlib
import hmac
import json
import os
import ssl
import time
import urllib.parse
import urllib.request

CLOUD = json.loads(os.environ["INTEROP_CLOUD"])
CA_FILE = CLOUD["cloud.ca_file"]


def policy(name):
    """Name and key of a shared access policy, for example of `cloud.organization.manage`."""
    return CLOUD[f"{name}.key_name"], CLOUD[f"{name}.key"]


def sas_token(resource, name, seconds, key=None):
    """A shared access signature for `resource` that is good for so many seconds."""
    key_name, right_key = policy(name)
    resource = urllib.parse.quote_plus(resource)
    expiry = int(time.time()) + seconds
    digest = hmac.new((key or right_key).encode(), f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
    signature = urllib.parse.quote_plus(base64.b64encode(digest))
    return f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn={key_name}", expiry


def access_token(scope):
    """A JSON web token of the login service, as an SDK for identities would fetch it: token and expiry."""
    form = {
        "grant_type": "client_credentials",
        "client_id": CLOUD["client_id"],
        "client_secret": CLOUD["client_secret"],
        "scope": scope,
    }
    url = f"{CLOUD['cloud.login']}/{CLOUD['tenant']}/oauth2/v2.0/token"
    context = ssl.create_default_context(cafile=CA_FILE)
    with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode(), timeout=10, context=context) as answer:
        told = json.load(answer)
    return told["access_token"], int(time.time()) + told["expires_in"]
