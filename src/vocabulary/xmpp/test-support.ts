import { type ScriptedPeer, ScriptedServer, type ScriptedServerOptions } from '../../xmpp/scripted-server.ts';
import { afterwards, type Outcome, playScene, type StepText } from '../test-support.ts';
import { xmpp } from './xmpp.ts';

export interface PlayOptions extends ScriptedServerOptions {
  /** The authority that the server's certificate must lead to. */
  ca?: string;
  withinMs?: number;
}

/** Plays steps by romeo, who is `connected` first, against a server that does what a script says. */
export async function play(
  script: (peer: ScriptedPeer) => Promise<void>,
  given: string,
  steps: StepText[],
  { ca, withinMs = 3_000, ...options }: PlayOptions = {},
): Promise<Outcome> {
  const server = await ScriptedServer.start(script, options);
  afterwards(() => server.close());
  const way = { host: '127.0.0.1', port: server.port };
  return playScene({
    vocabulary: xmpp,
    target: {
      name: 'scripted',
      domain: 'localhost',
      endpoints: {
        xmpp: { kind: 'xmpp', ...way, tls: 'offered' },
        'xmpp-tls': { kind: 'xmpp-tls', ...way, tls: 'direct' },
      },
      newAccount: async () => ({
        username: 'romeo',
        password: 'jul1et',
        domain: 'localhost',
        bare: 'romeo@localhost',
      }),
      ...(ca === undefined ? {} : { ca }),
    },
    given: { name: 'romeo', state: given, options: {} },
    steps,
    withinMs,
    forgets: true,
  });
}
