import { execFile } from 'node:child_process';
import type { ProgramName } from '../binaries/build.ts';
import { programPath } from './programs.ts';

export interface Told {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/** kubectl or helm with a kubeconfig and nothing of the developer's own; resolves whatever the exit code. */
export function runTool(
  name: ProgramName & ('kubectl' | 'helm'),
  kubeconfig: string,
  args: readonly string[],
  input = '',
): Promise<Told> {
  const home = `${kubeconfig}.home`;
  const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig };
  return new Promise((resolve) => {
    const child = execFile(programPath(name), args, { env, maxBuffer: OUTPUT_LIMIT_BYTES }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
    child.stdin!.end(input);
  });
}
