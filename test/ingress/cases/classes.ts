import type { Case } from '../case.ts';
import { classless, ingress, ingressClass, rule } from '../objects.ts';

const OTHERS = 'example.com/ingress-controller';
const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class';
const LEGACY = 'kubernetes.io/ingress.class';

const rules = [rule('foo.bar.com', 'Prefix / one')];
const ofClass = (name: string) => ingress('web', rules, { ingressClassName: name });
const isOurs = { 'foo.bar.com/': 'one' };
const isNotOurs = { 'foo.bar.com/': 404 };

export const classCases: readonly Case[] = [
  {
    says: 'an Ingress is ours by a transitive connection (controller → IngressClass → Ingress), whatever the class is called',
    source: 'networking/v1, IngressSpec.ingressClassName',
    objects: [ingressClass('external-lb'), ofClass('external-lb')],
    asks: isOurs,
  },
  {
    says: 'Ingresses can be implemented by different controllers: a class of another one is not ours',
    source: 'Ingress, Ingress class',
    objects: [ingressClass('external-lb', { controller: OTHERS }), ofClass('external-lb')],
    asks: isNotOurs,
  },
  {
    says: 'an Ingress with an invalid class should not send traffic to the matching backend service',
    source: 'conformance, ingress_class.feature',
    objects: [ofClass('some-invalid-class-name')],
    asks: isNotOurs,
  },
  {
    says: 'a class of our name that another controller has is not ours, and its author is told',
    source: 'networking/v1, IngressSpec.ingressClassName',
    objects: [ingressClass('komainu', { controller: OTHERS }), ofClass('komainu')],
    asks: isNotOurs,
    refused: ['Ingress web spec.ingressClassName ClassUnknown'],
  },
  {
    says: 'different flavors are controlled by the same controller',
    source: 'networking/v1, IngressClassSpec.controller',
    objects: [
      ingressClass('inside'),
      ingressClass('outside'),
      ofClass('inside'),
      ingress('web-2', [rule('bar.foo.com', 'Prefix / two')], { ingressClassName: 'outside' }),
    ],
    asks: { ...isOurs, 'bar.foo.com/': 'two' },
  },
  ...['Cluster', 'Namespace'].map(
    (scope): Case => ({
      says: `a class may have parameters of scope ${scope}`,
      source: 'Ingress, IngressClass scope',
      objects: [
        ingressClass('external-lb', {
          parameters: {
            scope,
            apiGroup: 'k8s.example.com',
            kind: 'IngressParameters',
            name: 'external-config',
            ...(scope === 'Namespace' && { namespace: 'external-configuration' }),
          },
        }),
        ofClass('external-lb'),
      ],
      asks: isOurs,
    }),
  ),
  {
    says: 'a class may come after its Ingress and go before it',
    source: 'networking/v1, IngressSpec.ingressClassName',
    objects: [ofClass('external-lb')],
    asks: isNotOurs,
    steps: [
      { does: 'the class comes', objects: [ingressClass('external-lb')], asks: isOurs },
      { does: 'the class goes', removes: ['IngressClass external-lb'], asks: isNotOurs },
      {
        does: 'it comes again with another controller',
        objects: [ingressClass('external-lb', { controller: OTHERS })],
        asks: isNotOurs,
      },
    ],
  },
  {
    says: 'an Ingress may change its class',
    source: 'Ingress, Ingress class',
    objects: [ingressClass('external-lb', { controller: OTHERS }), ofClass('komainu')],
    asks: isOurs,
    steps: [
      { does: 'to that of another controller', objects: [ofClass('external-lb')], asks: isNotOurs },
      { does: 'and back', objects: [ofClass('komainu')], asks: isOurs },
    ],
  },
  {
    says: 'without a class, and without a default one, an Ingress is nobody’s',
    source: 'Ingress, The Ingress resource',
    places: ['fake', 'cluster'],
    objects: [classless('web', rules)],
    asks: isNotOurs,
  },
  {
    says: 'without a class it is ours where the source is a folder',
    source: 'ours',
    places: ['folder'],
    objects: [classless('web', rules)],
    asks: isOurs,
  },
  {
    says: 'new Ingresses without a class are assigned the default class',
    source: 'Ingress, Default IngressClass',
    objects: [ingressClass('external-lb', {}, { [IS_DEFAULT]: 'true' }), classless('web', rules)],
    asks: isOurs,
  },
  {
    says: 'a default class of another controller is not ours',
    source: 'Ingress, Default IngressClass',
    places: ['fake', 'cluster'],
    objects: [ingressClass('external-lb', { controller: OTHERS }, { [IS_DEFAULT]: 'true' }), classless('web', rules)],
    asks: isNotOurs,
  },
  {
    says: 'a class is default where the annotation is true, not where it is there',
    source: 'networking/v1, IngressClass',
    places: ['fake', 'cluster'],
    objects: [ingressClass('external-lb', {}, { [IS_DEFAULT]: 'false' }), classless('web', rules)],
    asks: isNotOurs,
  },
  {
    says: 'where several classes are default, an Ingress that names one has that one',
    source: 'Ingress, Default IngressClass',
    objects: [
      ingressClass('external-lb', { controller: OTHERS }, { [IS_DEFAULT]: 'true' }),
      ingressClass('internal-lb', {}, { [IS_DEFAULT]: 'true' }),
      ofClass('internal-lb'),
      ingress('web-2', [rule('bar.foo.com', 'Prefix / two')], { ingressClassName: 'external-lb' }),
    ],
    asks: { ...isOurs, 'bar.foo.com/': 404 },
  },
  {
    says: 'of several default classes the newest counts, of one age the first by name: ours',
    source: 'kube-apiserver, DefaultIngressClass',
    places: ['fake', 'cluster'],
    objects: [
      ingressClass('lb-2', { controller: OTHERS }, { [IS_DEFAULT]: 'true' }),
      ingressClass('lb-1', {}, { [IS_DEFAULT]: 'true' }),
      classless('web', rules),
    ],
    asks: isOurs,
  },
  {
    says: 'of several default classes the newest counts, of one age the first by name: that of another controller',
    source: 'kube-apiserver, DefaultIngressClass',
    places: ['fake', 'cluster'],
    objects: [
      ingressClass('lb-2', {}, { [IS_DEFAULT]: 'true' }),
      ingressClass('lb-1', { controller: OTHERS }, { [IS_DEFAULT]: 'true' }),
      classless('web', rules),
    ],
    asks: isNotOurs,
  },
  {
    says: 'a default class is for Ingresses without a class only',
    source: 'Ingress, Default IngressClass',
    objects: [
      ingressClass('internal-lb', {}, { [IS_DEFAULT]: 'true' }),
      ingressClass('external-lb', { controller: OTHERS }),
      ofClass('external-lb'),
    ],
    asks: isNotOurs,
  },
  {
    says: 'for backwards compatibility controllers should still honor the annotation kubernetes.io/ingress.class',
    source: 'networking/v1, IngressSpec.ingressClassName',
    objects: [classless('web', rules, { [LEGACY]: 'komainu' })],
    asks: isOurs,
  },
  {
    says: 'the annotation with the name of another controller is not ours, whatever the default class is',
    source: 'Ingress, Deprecated annotation',
    objects: [
      ingressClass('external-lb', {}, { [IS_DEFAULT]: 'true' }),
      classless('web', rules, { [LEGACY]: 'nginx' }),
    ],
    asks: isNotOurs,
  },
  {
    says: 'the annotation is a simple constant name, not a reference to an IngressClass',
    source: 'Ingress, Deprecated annotation',
    objects: [ingressClass('external-lb'), classless('web', rules, { [LEGACY]: 'external-lb' })],
    asks: isNotOurs,
  },
  {
    says: 'the annotation needs no IngressClass',
    source: 'Ingress, Deprecated annotation',
    objects: [classless('web', rules, { [LEGACY]: 'komainu' })],
    asks: isOurs,
    steps: [{ does: 'the class goes', removes: ['IngressClass komainu'], asks: isOurs }],
  },
];
