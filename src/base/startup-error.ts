/** Nothing usable to start with: the message is one sentence for a person, and the process ends with `exitCode`. */
export class StartupError extends Error {
  readonly exitCode: number;

  /** @param exitCode EX_CONFIG of sysexits.h unless told otherwise */
  constructor(message: string, exitCode = 78) {
    super(message);
    this.name = 'StartupError';
    this.exitCode = exitCode;
  }
}
