/** Nothing usable to start with: the message is one sentence for a person, and the process ends with `exitCode`. */
export class StartupError extends Error {
  /** EX_CONFIG of sysexits.h. */
  readonly exitCode = 78;

  constructor(message: string) {
    super(message);
    this.name = 'StartupError';
  }
}
