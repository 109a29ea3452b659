"""The mock Service Bus with the official client, azure-servicebus (CON-001, CON-005, LIFE-Q-01 to LIFE-Q-04)."""

import datetime
import time
import unittest

import certifi
from azure.core.credentials import AzureSasCredential
from azure.servicebus import ServiceBusMessage, ServiceBusReceiveMode
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessageSizeExceededError,
    MessagingEntityNotFoundError,
    ServiceBusAuthenticationError,
    ServiceBusAuthorizationError,
    ServiceBusConnectionError,
    ServiceBusError,
)

from service_bus import C_STACK, Queue, as_emulator, over_tls
from support import OfAudience, credential, sas_token

QUEUE = "orders"
SHORT = "gradings"  # locks of two seconds, three deliveries (examples/serve.rs)
REFUSED = (ServiceBusAuthenticationError, ServiceBusAuthorizationError)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


class Messages:
    """What every transport must do; `connect` is the transport's."""

    @classmethod
    def setUpClass(cls):
        # closing a sender or a receiver takes this client a second, so one client and its senders serve all tests
        cls.client = cls.connect()
        cls.addClassCleanup(cls.client.close)
        cls.senders = {queue: cls.client.get_queue_sender(queue) for queue in (QUEUE, SHORT)}
        cls.queues = [Queue(cls.client, *names) for queue in (QUEUE, SHORT) for names in ((queue,), (queue, "deadletter"))]

    def setUp(self):
        for queue in self.queues:
            queue.drain()

    def send(self, *messages, queue=QUEUE):
        self.senders[queue].send_messages(list(messages))

    def receiver(self, queue=QUEUE, **options):
        receiver = self.client.get_queue_receiver(queue, max_wait_time=5, **options)
        self.addCleanup(receiver.close)
        return receiver

    def one(self, receiver):
        messages = receiver.receive_messages(max_message_count=1, max_wait_time=5)
        self.assertEqual(len(messages), 1)
        return messages[0]

    def assert_empty(self, receiver):
        self.assertEqual(receiver.receive_messages(max_wait_time=1), [])

    def assert_no_entry(self, client):
        """Behind a custom endpoint this client tells a refused token as a failed connection; what is inside says more."""
        with self.assertRaises((*REFUSED, ServiceBusConnectionError)) as refusal, client.get_queue_sender(QUEUE) as sender:
            sender.send_messages(ServiceBusMessage("x"))
        if isinstance(refusal.exception, ServiceBusConnectionError):
            self.assertIn("401", str(refusal.exception.inner_exception))

    def test_a_message_arrives_with_all_its_properties(self):
        sent = ServiceBusMessage(
            b'{"LocalId":"A1"}',
            message_id="m-1",
            content_type="application/json",
            correlation_id="c-1",
            subject="order",
            reply_to="replies",
            to="somewhere",
            time_to_live=datetime.timedelta(minutes=5),
            application_properties={"text": "t", "number": 7, "flag": True, "real": 1.5},
        )
        before = now()
        self.send(sent)
        receiver = self.receiver()
        message = self.one(receiver)
        self.assertEqual(b"".join(message.body), b'{"LocalId":"A1"}')
        self.assertEqual((message.message_id, message.content_type), ("m-1", "application/json"))
        self.assertEqual((message.correlation_id, message.subject), ("c-1", "order"))
        self.assertEqual((message.reply_to, message.to), ("replies", "somewhere"))
        self.assertEqual(message.time_to_live, datetime.timedelta(minutes=5))
        properties = {as_text(key): as_text(value) for key, value in message.application_properties.items()}
        self.assertEqual(properties, {"text": "t", "number": 7, "flag": True, "real": 1.5})
        self.assertEqual(message.delivery_count, 0)
        self.assertGreater(message.sequence_number, 0)
        self.assertGreaterEqual(message.enqueued_time_utc, before - datetime.timedelta(seconds=1))
        left = message.locked_until_utc - now()
        self.assertTrue(datetime.timedelta(seconds=25) < left <= datetime.timedelta(seconds=31), left)
        receiver.complete_message(message)
        self.assert_empty(receiver)

    def test_a_batch_arrives_in_order(self):
        sender = self.senders[QUEUE]
        batch = sender.create_message_batch()
        for number in range(50):
            batch.add_message(ServiceBusMessage(f"b-{number}"))
        sender.send_messages(batch)
        receiver, bodies = self.receiver(), []
        while len(bodies) < 50:
            messages = receiver.receive_messages(max_message_count=50, max_wait_time=5)
            self.assertTrue(messages, "the queue ended early")
            for message in messages:
                bodies.append(str(message))
                receiver.complete_message(message)
        self.assertEqual(bodies, [f"b-{number}" for number in range(50)])

    def test_a_message_of_many_frames_arrives_whole_and_a_larger_one_is_refused(self):
        body = bytes(number % 251 for number in range(250_000))
        self.send(ServiceBusMessage(body))
        receiver = self.receiver(receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE)
        self.assertEqual(b"".join(self.one(receiver).body), body)
        large = ServiceBusMessage(bytes(300_000))
        with self.assertRaises(MessageSizeExceededError):  # this client knows the limit of its link
            self.senders[QUEUE].create_message_batch().add_message(large)
        # the cloud ends the link with amqp:link:message-size-exceeded, which this client tells as an unknown error
        with self.assertRaises(ServiceBusError), self.client.get_queue_sender(QUEUE) as sender:
            sender.send_messages(large)
        self.assert_empty(receiver)

    def test_receive_and_delete_takes_a_message_for_good(self):
        self.send(ServiceBusMessage("gone"))
        with self.client.get_queue_receiver(
            QUEUE, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE, max_wait_time=5
        ) as receiver:
            self.assertEqual(str(self.one(receiver)), "gone")
        self.assert_empty(self.receiver())

    def test_an_abandoned_message_returns_and_counts(self):
        self.send(ServiceBusMessage("again"))
        receiver = self.receiver()
        receiver.abandon_message(self.one(receiver))
        message = self.one(receiver)
        self.assertEqual((str(message), message.delivery_count), ("again", 1))
        receiver.complete_message(message)

    def test_a_message_is_dead_lettered_by_hand_with_a_reason(self):
        self.send(ServiceBusMessage("bad", application_properties={"k": "v"}))
        receiver = self.receiver()
        receiver.dead_letter_message(self.one(receiver), reason="Unreadable", error_description="not JSON")
        dead = self.receiver(sub_queue="deadletter")
        message = self.one(dead)
        self.assertEqual(str(message), "bad")
        self.assertEqual(message.dead_letter_reason, "Unreadable")
        self.assertEqual(message.dead_letter_error_description, "not JSON")
        dead.complete_message(message)
        self.assert_empty(dead)

    def test_a_message_that_fails_too_often_becomes_a_dead_letter(self):
        self.send(ServiceBusMessage("never"), queue=SHORT)
        receiver = self.receiver(SHORT)
        for count in range(3):
            message = self.one(receiver)
            self.assertEqual(message.delivery_count, count)
            receiver.abandon_message(message)
        self.assert_empty(receiver)
        dead = self.receiver(SHORT, sub_queue="deadletter")
        message = self.one(dead)
        self.assertEqual((str(message), message.dead_letter_reason), ("never", "MaxDeliveryCountExceeded"))
        dead.complete_message(message)

    def test_a_deferred_message_is_received_by_its_number_only(self):
        self.send(ServiceBusMessage("later"), ServiceBusMessage("now"))
        receiver = self.receiver()
        message = self.one(receiver)
        number = message.sequence_number
        receiver.defer_message(message)
        following = self.one(receiver)
        self.assertEqual(str(following), "now")
        receiver.complete_message(following)
        self.assert_empty(receiver)
        [deferred] = receiver.receive_deferred_messages(number)
        self.assertEqual((str(deferred), deferred.sequence_number), ("later", number))
        receiver.renew_message_lock(deferred)
        receiver.complete_message(deferred)
        with self.assertRaises(ServiceBusError):
            receiver.receive_deferred_messages(number)

    def test_peeking_changes_nothing_and_goes_on_by_number(self):
        self.send(*(ServiceBusMessage(f"p-{number}") for number in range(5)))
        receiver = self.receiver()
        first = receiver.peek_messages(max_message_count=3)
        self.assertEqual([str(message) for message in first], ["p-0", "p-1", "p-2"])
        rest = receiver.peek_messages(max_message_count=9, sequence_number=first[-1].sequence_number + 1)
        self.assertEqual([str(message) for message in rest], ["p-3", "p-4"])
        for _ in range(5):
            message = self.one(receiver)
            self.assertEqual(message.delivery_count, 0)
            receiver.complete_message(message)
        beyond = rest[-1].sequence_number + 1
        self.assertEqual(receiver.peek_messages(max_message_count=1, sequence_number=beyond), [])

    def test_a_scheduled_message_comes_at_its_time(self):
        due = now() + datetime.timedelta(seconds=5)
        self.senders[QUEUE].schedule_messages(ServiceBusMessage("managed"), due)
        self.send(ServiceBusMessage("annotated", scheduled_enqueue_time_utc=due))
        receiver = self.receiver()
        self.assert_empty(receiver)
        bodies = set()
        for _ in range(2):
            message = self.one(receiver)
            bodies.add(str(message))
            receiver.complete_message(message)
        self.assertEqual(bodies, {"managed", "annotated"})
        self.assertGreaterEqual(now(), due)

    def test_a_scheduled_message_is_cancelled_by_its_number(self):
        due = now() + datetime.timedelta(seconds=1)
        sender = self.senders[QUEUE]
        numbers = sender.schedule_messages([ServiceBusMessage("x"), ServiceBusMessage("y")], due)
        self.assertEqual(len(numbers), 2)
        sender.cancel_scheduled_messages(numbers)
        with self.assertRaises(ServiceBusError):
            sender.cancel_scheduled_messages(numbers)
        time.sleep(1.2)
        self.assert_empty(self.receiver())

    def test_a_message_expires_at_the_end_of_its_time_to_live(self):
        self.send(ServiceBusMessage("short", time_to_live=datetime.timedelta(milliseconds=300)))
        time.sleep(0.5)
        self.assert_empty(self.receiver())

    def test_a_lock_is_renewed_and_without_that_lost(self):
        self.send(ServiceBusMessage("slow"), queue=SHORT)
        receiver = self.receiver(SHORT)
        message = self.one(receiver)
        time.sleep(1.5)
        renewed = receiver.renew_message_lock(message)
        self.assertGreater(renewed, now() + datetime.timedelta(seconds=1))
        time.sleep(1)
        receiver.complete_message(message)

        self.send(ServiceBusMessage("lost"), queue=SHORT)
        message = self.one(receiver)
        time.sleep(2.2)
        with self.assertRaises(MessageLockLostError):
            receiver.renew_message_lock(message)
        again = self.one(receiver)
        self.assertEqual((str(again), again.delivery_count), ("lost", 1))
        receiver.complete_message(again)

    def test_a_queue_that_is_not_there_is_refused(self):
        expected = (MessagingEntityNotFoundError, ServiceBusError)
        with self.assertRaises(expected), self.client.get_queue_sender("nowhere") as sender:
            sender.send_messages(ServiceBusMessage("x"))
        with self.assertRaises(expected):
            self.client.get_queue_receiver("nowhere").receive_messages(max_wait_time=1)

    def test_a_wrong_key_is_refused(self):
        client = self.connect(key="d3Jvbmc=")
        self.addCleanup(client.close)
        self.assert_no_entry(client)

    def test_a_policy_gives_no_more_than_its_right(self):
        # LIFE-099: send only to orders and gradings, listen only to results and events
        for queue, may_send in (("orders", True), ("gradings", True), ("results", False), ("events", False)):
            client = self.connect(access=f"cloud.organization.{queue}")
            self.addCleanup(client.close)
            send = lambda: client.get_queue_sender(queue).send_messages(ServiceBusMessage("x"))
            receive = lambda: client.get_queue_receiver(queue).receive_messages(max_wait_time=1)
            allowed, refused = (send, receive) if may_send else (receive, send)
            with self.subTest(queue):
                allowed()
                with self.assertRaises(REFUSED):
                    refused()


