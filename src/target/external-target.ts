import { runCommand, runToSuccess } from './commands.ts';
import { deadline, type StartOptions } from './deadline.ts';
import { TargetStartError } from './errors.ts';
import type { TargetDefinition } from './load-target.ts';
import type { TargetControl } from './running-target.ts';
import { type Host, ServedTarget, trustOf } from './served-target.ts';

/** Waits until a server that runs elsewhere answers. */
export async function startExternalTarget(
  definition: TargetDefinition,
  start: { host: string },
  options: StartOptions,
): Promise<ServedTarget> {
  const { settings, folder } = definition;
  const control = controlOf(definition);
  const host: Host = {
    address: start.host,
    values: {},
    portOf: (_kind, declared) => declared ?? 0,
    execute: (command, signal) => runCommand(command, { folder }, signal),
    logsSince: () => [],
    stop: async () => {},
    ...(control ? { control } : {}),
  };
  const target = new ServedTarget(definition, host, trustOf(settings, folder, undefined));
  options.onProgress(`reaching ${settings.title}`);
  const limit = deadline(settings.start.external?.within ?? '10s', options.signal);
  try {
    await target.answers(limit.signal);
    await target.learnVersion(limit.signal);
    return target;
  } catch (error) {
    options.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    const hint = 'Does it run? Its host stands under `start`, its ports under `endpoints`';
    const doctor = '`touchstone doctor --target TARGET` looks at every stage of reaching it';
    throw new TargetStartError(
      `${settings.title} cannot be reached: ${reason}\n  ${hint} in ${definition.file}\n  ${doctor}`,
      { cause: error },
    );
  } finally {
    limit.clear();
  }
}

function controlOf({ settings, folder }: TargetDefinition): TargetControl | undefined {
  const commands = settings.control;
  if (!commands) return undefined;
  const run = (name: keyof typeof commands) => async () => {
    const command = commands[name];
    if (!command) throw new Error(`The target file has no command for \`control.${name}\``);
    await runToSuccess(command, { folder });
  };
  return { restart: run('restart'), pause: run('pause'), resume: run('resume'), kill: run('kill') };
}
