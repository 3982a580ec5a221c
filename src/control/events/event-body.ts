import { createHash } from 'node:crypto';
import { oneLine } from '../../model/quoted.ts';
import type { ObjectRef, Refusal, RefusalReason } from '../../model/refusal.ts';
import { microTime } from '../micro-time.ts';

/** Who reports, in every Event of this process. */
export interface Reporter {
  readonly controller: string;
  /** Name of the process. */
  readonly instance: string;
}

export interface Regarded {
  readonly uid: string;
  readonly apiVersion: string;
}

/** The API server takes 1024 bytes of a note, and 128 of a reporter's name. */
const NOTE_BYTES = 1_024;
const REPORTER_CHARACTERS = 128;
/** A name has 253 characters at most: this, a dot and 16 digits. */
const STEM_CHARACTERS = 200;
/** Where the API server wants the Events of cluster-scoped objects. */
const CLUSTER_SCOPED = 'default';

export const eventNamespace = ({ namespace }: ObjectRef): string => (namespace === '' ? CLUSTER_SCOPED : namespace);

/** The same refusal of the same object always has the same name, so that it is one Event, whoever writes it. */
export function eventName({ name }: ObjectRef, { uid }: Regarded, { reason, field, message }: Refusal): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([uid, reason, field, message]))
    .digest('hex');
  return `${name.slice(0, STEM_CHARACTERS).replace(/[^a-z0-9]+$/, '')}.${digest.slice(0, 16)}`;
}

/** One Event of events.k8s.io/v1 on the object, as `kubectl describe` shows it. */
export function eventBody(ref: ObjectRef, regarded: Regarded, refusal: Refusal, reporter: Reporter, wallMs: number) {
  const { kind, namespace, name } = ref;
  return {
    ...{ apiVersion: 'events.k8s.io/v1', kind: 'Event' },
    metadata: { name: eventName(ref, regarded, refusal), namespace: eventNamespace(ref) },
    eventTime: microTime(wallMs),
    reportingController: reporter.controller.slice(0, REPORTER_CHARACTERS),
    reportingInstance: reporter.instance.slice(0, REPORTER_CHARACTERS),
    action: actionOf(refusal.reason),
    reason: refusal.reason,
    regarding: { ...regarded, kind, name, ...(namespace === '' ? {} : { namespace }) },
    note: noteOf(refusal),
    type: 'Warning',
  };
}

/** It was seen once more. `count` is how often so far. */
export const seriesBody = (count: number, wallMs: number): object => ({
  series: { count: Math.max(count, 2), lastObservedTime: microTime(wallMs) },
});

/** What we were doing with the object. */
const actionOf = (reason: RefusalReason): 'Admit' | 'Compile' => (admission.has(reason) ? 'Admit' : 'Compile');

const admission: ReadonlySet<RefusalReason> = new Set(['ObjectInvalid', 'EndpointInvalid', 'SecretInvalid']);

/** The field and what is wrong with it, in one line. */
export function noteOf({ field, message }: Refusal): string {
  const bytes = Buffer.from(oneLine(field === '' ? message : `${field}: ${message}`));
  if (bytes.length <= NOTE_BYTES) return bytes.toString();
  const ellipsis = '…';
  let end = NOTE_BYTES - Buffer.byteLength(ellipsis);
  while ((bytes[end] & 0xc0) === 0x80) end--; // not into a character
  return `${bytes.toString('utf8', 0, end)}${ellipsis}`;
}
