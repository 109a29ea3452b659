"""azure-storage-blob against the blobs of the cloud (CON-013, CON-033)."""

import os
import unittest
from datetime import datetime, timedelta, timezone

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.storage.blob import (
    AccountSasPermissions,
    BlobBlock,
    BlobSasPermissions,
    BlobServiceClient,
    ContentSettings,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
)

from support import BY_NAME, CLOUD, FAIL_AT_ONCE, Foreign, credential, unique, without_test_ca

URL, ACCOUNT, KEY = CLOUD["cloud.blob"], CLOUD["cloud.blob_account"], CLOUD["cloud.blob_key"]
WRONG_KEY = "d3Jvbmc="


def later(minutes):
    return datetime.now(timezone.utc) + timedelta(minutes=minutes)


def account_sas(key=KEY, minutes=10, permission="rwdlc"):
    types = ResourceTypes(service=True, container=True, object=True)
    return generate_account_sas(ACCOUNT, key, types, AccountSasPermissions.from_string(permission), later(minutes))


def service(who=KEY, **options):
    who = {"account_name": ACCOUNT, "account_key": who} if isinstance(who, str) and "&" not in who else who
    return BlobServiceClient(URL, who, **FAIL_AT_ONCE, **options)


def by_connection_string():
    return BlobServiceClient.from_connection_string(CLOUD["cloud.blob_connection"], **FAIL_AT_ONCE)


def in_the_field():
    return BlobServiceClient("https://irisicdqa.blob.core.windows.net", KEY, **FAIL_AT_ONCE, **BY_NAME)


