/**
 * What a user of any messaging server can do and see, in words that no protocol owns. A binding speaks it to one
 * kind of server.
 */
export interface MessagingClient {
  /** How others address this user. */
  readonly address: string;
  /** An address that no message can be delivered to. */
  readonly nowhere: string;
  readonly localPort: number | undefined;
  /** What TLS agreed upon; undefined without TLS, or without a connection. */
  readonly tls: TlsFacts | undefined;
  /** What the server would take up again after the connection was lost; undefined where it keeps nothing. */
  readonly session: KeptSession | undefined;
  /**
   * Connects and signs in; resolves when messages can be sent. Throws `SignInRefused` when the server says no,
   * `ConnectionLost` when it ends the connection or cannot be reached, and `NoAnswer` when it stays silent.
   */
  signIn(credentials: Credentials, options: SignInOptions): Promise<void>;
  /** Hands a message to the server; resolves when it is written. Throws `ConnectionLost`. */
  send(to: string, message: Message): Promise<void>;
  /** Shows others how reachable the user is. */
  appear(as: Availability): Promise<void>;
  /** Lets each see the other's presence from now on; resolves when both servers have agreed. */
  befriend(other: MessagingClient): Promise<void>;
  /**
   * Connects again after the connection was lost, signs in, and takes up the old session: this client's own, or
   * one that belongs to somebody else. Throws `NotResumed`, and what `signIn` throws.
   */
  resume(credentials: Credentials, options: SignInOptions & { session?: KeptSession }): Promise<void>;
  /** Says goodbye in good order; resolves when the connection is over. */
  signOut(): Promise<void>;
  /** Ends the connection and frees its socket, whatever state it is in. */
  dispose(): void;
}

export interface Credentials {
  username: string;
  password: string;
}

export interface SignInOptions {
  host: string;
  port: number;
  signal: AbortSignal;
  /** How long a single answer of the server may take, in milliseconds. */
  patienceMs: number;
  /** Ask the server to keep the session for a while when the connection is lost. */
  resumable?: boolean;
  /** TLS as it is not usual: the versions that the client speaks, or no TLS at all. */
  tls?: TlsWish;
  /** A message that is sent as soon as the server listens, before the user has signed in. */
  before?: { to: string; text: string };
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** Oldest and newest version of TLS that a client speaks, or `none`. */
export type TlsWish = 'none' | { minimum?: TlsVersion; maximum?: TlsVersion };

/** What both sides of a connection agreed upon. */
export interface TlsFacts {
  /** `TLSv1.3`. */
  version: string;
  cipher: string;
  /** The names that the server's certificate is valid for, as OpenSSL writes them: `DNS:chat.example, ...`. */
  names: string;
}

/** A session as its client knows it: its name, and how much was received in it. */
export interface KeptSession {
  id: string;
  received: number;
}

/** A message carries text or octets; `claim` is the name that the sender puts on it, right or wrong. */
export type Message = { id?: string; claim?: string } & ({ text: string } | { octets: Buffer });

export type Availability = 'available' | 'away' | 'busy' | 'gone';

/** What a client sees, in the order in which it comes. */
export type MessagingEvent =
  | ({ kind: 'message'; from: string } & Message)
  | { kind: 'presence'; from: string; as: Availability }
  /** A message of ours could not be delivered. */
  | { kind: 'undelivered'; to: string; id?: string; reason: string }
  | { kind: 'ended'; reason: string };

export interface ClientOptions {
  onEvent(event: MessagingEvent): void;
  /** Every chunk that passes, decrypted, for the transcript. */
  observe(chunk: { direction: 'sent' | 'received'; bytes: Buffer }): void;
}

/** The server said no to the credentials. */
export class SignInRefused extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(`the server refused to sign in: ${reason}`);
    this.name = 'SignInRefused';
    this.reason = reason;
  }
}

/** The connection ended, or could not be made. */
export class ConnectionLost extends Error {
  constructor(reason: string) {
    super(`the connection was lost: ${reason}`);
    this.name = 'ConnectionLost';
  }
}

/** The connection is there, and the server does not answer. */
export class NoAnswer extends Error {
  constructor(what: string) {
    super(`the server did not answer: ${what}`);
    this.name = 'NoAnswer';
  }
}

/** The server did not take up the old session. */
export class NotResumed extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(`the session was not resumed: ${reason}`);
    this.name = 'NotResumed';
    this.reason = reason;
  }
}
