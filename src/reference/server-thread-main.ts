// What runs in a thread that `ServerThread` starts: an embedded server, and answers to what is asked of it.
import { workerData } from 'node:worker_threads';
import { answerQuestions } from '../threads/thread.ts';
import { startEmbeddedServer } from './embedded-server.ts';
import type { Answer, Facts, Question } from './server-thread.ts';

const server = await startEmbeddedServer(workerData as { domain?: string });

answerQuestions<Question, Answer>(async (question) => (question === 'facts' ? facts() : server[question]()));

function facts(): Facts {
  const { domain, rooms, endpoints, authority } = server;
  return { domain, rooms, endpoints: structuredClone(endpoints), authority: authority.parts };
}
