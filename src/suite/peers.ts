import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FromSchema } from 'json-schema-to-ts';
import { InvalidFileError, readYaml, SchemaCheck } from '../target/yaml-document.ts';
import type { Case } from './case.ts';

/** Another suite that ours is held against, by the ids of its cases alone. */
export interface Peer {
  /** `autobahn` */
  name: string;
  title: string;
  groups: PeerGroup[];
}

export interface PeerGroup {
  /** `6` */
  id: string;
  title: string;
  /** `6.4.1`, in the peer's own order */
  cases: string[];
}

/** How many cases of a group have one of ours that is at least as strong. */
export interface PeerCoverage {
  group: PeerGroup;
  missing: string[];
}

const peerSchema = {
  type: 'object',
  required: ['peer', 'title', 'source', 'groups'],
  additionalProperties: false,
  properties: {
    peer: { type: 'string' },
    title: { type: 'string' },
    source: { type: 'string' },
    groups: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'title', 'cases'],
        additionalProperties: false,
        properties: {
          id: { type: 'string' },
          title: { type: 'string' },
          cases: {
            type: 'array',
            description: 'One id, or the first and the last of a row of them: 6.4.1..4',
            items: { type: 'string', pattern: '^[0-9.]*[0-9](\\.\\.[0-9]+)?$' },
          },
        },
      },
    },
  },
} as const;

const folder = fileURLToPath(new URL('../../fixtures/peers', import.meta.url));
const check = new SchemaCheck<FromSchema<typeof peerSchema>>(peerSchema);

/** The suites that ours can be held against. */
export function readPeers(): Peer[] {
  return readdirSync(folder).map((file) => {
    const { value, mistakes } = readYaml(join(folder, file), check);
    if (!value) throw new InvalidFileError(mistakes);
    const groups = value.groups.map((group) => ({ ...group, cases: group.cases.flatMap(rowOf) }));
    return { name: basename(file, '.yaml'), title: value.title, groups };
  });
}

/** Every case of every peer: `autobahn/6.4.1`. */
export function peerCaseIds(): Set<string> {
  return new Set(
    readPeers().flatMap((peer) =>
      peer.groups.flatMap((group) => group.cases.map((id) => `${peer.name}/${id}`)),
    ),
  );
}

/** What of a peer our cases equal, group by group. */
export function peerCoverage(peer: Peer, cases: readonly Case[]): PeerCoverage[] {
  const equalled = new Set(cases.flatMap((one) => one.equals));
  return peer.groups.map((group) => ({
    group,
    missing: group.cases.filter((id) => !equalled.has(`${peer.name}/${id}`)),
  }));
}

/** `6.4.1..4` stands for 6.4.1 to 6.4.4. */
function rowOf(text: string): string[] {
  const [first = '', last] = text.split('..');
  if (last === undefined) return [first];
  const [, stem = '', from = ''] = /^(.*?)(\d+)$/.exec(first) ?? [];
  return Array.from(
    { length: Number(last) - Number(from) + 1 },
    (_, index) => `${stem}${Number(from) + index}`,
  );
}
