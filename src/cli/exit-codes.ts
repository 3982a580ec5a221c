/** What the process says at its end; from 64 on as in sysexits(3). */
export const exitCode = {
  done: 0,
  /** `check` found refusals, `explain` found nobody who takes the request. */
  refused: 1,
  /** The command line cannot be understood. */
  usage: 64,
  /** A port is taken, a running process cannot be asked. */
  unavailable: 69,
  internal: 70,
  /** The settings cannot be used. */
  unusable: 78,
} as const;
