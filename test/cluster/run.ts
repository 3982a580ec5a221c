/**
 * `npm run test:cluster [-- vitest's arguments]`: vitest in namespaces of its own. There every address of 10.244.0.0/16 can be bound
 * and reached, and by nobody else; when the run ends, or is ended, the kernel takes its processes, files and network away.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProgramsMissing, programsFolder } from './binaries/build.ts';

const isRoot = process.getuid?.() === 0;
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

const unshare = [
  ...(isRoot ? [] : ['--user', '--map-root-user']),
  ...['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
];

/**
 * $1: an empty folder for everything temporary; the rest is the command. The shell stays, to reap orphans. In /var/run a test may put
 * what a kubelet puts there.
 */
const inside = `
set -e
mount -t tmpfs komainu "$1"
mount -t tmpfs komainu "$(readlink -f /var/run)"
ip link set lo up
ip route add local 10.244.0.0/16 dev lo
if test -e /proc/net/if_inet6; then
  ip -6 route add local fd00:10:244::/64 dev lo
  echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind
fi
shift
"$@"
`;

async function main(): Promise<number> {
  try {
    const programs = await programsFolder((line) => console.log(line));
    checkNamespaces();
    return await runVitest(programs);
  } catch (error) {
    if (!(error instanceof ProgramsMissing)) throw error;
    console.log(`test:cluster is skipped: ${error.message}`);
    return process.env.CI === 'true' ? 1 : 0;
  }
}

function checkNamespaces(): void {
  const tried = spawnSync('unshare', [...unshare, 'ip', 'link', 'set', 'lo', 'up'], {
    env: { ...process.env, PATH },
    encoding: 'utf8',
  });
  if (tried.status === 0) return;
  const reason = tried.error?.message ?? tried.stderr.trim();
  throw new ProgramsMissing(`a network namespace cannot be made (${reason}); it takes root, unshare and ip`);
}

function runVitest(programs: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'komainu-cluster-'));
  const config = join(import.meta.dirname, 'vitest.config.ts');
  const vitest = ['vitest', 'run', '--config', config, ...process.argv.slice(2)];
  const child = spawn('unshare', [...unshare, 'sh', '-c', inside, 'sh', folder, ...vitest], {
    stdio: 'inherit',
    env: { ...process.env, PATH, TMPDIR: folder, KOMAINU_CLUSTER_PROGRAMS: programs },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (existsSync(folder)) rmSync(folder, { recursive: true });
      resolve(code ?? 1);
    });
  });
}

process.exitCode = await main();
