/** The words the tables of cases are written in. */

/** Where the objects come from: a folder, the fake API server, a real one. */
export type Place = 'folder' | 'fake' | 'cluster';

/**
 * Which request gets what. Key: `[METHOD ]HOST/PATH`; without a host the request is HTTP/1.0 and names none. Value: the pod
 * that answers on its main port, `POD:other` on its other one, a status of ours, or several pods that all answer and nobody else.
 */
export type Asks = Readonly<Record<string, string | number | readonly string[]>>;

/** What holds once these objects are there and those are not. */
interface Stand {
  readonly objects?: readonly KubeObject[];
  readonly asks?: Asks;
  /** Everything that is refused, `KIND NAME FIELD REASON`; left out: nothing is. */
  readonly refused?: readonly string[];
}

export interface Step extends Stand {
  readonly does: string;
  /** `KIND NAME`, as they were put. */
  readonly removes?: readonly string[];
}

/** One statement. Services `one` and `two` with port 80, each with the pod of its name, and IngressClass `komainu` are there. */
export interface Case extends Stand {
  readonly says: string;
  /** Page and section, type and field, or feature file. `ours`: what the documentation leaves to us, as the README has it. */
  readonly source: string;
  /** Left out: everywhere. */
  readonly places?: readonly Place[];
  /** Flags of the program, beside the usual ones. */
  readonly flags?: readonly string[];
  /**
   * A field that the documentation does not allow: a real API server does not take the last object, and from elsewhere Komainu
   * refuses this field of it.
   */
  readonly invalid?: string;
  readonly steps?: readonly Step[];
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}
