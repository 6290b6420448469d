import type { WebSocket } from 'ws';
import type { LocalAccount } from '../xmpp/accounts.ts';

export type ChatState = 'available' | 'away' | 'busy';

/** A message as it lies in a session, numbered from 1. */
export interface Numbered {
  seq: number;
  content: Record<string, unknown>;
}

/** How many messages are kept for a user whose connection is lost, or who is away. */
export const kept = 1_000;

/** A user who is signed in; a resumable session outlives its connection. */
export class ChatSession {
  readonly id: string;
  readonly account: LocalAccount;
  readonly resumable: boolean;
  socket: WebSocket | undefined;
  state: ChatState = 'available';
  #seq = 0;
  #missed = 0;
  readonly #delivered: Numbered[] = [];

  constructor(id: string, account: LocalAccount, resumable: boolean, socket: WebSocket) {
    this.id = id;
    this.account = account;
    this.resumable = resumable;
    this.socket = socket;
  }

  /** Numbers a message, keeps it, and sends it when there is a connection. */
  deliver(content: Record<string, unknown>): void {
    const message = { seq: ++this.#seq, content };
    this.#delivered.push(message);
    if (this.#delivered.length > kept) this.#delivered.shift();
    if (!this.socket) this.#missed++;
    this.#sendNumbered(message);
  }

  /** What came since the connection was lost. */
  get missed(): Record<string, unknown>[] {
    return this.#missed === 0 ? [] : this.#delivered.slice(-this.#missed).map((message) => message.content);
  }

  /** Sends again whatever came after that number. */
  replayAfter(seq: number): void {
    for (const message of this.#delivered) if (message.seq > seq) this.#sendNumbered(message);
  }

  #sendNumbered({ seq, content }: Numbered): void {
    this.send({ op: 'message', seq, ...content });
  }

  send(value: Record<string, unknown>): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(value));
  }
}
