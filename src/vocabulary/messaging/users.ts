import type { Stage } from '../stage.ts';
import { actorAs } from '../vocabulary.ts';
import { MessagingActor } from './actor.ts';

/** The actor that a step is about. */
export function user(stage: Stage, name: string): MessagingActor {
  return actorAs(stage, name, MessagingActor);
}

/** The actor that stands in the slot of a phrase. */
export function otherUser(stage: Stage, slots: Readonly<Record<string, string>>): MessagingActor {
  return user(stage, slots.actor ?? '');
}
