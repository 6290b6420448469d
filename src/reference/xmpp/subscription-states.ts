/** The nine states of RFC 6121 appendix A.1, seen from one side of a relation between two accounts. */
export const subscriptionStates = [
  'None',
  'None + Pending Out',
  'None + Pending In',
  'None + Pending Out+In',
  'To',
  'To + Pending In',
  'From',
  'From + Pending Out',
  'Both',
] as const;

export type SubscriptionState = (typeof subscriptionStates)[number];

/** The presence stanzas that manage subscriptions. */
export const subscriptionTypes = ['subscribe', 'unsubscribe', 'subscribed', 'unsubscribed'] as const;

export type SubscriptionType = (typeof subscriptionTypes)[number];

/** What a stanza does in a state: whether it goes on (to the contact, to the user), and the state afterwards. */
export interface Transition {
  readonly passes: boolean;
  readonly next: SubscriptionState;
}

type Table = Record<SubscriptionType, Record<SubscriptionState, Transition>>;

const passes = (next: SubscriptionState): Transition => ({ passes: true, next });
const stops = (next: SubscriptionState): Transition => ({ passes: false, next });

/** Appendix A.2: what the user sends, and the state of the contact in the user's roster. */
export const outbound: Table = {
  // Table 2
  subscribe: {
    None: passes('None + Pending Out'),
    'None + Pending Out': passes('None + Pending Out'),
    'None + Pending In': passes('None + Pending Out+In'),
    'None + Pending Out+In': passes('None + Pending Out+In'),
    To: passes('To'),
    'To + Pending In': passes('To + Pending In'),
    From: passes('From + Pending Out'),
    'From + Pending Out': passes('From + Pending Out'),
    Both: passes('Both'),
  },
  // Table 3
  unsubscribe: {
    None: passes('None'),
    'None + Pending Out': passes('None'),
    'None + Pending In': passes('None + Pending In'),
    'None + Pending Out+In': passes('None + Pending In'),
    To: passes('None'),
    'To + Pending In': passes('None + Pending In'),
    From: passes('From'),
    'From + Pending Out': passes('From'),
    Both: passes('From'),
  },
  // Table 4; where it says pre-approval, the stanza stops and the state stays (section 3.4.2)
  subscribed: {
    None: stops('None'),
    'None + Pending Out': stops('None + Pending Out'),
    'None + Pending In': passes('From'),
    'None + Pending Out+In': passes('From + Pending Out'),
    To: stops('To'),
    'To + Pending In': passes('Both'),
    From: stops('From'),
    'From + Pending Out': stops('From + Pending Out'),
    Both: stops('Both'),
  },
  // Table 5
  unsubscribed: {
    None: stops('None'),
    'None + Pending Out': stops('None + Pending Out'),
    'None + Pending In': passes('None'),
    'None + Pending Out+In': passes('None + Pending Out'),
    To: stops('To'),
    'To + Pending In': passes('To'),
    From: passes('None'),
    'From + Pending Out': passes('None + Pending Out'),
    Both: passes('To'),
  },
};

/** Appendix A.3: what comes from the contact, and the state of the contact in the user's roster. */
export const inbound: Table = {
  // Table 6
  subscribe: {
    None: passes('None + Pending In'),
    'None + Pending Out': passes('None + Pending Out+In'),
    'None + Pending In': stops('None + Pending In'),
    'None + Pending Out+In': stops('None + Pending Out+In'),
    To: passes('To + Pending In'),
    'To + Pending In': stops('To + Pending In'),
    From: stops('From'),
    'From + Pending Out': stops('From + Pending Out'),
    Both: stops('Both'),
  },
  // Table 7
  unsubscribe: {
    None: stops('None'),
    'None + Pending Out': stops('None + Pending Out'),
    'None + Pending In': passes('None'),
    'None + Pending Out+In': passes('None + Pending Out'),
    To: stops('To'),
    'To + Pending In': passes('To'),
    From: passes('None'),
    'From + Pending Out': passes('None + Pending Out'),
    Both: passes('To'),
  },
  // Table 8
  subscribed: {
    None: stops('None'),
    'None + Pending Out': passes('To'),
    'None + Pending In': stops('None + Pending In'),
    'None + Pending Out+In': passes('To + Pending In'),
    To: stops('To'),
    'To + Pending In': stops('To + Pending In'),
    From: stops('From'),
    'From + Pending Out': passes('Both'),
    Both: stops('Both'),
  },
  // Table 9
  unsubscribed: {
    None: stops('None'),
    'None + Pending Out': passes('None'),
    'None + Pending In': stops('None + Pending In'),
    'None + Pending Out+In': passes('None + Pending In'),
    To: passes('None'),
    'To + Pending In': passes('None + Pending In'),
    From: stops('From'),
    'From + Pending Out': passes('From'),
    Both: passes('From'),
  },
};

/** The contact may see the user's presence. */
export function contactIsSubscribed(state: SubscriptionState): boolean {
  return state.startsWith('From') || state === 'Both';
}

/** The user may see the contact's presence. */
export function userIsSubscribed(state: SubscriptionState): boolean {
  return state.startsWith('To') || state === 'Both';
}

/** A request of the user has no answer yet. */
export function isPendingOut(state: SubscriptionState): boolean {
  return state.includes('Pending Out');
}

/** A request of the contact has no answer yet. */
export function isPendingIn(state: SubscriptionState): boolean {
  return state.endsWith('In');
}

/** The value of the 'subscription' attribute (RFC 6121 section 2.1.2.5). */
export function subscriptionAttribute(state: SubscriptionState): string {
  return (state.split(' ', 1)[0] as string).toLowerCase();
}
