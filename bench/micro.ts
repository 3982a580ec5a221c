import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Runs every program of a folder, one after the other, each in a process of its own so that none warms up the code of the next.
 * `output`: the file descriptor that gets what they print. Throws when one fails or `signal` aborts.
 */
export async function runMicro(folder: string, output: 1 | 2, signal: AbortSignal): Promise<void> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  for (const file of files.sort()) {
    const child = spawn(process.execPath, [join(folder, file)], { stdio: ['ignore', output, 2], signal });
    const how = await new Promise<string | number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, killed) => resolve(killed ?? code));
    });
    if (how !== 0) throw new Error(`bench/micro/${file} ended with ${how}`);
  }
}
