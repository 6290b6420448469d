// Echo by `ws`, with the library's own defaults except that permessage-deflate is switched on (it is off in a
// server that does not ask for it). The TLS listener appears when a certificate was put into /etc/touchstone.
const { existsSync, readFileSync } = require('node:fs');
const { createServer } = require('node:https');
const { WebSocketServer } = require('/usr/share/nodejs/ws');

function echo(server) {
  server.on('connection', (socket) => {
    socket.on('error', console.error);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
}

echo(new WebSocketServer({ port: 9001, perMessageDeflate: true }));

if (existsSync('/etc/touchstone/server.crt')) {
  const secured = createServer({
    cert: readFileSync('/etc/touchstone/server.crt'),
    key: readFileSync('/etc/touchstone/server.key'),
  });
  echo(new WebSocketServer({ server: secured, perMessageDeflate: true }));
  secured.listen(9002);
}
process.on('SIGTERM', () => process.exit());
console.log('listening');
