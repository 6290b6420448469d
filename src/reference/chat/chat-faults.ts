import type { Fault } from '../fault.ts';

/** What the chat endpoint does wrong on request; each is consulted where the promise is kept. */
export const faults: Fault[] = [
  {
    name: 'chat-accepts-any-password',
    breaks: ['messaging/auth-refusals-alike', 'messaging/auth-wrong-password-refused'],
    summary: 'Signs in whoever names an account, whatever the password',
  },
  {
    name: 'chat-signs-in-unknown-users',
    breaks: ['messaging/auth-unknown-user-refused'],
    summary: 'Signs in names that no account has',
  },
  {
    name: 'chat-refuses-right-password',
    breaks: ['messaging/auth-retry-after-refusal', 'messaging/auth-right-password-accepted'],
    summary: 'Refuses everybody',
  },
  {
    name: 'chat-lets-strangers-speak',
    breaks: ['messaging/auth-nothing-before-sign-in'],
    summary: 'Delivers messages of connections that have not signed in',
  },
  {
    name: 'chat-tells-unknown-names-apart',
    breaks: ['messaging/auth-refusals-alike'],
    summary: 'Refuses an unknown name for another reason than a wrong password',
  },
  {
    name: 'chat-believes-the-sender',
    breaks: ['messaging/auth-identity-not-forgeable'],
    summary: 'Delivers messages under whatever name the sender put on them',
  },
  {
    name: 'chat-signs-in-without-tls',
    breaks: ['messaging/tls-no-password-in-the-clear'],
    summary: 'Takes passwords on connections without TLS',
  },
  {
    name: 'chat-signs-nobody-in-over-tls',
    breaks: ['messaging/tls-offered', 'messaging/tls-1.3-offered'],
    summary: 'Signs nobody in over TLS',
  },
  {
    name: 'chat-ends-older-session',
    breaks: ['messaging/auth-several-sessions'],
    summary: 'Ends the session that an account has already',
  },
  {
    name: 'chat-hides-sign-in',
    breaks: ['messaging/presence-contact-seen-online'],
    summary: 'Tells no friend that a user comes online',
    silent: true,
  },
  {
    name: 'chat-hides-states',
    breaks: ['messaging/presence-last-state-wins', 'messaging/presence-state-shown'],
    summary: 'Tells no friend of a change of state',
    silent: true,
  },
  {
    name: 'chat-tells-nothing-on-sign-in',
    breaks: ['messaging/presence-known-on-sign-in'],
    summary: 'Does not tell a user who signs in which friends are there',
    silent: true,
  },
  {
    name: 'chat-hides-sign-out',
    breaks: ['messaging/presence-lost-connection-seen', 'messaging/presence-sign-out-seen'],
    summary: 'Tells no friend that a user is gone',
    silent: true,
  },
  {
    name: 'chat-shows-presence-to-strangers',
    breaks: ['messaging/presence-strangers-see-nothing'],
    summary: 'Tells everybody about everybody',
  },
  {
    name: 'chat-mixes-up-states',
    breaks: ['messaging/presence-last-state-wins', 'messaging/presence-state-shown'],
    summary: 'Shows busy users as away, and users who are away as busy',
  },
  {
    name: 'chat-swaps-messages',
    breaks: [
      'messaging/ordering-many-senders-in-order',
      'messaging/ordering-none-lost',
      'messaging/ordering-none-twice',
      'messaging/ordering-one-sender-in-order',
    ],
    summary: 'Delivers every second message before the one that came first',
  },
  {
    name: 'chat-loses-every-tenth-message',
    breaks: [
      'messaging/ordering-many-senders-in-order',
      'messaging/ordering-none-lost',
      'messaging/ordering-one-sender-in-order',
    ],
    summary: 'Drops every tenth message',
  },
  {
    name: 'chat-doubles-messages',
    breaks: [
      'messaging/ordering-many-senders-in-order',
      'messaging/ordering-none-lost',
      'messaging/ordering-none-twice',
      'messaging/ordering-one-sender-in-order',
      'messaging/reconnection-messages-after-return',
    ],
    summary: 'Delivers every message twice',
  },
  {
    name: 'chat-swallows-undeliverable',
    breaks: ['messaging/ordering-undeliverable-told'],
    summary: 'Does not tell the sender that nobody has that name',
    silent: true,
  },
  {
    name: 'chat-drops-offline-messages',
    breaks: ['messaging/reconnection-offline-messages-kept'],
    summary: 'Keeps nothing for users who are away',
    silent: true,
  },
  {
    name: 'chat-resumes-without-what-was-missed',
    breaks: ['messaging/reconnection-unacknowledged-not-lost'],
    summary: 'Takes up a session, and drops what came for it in between',
    silent: true,
  },
  {
    name: 'chat-replays-everything',
    breaks: ['messaging/reconnection-session-resumed'],
    summary: 'Takes up a session, and sends again what the client has already',
  },
  {
    name: 'chat-sends-to-the-dead-connection',
    breaks: ['messaging/reconnection-messages-after-return'],
    summary: 'Goes on delivering to the connection that was lost',
    silent: true,
  },
  {
    name: 'chat-hands-over-backwards',
    breaks: ['messaging/reconnection-offline-messages-kept'],
    summary: 'Hands over what was kept in another order',
  },
  {
    name: 'chat-resumes-for-anybody',
    breaks: ['messaging/reconnection-resumption-by-owner-only'],
    summary: 'Takes up a session for whoever knows its name',
  },
  {
    name: 'chat-refuses-to-come-back',
    breaks: [
      'messaging/reconnection-server-restart-survived',
      'messaging/reconnection-session-resumed',
      'messaging/reconnection-sign-in-again',
      'messaging/reconnection-unacknowledged-not-lost',
    ],
    summary: 'Refuses a user whose connection was lost once',
  },
  {
    name: 'chat-forges-sender',
    breaks: ['messaging/auth-identity-not-forgeable', 'messaging/auth-right-password-accepted'],
    summary: 'Delivers messages under another name',
  },
  {
    name: 'chat-strips-characters',
    breaks: ['messaging/binary-markup-characters-unchanged', 'messaging/binary-text-unchanged'],
    summary: 'Drops characters outside ASCII, and angle brackets',
  },
  {
    name: 'chat-cuts-payloads',
    breaks: [
      'messaging/binary-bytes-unchanged',
      'messaging/binary-large-payload',
      'messaging/binary-markup-characters-unchanged',
      'messaging/binary-text-unchanged',
      'messaging/tls-messages-over-tls',
    ],
    summary: 'Delivers only the first half of a payload',
  },
  {
    name: 'chat-delivers-cut-payloads',
    breaks: ['messaging/binary-cut-payload-not-delivered'],
    summary: 'Delivers what came of a message before its sender was gone',
  },
  {
    name: 'chat-falls-over-large-payloads',
    breaks: ['messaging/binary-too-large-refused'],
    summary: 'Ends every connection when somebody sends too much',
  },
  {
    name: 'chat-loses-high-bits',
    breaks: ['messaging/binary-bytes-unchanged'],
    summary: 'Clears the top bit of every octet of a binary payload',
  },
  {
    name: 'chat-drops-empty-messages',
    breaks: ['messaging/binary-empty-payload'],
    summary: 'Delivers nothing when a payload is empty',
    silent: true,
  },
];
