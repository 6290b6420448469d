// What runs in a thread that `ProverThread` starts: it answers each question with a proof.
import { parentPort, workerData } from 'node:worker_threads';
import { loadSuites } from '../suite/load-suites.ts';
import { CaseProver } from './case-prover.ts';
import type { Answer, Question, ThreadSettings } from './prover-thread.ts';

const settings = workerData as ThreadSettings;
const suites = await loadSuites(settings.folders);
const prover = await CaseProver.create({ ...settings, suites, signal: new AbortController().signal });

parentPort?.on('message', async (question: Question) => {
  parentPort?.postMessage(await answerTo(question));
});

async function answerTo(question: Question): Promise<Answer> {
  const { number, id } = question;
  try {
    const proof = await ('fault' in question
      ? prover.notices(id, question.fault)
      : prover.prove(id, question.experience));
    return { number, proof };
  } catch (error) {
    return { number, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
