import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../bench/programs.ts';

const missing = findProgram('openssl') === undefined;

/** Tests that need certificates; named as skipped where openssl is not installed, which CI counts as a failure. */
export const certificates = {
  skipped: missing && process.env.CI !== 'true',
  why: missing ? ' (skipped: openssl is not installed)' : '',
};

export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate authority of a test's own, made by openssl. */
export class Authority {
  readonly cert: string;
  readonly certFile: string;
  readonly #dir = mkdtempSync(join(tmpdir(), 'komainu-ca-'));
  #serial = 0;

  constructor(name: string) {
    this.certFile = join(this.#dir, 'ca.crt');
    this.#run(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
    );
    this.cert = readFileSync(this.certFile, 'utf8');
  }

  /** @param altNames `IP:127.0.0.1,DNS:api.internal` */
  issue(name: string, altNames: string): CertifiedKey {
    const file = `${++this.#serial}`;
    writeFileSync(join(this.#dir, `${file}.ext`), `subjectAltName=${altNames}\n`);
    this.#run(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${file}.key`,
      '-out',
      `${file}.csr`,
    );
    this.#run(
      'x509',
      '-req',
      '-in',
      `${file}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      `${file}.ext`,
      '-out',
      `${file}.crt`,
    );
    const [certFile, keyFile] = [join(this.#dir, `${file}.crt`), join(this.#dir, `${file}.key`)];
    return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  }

  #run(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#dir, stdio: 'pipe' });
  }
}
