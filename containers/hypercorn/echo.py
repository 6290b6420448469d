# Echo by an ASGI application on Hypercorn, with its own defaults: HTTP/1.1 without TLS, and both that and HTTP/2 with
# WebSockets on its streams (RFC 8441) where TLS was asked for them. The TLS listener appears when a certificate was
# put into /etc/touchstone.
import asyncio
import os
import signal

from hypercorn.asyncio import serve
from hypercorn.config import Config


async def echo(scope, receive, send):
    if scope["type"] == "lifespan":
        return await live(receive, send)
    if scope["type"] == "http":
        return await refuse(send)
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})


async def live(receive, send):
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
        print("listening", flush=True)
    await send({"type": "lifespan.shutdown.complete"})


async def refuse(send):
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"A WebSocket is here.\n"})


async def main():
    config = Config()
    if os.path.exists("/etc/touchstone/server.crt"):
        config.bind = ["0.0.0.0:9002"]
        config.insecure_bind = ["0.0.0.0:9001"]
        config.certfile = "/etc/touchstone/server.crt"
        config.keyfile = "/etc/touchstone/server.key"
    else:
        config.bind = ["0.0.0.0:9001"]
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await serve(echo, config, shutdown_trigger=ended.wait)


asyncio.run(main())
