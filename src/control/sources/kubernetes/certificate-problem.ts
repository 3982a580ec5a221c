import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Secret } from '../../../model/objects.ts';

/** Objects are never edited, so each is looked at once: it takes about a millisecond. */
const known = new WeakMap<Secret, string>();

/** Why nothing can be served with it; undefined when it can. Quotes nothing of it. */
export function certificateProblem(secret: Secret): string | undefined {
  let problem = known.get(secret);
  if (problem === undefined) {
    problem = findProblem(secret) ?? '';
    known.set(secret, problem);
  }
  return problem === '' ? undefined : problem;
}

function findProblem({ certificate, key }: Secret): string | undefined {
  const first = parsed(() => new X509Certificate(certificate));
  if (first === undefined) return 'its tls.crt cannot be read as a certificate';
  const own = parsed<KeyObject>(() => createPrivateKey(Buffer.from(key.reveal())));
  if (own === undefined) return 'its tls.key cannot be read as a private key without a passphrase';
  return first.checkPrivateKey(own) ? undefined : 'its tls.key does not belong to the first certificate of its tls.crt';
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
