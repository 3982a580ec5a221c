import { expect, test } from 'vitest';
import { resources } from '../../../../src/control/cluster/resources.ts';
import { keptFields, type Raw } from '../../../../src/control/sources/kubernetes/kept-fields.ts';
import { watchedObject } from '../../../../src/control/sources/kubernetes/watched-object.ts';

const meta = {
  ...{ name: 'web', namespace: 'shop', uid: 'u1', creationTimestamp: '2026-01-01T00:00:00Z', resourceVersion: '7' },
  ...{ generation: 3, finalizers: ['a'], ownerReferences: [{}], selfLink: '/x', labels: { app: 'web' } },
  annotations: {
    ...{ 'kubectl.kubernetes.io/last-applied-configuration': '{}', 'other.test/komainu.dev/weight': '3' },
    ...{ 'komainu.dev/weight': '3', 'kubernetes.io/ingress.class': 'komainu' },
  },
  managedFields: [{ manager: 'kubectl' }, { manager: 'komainu', subresource: 'status' }],
};
const usual = { name: 'web', namespace: 'shop', uid: 'u1', creationTimestamp: '2026-01-01T00:00:00Z' };
const annotations = { 'komainu.dev/weight': '3', 'kubernetes.io/ingress.class': 'komainu' };

test('of an Ingress the spec that is read stays, our annotations, and the status with whoever of us wrote it', () => {
  const spec = { ingressClassName: 'komainu', rules: [{ host: 'a.test', http: { paths: [] } }], tls: [], more: 1 };
  const status = { loadBalancer: { ingress: [{ ip: '10.0.0.1', ports: [1] }], more: 1 }, conditions: [] };
  expect(keptFields({ metadata: meta, spec, status }, resources.ingress)).toEqual({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { ...usual, resourceVersion: '7', annotations, managedFields: [meta.managedFields[1]] },
    spec: { ingressClassName: 'komainu', rules: spec.rules, tls: [] },
    status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } },
  });
});

test('of an EndpointSlice the addresses, conditions and ports stay, and the Service that it belongs to', () => {
  const endpoint = { addresses: ['10.0.0.1'], conditions: { ready: true } };
  const raw = {
    metadata: { ...meta, labels: { 'kubernetes.io/service-name': 'web', more: 'x' } },
    addressType: 'IPv4',
    ports: [{ name: 'a', port: 80, protocol: 'TCP', appProtocol: 'http' }],
    endpoints: [{ ...endpoint, nodeName: 'n', targetRef: {}, zone: 'z', hints: {} }],
  };
  expect(keptFields(raw, resources.endpointSlice)).toEqual({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...usual, labels: { 'kubernetes.io/service-name': 'web' }, annotations },
    addressType: 'IPv4',
    ports: [{ name: 'a', port: 80, protocol: 'TCP' }],
    endpoints: [endpoint],
  });
});

test('of a Service what routing needs stays', () => {
  const spec = {
    type: 'ClusterIP',
    clusterIP: '10.0.0.1',
    selector: { a: 'b' },
    ports: [{ port: 80, nodePort: 30_000 }],
  };
  expect(keptFields({ metadata: meta, spec, status: {} }, resources.service)).toEqual({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { ...usual, annotations } },
    spec: { type: 'ClusterIP', ports: [{ port: 80 }] },
  });
});

test('of a Secret the certificate and its key stay', () => {
  const data = { 'tls.crt': 'a', 'tls.key': 'b', 'ca.crt': 'c', password: 'd' };
  expect(keptFields({ metadata: { ...meta, annotations: {} }, type: 't', data }, resources.secret)).toEqual({
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: usual, type: 't', data: { 'tls.crt': 'a', 'tls.key': 'b' } },
  });
});

const odd = [null, 5, 'text', [], {}, [null, 5, 'text', {}], { spec: 5 }];

test('objects of any shape are cut without a fault, and cutting twice is cutting once', () => {
  for (const resource of [
    resources.ingress,
    resources.ingressClass,
    resources.service,
    resources.endpointSlice,
    resources.secret,
  ]) {
    for (const value of odd) {
      const raw = { metadata: { name: 'x', annotations: value, labels: value, managedFields: value } };
      const whole: Raw = { ...raw, spec: value, status: value, ports: value, endpoints: value, data: value };
      const once = keptFields(whole, resource);
      expect(keptFields(once, resource)).toEqual(once);
      expect(() => watchedObject(whole, resource, false)).not.toThrow();
    }
  }
});

test('equal texts are equal objects, and a change of what is not read is none', () => {
  const ingress = (more: object, spec: object): Raw => ({ metadata: { ...meta, ...more }, spec });
  const textOf = (raw: Raw, lines: boolean): string => watchedObject(raw, resources.ingress, lines).text;
  for (const lines of [false, true]) {
    const text = textOf(ingress({}, { rules: [] }), lines);
    expect(textOf(ingress({ generation: 9 }, { rules: [], more: 1 }), lines)).toBe(text);
    expect(textOf(ingress({ uid: 'u2' }, { rules: [] }), lines)).not.toBe(text);
    expect(textOf(ingress({}, { rules: [{}] }), lines)).not.toBe(text);
  }
});

test('the text of a Secret is never itself', () => {
  const { text } = watchedObject({ metadata: meta, data: { 'tls.key': 'aHVzaA==' } }, resources.secret, true);
  expect(text).not.toContain('aHVzaA');
});
