import { expect, it } from 'vitest';
import type { XmppEvent } from '../../xmpp/connection.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import { StreamParser } from '../../xmpp/stream-parser.ts';
import { breach, sessionRules } from './session-rules.ts';

const conditions = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
const streamConditions = "xmlns='urn:ietf:params:xml:ns:xmpp-streams'";
const error = (inside: string, attributes = "type='cancel'") =>
  `<iq type='error' id='a'><error ${attributes}>${inside}</error></iq>`;
const unavailable = `<service-unavailable ${conditions}/>`;

/** What a client hears of a stream with that content. */
function events(content: string): XmppEvent[] {
  const heard: XmppEvent[] = [];
  const parser = new StreamParser({
    onHeader: (header) => heard.push({ kind: 'header', header }),
    onElement: (element, facts) => {
      if (element.is('features', namespaces.stream)) heard.push({ kind: 'features', element });
      else if (element.is('error', namespaces.stream))
        heard.push({ kind: 'stream-error', condition: '', element });
      else heard.push({ kind: 'element', element, n: heard.length, facts, spaced: false });
    },
    onEnd: () => undefined,
    onViolation: ({ text }) => expect.unreachable(text),
  });
  const declared = `xmlns='${namespaces.client}' xmlns:stream='${namespaces.stream}' xmlns:q='urn:q'`;
  parser.write(Buffer.from(`<stream:stream ${declared} id='1'>${content}`));
  return heard;
}

/** A mark of delay, so many milliseconds from now. */
const stamped = (offset: number) =>
  `<delay xmlns='urn:xmpp:delay' stamp='${new Date(Date.now() + offset).toISOString()}'/>`;

const inOrder = [
  '<stream:features/>',
  "<message id='1' xml:lang='en'><body>a</body><thread>t</thread><x xmlns='urn:x'><v:y xmlns:v='urn:v' v:z='1'/></x></message>",
  "<presence id='2'><show>away</show></presence>",
  "<iq type='set' id='3'><query xmlns='jabber:iq:roster'/></iq>",
  "<iq type='result' id='4'/>",
  `<presence id='5'>${stamped(-1000)}</presence>`,
  error(
    `${unavailable}<text ${conditions} xml:lang='de-AT'>nein</text><x xmlns='urn:x'/>`,
    "type='cancel' by='a@im.example/b'",
  ),
  `<message type='error'><body>mine</body><error type='wait'><undefined-condition ${conditions}/><x xmlns='urn:x'/></error></message>`,
  `<stream:error xml:lang='en'><reset ${streamConditions}/><text ${streamConditions}>now</text></stream:error>`,
].join('');

it.each(Object.keys(sessionRules))('%s: finds nothing in what is in order', (rule) => {
  expect(breach(rule, events(inOrder), 'im.example')).toBeUndefined();
});

const bound = "<iq type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";

it.each<[rule: string, content: string, why: RegExp]>([
  ['iqs with an id', "<iq type='result'/>", /no id/],
  ['stanzas in jabber:client', "<message xmlns='jabber:server'/>", /'jabber:server'/],
  ['content without a prefix', "<c:iq xmlns:c='jabber:client' type='result'/>", /<c:iq\/>/],
  ['content without a prefix', "<message><c:body xmlns:c='jabber:client'/></message>", /<c:body\/>/],
  ['prefixes that the stanza declares', '<message><q:a/></message>', /prefix q/],
  ['prefixes that the stanza declares', "<message><a xmlns='urn:a' q:b='1'/></message>", /prefix q/],
  ['extensions in namespaces of their own', '<message><show/></message>', /<show\/>/],
  ['extensions in namespaces of their own', "<message><a xmlns=''/></message>", /<a\/>/],
  ['attributes without a namespace', "<message><body xmlns:v='urn:v' v:a='1'/></message>", /urn:v/],
  ['error elements in errors', "<iq type='result'><error/></iq>", /error element/],
  ['errors with one defined condition', error(''), /0 defined/],
  ['errors with one defined condition', error(unavailable + unavailable), /2 defined/],
  ['errors with one defined condition', error(`<oops ${conditions}/>`), /<oops\/>/],
  [
    'errors with one defined condition',
    `<stream:error><gone ${streamConditions}/></stream:error>`,
    /<gone\/>/,
  ],
  ['errors whose type fits', error(unavailable, "type='wait'"), /is wait/],
  ['errors whose type fits', error(unavailable, ''), /is missing/],
  ['errors of its own addresses', error(unavailable, "by='elsewhere.example'"), /elsewhere/],
  ['texts of errors in their namespace', error(`${unavailable}<text>no</text>`), /<text\/>/],
  ['texts of errors with a language', error(`${unavailable}<text ${conditions}>no</text>`), /language/],
  ['application conditions in namespaces of their own', error(`${unavailable}<x/>`), /<x\/>/],
  ['undefined conditions with an explanation', error(`<undefined-condition ${conditions}/>`), /alone/],
  ['requests with one child', "<iq type='get'/>", /0 children/],
  ['results with at most one child', "<iq type='result'><a xmlns='a'/><b xmlns='b'/></iq>", /2 children/],
  ['language tags that are well-formed', "<message><body xml:lang='en_GB'/></message>", /en_GB/],
  ['texts with a language', '<message><body>a</body></message>', /<body\/>/],
  ['delay stamps of the present', "<message><delay xmlns='urn:xmpp:delay'/></message>", /with nothing/],
  ['delay stamps of the present', `<message>${stamped(-7_200_000)}</message>`, /is stamped 2/],
  ['delay stamps of the present', `<presence>${stamped(1_800_000)}</presence>`, /is stamped 2/],
  ['features in namespaces of their own', '<stream:features><a/></stream:features>', /<a\/>/],
  [
    'stream elements with the prefix of the header',
    `<f:features xmlns:f='${namespaces.stream}'/>`,
    /'f', that of the header 'stream'/,
  ],
  [
    'stream elements with the prefix of the header',
    `<error xmlns='${namespaces.stream}'><reset ${streamConditions}/></error>`,
    /'', that of the header 'stream'/,
  ],
  ['features before binding', `${bound}<stream:features><a xmlns='urn:a'/></stream:features>`, /again/],
])('%s: finds the breach in %s', (rule, content, why) => {
  expect(breach(rule, events(inOrder.replace(/<stream:error.*$/, '') + content), 'im.example')?.why).toMatch(
    why,
  );
});
