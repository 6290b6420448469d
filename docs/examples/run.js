// A run from a program: results as they come, then the record. Ctrl-C ends it in good order.
//   node run.js
import { run } from 'touchstone';

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const running = run({ target: 'embedded', only: ['xep-0199/**'], signal: stop.signal });
const { planned, facts } = await running.start;
console.log(`${facts.target.title}: ${planned.length} cases`);
for await (const { id, verdict, durationMs } of running) console.log(verdict, id, `${durationMs} ms`);

const { summary, conformant } = await running.record;
console.log(`${summary.pass} passed`);
process.exitCode = conformant ? 0 : 1;
