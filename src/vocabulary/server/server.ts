import type { Stage } from '../stage.ts';
import { type Vocabulary, verb } from '../vocabulary.ts';

function controlOf(stage: Stage) {
  const { control } = stage.target;
  if (control) return control;
  throw new Error(`${stage.target.name} does not say how it is restarted or paused`);
}

/** What is done to the server as a whole. A case that uses these verbs gets a server of its own. */
export const server: Vocabulary = {
  name: 'server',
  summary: 'Disturbing the server itself; such a case plays alone on a server of its own',
  verbs: [
    verb({
      subject: 'server',
      phrase: 'restarts',
      summary: 'Stops the server in good order, starts it again, and waits until it answers',
      example: '- server restarts',
      play: (_step, stage) => controlOf(stage).restart(),
    }),
    verb({
      subject: 'server',
      phrase: 'pauses',
      summary: 'Freezes the server: its sockets stay open, nothing is read or written',
      example: '- server pauses',
      play: (_step, stage) => controlOf(stage).pause(),
    }),
    verb({
      subject: 'server',
      phrase: 'resumes',
      summary: 'Lets a paused server go on',
      example: '- server resumes',
      play: (_step, stage) => controlOf(stage).resume(),
    }),
    verb({
      subject: 'server',
      phrase: 'is killed',
      summary: 'Ends the server at once, as a crash would, and starts it again',
      example: '- server is killed',
      play: async (_step, stage) => {
        await controlOf(stage).kill();
        await controlOf(stage).restart();
      },
    }),
  ],
};
