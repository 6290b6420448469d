/**
 * What a user of any messaging server can do and see, in words that no protocol owns. A binding speaks it to one
 * kind of server.
 */
export interface MessagingClient {
  /** How others address this user. */
  readonly address: string;
  readonly localPort: number | undefined;
  /**
   * Connects and signs in; resolves when messages can be sent. Throws `SignInRefused` when the server says no,
   * and `ConnectionLost` when it ends the connection or cannot be reached.
   */
  signIn(credentials: Credentials, options?: SignInOptions): Promise<void>;
  /** Hands a message to the server; resolves when it is written. */
  send(to: string, message: Message): Promise<void>;
  /** Shows others how reachable the user is. */
  appear(as: Availability): Promise<void>;
  /** Lets each see the other's presence from now on; resolves when both servers have agreed. */
  befriend(other: MessagingClient): Promise<void>;
  /** Connects again after the connection was lost, and takes up the old session. Throws `NotResumed`. */
  resume(options: SignInOptions): Promise<void>;
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
  /** Ask the server to keep the session for a while when the connection is lost. */
  resumable?: boolean;
}

/** A message carries text or octets. */
export type Message = { id?: string } & ({ text: string } | { octets: Buffer });

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

/** The server did not take up the old session. */
export class NotResumed extends Error {
  constructor(reason: string) {
    super(`the session was not resumed: ${reason}`);
    this.name = 'NotResumed';
  }
}
