import { verbList } from '../vocabulary/reference-page.ts';
import type { Command } from './command.ts';

export const verbs: Command = {
  name: 'verbs',
  summary: 'Lists the verbs that steps are made of, by vocabulary',
  options: {},
  async run() {
    process.stdout.write(verbList());
    return 0;
  },
};
