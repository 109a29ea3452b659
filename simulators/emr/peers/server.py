"""An MLLP server of the package `hl7` that answers each message with AA."""
import asyncio

from hl7.mllp import start_hl7_server


async def serve(reader, writer):
    while not writer.is_closing():
        try:
            message = await reader.readmessage()
        except asyncio.IncompleteReadError:
            break
        writer.writemessage(message.create_ack())
        await writer.drain()
    writer.close()


async def main():
    server = await start_hl7_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, input)


try:
    asyncio.run(main())
except EOFError:
    pass
