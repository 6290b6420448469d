import type { Fault } from '../fault.ts';

/** What `stream.ts` can do wrong. */
export const faults: Fault[] = [
  {
    name: 'no-stream-features',
    breaks: [
      'rfc6120/4.3.2-feature-namespaces',
      'rfc6120/4.3.2-features-after-header',
      'rfc7395/3.4-client-speaks-first',
      'rfc7395/3.4-open-in-reply',
    ],
    summary: 'Sends no stream features',
    silent: true,
  },
  {
    name: 'features-are-sent-again',
    breaks: ['rfc6120/4.3.5-no-later-features'],
    summary: 'Sends its stream features again when a client that has bound a resource sends something',
  },
  {
    name: 'stream-closes-without-closing-tag',
    breaks: ['rfc6120/4.4-answers-closing-tag', 'rfc7395/3.6-close-answered'],
    summary: 'Drops the connection when the client closes its stream',
  },
  {
    name: 'stream-close-goes-unanswered',
    breaks: ['rfc6120/4.4-answers-closing-tag', 'rfc7395/3.6-close-answered'],
    summary: 'Says nothing when the client closes its stream',
    silent: true,
  },
  {
    name: 'streams-end-without-close-notify',
    breaks: ['rfc6120/4.4-close-notify-sent'],
    summary: 'Ends connections under TLS without the alert that says so',
  },
  {
    name: 'connections-outlive-streams',
    breaks: ['rfc6120/4.4-void-after-timeout'],
    summary: 'Keeps the connection when the stream is over',
    silent: true,
  },
  {
    name: 'declarations-outlive-stream',
    breaks: ['rfc6120/4.8.5-declarations-end-with-stream'],
    summary: 'Accepts namespaces that the header declares, and still knows them in the next stream',
  },
  {
    name: 'malformed-xml-goes-unanswered',
    breaks: [
      'rfc6120/11.1-entity-reference',
      'rfc6120/11.3-malformed-refused',
      'rfc6120/11.3-namespace-malformed-refused',
      'rfc7395/3.3.2-wrong-namespace-closes',
      'rfc7395/3.3.3-message-holds-one-stanza',
      'rfc7395/3.3.3-unparsable-refused',
    ],
    summary: 'Says nothing to XML that is not well-formed',
    silent: true,
  },
  {
    name: 'restricted-xml-goes-unanswered',
    breaks: ['rfc6120/4.9.3.18*', 'rfc6120/11.1*'],
    summary: 'Says nothing to comments, processing instructions and document types',
    silent: true,
  },
  {
    name: 'oversized-stanza-goes-unanswered',
    breaks: ['rfc6120/4.9.3.14*', 'rfc6120/13.12*'],
    summary: 'Says nothing to a stanza beyond the limit',
    silent: true,
  },
  {
    name: 'unknown-elements-are-sent-back',
    breaks: ['rfc6120/4.9.3.24*', 'rfc6120/4.8.4-foreign-element-ignored-or-closed'],
    summary: 'Sends top-level elements that it does not know back as errors',
  },
  {
    name: 'foreign-elements-are-routed',
    breaks: ['rfc6120/4.8.4-look-alike-not-routed'],
    summary: 'Takes elements that are named like stanzas for stanzas, whatever their namespace',
  },
  {
    name: 'prefixed-stanzas-are-accepted',
    breaks: ['rfc6120/4.8.5-prefixed-content-not-accepted', 'rfc6120/4.8.5-prefixed-content-not-delivered'],
    summary: 'Accepts stanzas with a prefix for the content namespace',
  },
  {
    name: 'white-space-during-negotiation',
    breaks: ['rfc6120/5.3.3-no-whitespace', 'rfc6120/6.3.5-no-whitespace'],
    summary: 'Sends white space around the elements of STARTTLS and SASL',
  },
  {
    name: 'prefix-free-streams-are-dropped',
    breaks: ['rfc6120/4.8.2-prefix-free-stream', 'rfc6120/4.9.3.2*'],
    summary: 'Ends the connection without a word where the stream namespace has no prefix',
  },
  {
    name: 'client-stream-errors-are-ignored',
    breaks: ['rfc6120/4.9.1.1-answers-clients-error', 'rfc6120/4.9.2-unknown-condition-undefined'],
    summary: 'Keeps the stream open when the client ends it with an error',
    silent: true,
  },
  {
    name: 'packets-must-end-with-tags',
    breaks: ['rfc6120/4.1-response-stream', 'rfc6120/8-timing-meaningless'],
    summary: 'Takes XML for broken when a packet ends within a tag or a text',
  },
  {
    name: 'unfinished-stanzas-are-processed',
    breaks: ['rfc6120/8-partial-stanza-not-processed'],
    summary: 'Processes what it has of a stanza when the connection ends within it',
  },
  {
    name: 'talks-after-closing-tag',
    breaks: ['rfc6120/4.4-silent*', 'rfc6120/4.4-answers*'],
    summary: 'Sends another stanza after the closing tag of its stream',
  },
  {
    name: 'broken-websocket-keeps-session',
    breaks: ['rfc7395/3.6-session-ends-with-connection'],
    summary: 'Keeps users online whose WebSocket broke',
    silent: true,
  },
  {
    name: 'stanzas-before-login-are-ignored',
    breaks: ['rfc6120/4.9.3.12*', 'rfc6120/6.3.1*', 'rfc6120/7*'],
    summary: 'Ignores stanzas of clients that are not authenticated or have no resource',
    silent: true,
  },
];
