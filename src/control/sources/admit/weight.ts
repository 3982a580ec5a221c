import type { Meta } from '../../../model/objects.ts';
import { WEIGHT_LIMIT } from '../../../model/snapshot.ts';
import { readAnnotation, type Wrong } from './annotations.ts';
import type { Refuse } from './kind-reader.ts';

const ANNOTATION = 'komainu.dev/weight';
const RULE = `is no weight; it must be a whole number from 1 to ${WEIGHT_LIMIT}`;

/** Of every endpoint of one EndpointSlice. */
export const readSliceWeight = (meta: Meta, refuse: Refuse): number =>
  readAnnotation(meta, ANNOTATION, refuse, 1, readWeight);

export function readWeight(text: string): number | Wrong {
  const weight = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return weight >= 1 && weight <= WEIGHT_LIMIT ? weight : { wrong: RULE };
}
