import { accept } from './accept.ts';
import { check } from './check.ts';
import type { Command } from './command.ts';
import { compare } from './compare.ts';
import { completionOf } from './completion.ts';
import { coverage } from './coverage.ts';
import { doctor } from './doctor.ts';
import { importing } from './import.ts';
import { init } from './init.ts';
import { list } from './list.ts';
import { merge } from './merge.ts';
import { newCase } from './new.ts';
import { prove } from './prove.ts';
import { report } from './report.ts';
import { run } from './run.ts';
import { show } from './show.ts';
import { verbs } from './verbs.ts';

/** Every command, in the order in which help shows them. */
export const commands: readonly Command[] = [
  run,
  show,
  report,
  merge,
  compare,
  accept,
  check,
  list,
  verbs,
  coverage,
  prove,
  doctor,
  init,
  newCase,
  importing,
  completionOf(() => commands),
];
