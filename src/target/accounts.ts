import { randomBytes } from 'node:crypto';
import { NoAccountError } from './errors.ts';
import { fillIn } from './placeholders.ts';
import type { Account } from './running-target.ts';
import type { TargetFile } from './target.schema.ts';

/** What a command did: its exit code, and what it wrote to both outputs. */
export interface CommandResult {
  exitCode: number;
  output: string;
}

export interface AccountMeans {
  domain: string;
  /** Runs a command where the server runs. */
  execute?: (command: string[], signal: AbortSignal) => Promise<CommandResult>;
  /** Registers an account in band; throws when the server refuses. */
  register: (account: Account, signal: AbortSignal) => Promise<void>;
  /** More placeholders for commands. */
  values: Readonly<Record<string, string>>;
}

/** Makes accounts that nobody used before, a few of them ahead of being asked. */
export class Accounts {
  readonly #make: (signal: AbortSignal) => Promise<Account>;
  readonly #ahead: number;
  readonly #ready: Promise<Account>[] = [];
  readonly #stopped = new AbortController();

  /** Ahead of the first that is asked for, none is made; afterwards, up to so many are kept ready. */
  constructor(make: (signal: AbortSignal) => Promise<Account>, ahead: number) {
    this.#make = make;
    this.#ahead = ahead;
  }

  async take(signal?: AbortSignal): Promise<Account> {
    const both = signal ? AbortSignal.any([signal, this.#stopped.signal]) : this.#stopped.signal;
    const ready = this.#ready.shift();
    const account = ready === undefined ? this.#make(both) : ready.catch(() => this.#make(both));
    while (this.#ready.length < this.#ahead && !this.#stopped.signal.aborted) {
      const next = this.#make(this.#stopped.signal);
      // Whoever takes it sees the failure; until then it is nobody's.
      next.catch(() => {});
      this.#ready.push(next);
    }
    return account;
  }

  stop(): void {
    this.#stopped.abort(new NoAccountError('The target is being stopped'));
    this.#ready.length = 0;
  }
}

/** The accounts of a target, made in the way that its file says. */
export function accountsOf(settings: TargetFile, means: AccountMeans): Accounts {
  const { accounts } = settings;
  if (accounts === undefined) {
    return new Accounts(() => {
      throw new NoAccountError(`${settings.title} has no accounts: its target file has no \`accounts\``);
    }, 0);
  }
  if ('list' in accounts) return listed(accounts.list, means.domain);
  if ('command' in accounts) {
    return new Accounts((signal) => byCommand(accounts.command, means, signal), 2);
  }
  return new Accounts(async (signal) => {
    const account = invent(means.domain);
    await means.register(account, signal);
    return account;
  }, 4);
}

/** An account with a random name and password; the server knows nothing of it yet. */
export function invent(domain: string): Account {
  // Letters and digits only: a name must not need string preparation, escaping or quoting anywhere.
  const username = `t${randomBytes(8).toString('hex')}`;
  return { username, password: randomBytes(15).toString('base64url'), domain, bare: `${username}@${domain}` };
}

function listed(list: readonly { username: string; password: string }[], domain: string): Accounts {
  let next = 0;
  return new Accounts(async () => {
    const entry = list[next++ % list.length];
    if (entry === undefined) throw new NoAccountError('The list of accounts is empty');
    return { ...entry, domain, bare: `${entry.username}@${domain}` };
  }, 0);
}

async function byCommand(
  command: readonly string[],
  means: AccountMeans,
  signal: AbortSignal,
): Promise<Account> {
  const account = invent(means.domain);
  if (!means.execute) throw new NoAccountError('There is nowhere to run the command that makes accounts');
  const { username, password, domain } = account;
  const filled = command.map((word) => fillIn(word, { ...means.values, username, password, domain }));
  const { exitCode, output } = await means.execute(filled, signal);
  if (exitCode === 0) return account;
  const said = output.trim().replaceAll(password, '***').slice(-500);
  throw new NoAccountError(
    `\`${command[0]}\` made no account (exit code ${exitCode}): ${said || 'it said nothing'}`,
  );
}
