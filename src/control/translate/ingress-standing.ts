import type { Ingress, IngressClass } from '../../model/objects.ts';
import type { ObjectReader } from '../object-reader.ts';
import type { TranslateOptions } from './options.ts';
import { byText } from './seniority.ts';

/** `unknown`: it names our class, and there is none that we may act for. */
export type Standing = 'ours' | 'foreign' | 'unknown';

export const LEGACY_CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/**
 * Whose an Ingress is. `spec.ingressClassName` counts before the legacy annotation, as in ingress-nginx; the API server
 * lets both be set only with one value. The annotation is a plain name that we compare, so it needs no IngressClass.
 *
 * | says                          | ours when                                                                |
 * |-------------------------------|--------------------------------------------------------------------------|
 * | ingressClassName              | that IngressClass has our controller; in a folder also our name without one |
 * | the annotation                | it is our name                                                           |
 * | neither, in a folder          | always                                                                   |
 * | neither, in a cluster         | the default IngressClass has our controller                              |
 */
export function standingOf(
  ingress: Ingress,
  objects: ObjectReader,
  options: TranslateOptions,
  /** For many Ingresses: the default class is looked for once. */
  ofDefault: () => IngressClass | undefined = () => defaultClass(objects.list('IngressClass')),
): Standing {
  if (ingress.className !== undefined) return standingByClass(ingress.className, ingress, objects, options);
  const legacy = ingress.meta.annotations[LEGACY_CLASS_ANNOTATION];
  if (legacy !== undefined && legacy !== '') return legacy === options.ingressClass ? 'ours' : 'foreign';
  if (ingress.origin.folder) return 'ours';
  return ofDefault()?.controller === options.controller ? 'ours' : 'foreign';
}

function standingByClass(name: string, ingress: Ingress, objects: ObjectReader, options: TranslateOptions): Standing {
  const named = objects.get('IngressClass', '', name);
  if (named?.controller === options.controller) return 'ours';
  if (name !== options.ingressClass) return 'foreign';
  return named === undefined && ingress.origin.folder ? 'ours' : 'unknown';
}

/** Where several call themselves default: the newest, then the first by name, as the API server chooses. */
export function defaultClass(classes: Iterable<IngressClass>): IngressClass | undefined {
  const defaults = [...classes].filter((one) => one.isDefault);
  const age = (one: IngressClass): number => one.meta.createdAtMs ?? 0;
  return defaults.sort((a, b) => age(b) - age(a) || byText(a.meta.name, b.meta.name))[0];
}
