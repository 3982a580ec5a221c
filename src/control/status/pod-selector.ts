const NAME = 'app.kubernetes.io/name';
const INSTANCE = 'app.kubernetes.io/instance';
const COMPONENT = 'app.kubernetes.io/component';

/** They differ between the generations of one workload, or between its pods. */
const ofOnePod = [
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
];

/**
 * Which pods carry the traffic, by the labels of the own one: those with the same name and instance, and of the same
 * component where it has one. A leader that is a component of its own is beside those that carry traffic. Without the
 * usual labels all labels count that are not one pod's alone.
 */
export function podSelector(labels: Readonly<Record<string, string>>, role: 'all' | 'leader'): string {
  const known = [NAME, INSTANCE].filter((key) => labels[key] !== undefined);
  if (known.length === 0) {
    const keys = Object.keys(labels).filter((key) => !ofOnePod.includes(key));
    return keys.map((key) => `${key}=${labels[key]}`).join(',');
  }
  const component = labels[COMPONENT];
  const sign = role === 'leader' ? '!=' : '=';
  const last = component === undefined ? [] : [`${COMPONENT}${sign}${component}`];
  return [...known.map((key) => `${key}=${labels[key]}`), ...last].join(',');
}
