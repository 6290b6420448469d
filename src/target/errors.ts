/** No container engine answers. The message is one sentence for people. Exit code 3. */
export class EngineMissingError extends Error {
  readonly code = 'ENGINE_MISSING';

  constructor(reason: string) {
    super(
      `No container engine answers (${reason}), so container targets cannot be started: start Docker or Podman and set DOCKER_HOST if it listens elsewhere; the embedded target (\`touchstone run\`) and targets of kind process and external work without one.`,
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
