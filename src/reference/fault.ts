/** The protocols that the embedded server speaks, each by code of its own. */
export type ServiceName = 'xmpp' | 'chat' | 'websocket';

/**
 * A deliberate violation: what the embedded server does wrong when it is asked to. Each is declared in the file
 * whose code it breaks, beside the decision that it turns.
 */
export interface Fault {
  /** Says what happens, in kebab-case: `roster-push-to-other-accounts`. */
  readonly name: string;
  /** Ids of the requirements that are broken, or globs over them: `rfc6121/2.1.6*`. */
  readonly breaks: readonly string[];
  /** One sentence for people. */
  readonly summary: string;
  /** The violation is that nothing is sent: whoever looks for it finds it only by waiting. */
  readonly silent?: true;
  /** The service whose code does it, which alone shows it; absent: what all of them share. */
  readonly service?: ServiceName;
}

/** Which faults one server carries, and whether they act yet. */
export class FaultSwitch {
  readonly #chosen: ReadonlySet<string>;
  #armed = false;

  constructor(chosen: Iterable<string>) {
    this.#chosen = new Set(chosen);
  }

  /** Whether there is no fault that could ever act. */
  get none(): boolean {
    return this.#chosen.size === 0;
  }

  get armed(): boolean {
    return this.#armed;
  }

  /** From now on the faults act. */
  arm(): void {
    this.#armed = true;
  }

  /** Whether the fault of that name acts now. Asked at the decision that the fault turns. */
  active(name: string): boolean {
    return this.#armed && this.#chosen.has(name);
  }
}