class Blob(unittest.TestCase):
    def refused(self, status, code):
        test = self

        class Refused:
            def __enter__(self):
                return self

            def __exit__(self, kind, error, _trace):
                test.assertIsInstance(error, HttpResponseError)
                test.assertEqual((error.status_code, error.error_code), (status, code))
                return True

        return Refused()

    def box(self, client=None):
        return (client or by_connection_string()).create_container(unique("box"))

    def test_con_004_con_013_con_033_a_blob_is_written_read_and_deleted(self):
        for client in [by_connection_string(), service(credential()), service(account_sas()), in_the_field()]:
            box = self.box(client)
            blob = box.get_blob_client("conformance clinic/ü+%/1.hl7")
            settings = ContentSettings(content_type="x-application/hl7-v2+er7", cache_control="no-cache")
            written = blob.upload_blob(b"MSH|^~\\&|", content_settings=settings, metadata={"kind": "order"})
            self.assertEqual(blob.download_blob().readall(), b"MSH|^~\\&|")
            known = blob.get_blob_properties()
            self.assertEqual((known.size, known.metadata, known.blob_type), (9, {"kind": "order"}, "BlockBlob"))
            self.assertEqual(known.content_settings.content_type, "x-application/hl7-v2+er7")
            self.assertEqual(known.content_settings.cache_control, "no-cache")
            self.assertEqual(known.content_settings.content_md5, written["content_md5"])
            self.assertEqual(known.etag, written["etag"])
            self.assertTrue(blob.exists())
            blob.delete_blob()
            self.assertFalse(blob.exists())
            box.delete_container()
            self.assertFalse(box.exists())

    def test_con_033_the_container_for_orders_exists_from_the_start(self):
        self.assertTrue(by_connection_string().get_container_client("orders").exists())

    def test_a_large_blob_goes_up_in_blocks_and_comes_down_in_ranges(self):
        small = {"max_block_size": 1_000_000, "max_single_put_size": 500_000, "max_chunk_get_size": 700_000, "max_single_get_size": 700_000}
        box = self.box(service(**small))
        blob, content = box.get_blob_client("large"), os.urandom(5_000_000)
        blob.upload_blob(content, max_concurrency=3)
        self.assertEqual(blob.download_blob(max_concurrency=3).readall(), content)
        self.assertEqual(blob.download_blob(validate_content=True).readall(), content)
        self.assertEqual(blob.download_blob(offset=4_999_990).readall(), content[-10:])
        committed, uncommitted = blob.get_block_list("all")
        self.assertEqual(([block.size for block in committed], uncommitted), ([1_000_000] * 5, []))
        with self.refused(416, "InvalidRange"):
            blob.download_blob(offset=6_000_000, length=1)
        self.assertEqual(box.upload_blob("empty", b"").download_blob().readall(), b"")

    def test_staged_blocks_become_a_blob_when_they_are_committed(self):
        blob = self.box().get_blob_client("staged")
        for name in ["b-2", "b-1"]:
            blob.stage_block(name, name.encode())
        self.assertEqual(len(blob.get_block_list("uncommitted")[1]), 2)
        with self.refused(404, "BlobNotFound"):
            blob.download_blob()
        with self.refused(400, "InvalidBlockList"):
            blob.commit_block_list([BlobBlock("b-3")])
        blob.commit_block_list([BlobBlock("b-1"), BlobBlock("b-2")], metadata={"kind": "order"})
        self.assertEqual(blob.download_blob().readall(), b"b-1b-2")
        blob.set_blob_metadata({"kind": "other"})
        self.assertEqual(blob.get_blob_properties().metadata, {"kind": "other"})

    def test_con_002_without_the_test_ca_this_client_refuses_the_cloud(self):
        with without_test_ca(), self.assertRaisesRegex(ServiceRequestError, "CERTIFICATE_VERIFY_FAILED"):
            list(by_connection_string().list_containers())

    def test_blobs_are_listed_by_prefix_hierarchy_and_page_with_metadata(self):
        box = self.box()
        for name in ["a/1", "a/2", "b/1", "c & <d>"]:
            box.upload_blob(name, b"x", metadata={"n": "1"})
        self.assertEqual([blob.name for blob in box.list_blobs()], ["a/1", "a/2", "b/1", "c & <d>"])
        self.assertEqual([blob.name for blob in box.list_blobs(name_starts_with="a/")], ["a/1", "a/2"])
        self.assertEqual(list(box.list_blob_names()), ["a/1", "a/2", "b/1", "c & <d>"])
        self.assertEqual([item.name for item in box.walk_blobs()], ["a/", "b/", "c & <d>"])
        self.assertEqual([len(list(page)) for page in box.list_blobs(results_per_page=3).by_page()], [3, 1])
        first = next(iter(box.list_blobs(include=["metadata"])))
        self.assertEqual((first.metadata, first.size, first.blob_type), ({"n": "1"}, 1, "BlockBlob"))
        self.assertIsInstance(first.last_modified, datetime)
        self.assertEqual(len(list(by_connection_string().list_containers(name_starts_with=box.container_name))), 1)

    def test_conditions_decide_about_writing_and_reading(self):
        blob = self.box().get_blob_client("x")
        etag = blob.upload_blob(b"1")["etag"]
        with self.refused(409, "BlobAlreadyExists"):
            blob.upload_blob(b"2")
        unchanged = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        blob.upload_blob(b"2", overwrite=True, **unchanged)
        with self.refused(412, "ConditionNotMet"):
            blob.upload_blob(b"3", overwrite=True, **unchanged)
        with self.refused(412, "ConditionNotMet"):
            blob.delete_blob(**unchanged)
        with self.assertRaises(HttpResponseError) as same:
            blob.download_blob(if_modified_since=later(10))
        self.assertEqual(same.exception.status_code, 304)

    def test_what_is_missing_or_twice_there_is_refused_by_its_code(self):
        client = by_connection_string()
        box = self.box(client)
        with self.refused(404, "BlobNotFound"):
            box.download_blob("none")
        with self.refused(409, "ContainerAlreadyExists"):
            box.create_container()
        with self.refused(404, "ContainerNotFound"):
            client.get_blob_client("no-such-box", "x").upload_blob(b"x")
        with self.refused(404, "ContainerNotFound"):
            list(client.get_container_client("no-such-box").list_blobs())

    def test_con_013_a_signature_for_one_blob_opens_that_blob_only_and_no_more_than_it_says(self):
        box = self.box()
        for name in ["mine", "other"]:
            box.upload_blob(name, b"x")

        def opened(name, permission, minutes=10):
            rights, expiry = BlobSasPermissions.from_string(permission), later(minutes)
            sas = generate_blob_sas(ACCOUNT, box.container_name, "mine", account_key=KEY, permission=rights, expiry=expiry)
            return service(sas).get_blob_client(box.container_name, name)

        self.assertEqual(opened("mine", "r").download_blob().readall(), b"x")
        with self.refused(403, "AuthenticationFailed"):
            opened("other", "r").download_blob()
        with self.refused(403, "AuthenticationFailed"):
            opened("mine", "r", minutes=-1).download_blob()
        with self.refused(403, "AuthorizationPermissionMismatch"):
            opened("mine", "r").upload_blob(b"y", overwrite=True)

    def test_con_013_who_proves_no_identity_is_refused(self):
        for who, status, code in [
            (WRONG_KEY, 403, "AuthenticationFailed"),
            (account_sas(minutes=-1), 403, "AuthenticationFailed"),
            (account_sas(WRONG_KEY), 403, "AuthenticationFailed"),
            (account_sas(permission="r"), 403, "AuthorizationPermissionMismatch"),
            (None, 401, "NoAuthenticationInformation"),
            (Foreign(), 401, "InvalidAuthenticationInfo"),
        ]:
            with self.subTest(code=code), self.refused(status, code):
                list(service(who).list_containers())


if __name__ == "__main__":
    unittest.main()
