/** The XML namespaces that the client side of XMPP meets, by the name of what they qualify. */
export const namespaces = {
  /** Stanzas between client and server, RFC 6120 section 4.8.3. */
  client: 'jabber:client',
  server: 'jabber:server',
  /** The stream element, its features and errors, RFC 6120 section 4.8.1. */
  stream: 'http://etherx.jabber.org/streams',
  /** Conditions inside a stream error, RFC 6120 section 4.9.2. */
  streamError: 'urn:ietf:params:xml:ns:xmpp-streams',
  /** Conditions inside a stanza error, RFC 6120 section 8.3.2. */
  stanzaError: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  tls: 'urn:ietf:params:xml:ns:xmpp-tls',
  sasl: 'urn:ietf:params:xml:ns:xmpp-sasl',
  /** Channel-binding types a server offers, XEP-0440. */
  saslChannelBinding: 'urn:xmpp:sasl-cb:0',
  bind: 'urn:ietf:params:xml:ns:xmpp-bind',
  session: 'urn:ietf:params:xml:ns:xmpp-session',
  /** `<open/>` and `<close/>` of a WebSocket stream, RFC 7395 section 3.3.2. */
  framing: 'urn:ietf:params:xml:ns:xmpp-framing',
  streamManagement: 'urn:xmpp:sm:3',
  roster: 'jabber:iq:roster',
  rosterVersioning: 'urn:xmpp:features:rosterver',
  preApproval: 'urn:xmpp:features:pre-approval',
  register: 'jabber:iq:register',
  registerFeature: 'http://jabber.org/features/iq-register',
  dataForms: 'jabber:x:data',
  ping: 'urn:xmpp:ping',
  chatStates: 'http://jabber.org/protocol/chatstates',
  discoInfo: 'http://jabber.org/protocol/disco#info',
  discoItems: 'http://jabber.org/protocol/disco#items',
  entityCapabilities: 'http://jabber.org/protocol/caps',
  /** A service that holds rooms, XEP-0045. */
  rooms: 'http://jabber.org/protocol/muc',
  delay: 'urn:xmpp:delay',
  inBandBytestreams: 'http://jabber.org/protocol/ibb',
  xml: 'http://www.w3.org/XML/1998/namespace',
  xmlns: 'http://www.w3.org/2000/xmlns/',
} as const;
