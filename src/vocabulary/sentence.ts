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
  let nearly: SentenceMistake | undefined;
  for (const phrase of phrasesOf(verbs).get(`${kind} ${words.length}`) ?? []) {
    const slots = fitPhrase(phrase, words, actors);
    if (slots === undefined) continue;
    if ('kind' in slots) nearly = slots as SentenceMistake;
    else return { subject, verb: phrase.verb, slots };
  }
  const known = verbs.filter((verb) => verb.subject === kind).map((verb) => verb.phrase);
  return nearly ?? { kind: 'verb', words: words.join(' '), known };
}

interface Phrase {
  verb: Verb;
  parts: readonly ({ word: string } | { slot: string; choices: readonly string[] | undefined })[];
}

const taken = new WeakMap<readonly Verb[], Map<string, Phrase[]>>();

/** The phrases of the verbs, taken apart, by their subject and the number of their words: suites hold many sentences. */
function phrasesOf(verbs: readonly Verb[]): ReadonlyMap<string, readonly Phrase[]> {
  const known = taken.get(verbs);
  if (known) return known;
  const phrases = new Map<string, Phrase[]>();
  for (const verb of verbs) {
    const parts = verb.phrase.split(' ').map((part) => {
      const slot = /^\{(.+)\}$/.exec(part)?.[1];
      if (slot === undefined) return { word: part };
      return { slot, choices: slot.includes('|') ? slot.split('|') : undefined };
    });
    const key = `${verb.subject} ${parts.length}`;
    phrases.set(key, [...(phrases.get(key) ?? []), { verb, parts }]);
  }
  taken.set(verbs, phrases);
  return phrases;
}

function fitPhrase(
  { parts }: Phrase,
  words: readonly string[],
  actors: readonly string[],
): Record<string, string> | SentenceMistake | undefined {
  const slots: Record<string, string> = {};
  let wrong: SentenceMistake | undefined;
  for (const [index, part] of parts.entries()) {
    const word = words[index] ?? '';
    if ('word' in part) {
      if (part.word !== word) return undefined;
      continue;
    }
    const { slot } = part;
    const choices = slot === 'actor' ? actors : part.choices;
    if (choices && !choices.includes(word)) wrong ??= { kind: 'slot', slot, word, known: [...choices] };
    slots[slot] = word;
  }
  return wrong ?? slots;
}
