# Echo by Tornado, with its own defaults except that compression is switched on, in the way its documentation shows.
# The TLS listener appears when a certificate was put into /etc/touchstone.
import asyncio
import os
import signal
import ssl
import sys

from tornado.httpserver import HTTPServer
from tornado.web import Application
from tornado.websocket import WebSocketHandler


class Echo(WebSocketHandler):
    def get_compression_options(self):
        return {}

    def on_message(self, message):
        self.write_message(message, binary=isinstance(message, bytes))


async def main():
    application = Application([(r"/", Echo)])
    application.listen(9001)
    if os.path.exists("/etc/touchstone/server.crt"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("/etc/touchstone/server.crt", "/etc/touchstone/server.key")
        HTTPServer(application, ssl_options=context).listen(9002)
    print("listening", flush=True)
    await asyncio.Event().wait()


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
asyncio.run(main())
