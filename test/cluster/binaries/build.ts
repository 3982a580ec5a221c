import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const source = import.meta.dirname;
const KUBERNETES = /\tk8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)\n/.exec(readFileSync(join(source, 'go.mod'), 'utf8'))!;

export const programNames = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl', 'helm'] as const;
export type ProgramName = (typeof programNames)[number];

/** What is missing, in one sentence. */
export class ProgramsMissing extends Error {
  override readonly name = 'ProgramsMissing';
}

/**
 * The folder with the programs: `KUBEBUILDER_ASSETS` where that is set, else the one in the cache, built now if it is
 * not there. Any number of callers may ask at once; one of them builds.
 */
export async function programsFolder(say: (line: string) => void): Promise<string> {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets !== undefined && assets !== '') return checkedAssets(assets);
  const folder = join(cacheFolder(), cacheKey(goVersion()));
  if (!existsSync(folder)) {
    say('building kube-apiserver and etcd once: 5 minutes on two cores');
    await build(folder);
  }
  return folder;
}

function checkedAssets(folder: string): string {
  for (const name of ['etcd', 'kube-apiserver']) {
    if (!existsSync(join(folder, name))) throw new ProgramsMissing(`there is no ${name} in KUBEBUILDER_ASSETS`);
  }
  return folder;
}

const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'komainu-cluster');

function goVersion(): string {
  try {
    return execFileSync('go', ['env', 'GOVERSION'], { cwd: source, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    throw new ProgramsMissing('there is no go 1.26 to build kube-apiserver with, and KUBEBUILDER_ASSETS is not set');
  }
}

function cacheKey(version: string): string {
  const hash = createHash('sha256').update(version);
  for (const name of ['main.go', 'go.mod', 'go.sum']) hash.update(readFileSync(join(source, name)));
  return `${KUBERNETES[1]}-${hash.digest('hex').slice(0, 12)}`;
}

/** $1: where the folder is to appear, whole; $2: the linker's flags; $3: a folder beside it; the rest are names. */
const script = `
set -e
folder=$1 flags=$2 beside=$3
shift 3
test ! -e "$folder" || exit 0
go build -trimpath -ldflags "$flags" -o "$beside/cluster" .
for name; do ln -s cluster "$beside/$name"; done
mv -T "$beside" "$folder"
`;

/** Under a lock that the kernel lets go of when its holder ends: one builds, the others wait for it. */
async function build(folder: string): Promise<void> {
  mkdirSync(cacheFolder(), { recursive: true });
  const beside = mkdtempSync(`${folder}.`);
  const words = ['sh', '-c', script, 'sh', folder, linkerFlags(), beside, ...programNames];
  try {
    await run('flock', [join(cacheFolder(), 'lock'), ...words]);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** Clients look at the version that the server says it is. */
function linkerFlags(): string {
  const versions = { gitVersion: KUBERNETES[1], gitMajor: KUBERNETES[2], gitMinor: KUBERNETES[3] };
  const stamps = Object.entries(versions).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ['-s', '-w', ...stamps].join(' ');
}

function run(command: string, args: readonly string[]): Promise<void> {
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
  const child = spawn(command, args, { cwd: source, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes) => {
    said += bytes;
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new ProgramsMissing(`${command} cannot be run: ${error.message}`)));
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new ProgramsMissing(`kube-apiserver cannot be built: ${said.trim().split('\n').at(-1)}`));
    });
  });
}
