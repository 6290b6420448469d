import type { Command } from './command.ts';

/** Where each command comes from, in the order in which help shows them; loaded when asked for, as most are heavy. */
const origins = {
  run: async () => (await import('./run.ts')).run,
  show: async () => (await import('./show.ts')).show,
  report: async () => (await import('./report.ts')).report,
  merge: async () => (await import('./merge.ts')).merge,
  compare: async () => (await import('./compare.ts')).compare,
  accept: async () => (await import('./accept.ts')).accept,
  check: async () => (await import('./check.ts')).check,
  list: async () => (await import('./list.ts')).list,
  verbs: async () => (await import('./verbs.ts')).verbs,
  coverage: async () => (await import('./coverage.ts')).coverage,
  prove: async () => (await import('./prove.ts')).prove,
  doctor: async () => (await import('./doctor.ts')).doctor,
  init: async () => (await import('./init.ts')).init,
  new: async () => (await import('./new.ts')).newCase,
  import: async () => (await import('./import.ts')).importing,
  completion: async () => (await import('./completion.ts')).completionOf(allCommands),
} satisfies Record<string, () => Promise<Command>>;

export type CommandName = keyof typeof origins;

export const commandNames = Object.keys(origins) as readonly CommandName[];

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(origins, name);
}

export function commandNamed(name: CommandName): Promise<Command> {
  return origins[name]();
}

/** Every command, in the order in which help shows them. */
export function allCommands(): Promise<Command[]> {
  return Promise.all(commandNames.map(commandNamed));
}
