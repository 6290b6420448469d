import type { Action, Character, Script } from './script.ts';

/** One who takes part in the case that is made of a script. */
export interface Player {
  /** As the case calls it: `juliets-phone`. */
  name: string;
  /** Undefined for an account that the script only writes to. */
  character: Character | undefined;
  /** The bare address that the script gives it. */
  bare: string;
  resource: string | undefined;
  /** The player whose account this one uses too. */
  shares: Player | undefined;
}

/** Who of a script can be played, and why others cannot. */
export interface Cast {
  /** The domain that the script's addresses belong to. */
  domain: string;
  players: Player[];
  /** Why a character cannot be played. */
  out: Map<Character, string>;
  /** What was left out of characters, and changes nothing of what the server is asked. */
  remarks: string[];
}

/** Subjects of sentences that are no actors. */
const reserved = ['server', 'network'];

/** Properties of a client that say where the server is, which the target says here, or how to log in there. */
const ofDeployment = ['password', 'connect_host', 'connect_port'];

/** Finds an actor for each character. */
export function castOf(script: Script): Cast {
  const cast: Cast = { domain: domainOf(script), players: [], out: new Map(), remarks: [] };
  const names = new Set(reserved);
  for (const character of script.characters) {
    const reason = reasonAgainst(character, cast.domain);
    if (reason !== undefined) {
      cast.out.set(character, reason);
      continue;
    }
    const { bare, resource } = addressOf(character);
    const shares = cast.players.find((other) => other.bare === bare && other.shares === undefined);
    cast.players.push({ name: newName(character.name, names), character, bare, resource, shares });
    remarkOn(character, cast);
  }
  return cast;
}

/** Adds an account that nobody logs in to. */
export function addAccount(cast: Cast, bare: string): Player {
  const names = new Set([...reserved, ...cast.players.map((player) => player.name)]);
  const name = newName(bare.split('@')[0] ?? '', names);
  const player = { name, character: undefined, bare, resource: undefined, shares: undefined };
  cast.players.push(player);
  return player;
}

export function playerOf(cast: Cast, { character }: Action): Player | undefined {
  return cast.players.find((player) => player.character === character);
}

/** That of the first client. */
function domainOf(script: Script): string {
  const jids = script.characters.map((character) => character.properties.get('jid')?.value ?? '');
  const [first = ''] = jids.flatMap((jid) => /^[^@/]+@([^@/\s]+)/.exec(jid)?.[1] ?? []);
  return first.toLowerCase();
}

function addressOf(character: Character): { bare: string; resource: string | undefined } {
  const jid = character.properties.get('jid')?.value ?? '';
  const slash = jid.indexOf('/');
  const bare = (slash < 0 ? jid : jid.slice(0, slash)).toLowerCase();
  const resource = character.properties.get('resource')?.value ?? (slash < 0 ? '' : jid.slice(slash + 1));
  return { bare, resource: resource === '' ? undefined : resource };
}

function reasonAgainst(character: Character, domain: string): string | undefined {
  const { kind, name, properties } = character;
  if (kind !== 'Client') return `${name} is a [${kind}], and only a [Client] can be played`;
  const { bare } = addressOf(character);
  const other = bare.split('@')[1];
  if (other === undefined) return `${name} has no jid with an account and a domain`;
  if (other !== domain)
    return `${name} has an account at ${other}, the others at ${domain}; a case has one domain`;
  const known = ['jid', 'resource', ...ofDeployment];
  const unknown = [...properties].find(([property]) => !known.includes(property));
  return unknown && `what \`${unknown[0]}\` of ${name} (line ${unknown[1].line}) means is not known`;
}

function remarkOn(character: Character, cast: Cast): void {
  const { name, properties } = character;
  for (const property of ['connect_host', 'connect_port'])
    if (properties.has(property))
      cast.remarks.push(`\`${property}\` of ${name}: the target says where the server is`);
  const [local = ''] = addressOf(character).bare.split('@');
  if (/^(admin|administrator|root)$/.test(local))
    cast.remarks.push(`${local}@${cast.domain} becomes a fresh account, which administers nothing`);
}

/** In letters that the name of an actor can have: `Juliet's phone` becomes `juliets-phone`. */
function newName(name: string, taken: Set<string>): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/['’\p{M}]/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
  const base = plain === '' ? 'user' : plain.slice(0, 60);
  let free = base;
  for (let count = 2; taken.has(free); count++) free = `${base}-${count}`;
  taken.add(free);
  return free;
}
