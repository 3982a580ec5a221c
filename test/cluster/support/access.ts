import type { ClusterClient } from './cluster-client.ts';

export interface Question {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Whether a service account may do that (a SubjectAccessReview). */
export async function may(
  client: ClusterClient,
  account: { readonly namespace: string; readonly name: string },
  question: Question,
): Promise<boolean> {
  const answer = await client.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: `system:serviceaccount:${account.namespace}:${account.name}`,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated'],
        resourceAttributes: question,
      },
    },
  });
  if (answer.status !== 201) throw new Error(`SubjectAccessReview: ${answer.status} ${answer.text}`);
  return (JSON.parse(answer.text) as { status: { allowed: boolean } }).status.allowed;
}
