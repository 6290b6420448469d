import type { Vocabulary } from '../vocabulary.ts';

/**
 * The control steps, which the run itself plays: they hold other steps. They have no subject, so they are no
 * verbs; `controls` describes them for the reference page and the schema.
 */
export const core: Vocabulary = {
  name: 'core',
  summary: 'Steps that hold other steps',
  verbs: [],
};

export interface Control {
  phrase: string;
  summary: string;
  example: string;
}

export const controls: readonly Control[] = [
  {
    phrase: 'repeat',
    summary: 'Plays steps several times, one round after another; `as` names the counter, which begins at 1',
    example: `- repeat:
    times: 20
    as: n
    steps:
      - romeo sends: <message to='{juliet.full}' id='{#m}-{n}'><body>{n}</body></message>`,
  },
  {
    phrase: 'together',
    summary: 'Plays branches at once, each a step or a list of steps; all are played to their end',
    example: `- together:
    - romeo receives: <message id='{#m}'/>
    - juliet receives: <message id='{#m}'/>`,
  },
  {
    phrase: 'one of',
    summary:
      'Lists every outcome that the specification allows; `tolerated` marks one it does not prefer, and gives `warn`; `observed` marks one that is as good as the others and worth knowing of, and is written down. An outcome of several steps is a list, or stands under `outcome`',
    example: `- one of:
    - romeo receives stream error: policy-violation
    - outcome:
        - romeo is closed
      tolerated: RFC 6120 section 4.9.1.1 wants a stream error before the end`,
  },
];
