import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { verdicts } from '../record/record.schema.ts';
import { faultNames } from '../reference/faults.ts';
import { caseWords, specificationWords } from '../suite/names.ts';
import { capabilityNames } from '../target/capabilities.ts';
import { findFile, knownTargets } from '../target/load-target.ts';
import { suggest } from '../target/mistake.ts';
import { type Command, UsageError } from './command.ts';
import { completionScript, shells, type WordKind, wordKinds } from './completion-scripts.ts';
import { reporterNames } from './reporters.ts';

/** The command that makes scripts of all commands, itself among them. */
export function completionOf(commands: () => Promise<readonly Command[]>): Command {
  return {
    name: 'completion',
    takes: `${shells.join('|')}`,
    summary: 'Prints a script that lets a shell complete commands, options, targets and cases',
    options: {},
    examples: shells.map((shell) =>
      shell === 'fish'
        ? 'touchstone completion fish > ~/.config/fish/completions/touchstone.fish'
        : `eval "$(touchstone completion ${shell})"   # in ~/.${shell}rc`,
    ),
    async run({ positionals: [asked = '', kind, begun = ''] }) {
      const shell = shells.find((one) => one === asked);
      if (shell) process.stdout.write(completionScript(shell, await commands()));
      // What the scripts themselves ask, while somebody types.
      else if (asked === 'words') {
        const known = wordKinds.find((one) => one === kind);
        process.stdout.write(
          (known ? wordsOf(known, begun) : [])
            .filter(isPlain)
            .map((word) => `${word}\n`)
            .join(''),
        );
      } else
        throw new UsageError(
          `there is a script for ${shells.join(', ')}, not for ${asked || 'nothing'}; ${suggest(asked, shells)}`,
        );
      return 0;
    },
  };
}

/** Some shells expand what they are given: only what means nothing to them is given. */
function isPlain(word: string): boolean {
  return /^[\w@./ *:-]+$/.test(word);
}

function wordsOf(kind: WordKind, begun: string): readonly string[] {
  switch (kind) {
    case 'target':
      return targetWords();
    case 'case':
      return caseWords(begun);
    case 'specification':
      return specificationWords();
    case 'capability':
      return capabilityNames;
    case 'reporter':
      return reporterNames;
    case 'verdict':
      return verdicts;
    case 'fault':
      return faultNames;
  }
}

/** The targets that are known, each with its variants, and the file that is here. */
function targetWords(): string[] {
  const known = knownTargets().flatMap((name) => {
    const file = findFile(name);
    const { variants }: { variants?: object } =
      file === undefined ? {} : Object(parse(readFileSync(file, 'utf8')));
    return [name, ...Object.keys(variants ?? {}).map((variant) => `${name}@${variant}`)];
  });
  return [...known, ...(existsSync('target.yaml') ? ['./target.yaml'] : [])];
}
