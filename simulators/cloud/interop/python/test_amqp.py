"""The mock Service Bus with a plain AMQP 1.0 client, python-qpid-proton: what the standard and CON-001, CON-005 ask."""

import unittest

import certifi
from proton import ConnectionException, Delivery, Message, SSLDomain, symbol
from proton.reactor import AtMostOnce, LinkOption
from proton.utils import BlockingConnection, LinkDetached

from support import CA_FILE, CLOUD, policy

QUEUE = "orders"


class PeekLock(LinkOption):
    """Messages come unsettled and the broker settles last."""

    def apply(self, link):
        link.snd_settle_mode = 0
        link.rcv_settle_mode = 1

    def test(self, link):
        return link.is_receiver


class Messages:
    def setUp(self):
        self.connection = self.connect()
        self.addCleanup(self.connection.close)
        receiver = self.connection.create_receiver(QUEUE, credit=500, options=AtMostOnce())
        try:
            while True:
                receiver.receive(timeout=0.3)
        except Exception as end:
            self.assertIn("timed out", str(end).lower())
        receiver.close()

    def send(self, *messages):
        sender = self.connection.create_sender(QUEUE)
        for message in messages:
            delivery = sender.send(message)
            self.assertEqual(delivery.remote_state, Delivery.ACCEPTED)
        sender.close()

    def test_a_message_goes_through_with_its_sections(self):
        sent = Message(id="m-1", subject="s", body=b"{}", properties={"k": 7}, annotations={symbol("x-own"): "a"})
        self.send(sent)
        receiver = self.connection.create_receiver(QUEUE, credit=1, options=PeekLock())
        message = receiver.receive(timeout=5)
        self.assertEqual((message.id, message.subject, bytes(message.body)), ("m-1", "s", b"{}"))
        self.assertEqual(message.properties, {"k": 7})
        annotations = {str(key): value for key, value in message.annotations.items()}
        self.assertEqual(annotations["x-own"], "a")
        self.assertIn("x-opt-sequence-number", annotations)
        self.assertIn("x-opt-locked-until", annotations)
        receiver.accept()
        receiver.close()

    def test_a_large_message_goes_through_small_frames(self):
        small = self.connect(max_frame_size=1_024)
        self.addCleanup(small.close)
        body = bytes(number % 251 for number in range(200_000))
        sender = small.create_sender(QUEUE)
        self.assertEqual(sender.send(Message(body=body)).remote_state, Delivery.ACCEPTED)
        receiver = small.create_receiver(QUEUE, credit=1, options=AtMostOnce())
        message = receiver.receive(timeout=5)  # its body lives no longer than it does
        self.assertEqual(bytes(message.body), body)

    def test_a_released_message_comes_again_uncounted_and_a_rejected_one_is_dead(self):
        self.send(Message(body="x"))
        receiver = self.connection.create_receiver(QUEUE, credit=1, options=PeekLock())
        receiver.receive(timeout=5)
        receiver.release(delivered=False)
        message = receiver.receive(timeout=5)
        self.assertEqual(message.delivery_count, 0)
        receiver.reject()
        receiver.close()
        dead = self.connection.create_receiver(f"{QUEUE}/$DeadLetterQueue", credit=1, options=AtMostOnce())
        self.assertEqual(dead.receive(timeout=5).body, "x")

    def test_no_more_comes_than_there_is_credit_for(self):
        self.send(*(Message(body=number) for number in range(5)))
        receiver = self.connection.create_receiver(QUEUE, credit=2, options=AtMostOnce())
        self.assertEqual([receiver.receive(timeout=5).body for _ in range(2)], [0, 1])
        receiver.link.flow(0)
        receiver.close()
        rest = self.connection.create_receiver(QUEUE, credit=9, options=AtMostOnce())
        self.assertIn(rest.receive(timeout=5).body, (2, 3, 4))

    def test_a_missing_queue_is_told_by_its_condition(self):
        with self.assertRaises(LinkDetached) as refusal:
            self.connection.create_sender("nowhere")
        self.assertEqual(refusal.exception.condition, "amqp:not-found")

    def test_a_message_beyond_the_limit_ends_its_link(self):
        sender = self.connection.create_sender(QUEUE)
        with self.assertRaises(LinkDetached) as refusal:
            sender.send(Message(body=bytes(300_000)))
        self.assertEqual(refusal.exception.condition, "amqp:link:message-size-exceeded")
        self.send(Message(body="small"))

    def test_a_wrong_key_is_refused(self):
        with self.assertRaises(Exception) as refusal:
            self.connect(key="wrong").close()
        self.assertIn("uth", str(refusal.exception))  # "Authentication failed", "unauthorized"


def connect(url, key=None, **options):
    name, right_key = policy("cloud.organization.manage")
    return BlockingConnection(
        url, timeout=10, user=name, password=key or right_key, allowed_mechs="PLAIN", allow_insecure_mechs=True, **options
    )


class OverTls(Messages, unittest.TestCase):
    @staticmethod
    def connect(ca_file=CA_FILE, **options):
        domain = SSLDomain(SSLDomain.MODE_CLIENT)
        domain.set_trusted_ca_db(ca_file)
        domain.set_peer_authentication(SSLDomain.VERIFY_PEER_NAME, ca_file)
        return connect(f"amqps://localhost:{CLOUD['cloud.organization.amqps_port']}", ssl_domain=domain, **options)

    def test_con_002_without_the_test_ca_this_client_refuses_the_cloud(self):
        with self.assertRaisesRegex(ConnectionException, "certificate verify failed"):
            self.connect(ca_file=certifi.where(), reconnect=False)


class Plain(Messages, unittest.TestCase):
    @staticmethod
    def connect(**options):
        return connect(f"amqp://127.0.0.1:{CLOUD['cloud.organization.amqp_port']}", **options)


if __name__ == "__main__":
    unittest.main()
