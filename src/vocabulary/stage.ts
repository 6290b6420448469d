import type { Relay } from '../network/relay.ts';
import type { Transcript } from '../record/transcript.ts';
import type { Account, RunningTarget } from '../target/running-target.ts';
import type { Names } from './names.ts';

/** One connection that takes part in a case. */
export interface Actor {
  readonly name: string;
  /** The local TCP port, to find the connection in the server's own log. */
  readonly localPort: number | undefined;
  /** It is still working on what has come or is to go out: what it waits for may yet arrive. */
  readonly busy?: boolean;
  /** A fact that a placeholder names (`{romeo.bare}`), `undefined` while it is not known. */
  fact(name: string): string | undefined;
  /** Puts everything aside that came up to now, so that steps see only what comes after `given`. */
  forgetArrivals(): void;
  /** Ends the connection and frees its socket, whatever state it is in. */
  dispose(): void;
}

/** A link between an actor and the server that the network vocabulary disturbs. */
export interface Link {
  host: string;
  port: number;
}

/** What a verb may touch while a case is played. */
export interface Stage {
  readonly target: RunningTarget;
  /** Which of the vocabulary's variants is played, where it has any. */
  readonly variant: string | undefined;
  readonly actors: Map<string, Actor>;
  readonly names: Names;
  readonly transcript: Transcript;
  /** Aborted when the case's budget is used up or the run is stopped. */
  readonly signal: AbortSignal;
  /** Default for `within`, in milliseconds. */
  readonly patience: number;
  /** An account that nobody used before. Throws `NoAccountError` where the target cannot make one. */
  newAccount(): Promise<Account>;
  /** Where an actor connects to: the endpoint itself, or a relay before it where the case disturbs the network. */
  link(actor: string, endpoint: { host: string; port: number }): Promise<Link>;
  /** The relay before an actor whose path the case disturbs. */
  relay(actor: string): Relay | undefined;
  /** Strings that must not be seen in any report. */
  addSecret(secret: string): void;
  /** Something worth telling that is no failure. */
  observe(text: string): void;
  /** What came at this step is allowed, but not what the specification prefers: the case ends with `warn`. */
  tolerate(why: string): void;
}
