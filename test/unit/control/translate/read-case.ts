import { parseAllDocuments } from 'yaml';
import { ObjectStore } from '../../../../src/control/object-store.ts';
import { admit } from '../../../../src/control/sources/admit/admit.ts';
import type { TranslateOptions } from '../../../../src/control/translate/options.ts';
import { settleRefusals } from '../../../../src/control/translate/refusals.ts';
import { translate } from '../../../../src/control/translate/translation.ts';
import { defaultPolicy, samePolicy } from '../../../../src/model/backend-policy.ts';
import type { KubeObject } from '../../../../src/model/objects.ts';
import { type Refusal, refText } from '../../../../src/model/refusal.ts';
import { type Backend, type Endpoint, endpointText, type Rule } from '../../../../src/model/snapshot.ts';

export const usualOptions: TranslateOptions = {
  ingressClass: 'komainu',
  controller: 'komainu.dev/ingress-controller',
  defaultBackend: undefined,
  externalName: false,
};

/**
 * A document `kind: Case` among the manifests says where those behind it come from, `source: cluster` (a folder
 * otherwise) and `file: b.yaml`, or under `options` what is set.
 */
interface CaseDocument {
  readonly kind: 'Case';
  readonly source?: 'cluster' | 'folder';
  readonly file?: string;
  readonly options?: Partial<TranslateOptions>;
}

export interface Case {
  readonly objects: readonly KubeObject[];
  readonly refusals: readonly Refusal[];
  readonly options: TranslateOptions;
}

/** The text of an `input.yaml`: manifests as a person writes them. */
export function readCase(text: string): Case {
  let options = usualOptions;
  let origin = { file: 'input.yaml', folder: true };
  const objects: KubeObject[] = [];
  const refusals: Refusal[] = [];
  for (const document of parseAllDocuments(text, { version: '1.1' })) {
    if (document.errors.length > 0) throw document.errors[0];
    const raw: unknown = document.toJS();
    if (isCase(raw)) {
      const folder = raw.source === undefined ? origin.folder : raw.source === 'folder';
      origin = { file: folder ? (raw.file ?? origin.file) : '', folder };
      options = { ...options, ...raw.options };
      continue;
    }
    const admitted = admit(raw, origin);
    objects.push(...admitted.objects);
    refusals.push(...admitted.refusals);
  }
  return { objects, refusals, options };
}

const isCase = (raw: unknown): raw is CaseDocument =>
  typeof raw === 'object' && raw !== null && 'kind' in raw && raw.kind === 'Case';

/** Everything that comes of a case, short enough to be reviewed. */
export interface Outcome {
  readonly rules: readonly Rule[];
  readonly backends: readonly Backend[];
  readonly refusals: readonly Refusal[];
}

export function outcomeOf({ objects, refusals, options }: Case): Outcome {
  const store = new ObjectStore();
  store.apply({ put: objects, remove: [] });
  const translated = translate(store, options);
  return {
    rules: translated.routes.rules,
    backends: translated.backends.backends,
    refusals: settleRefusals([...refusals, ...translated.refusals]),
  };
}

/** As it stands in `expected.yaml`. */
export function outcomeText(outcome: Outcome): object {
  return {
    rules: outcome.rules.map(ruleText),
    backends: Object.fromEntries(outcome.backends.map(({ key, endpoints }) => [key, endpoints.map(weightedText)])),
    ...policyTexts(outcome.backends),
    refusals: outcome.refusals.map(({ file, object, ...rest }) => ({
      file,
      object: object === null ? null : refText(object),
      ...rest,
    })),
  };
}

/** The weight where there is one to tell. */
const weightedText = (endpoint: Endpoint): string =>
  endpoint.weight === 1 ? endpointText(endpoint) : `${endpointText(endpoint)} weight=${endpoint.weight}`;

/** The policies of those that have another one than the default. */
function policyTexts(backends: readonly Backend[]): object {
  const special = backends.filter(({ policy }) => !samePolicy(policy, defaultPolicy));
  if (special.length === 0) return {};
  return { policies: Object.fromEntries(special.map(({ key, policy }) => [key, policy])) };
}

function ruleText({ host, pathKind, path, backend, owner, field }: Rule): object {
  return { host, [pathKind]: path, backend, owner: refText(owner), field };
}
