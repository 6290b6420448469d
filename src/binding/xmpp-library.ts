import { EventEmitter, once } from 'node:events';
import { type Client, client, type Element, type Transport, xml } from '@xmpp/client';
import { namespaces } from '../xmpp/namespaces.ts';
import { ConnectionLost } from './messaging-client.ts';
import { TrustedSocket, type TrustedWay } from './trusted-socket.ts';

export interface LibraryOptions {
  /** Asked anew at each connection. */
  way(): TrustedWay;
  /** How long the library waits for an answer while it sets up a stream, in milliseconds. */
  timeout: number;
  /** Leave stream management to the library, which turns it on wherever it is offered. */
  streamManagement: boolean;
  authenticate(
    say: (credentials: { username: string; password: string }, mechanism: string) => Promise<void>,
    mechanisms: string[],
  ): Promise<void>;
}

/** A client of @xmpp/client over sockets of our own, and what it needs to be got rid of. */
export class LibraryClient {
  readonly entity: Client;
  readonly #options: LibraryOptions;
  readonly #parsers: EventEmitter[] = [];
  #socket: TrustedSocket | undefined;
  #isManaged = false;
  readonly #managementAnswered = new EventEmitter();

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.entity = client({
      service: 'xmpps://target',
      domain: options.way().domain,
      timeout: options.timeout,
      credentials: (say, mechanisms) => options.authenticate(say, mechanisms),
    });
    this.entity.reconnect.stop();
    this.entity.transports = [this.#transport()];
    // Errors reach whoever waits; without a listener they would end the process.
    this.entity.on('error', () => undefined);
  }

  get socket(): TrustedSocket | undefined {
    return this.#socket;
  }

  /**
   * Connects, opens the stream and signs in, as the library's own `start` does. That one leaves a promise to itself
   * when the stream cannot be opened, and a rejection that nobody takes ends the process.
   */
  async start(): Promise<void> {
    const online = new Promise<void>((resolve, reject) => {
      this.entity.once('online', () => resolve());
      this.entity.once('error', reject);
    });
    online.catch(() => undefined);
    await this.entity.reconnect.reconnect();
    await online;
  }

  /**
   * Resolves when stream management, where the server offers it, is on or refused. The library counts from zero only
   * a moment after it was told `<enabled/>`: what came just before is counted, or what came along with it is not, and
   * it acknowledges more or less than was sent (XEP-0198 section 4). So nothing should be asked for until then.
   */
  async managed(): Promise<void> {
    if (!this.#isManaged) return;
    await once(this.#managementAnswered, 'answered');
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ends the connection and whatever the library waits for; its timers are gone afterwards. */
  release(): void {
    const over = new ConnectionLost('it was given up');
    const { entity } = this;
    for (const { promise, reject } of entity.iqCaller.handlers.values()) {
      // The library takes the promise only once the request is written.
      promise.catch(() => undefined);
      reject(over);
    }
    entity.iqCaller.handlers.clear();
    // Without its parser the library no longer answers what it calls an error of the server.
    entity._detachParser();
    for (const parser of this.#parsers) if (parser.listenerCount('error') > 0) parser.emit('error', over);
    entity.emit('error', over);
    entity.emit('disconnect', { clean: false, reason: over });
    entity.emit('offline');
    this.#socket?.destroy();
  }

  #take(element: Element): void {
    const isOn = element.is('enabled', namespaces.streamManagement);
    if (element.getChild('sm', namespaces.streamManagement)) this.#isManaged = true;
    if (!isOn && !element.is('failed', namespaces.streamManagement)) return;
    this.#isManaged = false;
    if (isOn) this.entity.streamManagement.inbound = 0;
    this.#managementAnswered.emit('answered');
  }

  /** The library's own TLS transport with our socket under it and our eyes on what it parses. */
  #transport(): Transport {
    const base = this.entity.transports.find((one) => one.name === 'ConnectionTLS');
    if (!base) throw new Error('@xmpp/client has no TLS transport');
    // The library only reads a transport's prototype; this one leaves the library's own class as it is.
    const own: Transport = { name: 'TrustedTransport', prototype: Object.create(base.prototype) };
    const { way, streamManagement } = this.#options;
    const keepSocket = (socket: TrustedSocket) => {
      this.#socket = socket;
    };
    const keepParser = (parser: EventEmitter) => this.#parsers.push(parser);
    const cutOff = () => this.#socket?.destroy();
    const take = (element: Element) => this.#take(element);
    own.prototype.Socket = class extends TrustedSocket {
      constructor() {
        super();
        keepSocket(this);
      }
    };
    own.prototype.Parser = class extends base.prototype.Parser {
      constructor() {
        super();
        keepParser(this);
      }

      override emit(event: string | symbol, ...values: unknown[]): boolean {
        if (event === 'element') {
          const [element] = values as [Element];
          if (element.is('features', namespaces.stream)) adapt(element, way(), streamManagement);
          take(element);
          // The library would go wherever the server sends it.
          if (element.getChild('see-other-host', namespaces.streamError)) cutOff();
        }
        return super.emit(event, ...values);
      }
    };
    own.prototype.socketParameters = way;
    return own;
  }
}

/** Shows the library the features as it should take them. */
function adapt(features: Element, { encryption }: TrustedWay, streamManagement: boolean): void {
  // What the library knows of newer authentication brings stream management along unasked.
  features.remove('authentication', 'urn:xmpp:sasl:2');
  if (!streamManagement) features.remove('sm', namespaces.streamManagement);
  if (encryption !== 'none') return;
  // Without TLS the password goes out even where the server offers no mechanism: it is the server that must refuse.
  features.remove('starttls', namespaces.tls);
  if (features.getChild('mechanisms', namespaces.sasl) || features.getChild('bind', namespaces.bind)) return;
  features.append(xml('mechanisms', { xmlns: namespaces.sasl }, xml('mechanism', {}, 'PLAIN')));
}
