"""A customer that uploads images first and then orders by message, with azure-storage-blob and azure-servicebus (08-order-lifecycle)."""

import json
import os
import unittest

from azure.servicebus import ServiceBusMessage
from azure.storage.blob import BlobServiceClient

from service_bus import over_tls
from support import CLOUD, FAIL_AT_ONCE

CLIENT = "63E3C9EF-66AC-4154-B0C2-494515EB99A7"


def send(queue, body):
    with over_tls(access=f"cloud.organization.{queue}") as client, client.get_queue_sender(queue) as sender:
        sender.send_messages(ServiceBusMessage(json.dumps(body)))


def receive(queue, count):
    found = []
    with over_tls(access=f"cloud.organization.{queue}") as client, client.get_queue_receiver(queue) as receiver:
        while len(found) < count:
            messages = receiver.receive_messages(max_message_count=count - len(found), max_wait_time=5)
            if not messages:
                raise AssertionError(f"{len(found)} of {count} came on {queue}: {found}")
            for message in messages:
                found.append(json.loads(str(message)))
                receiver.complete_message(message)
    return found


class ImagesFirst(unittest.TestCase):
    def test_an_order_whose_images_are_there_is_ready_at_once(self):
        """LIFE-052, LIFE-053, LIFE-SM-03"""
        with open(os.environ["INTEROP_REQUEST"], encoding="utf-8") as file:
            request = json.load(file)
        request["Order"]["LocalId"] = "P-1"
        request["Patient"]["LocalId"] = "MRN-PYTHON"
        box = BlobServiceClient.from_connection_string(CLOUD["cloud.blob_connection"], **FAIL_AT_ONCE).get_container_client("images")
        box.upload_blob("p1-right.jpg", b"right")
        box.upload_blob("p1-left.jpg", b"left")
        request["Camera"]["Images"] = [
            {"LocalId": f"{eye}-1", "Laterality": eye, "AzureBlobStorage": {"Container": "images", "FileName": file}}
            for eye, file in (("OD", "p1-right.jpg"), ("OS", "p1-left.jpg"), ("OD", "missing.jpg"))
        ]
        send("orders", request)
        events = receive("events", 5)
        kinds = [(event["ResultObjectType"], event["Success"]) for event in events]
        expected = [("OrderCreationReceipt", True), ("ImageReceipt", True), ("ImageReceipt", True), ("ImageReceipt", False)]
        self.assertEqual(kinds, [*expected, ("ReadyForGradingEvent", True)])
        self.assertEqual([event["ImageLocalId"] for event in events[1:4]], ["OD-1", "OS-1", "OD-1"])  # LIFE-058

        eye = {"Gradable": False, "UngradableReasons": ["Key anatomy missing or not clearly visible"]}
        grading = {"Version": "2.3.1", "ClientGuid": CLIENT, "LocalId": "P-1", "Site": {"LocalId": "102330B"}, "OD": eye, "OS": eye}
        send("gradings", grading)
        self.assertEqual([event["ResultObjectType"] for event in receive("events", 2)], ["GradingReceipt", "OrderGradedEvent"])
        (result,) = receive("results", 1)
        self.assertEqual(result["ImageDetails"]["TotalCount"], 2)  # LIFE-067
        self.assertIs(result["Gradings"]["OD"]["Gradable"], False)  # LIFE-RS-55
        self.assertNotIn("Findings", result["Gradings"]["OD"])  # LIFE-RS-58


if __name__ == "__main__":
    unittest.main()
