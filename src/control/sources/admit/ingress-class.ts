import { readAs } from './kind-reader.ts';
import { readMeta } from './read-meta.ts';
import { metadata, shape, text } from './shapes.ts';

const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';

const schema = shape({
  metadata,
  spec: shape({ controller: text.min(1, { error: 'must name a controller' }) }),
});

/** networking.k8s.io/v1 IngressClass; `spec.parameters` are not read. */
export const readIngressClass = readAs(schema, (written, origin) => {
  const meta = readMeta(written.metadata, false);
  return {
    kind: 'IngressClass',
    meta,
    origin,
    controller: written.spec.controller,
    isDefault: meta.annotations[DEFAULT_ANNOTATION] === 'true',
  };
});
