import { expect, test } from 'vitest';
import { CertificateAuthority } from '../network/certificate-authority.ts';
import { ScriptedServer } from '../xmpp/scripted-server.ts';
import { XmppMessagingClient } from './xmpp-client.ts';

const management = `xmlns='urn:xmpp:sm:3'`;

test('nothing is asked for until stream management is on, and it counts from there', async () => {
  const authority = await CertificateAuthority.create();
  const certificate = await authority.issueServer(['localhost']);
  const heard: string[] = [];
  const server = await ScriptedServer.start(
    async (peer) => {
      const next = async () => {
        const element = await peer.read();
        const h = element.attributes.get('h');
        heard.push(h === undefined ? element.name : `${element.name} ${h}`);
        return element.attributes.get('id') ?? '';
      };
      await peer.open(
        `<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>`,
      );
      await next();
      peer.write(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
      await peer.open(`<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm ${management}/>`);
      const jid = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>romeo@localhost/a</jid></bind>`;
      peer.write(`<iq type='result' id='${await next()}'>${jid}</iq>`);
      await next();
      peer.write(`<enabled ${management} id='s' resume='true'/><r ${management}/>`);
      await next();
      peer.write(`<iq type='result' id='${await next()}'/><r ${management}/>`);
      await next();
      // The presence, and the request after it.
      await next();
      peer.write(`<iq type='result' id='${await next()}'/>`);
    },
    { certificate },
  );
  const client = new XmppMessagingClient(
    'romeo@localhost',
    { domain: 'localhost', tls: 'direct', ca: authority.certificate },
    { onEvent: () => {}, observe: () => {} },
  );
  await client.signIn(
    { username: 'romeo', password: 'secret' },
    {
      host: '127.0.0.1',
      port: server.port,
      signal: AbortSignal.timeout(20_000),
      patienceMs: 5_000,
      resumable: true,
    },
  );
  client.dispose();
  await server.close();
  expect(heard).toEqual(['auth', 'iq', 'enable', 'a 0', 'iq', 'a 1', 'presence', 'iq']);
});
