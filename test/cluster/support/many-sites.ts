import { site } from './objects.ts';
import type { Pod } from './pods.ts';
import type { Question } from './traffic.ts';

export interface ManySites {
  readonly objects: readonly object[];
  /** One for each site. */
  readonly questions: readonly Question[];
}

/** `stem-0.test` and so on, each an Ingress, a Service and an EndpointSlice of its own; the pods take turns. */
export function manySites(stem: string, count: number, pods: readonly Pod[]): ManySites {
  const objects: object[] = [];
  const questions: Question[] = [];
  for (let i = 0; i < count; i++) {
    const pod = pods[i % pods.length];
    const host = `${stem}-${i}.test`;
    objects.push(...site(`${stem}-${i}`, host, [pod]));
    questions.push({ host, pods: [pod.name] });
  }
  return { objects, questions };
}
