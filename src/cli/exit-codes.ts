/** What the exit codes mean; the README shows the same list. */
export const exitCodes = {
  conformant: 0,
  notConformant: 1,
  usage: 2,
  targetUnreachable: 3,
  touchstoneFailed: 4,
  interrupted: 130,
} as const;
