import type { Subject, Verb } from './vocabulary.ts';

/** A step's sentence, understood. */
export interface Sentence {
  subject: string;
  verb: Verb;
  slots: Record<string, string>;
}

export type SentenceMistake =
  | { kind: 'subject'; word: string; known: string[] }
  | { kind: 'verb'; words: string; known: string[] }
  | { kind: 'slot'; slot: string; word: string; known: string[] };

/**
 * Understands `romeo receives nothing before sentinel`: the first word is the subject, the rest a verb's
 * phrase. A slot `{actor}` takes the name of an actor of the case, `{a|b}` one of these words, any other slot
 * a single word.
 */
export function understand(
  sentence: string,
  verbs: readonly Verb[],
  actors: readonly string[],
): Sentence | SentenceMistake {
  const [subject = '', ...words] = sentence.trim().split(/\s+/);
  const kind: Subject = subject === 'server' || subject === 'network' ? subject : 'actor';
  if (kind === 'actor' && !actors.includes(subject))
    return { kind: 'subject', word: subject, known: [...actors, 'server', 'network'] };
  const fitting = verbs.filter((verb) => verb.subject === kind);
  let nearly: SentenceMistake | undefined;
  for (const verb of fitting) {
    const slots = fitPhrase(verb.phrase, words, actors);
    if (slots === undefined) continue;
    if ('kind' in slots) nearly = slots as SentenceMistake;
    else return { subject, verb, slots };
  }
  return nearly ?? { kind: 'verb', words: words.join(' '), known: fitting.map((verb) => verb.phrase) };
}

function fitPhrase(
  phrase: string,
  words: readonly string[],
  actors: readonly string[],
): Record<string, string> | SentenceMistake | undefined {
  const expected = phrase.split(' ');
  if (expected.length !== words.length) return undefined;
  const slots: Record<string, string> = {};
  let wrong: SentenceMistake | undefined;
  for (const [index, part] of expected.entries()) {
    const word = words[index] ?? '';
    const slot = /^\{(.+)\}$/.exec(part)?.[1];
    if (slot === undefined) {
      if (part !== word) return undefined;
      continue;
    }
    const choices = slot === 'actor' ? actors : slot.includes('|') ? slot.split('|') : undefined;
    if (choices && !choices.includes(word)) wrong ??= { kind: 'slot', slot, word, known: [...choices] };
    slots[slot] = word;
  }
  return wrong ?? slots;
}
