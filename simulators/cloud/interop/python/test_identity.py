"""azure-identity against the identity platform of the cloud (CON-001, CON-002, CON-010 to CON-013)."""

import base64
import json
import re
import socket
import ssl
import time
import unittest

from azure.core.exceptions import ClientAuthenticationError

from support import BY_NAME, CLOUD, credential, without_test_ca

SCOPE = "https://azconfig.io/.default"
UNKNOWN = "11111111-2222-3333-4444-555555555555"


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Identity(unittest.TestCase):
    def test_con_011_a_token_is_for_the_audience_of_its_scope_and_lives_as_long_as_told(self):
        for audience in ["https://azconfig.io", "https://storage.azure.com", "https://servicebus.azure.net", CLOUD["cloud.emr_api"]]:
            token = credential().get_token(f"{audience}/.default")
            self.assertEqual(claims(token.token)["aud"], audience)
            self.assertAlmostEqual(token.expires_on, time.time() + 3599, delta=5)

    def test_con_010_with_instance_discovery_a_token_comes_from_the_same_platform(self):
        for authority in ["https://login.microsoftonline.com", CLOUD["cloud.login"]]:
            known = credential(authority=authority, disable_instance_discovery=False, **BY_NAME)
            self.assertTrue(known.get_token(SCOPE).token)

    def test_con_012_wrong_credentials_are_refused_with_the_codes_of_the_platform(self):
        for what, scope, code in [
            ({"secret": "wrong"}, SCOPE, 7000215),
            ({"client_id": UNKNOWN}, SCOPE, 700016),
            ({}, "https://azconfig.io", 1002012),
            ({}, "https://example.org/.default", 500011),
        ]:
            with self.subTest(code=code), self.assertRaisesRegex(ClientAuthenticationError, f"AADSTS{code}"):
                credential(**what).get_token(scope)

    def test_con_012_an_unknown_tenant_is_refused(self):
        with self.assertRaises(Exception) as refused:
            credential(tenant=UNKNOWN).get_token(SCOPE)
        self.assertRegex(str(refused.exception), re.compile("tenant", re.IGNORECASE))

    def test_con_002_a_client_that_knows_tls_1_2_only_is_refused(self):
        context = ssl.create_default_context(cafile=CLOUD["cloud.ca_file"])
        address = ("localhost", int(CLOUD["cloud.https_port"]))
        with socket.create_connection(address, 5) as tcp, context.wrap_socket(tcp, server_hostname="localhost") as tls:
            self.assertEqual(tls.version(), "TLSv1.3")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with socket.create_connection(address, 5) as tcp, self.assertRaisesRegex(ssl.SSLError, "PROTOCOL_VERSION"):
            context.wrap_socket(tcp, server_hostname="localhost")

    def test_con_002_without_the_test_ca_this_client_refuses_the_cloud(self):
        with without_test_ca(), self.assertRaisesRegex(ClientAuthenticationError, "CERTIFICATE_VERIFY_FAILED"):
            credential().get_token(SCOPE)

    def test_con_002_plain_http_gets_no_answer(self):
        with socket.create_connection(("localhost", int(CLOUD["cloud.https_port"])), 5) as tcp:
            tcp.sendall(b"GET /common/discovery/instance HTTP/1.1\r\nHost: localhost\r\n\r\n")
            tcp.settimeout(5)
            self.assertNotIn(b"HTTP", tcp.recv(100))


if __name__ == "__main__":
    unittest.main()
