// What runs in a thread that `ProverThread` starts: it answers each question with a proof.
import { workerData } from 'node:worker_threads';
import { loadSuites } from '../suite/load-suites.ts';
import { answerQuestions } from '../threads/thread.ts';
import { type CaseProof, CaseProver } from './case-prover.ts';
import type { Question, ThreadSettings } from './prover-thread.ts';

const settings = workerData as ThreadSettings;
const suites = await loadSuites(settings.folders, settings.only);
const prover = await CaseProver.create({ ...settings, suites, signal: new AbortController().signal });

answerQuestions<Question, CaseProof>((question) =>
  'fault' in question
    ? prover.notices(question.id, question.fault)
    : prover.prove(question.id, question.experience),
);
