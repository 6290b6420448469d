# Echo by aiohttp, with its own defaults. The TLS listener appears when a certificate was put into /etc/touchstone.
import asyncio
import os
import signal
import ssl
import sys

from aiohttp import WSMsgType, web


async def echo(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def main():
    application = web.Application()
    application.router.add_get("/", echo)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 9001).start()
    if os.path.exists("/etc/touchstone/server.crt"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("/etc/touchstone/server.crt", "/etc/touchstone/server.key")
        await web.TCPSite(runner, "0.0.0.0", 9002, ssl_context=context).start()
    print("listening", flush=True)
    await asyncio.Event().wait()


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
asyncio.run(main())
