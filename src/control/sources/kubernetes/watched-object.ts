import { hash } from 'node:crypto';
import type { KubeObject } from '../../../model/objects.ts';
import { type ObjectRef, type Refusal, refText } from '../../../model/refusal.ts';
import type { Resource } from '../../cluster/resources.ts';
import { type Admitted, admit } from '../admit/admit.ts';
import { keptFields, type Raw } from './kept-fields.ts';

/** One object of the cluster as it is held, whether or not anything of it can be used. */
export interface WatchedObject {
  readonly ref: ObjectRef;
  /** `refText` of it, made once: whoever holds many of them finds them by it. */
  readonly key: string;
  readonly apiVersion: string;
  readonly uid: string;
  /** undefined: nothing of it stands. */
  readonly object: KubeObject | undefined;
  readonly refusals: readonly Refusal[];
  /**
   * Its kept fields as a line of JSON where a state file wants them, else a digest of that. Equal texts are equal objects,
   * so a change of what we do not read is none.
   */
  readonly text: string;
}

/** Shared by all of them. */
const origin = Object.freeze({ file: '', folder: false });
const noRefusals: readonly Refusal[] = Object.freeze([]);

/**
 * Never throws, since a fault of ours in one object must not stop its kind. `lines`: keep the text for a state file; of a
 * Secret it is a digest all the same.
 */
export function watchedObject(raw: Raw, resource: Resource, lines: boolean): WatchedObject {
  const document = keptFields(raw, resource);
  const { name, namespace, uid } = document.metadata as { name: string; namespace?: string; uid?: string };
  const ref = { kind: resource.kind, namespace: resource.namespaced ? (namespace ?? 'default') : '', name };
  const { objects, refusals } = admitted(document, ref);
  const line = JSON.stringify(document);
  return {
    ref,
    key: refText(ref),
    apiVersion: resource.apiVersion,
    uid: uid ?? '',
    object: objects[0],
    refusals: refusals.length === 0 ? noRefusals : refusals,
    text: lines && resource.kind !== 'Secret' ? line : hash('sha256', line, 'base64'),
  };
}

function admitted(document: Raw, object: ObjectRef): Admitted {
  try {
    return admit(document, origin);
  } catch (error) {
    const message = `cannot be read: ${(error as Error).name}`; // its message may quote the object
    return { objects: [], refusals: [{ file: '', object, field: '', reason: 'ObjectInvalid', message }] };
  }
}
