import { isIPv4 } from 'node:net';

/** One name of a certificate's subjectAltName extension. */
export interface AlternativeName {
  /** `xmpp-address`: id-on-xmppAddr (RFC 6120 section 13.7.1.4); `service`: SRVName (RFC 4985). */
  kind: 'dns' | 'ip' | 'xmpp-address' | 'service';
  value: string;
}

/** Object identifiers, encoded: 1.3.6.1.5.5.7.8.5 and 1.3.6.1.5.5.7.8.7. */
const identifiers = {
  'xmpp-address': Buffer.from('2b06010505070805', 'hex'),
  service: Buffer.from('2b06010505070807', 'hex'),
};

const tag = { utf8String: 0x0c, ia5String: 0x16, objectIdentifier: 0x06, sequence: 0x30 };

/** The DER value of a subjectAltName extension: the library at hand cannot write every kind of `otherName`. */
export function alternativeNames(names: readonly AlternativeName[]): Buffer {
  return element(tag.sequence, Buffer.concat(names.map(generalName)));
}

function generalName({ kind, value }: AlternativeName): Buffer {
  if (kind === 'dns') return element(0x82, Buffer.from(value, 'latin1'));
  if (kind === 'ip') return element(0x87, addressOctets(value));
  const string = element(kind === 'service' ? tag.ia5String : tag.utf8String, Buffer.from(value));
  const identifier = element(tag.objectIdentifier, identifiers[kind]);
  return element(0xa0, Buffer.concat([identifier, element(0xa0, string)]));
}

function addressOctets(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function element(type: number, content: Buffer): Buffer {
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([type, ...length]), content]);
}
