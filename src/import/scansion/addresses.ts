import { serviceNames } from '../../target/running-target.ts';
import { addAccount, type Cast } from './cast.ts';

type ServiceName = (typeof serviceNames)[number];

/** Namespaces by which it shows what a service is that a script writes to. */
const namespacesOf: Readonly<Record<ServiceName, string>> = {
  rooms: 'http://jabber.org/protocol/muc',
  pubsub: 'http://jabber.org/protocol/pubsub',
  uploads: 'urn:xmpp:http:upload',
};

/** Names by which it shows, where the script says nothing else of it. */
const hostNames: Readonly<Record<ServiceName, RegExp>> = {
  rooms: /^(conference|chat|groupchat|muc|rooms?)\d*\./,
  pubsub: /^pubsub\d*\./,
  uploads: /^(share|uploads?)\d*\./,
};

const word = /^[a-z][a-z0-9_-]*$/i;

/** Writes the addresses of a script as a case has them: with the names of actors, and of services that a target has. */
export class Addresses {
  readonly remarks: string[] = [];
  readonly #cast: Cast;
  readonly #services = new Map<string, ServiceName>();
  readonly #ids = new Map<string, string>();
  /** Nodes that the script makes: each case makes nodes of its own. */
  readonly #nodes = new Set<string>();

  constructor(cast: Cast) {
    this.#cast = cast;
  }

  /** Learns from a stanza that the script sends: to whom it goes, and the namespaces of what is in it. */
  learn(to: string, namespaces: readonly string[]): void {
    const address = /^(?:([^@/]+)@)?([^@/]+)/.exec(to);
    const [, local, domain = ''] = address ?? [];
    const host = domain.toLowerCase();
    if (host === this.#cast.domain && local !== undefined)
      this.#learnAccount(`${local}@${host}`.toLowerCase());
    if (!host.endsWith(`.${this.#cast.domain}`) || this.#services.has(host)) return;
    const taken = new Set(this.#services.values());
    const isOf = (name: ServiceName) => namespaces.some((one) => one.startsWith(namespacesOf[name]));
    const kind = serviceNames.find(isOf) ?? serviceNames.find((name) => hostNames[name].test(host));
    if (kind !== undefined && !taken.has(kind)) this.#services.set(host, kind);
  }

  /** Learns the name of a node that is made at the service for publishing. */
  learnNode(to: string, node: string): void {
    if (this.#services.get(to.toLowerCase()) === 'pubsub') this.#nodes.add(node);
  }

  /** Whether the host is the service for that. */
  isService(host: string, name: ServiceName): boolean {
    return this.#services.get(host.toLowerCase()) === name;
  }

  #learnAccount(bare: string): void {
    if (this.#cast.players.some((player) => player.bare === bare)) return;
    addAccount(this.#cast, bare);
    this.remarks.push(`${bare}, which the script writes to, is an account that exists`);
  }

  /** The name of a node, as an attribute holds it. */
  node(written: string): string | undefined {
    return this.#nodes.has(written) ? this.#own(written, 'node') : undefined;
  }

  /** Text without placeholders of its own, its braces doubled, and the addresses in it in the words of the case. */
  translate(text: string): string {
    const { domain } = this.#cast;
    let done = '';
    let at = 0;
    const lower = text.toLowerCase();
    for (let found = next(lower, domain, 0); found >= 0; found = next(lower, domain, found + 1)) {
      const end = found + domain.length;
      if (found < at || !isBoundary(text, end)) continue;
      const start = startOf(text, found, at);
      if (start === undefined) continue;
      done += escapeBraces(text.slice(at, start)) + this.#address(text.slice(start, end));
      at = end;
    }
    return done + escapeBraces(text.slice(at));
  }

  #address(address: string): string {
    const sign = address.indexOf('@');
    const host = address.slice(sign + 1).toLowerCase();
    const local = sign < 0 ? undefined : address.slice(0, sign);
    if (host === this.#cast.domain) {
      if (local === undefined) return '{domain}';
      const bare = `${local}@${host}`.toLowerCase();
      const player = this.#cast.players.find((one) => one.bare === bare);
      return player ? `{${player.name}.bare}` : `${escapeBraces(local)}@{domain}`;
    }
    const service = this.#services.get(host);
    const at = service === undefined ? this.#unknown(host) : `{${service}}`;
    if (local === undefined) return at;
    return `${service === 'rooms' ? this.#own(local, 'room') : escapeBraces(local)}@${at}`;
  }

  #unknown(host: string): string {
    const written = `${escapeBraces(host.slice(0, -this.#cast.domain.length))}{domain}`;
    const remark = `${host} becomes ${written}: the target has to serve it`;
    if (!this.remarks.includes(remark)) this.remarks.push(remark);
    return written;
  }

  /** A name of the case's own, since cases are played side by side: rooms and nodes would meet. */
  #own(written: string, kind: string): string {
    // Localparts are compared without regard to case, nodes are not.
    const key = kind === 'room' ? written.toLowerCase() : written;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const own = word.test(key) ? `{#${key}}` : `${escapeBraces(written)}-{#${kind}}`;
    this.#ids.set(key, own);
    return own;
  }
}

export function escapeBraces(text: string): string {
  return text.replace(/[{}]/g, '$&$&');
}

function next(text: string, domain: string, from: number): number {
  return domain === '' ? -1 : text.indexOf(domain, from);
}

/** The domain does not go on here. */
function isBoundary(text: string, end: number): boolean {
  return !/^(?:[\w-]|\.\w)/.test(text.slice(end, end + 2));
}

/** Where the address begins whose domain, or the end of it, stands at `found`; undefined where it is another domain. */
function startOf(text: string, found: number, least: number): number | undefined {
  let start = found;
  const before = () => (start > least ? (text[start - 1] ?? '') : '');
  if (before() === '.') while (/[\w.-]/.test(before())) start--;
  else if (/[\w-]/.test(before())) return undefined;
  if (before() !== '@') return start;
  const sign = start;
  start--;
  while (before() !== '' && /[^\s"&'/:<>@{}()=?;,#]/.test(before())) start--;
  return start === sign - 1 ? undefined : start;
}
