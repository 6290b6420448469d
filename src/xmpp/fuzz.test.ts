import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { mutated, randomOf, slicedAnyhow } from '../network/mutation.ts';
import { XmppConnection, type XmppEvent } from './connection.ts';
import { ScriptedServer } from './scripted-server.ts';

const [runs, atOnce] = [400, 8];

const header =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='localhost' id='s' version='1.0' xml:lang='en'>";
const features =
  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>";
const rest = [
  "<message from='juliet@localhost/balcony' to='romeo@localhost' type='chat' id='m'><body>Κόσμε &amp; &#x1f600; &lt;</body></message>",
  '\n \n',
  "<iq type='result' id='1'><query xmlns='jabber:iq:roster' ver='3'><item jid='a@localhost' name=\"A 'a'\" subscription='both'><group>Friends</group></item></query></iq>",
  "<presence><show>away</show><x:x xmlns:x='urn:x' x:a='b'><![CDATA[<raw>]]></x:x></presence>",
  "<r xmlns='urn:xmpp:sm:3'/>",
  "<stream:error><host-gone xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
].join('');

/** What a server may well send, damaged: the whole, or all but the opening of the stream. */
function trafficOf(seed: number): Buffer[] {
  const random = randomOf(seed);
  const opening = Buffer.from(header + features);
  const octets =
    random(4) === 0
      ? mutated(Buffer.concat([opening, Buffer.from(rest)]), random)
      : Buffer.concat([opening, mutated(Buffer.from(rest), random)]);
  return slicedAnyhow(octets, 1 + random(400), random);
}

function misbehave(socket: Socket, seed: number): void {
  for (const slice of trafficOf(seed)) socket.write(slice);
  if (seed % 5 > 0) socket.end();
  else Object.assign(socket, { resetAndClosing: true }).destroy();
}

test(`survives ${runs} servers that damage what they send, and every connection ends`, async () => {
  const seeds: number[] = [];
  const server = await ScriptedServer.start(async (peer) => {
    await peer.read();
    misbehave(peer.socket, seeds.shift() ?? 0);
  });
  const before = process.memoryUsage();
  const reached = { violation: 0, element: 0, 'stream-error': 0 };
  for (let seed = 1; seed <= runs; seed += atOnce) {
    const batch = Array.from({ length: atOnce }, (_, index) => seed + index);
    await Promise.all(
      batch.map(async (one) => {
        seeds.push(one);
        const kinds = await play(server.port);
        const named = `seeds ${batch.join(', ')}: ${kinds.join(' ')}`;
        expect(kinds.indexOf('ended'), named).toBe(kinds.length - 1);
        expect(kinds.filter((kind) => kind === 'violation').length, named).toBeLessThan(2);
        for (const kind of ['violation', 'element', 'stream-error'] as const)
          if (kinds.includes(kind)) reached[kind]++;
      }),
    );
  }
  const after = process.memoryUsage();
  expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(256 * 1_048_576);
  // The damage neither stops everything at the door nor goes unnoticed.
  for (const times of Object.values(reached)) expect(times).toBeGreaterThan(runs / 50);
  await server.close();
});

/** The kinds of all that was announced to the end of a connection. */
async function play(port: number): Promise<XmppEvent['kind'][]> {
  const kinds: XmppEvent['kind'][] = [];
  let tell = () => {};
  const ended = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const connection = await XmppConnection.open({
    transport: 'tcp',
    host: '127.0.0.1',
    port,
    onEvent: ({ kind }) => {
      kinds.push(kind);
      if (kind === 'ended') tell();
    },
  });
  connection.openStream();
  await ended;
  return kinds;
}
