/** No container engine answers. The message is one sentence for people. Exit code 3. */
export class EngineMissingError extends Error {
  readonly code = 'ENGINE_MISSING';

  /** `asked` is what DOCKER_HOST says, where it says something. */
  constructor(asked: string | undefined, options?: ErrorOptions) {
    const where = asked ? `at DOCKER_HOST (${asked})` : 'at the usual sockets';
    super(
      `No container engine answers ${where}, so this target cannot be started: start Docker or Podman first, or use what works without one: the embedded target, and targets of kind process or external.`,
      options,
    );
    this.name = 'EngineMissingError';
  }
}

/** The target could not be started or reached. The message says what was seen of it. Exit code 3. */
export class TargetStartError extends Error {
  readonly code = 'TARGET_START';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TargetStartError';
  }
}

/** The target has no account to give. */
export class NoAccountError extends Error {
  readonly code = 'NO_ACCOUNT';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NoAccountError';
  }
}
