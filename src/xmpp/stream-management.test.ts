import { afterEach, expect, test } from 'vitest';
import { XmppConnection } from './connection.ts';
import type { XmlElement } from './element.ts';
import { openWithFeatures } from './negotiation.ts';
import { type ScriptedPeer, ScriptedServer } from './scripted-server.ts';
import { StreamManagement } from './stream-management.ts';

const leftovers: (() => unknown)[] = [];

afterEach(async () => {
  for (const tidy of leftovers.splice(0).reverse()) await tidy();
});

const sm = "xmlns='urn:xmpp:sm:3'";

/** A connection whose elements go to the stream management that is made for it. */
async function connect(
  script: (peer: ScriptedPeer) => Promise<void>,
  existing?: StreamManagement,
): Promise<{ connection: XmppConnection; management: StreamManagement }> {
  const server = await ScriptedServer.start(async (peer) => {
    await peer.open(`<sm ${sm}/>`);
    await script(peer);
  });
  leftovers.push(() => server.close());
  let management: StreamManagement | undefined = existing;
  const connection = await XmppConnection.open({
    transport: 'tcp',
    host: '127.0.0.1',
    port: server.port,
    onEvent: (event) => {
      if (event.kind === 'element') management?.received(event.element);
    },
  });
  leftovers.push(() => connection.destroy());
  management ??= new StreamManagement(connection);
  await openWithFeatures(connection, { to: 'localhost' });
  return { connection, management };
}

function send(connection: XmppConnection, management: StreamManagement, stanza: string): void {
  management.sent(stanza);
  connection.write(stanza);
}

test('counts what is handled after <enabled/>, and answers when asked', async () => {
  const read: XmlElement[] = [];
  const { management } = await connect(async (peer) => {
    read.push(await peer.read());
    peer.write(
      `<message/><enabled ${sm} resume='true' id='x1'/><message/><iq/><presence/><other/><r ${sm}/>`,
    );
    read.push(await peer.read());
    management.answers = false;
    peer.write(`<r ${sm}/><message/>`);
  });
  await management.enable({ resume: true, max: 60 });
  expect(management.id).toBe('x1');
  while (management.handled < 4) await new Promise(setImmediate);
  expect(read.map((element) => element.toXml())).toEqual([
    "<enable xmlns='urn:xmpp:sm:3' resume='true' max='60'/>",
    "<a xmlns='urn:xmpp:sm:3' h='3'/>",
  ]);
});

test('keeps what the server has not acknowledged', async () => {
  const { connection, management } = await connect(async (peer) => {
    await peer.read();
    peer.write(`<enabled ${sm}/>`);
    for (let stanza = 0; stanza < 3; stanza++) await peer.read();
    peer.write(`<a ${sm} h='2'/>`);
    await peer.read();
    peer.write(`<a ${sm} h='9'/>`);
  });
  send(connection, management, '');
  expect(management.unacknowledged).toEqual([]);
  await management.enable();
  for (const id of [1, 2, 3]) send(connection, management, `<message id='${id}'/>`);
  while (management.acknowledged < 2) await new Promise(setImmediate);
  expect(management.unacknowledged).toEqual([`<message id='3'/>`]);
  expect(management.id).toBeUndefined();
  expect(management.violation).toBeUndefined();
  management.request();
  while (!management.violation) await new Promise(setImmediate);
  expect(management.violation).toContain("h='9' acknowledges more than the 3");
});

test('resumes on another connection and sends again what was lost', async () => {
  const { connection, management } = await connect(async (peer) => {
    await peer.read();
    peer.write(`<enabled ${sm} resume='1' id='x2'/><message/>`);
    await peer.read();
    await peer.read();
    peer.socket.resetAndDestroy();
  });
  await management.enable({ resume: true });
  for (const id of [1, 2]) send(connection, management, `<message id='${id}'/>`);
  while (!connection.ended) await new Promise(setImmediate);

  const read: XmlElement[] = [];
  const again = await connect(async (peer) => {
    read.push(await peer.read());
    peer.write(`<resumed ${sm} previd='x2' h='1'/><message/><r ${sm}/>`);
    read.push(await peer.read(), await peer.read());
  }, management);
  await management.resume(again.connection);
  while (read.length < 3) await new Promise(setImmediate);
  expect(read.map((element) => element.toXml('jabber:client'))).toEqual([
    "<resume xmlns='urn:xmpp:sm:3' previd='x2' h='1'/>",
    "<a xmlns='urn:xmpp:sm:3' h='2'/>",
    "<message id='2'/>",
  ]);
});

test('tells why the server does not enable or resume', async () => {
  const failed = `<failed ${sm}><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`;
  const { connection, management } = await connect(async (peer) => {
    for (;;) {
      await peer.read().catch(() => new Promise(() => {}));
      peer.write(failed);
    }
  });
  const refusal = { name: 'NegotiationError', step: 'stream-management', condition: 'item-not-found' };
  await expect(management.enable()).rejects.toMatchObject(refusal);
  await expect(management.resume(connection)).rejects.toThrow('not made resumable');
  await expect(management.resume(connection, { id: 'unknown' })).rejects.toMatchObject(refusal);
});
