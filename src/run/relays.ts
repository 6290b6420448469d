import { Relay } from '../network/relay.ts';
import type { Link } from '../vocabulary/stage.ts';

/** The relays of one case: one before each actor whose path the network verbs disturb. */
export class Relays {
  readonly #disturbed: ReadonlySet<string>;
  readonly #relays = new Map<string, Relay>();

  constructor(disturbed: ReadonlySet<string>) {
    this.#disturbed = disturbed;
  }

  of(actor: string): Relay | undefined {
    return this.#relays.get(actor);
  }

  /** Where the actor connects to instead of the endpoint. A relay is kept when its actor connects again. */
  async link(actor: string, endpoint: { host: string; port: number }): Promise<Link> {
    if (!this.#disturbed.has(actor)) return { host: endpoint.host, port: endpoint.port };
    let relay = this.#relays.get(actor);
    if (relay) relay.redirect(endpoint.host, endpoint.port);
    else {
      relay = await Relay.listen(endpoint.host, endpoint.port);
      this.#relays.set(actor, relay);
    }
    return { host: relay.host, port: relay.port };
  }

  /** Some relay holds back what it has to hand on. */
  get busy(): boolean {
    return [...this.#relays.values()].some((relay) => relay.busy);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#relays.values()].map((relay) => relay.close()));
    this.#relays.clear();
  }
}
