const FIELD_MANAGER = 'komainu';
const DEFAULT_CONTROLLER = 'komainu.dev/ingress-controller';
/** The API server takes no more. */
const MOST_CHARACTERS = 128;

/**
 * Who we are in `metadata.managedFields` of what we write, whichever process wrote it. Two Komainus in one cluster with
 * controllers of their own are two managers: on the same nodes they publish the same addresses, and each takes only its
 * own out of an Ingress that is not its.
 */
export const fieldManagerOf = (controller: string): string =>
  controller === DEFAULT_CONTROLLER ? FIELD_MANAGER : `${FIELD_MANAGER}:${controller}`.slice(0, MOST_CHARACTERS);

/** Of this Komainu or another one. */
export const isKomainu = (manager: unknown): manager is string =>
  manager === FIELD_MANAGER || (typeof manager === 'string' && manager.startsWith(`${FIELD_MANAGER}:`));
