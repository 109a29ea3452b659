"""What the official client makes of a queue that gives no service (LIFE-105): new links and links that are open."""

import socket
import unittest

from azure.servicebus import ServiceBusMessage
from azure.servicebus.exceptions import (
    MessagingEntityDisabledError,
    MessagingEntityNotFoundError,
    ServiceBusAuthorizationError,
    ServiceBusServerBusyError,
)

from service_bus import as_emulator, over_tls
from support import CLOUD

QUEUE = "orders"
ERRORS = {
    "disabled": MessagingEntityDisabledError,
    "not-found": MessagingEntityNotFoundError,
    "unauthorized": ServiceBusAuthorizationError,
    "busy": ServiceBusServerBusyError,
}


def command(line):
    """Tells the cloud what the queue is to do."""
    with socket.create_connection(("127.0.0.1", int(CLOUD["control_port"])), timeout=5) as control:
        control.sendall(f"{line}\n".encode())
        answer = control.makefile().readline()
        assert answer == "ok\n", answer


class Conditions(unittest.TestCase):
    def test_each_condition_is_the_exception_of_its_name(self):
        for connect in (over_tls, as_emulator):
            for what, error in ERRORS.items():
                with self.subTest(what, transport=connect.__name__), connect() as client:
                    self.refused(client, what, error)

    def refused(self, client, what, error):
        with client.get_queue_sender(QUEUE) as sender, client.get_queue_receiver(QUEUE, max_wait_time=2) as receiver:
            sender.send_messages(ServiceBusMessage("before"))
            for message in receiver.receive_messages(max_message_count=1):
                receiver.complete_message(message)
            command(f"{what} {QUEUE}")
            try:
                with self.assertRaises(error):
                    sender.send_messages(ServiceBusMessage("refused"))
                with self.assertRaises(error):
                    receiver.receive_messages(max_message_count=1)
                with self.assertRaises(error), client.get_queue_sender(QUEUE) as new:
                    new.send_messages(ServiceBusMessage("refused"))
            finally:
                command(f"serve {QUEUE}")


if __name__ == "__main__":
    unittest.main()
