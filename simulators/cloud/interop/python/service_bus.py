"""Clients of the mock Service Bus, made from what the cloud says of itself."""

from azure.servicebus import VERSION, ServiceBusClient, ServiceBusMessageState, ServiceBusReceiveMode, TransportType
from azure.servicebus._common import _configuration

from support import CA_FILE, CLOUD, policy

# that version speaks AMQP through uamqp, a client written in C
C_STACK = VERSION.startswith("7.8.")


def over_tls(credential=None, access="cloud.organization.manage", key=None, **options):
    """A client over TLS, which trusts the test CA. The SDK drops the port of a connection string, so it stands apart."""
    key_name, right_key = policy(access)
    options = {
        "custom_endpoint_address": f"sb://localhost:{CLOUD[f'{access}.port']}",
        "transport_type": TransportType.Amqp,
        "connection_verify": CA_FILE,
        "retry_total": 0,
        **options,
    }
    if C_STACK:  # it takes a custom endpoint for web sockets only, and lets nobody choose the port
        del options["custom_endpoint_address"]
        _configuration.DEFAULT_AMQPS_PORT = int(CLOUD[f"{access}.port"])
    if credential:
        return ServiceBusClient("localhost", credential, **options)
    text = f"Endpoint=sb://localhost/;SharedAccessKeyName={key_name};SharedAccessKey={key or right_key}"
    return ServiceBusClient.from_connection_string(text, **options)


def as_emulator(credential=None, access="cloud.organization.manage", key=None, **options):
    """A client without TLS, in the SDK's development-emulator mode (CON-005)."""
    assert credential is None, "the emulator mode takes a connection string only"
    key_name, right_key = policy(access)
    port = CLOUD["cloud.organization.amqp_port"]
    text = f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName={key_name};SharedAccessKey={key or right_key}"
    return ServiceBusClient.from_connection_string(f"{text};UseDevelopmentEmulator=true", retry_total=0, **options)


class Queue:
    """A queue, or its dead letters, between two tests."""

    def __init__(self, client, queue, sub_queue=None):
        self.open = lambda: client.get_queue_receiver(
            queue, sub_queue=sub_queue, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE
        )
        self.look = self.open()  # it asks for no message, and so takes none

    def drain(self):
        """Empties the queue."""
        while any(message.state == ServiceBusMessageState.ACTIVE for message in self.look.peek_messages(100)):
            with self.open() as receiver:
                receiver.receive_messages(max_message_count=500, max_wait_time=1)
