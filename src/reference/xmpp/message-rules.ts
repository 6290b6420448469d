/** The types of a message (RFC 6121 section 5.2.2). */
export const messageTypes = ['normal', 'chat', 'groupchat', 'headline', 'error'] as const;

export type MessageType = (typeof messageTypes)[number];

/** What is known of the account that a message is for: the left column of RFC 6121 table 1. */
export type Condition =
  | 'account does not exist'
  | 'no active resources'
  | 'only negative resources'
  | 'non-negative resources';

/** How the address of the message names the account. */
export type AddressForm = 'bare' | 'full match' | 'full no match';

/** What becomes of a message; the letters are those of RFC 6121 section 8.5.4. */
export type Delivery =
  /** O: kept until the account is available. */
  | 'offline'
  /** E: bounced with service-unavailable. */
  | 'error'
  /** S: silently ignored. */
  | 'ignore'
  /** D: to the resource of the address. */
  | 'recipient'
  /** M: to the resources with the highest priority. */
  | 'most available'
  /** A: to all resources whose priority is not negative. */
  | 'all';

type Row = Record<MessageType, Delivery>;

/** One row: normal, chat, groupchat, headline, error. */
function row(...deliveries: [Delivery, Delivery, Delivery, Delivery, Delivery]): Row {
  const [normal, chat, groupchat, headline, error] = deliveries;
  return { normal, chat, groupchat, headline, error };
}

const bounced = row('error', 'error', 'error', 'error', 'ignore');
const matched = row('recipient', 'recipient', 'recipient', 'recipient', 'recipient');
const kept = row('offline', 'offline', 'error', 'ignore', 'ignore');

/**
 * RFC 6121 table 1, with the choices that it leaves made: messages are kept rather than bounced, and therefore
 * those for unknown accounts ignored, so that nobody learns which accounts exist (RFC 6120 section 10.2).
 */
export const deliveryRules: Record<Condition, Record<AddressForm, Row>> = {
  'account does not exist': {
    bare: row('ignore', 'ignore', 'error', 'ignore', 'ignore'),
    'full match': bounced,
    'full no match': row('error', 'ignore', 'error', 'error', 'ignore'),
  },
  'no active resources': {
    bare: kept,
    'full match': matched,
    'full no match': row('error', 'offline', 'error', 'error', 'ignore'),
  },
  'only negative resources': {
    bare: kept,
    'full match': matched,
    'full no match': row('error', 'offline', 'error', 'error', 'ignore'),
  },
  'non-negative resources': {
    bare: row('most available', 'most available', 'error', 'all', 'ignore'),
    'full match': matched,
    'full no match': row('error', 'most available', 'error', 'error', 'ignore'),
  },
};
