/** What Touchstone uses of @xmpp/client, which brings no types along. */
declare module '@xmpp/client' {
  import type { EventEmitter } from 'node:events';

  export class Element {
    name: string;
    attrs: Record<string, string | undefined>;
    children: (Element | string)[];
    is(name: string, namespace?: string): boolean;
    getChild(name: string, namespace?: string): Element | undefined;
    getChildText(name: string, namespace?: string): string | null;
    remove(child: Element | string, namespace?: string): Element;
    append(...children: Element[]): Element;
    toString(): string;
  }

  export function xml(
    name: string,
    attributes?: Record<string, string | undefined>,
    ...children: (Element | string)[]
  ): Element;

  /** What a transport of the library is made of: a subclass of its connection class. */
  export interface Transport {
    readonly name: string;
    prototype: {
      Socket: new () => EventEmitter;
      Parser: new () => EventEmitter & { write(text: string): void };
      socketParameters(service: string): object | undefined;
    };
  }

  export interface Client extends EventEmitter {
    status: string;
    jid: { toString(): string; bare(): { toString(): string } } | null;
    timeout: number;
    socket: EventEmitter | null;
    transports: Transport[];
    reconnect: { stop(): void; reconnect(): Promise<void> };
    streamManagement: EventEmitter & { enabled: boolean; id: string; inbound: number };
    iqCaller: { handlers: Map<string, { promise: Promise<unknown>; reject(error: Error): void }> };
    start(): Promise<unknown>;
    stop(): Promise<unknown>;
    send(stanza: Element): Promise<void>;
    _detachParser(): void;
  }

  export interface ClientOptions {
    service: string;
    domain: string;
    resource?: string;
    timeout?: number;
    credentials(
      authenticate: (credentials: { username: string; password: string }, mechanism: string) => Promise<void>,
      mechanisms: string[],
    ): Promise<void>;
  }

  export function client(options: ClientOptions): Client;
}
