# Echo by `websockets`, with the library's own defaults. The TLS listener appears when a certificate was put
# into /etc/touchstone.
import asyncio
import os
import signal
import ssl
import sys

from websockets.asyncio.server import serve


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


async def main():
    servers = [await serve(echo, "0.0.0.0", 9001)]
    if os.path.exists("/etc/touchstone/server.crt"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("/etc/touchstone/server.crt", "/etc/touchstone/server.key")
        servers.append(await serve(echo, "0.0.0.0", 9002, ssl=context))
    print("listening", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
asyncio.run(main())
