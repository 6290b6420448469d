import type { Case } from '../suite/case.ts';
import { coverageOf } from '../suite/coverage.ts';
import { peerCoverage, readPeers } from '../suite/peers.ts';
import { nearest } from '../target/mistake.ts';
import { type Command, UsageError } from './command.ts';
import { suitesOf, suitesOption } from './selection-options.ts';

export const coverage: Command = {
  name: 'coverage',
  summary: 'Shows per specification how many requirements the cases cover, and which they do not',
  options: {
    suites: suitesOption,
    peer: {
      type: 'string',
      value: 'NAME',
      help: 'Instead of specifications, another suite whose cases ours equal: autobahn',
    },
    summary: { type: 'boolean', help: 'Only the figures, without what is not covered' },
  },
  examples: ['touchstone coverage --peer autobahn'],
  async run(words) {
    const suites = await suitesOf(words);
    const peer = words.text('peer');
    if (peer !== undefined) return showPeer(peer, suites.cases, words.flag('summary'));
    const rows = coverageOf(suites.catalogues, suites.cases);
    const width = Math.max(...rows.map((row) => row.catalogue.specification.length));
    const line = (name: string, ...cells: (string | number)[]) =>
      process.stdout.write(
        `${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(10)).join('')}\n`,
      );
    line('', 'covered', 'testable', 'all');
    for (const row of rows) line(row.catalogue.specification, row.covered, row.testable, row.all);
    if (words.flag('summary')) return 0;
    for (const { catalogue, uncovered } of rows) {
      if (uncovered.length === 0) continue;
      process.stdout.write(`\n${catalogue.specification}: ${uncovered.length} not covered\n`);
      for (const one of uncovered)
        process.stdout.write(`  ${one.level.padEnd(6)}  ${one.id}\n          ${one.summary}\n`);
    }
    return 0;
  },
};

/** Prints how much of a peer our cases equal, group by group; exits with 1 where something is missing. */
function showPeer(name: string, cases: readonly Case[], summary: boolean): number {
  const peers = readPeers();
  const peer = peers.find((one) => one.name === name);
  if (!peer) {
    const names = peers.map((one) => one.name);
    const meant = nearest(name, names);
    throw new UsageError(
      `no peer is called ${name}; ${meant === undefined ? `there is ${names.join(', ')}` : `did you mean ${meant}?`}`,
    );
  }
  const rows = peerCoverage(peer, cases);
  const titles = rows.map(({ group }) => `${group.id.padStart(3)}  ${group.title}`);
  const width = Math.max(...titles.map((title) => title.length));
  const line = (title: string, ...cells: (string | number)[]) =>
    process.stdout.write(
      `${title.padEnd(width)}${cells.map((cell) => String(cell).padStart(10)).join('')}\n`,
    );
  line(peer.title, 'covered', 'all');
  for (const [index, { group, missing }] of rows.entries())
    line(titles[index] ?? '', group.cases.length - missing.length, group.cases.length);
  const all = rows.flatMap(({ group }) => group.cases).length;
  const missing = rows.flatMap((row) => row.missing);
  line('', all - missing.length, all);
  process.stdout.write(`${missing.length} missing\n`);
  if (!summary) for (const id of missing) process.stdout.write(`  ${peer.name}/${id}\n`);
  return missing.length === 0 ? 0 : 1;
}