def as_text(value):
    return value.decode() if isinstance(value, bytes) else value


class OverTls(Messages, unittest.TestCase):
    """AMQP over TLS 1.3, as in the field."""

    connect = staticmethod(over_tls)

    def test_con_002_without_the_test_ca_this_client_refuses_the_cloud(self):
        client = self.connect(connection_verify=certifi.where())
        self.addCleanup(client.close)
        # the C stack tells no more than that it never got in
        reason = "Authorization timeout" if C_STACK else "CERTIFICATE_VERIFY_FAILED"
        sender = client.get_queue_sender(QUEUE, auth_timeout=5)
        with self.assertRaisesRegex(ServiceBusError, reason), sender:
            sender.send_messages(ServiceBusMessage("x"))

    def test_an_expired_signature_is_refused(self):
        token = sas_token("sb://localhost/orders", "cloud.organization.manage", -10)
        client = self.connect(AzureSasCredential(token))
        self.addCleanup(client.close)
        self.assert_no_entry(client)

    def test_a_link_ends_when_its_signature_expires(self):
        token = sas_token("sb://localhost/orders", "cloud.organization.manage", 3)
        client = self.connect(AzureSasCredential(token))
        self.addCleanup(client.close)
        with self.assertRaises((*REFUSED, ServiceBusError)), client.get_queue_sender(QUEUE) as sender:
            sender.send_messages(ServiceBusMessage("in time"))
            time.sleep(3.5)
            sender.send_messages(ServiceBusMessage("too late"))
        receiver = self.receiver(receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE)
        self.assertEqual(str(self.one(receiver)), "in time")
        self.assert_empty(receiver)

    def test_a_token_of_the_login_service_is_good_for_service_bus_and_no_other(self):
        client = self.connect(credential())
        self.addCleanup(client.close)
        with client.get_queue_sender(QUEUE) as sender:
            sender.send_messages(ServiceBusMessage("by token"))
        receiver = self.receiver()
        message = self.one(receiver)
        self.assertEqual(str(message), "by token")
        receiver.complete_message(message)

        foreign = self.connect(OfAudience("https://storage.azure.com"))
        self.addCleanup(foreign.close)
        self.assert_no_entry(foreign)


if not C_STACK:  # that version has no development-emulator mode

    class AsEmulator(Messages, unittest.TestCase):
        """CON-005: AMQP without TLS."""

        connect = staticmethod(as_emulator)


if __name__ == "__main__":
    unittest.main()
