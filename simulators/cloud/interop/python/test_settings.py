"""azure-appconfiguration against the settings of the cloud (CON-013, CON-020)."""

import re
import unittest

from azure.appconfiguration import AzureAppConfigurationClient, ConfigurationSetting, ResourceReadOnlyError
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceRequestError,
)

from support import BY_NAME, CLOUD, FAIL_AT_ONCE, Foreign, OfAudience, credential, unique, without_test_ca

CONNECTION = CLOUD["cloud.settings_connection"]


def by_key(connection=CONNECTION):
    return AzureAppConfigurationClient.from_connection_string(connection, **FAIL_AT_ONCE)


def by_token(who=None):
    return AzureAppConfigurationClient(CLOUD["cloud.settings"], who or credential(), **FAIL_AT_ONCE)


def in_the_field():
    known = credential(authority="https://login.microsoftonline.com", **BY_NAME)
    return AzureAppConfigurationClient("https://config-proxy-qa.azconfig.io", known, **FAIL_AT_ONCE, **BY_NAME)


class Settings(unittest.TestCase):
    def test_con_004_con_013_con_020_a_setting_is_written_read_changed_and_deleted(self):
        for client in [by_key(), by_token(), in_the_field()]:
            key = f"app/{unique('key')}:a b*ü,\\"
            new = ConfigurationSetting(key=key, label="test", value="1", content_type="text/plain", tags={"a": "b"})
            written = client.set_configuration_setting(new)
            read = client.get_configuration_setting(key, "test")
            self.assertEqual((read.key, read.label, read.value), (key, "test", "1"))
            self.assertEqual((read.content_type, read.tags, read.etag), ("text/plain", {"a": "b"}, written.etag))
            same = client.get_configuration_setting(key, "test", etag=read.etag, match_condition=MatchConditions.IfModified)
            self.assertIsNone(same)
            changed = client.set_configuration_setting(ConfigurationSetting(key=key, label="test", value="2"))
            self.assertNotEqual(changed.etag, written.etag)
            with self.assertRaises(ResourceModifiedError):
                client.set_configuration_setting(written, etag=written.etag, match_condition=MatchConditions.IfNotModified)
            with self.assertRaises(ResourceExistsError):
                client.add_configuration_setting(new)
            self.assertEqual(client.delete_configuration_setting(key, "test").value, "2")
            self.assertIsNone(client.delete_configuration_setting(key, "test"))
            with self.assertRaises(ResourceNotFoundError):
                client.get_configuration_setting(key, "test")

    def test_con_020_keys_labels_and_tags_are_filtered(self):
        client, key = by_key(), unique("filter")
        for name, label, tags in [("a", "x", {"t": "1"}), ("b", "x", {}), ("a", None, {})]:
            client.set_configuration_setting(ConfigurationSetting(key=f"{key}:{name}", label=label, value="v", tags=tags))

        def found(**filters):
            return [(item.key.split(":")[1], item.label) for item in client.list_configuration_settings(**filters)]

        self.assertEqual(found(key_filter=f"{key}:*", label_filter="x"), [("a", "x"), ("b", "x")])
        self.assertEqual(found(key_filter=f"{key}:*", label_filter="\0"), [("a", None)])
        self.assertEqual(found(key_filter=f"{key}:*", tags_filter=["t=1"]), [("a", "x")])
        self.assertEqual(found(key_filter=f"{key}:b,{key}:c"), [("b", "x")])
        [item] = client.list_configuration_settings(key_filter=f"{key}:b", fields=["key"])
        self.assertEqual((item.key, item.value), (f"{key}:b", None))
        with self.assertRaises(HttpResponseError) as refused:
            found(key_filter="*x")
        self.assertEqual(refused.exception.status_code, 400)
        self.assertIn("x", [label.name for label in client.list_labels()])

    def test_con_020_a_long_list_comes_in_pages(self):
        client, key = by_key(), unique("page")
        for number in range(105):
            client.set_configuration_setting(ConfigurationSetting(key=f"{key}:{number}", value=str(number)))
        pages = [len(list(page)) for page in client.list_configuration_settings(key_filter=f"{key}:*").by_page()]
        self.assertEqual(pages, [100, 5])

    def test_con_020_a_locked_setting_cannot_be_changed_until_it_is_unlocked(self):
        client, setting = by_key(), ConfigurationSetting(key=unique("lock"), value="1")
        setting = client.set_configuration_setting(setting)
        self.assertTrue(client.set_read_only(setting).read_only)
        with self.assertRaises(ResourceReadOnlyError):
            client.set_configuration_setting(setting)
        with self.assertRaises(ResourceReadOnlyError):
            client.delete_configuration_setting(setting.key)
        self.assertFalse(client.set_read_only(setting, False).read_only)
        client.set_configuration_setting(setting)

    def test_con_021_a_sentinel_shows_that_other_settings_changed(self):
        client = by_key()
        seen = client.set_configuration_setting(
            ConfigurationSetting(key="EmrProxy:Sentinel", label=CLOUD["installation"], value=unique("s"))
        )

        def changed():
            return client.get_configuration_setting(
                seen.key, seen.label, etag=seen.etag, match_condition=MatchConditions.IfModified
            )

        self.assertIsNone(changed())
        value = unique("s")
        client.set_configuration_setting(ConfigurationSetting(key=seen.key, label=seen.label, value=value))
        self.assertEqual(changed().value, value)

    def test_con_002_without_the_test_ca_this_client_refuses_the_cloud(self):
        with without_test_ca(), self.assertRaisesRegex(ServiceRequestError, "CERTIFICATE_VERIFY_FAILED"):
            by_key().get_configuration_setting("any")

    def test_con_013_who_proves_no_identity_is_refused(self):
        for client in [
            by_key(re.sub("Secret=.*", "Secret=d3Jvbmc=", CONNECTION)),
            by_key(re.sub("Id=[^;]*", "Id=other", CONNECTION)),
            by_token(Foreign()),
            by_token(OfAudience("https://storage.azure.com")),
        ]:
            with self.assertRaises(ClientAuthenticationError) as refused:
                client.get_configuration_setting("any")
            self.assertEqual(refused.exception.status_code, 401)
            self.assertRegex(refused.exception.response.headers["WWW-Authenticate"], "HMAC-SHA256.*Bearer")


if __name__ == "__main__":
    unittest.main()
