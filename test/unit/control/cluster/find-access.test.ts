import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StartupError } from '../../../../src/base/startup-error.ts';
import { type AccessQuestion, findAccess } from '../../../../src/control/cluster/find-access.ts';
import { scratchDir } from '../../../support/kubeconfig.ts';

const nowhere = '/nowhere/serviceaccount';
const question = (more: Partial<AccessQuestion>): AccessQuestion => ({
  ...{ kubeconfig: undefined, context: undefined, env: {}, serviceAccountDir: nowhere },
  ...more,
});

const yaml = (name: string, user = '{}'): string => `
apiVersion: v1
kind: Config
current-context: ${name}
contexts:
- {name: ${name}, context: {cluster: ${name}, user: ${name}}}
clusters:
- {name: ${name}, cluster: {server: "https://${name}.example:6443/", certificate-authority: ca/${name}.crt}}
users:
- name: ${name}
  user: ${user}
`;

function file(text: string, name = 'config', dir = scratchDir()): string {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const sentence = (more: Partial<AccessQuestion>): string => {
  try {
    findAccess(question(more));
  } catch (error) {
    if (error instanceof StartupError) return error.message;
    throw error;
  }
  return 'found';
};

test('relative files of a kubeconfig stand beside it', () => {
  const path = file(yaml('a', '{tokenFile: t/token, client-certificate: /abs/c.crt, client-key: k.key}'));
  const dir = join(path, '..');
  expect(findAccess(question({ kubeconfig: path }))).toMatchObject({
    server: 'https://a.example:6443',
    ca: { file: join(dir, 'ca/a.crt') },
    user: {
      token: { file: join(dir, 't/token') },
      certificate: { file: '/abs/c.crt' },
      key: { file: join(dir, 'k.key') },
    },
  });
});

test('data in the kubeconfig win over files, and tokens keep their zeros', () => {
  const data = Buffer.from('PEM').toString('base64');
  const path = file(yaml('a', `{token: 00123, client-key: k, client-key-data: ${data}}`));
  expect(findAccess(question({ kubeconfig: path })).user).toMatchObject({
    token: { text: '00123' },
    key: { text: 'PEM' },
  });
});

test('of several files in $KUBECONFIG the first that says something counts, and absent ones are passed over', () => {
  const [a, b] = [file(yaml('a')), file(yaml('b'))];
  const env = { KUBECONFIG: `/not/there:${a}:${b}` };
  expect(findAccess(question({ env })).server).toBe('https://a.example:6443');
  const other = findAccess(question({ env, context: 'b' }));
  expect(other).toMatchObject({ server: 'https://b.example:6443', ca: { file: join(b, '..', 'ca/b.crt') } });
});

test('a named file wins over $KUBECONFIG, and that over ~/.kube/config', () => {
  const [a, b] = [file(yaml('a')), file(yaml('b'))];
  const home = scratchDir();
  file(yaml('c'), 'config', join(home, '.kube'));
  expect(findAccess(question({ kubeconfig: a, env: { KUBECONFIG: b, HOME: home } })).server).toContain('a.example');
  expect(findAccess(question({ env: { KUBECONFIG: b, HOME: home } })).server).toContain('b.example');
  expect(findAccess(question({ env: { HOME: home } })).server).toContain('c.example');
});

test.each([
  ['10.96.0.1', 'https://10.96.0.1:443'],
  ['fd00::1', 'https://[fd00::1]:443'],
])('a pod at %s uses its service account', (host, server) => {
  const dir = scratchDir();
  file('token', 'token', dir);
  file('ca', 'ca.crt', dir);
  const env = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: '443' };
  expect(findAccess(question({ env, serviceAccountDir: dir }))).toMatchObject({
    ...{ server, ca: { file: join(dir, 'ca.crt') }, insecure: false },
    user: { token: { file: join(dir, 'token') } },
  });
});

test('an exec plugin is read whole', () => {
  const exec = `{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/get, args: [a, 1], env: [{name: X, value: "1"}], provideClusterInfo: true}}`;
  const path = file(yaml('a', exec));
  expect(findAccess(question({ kubeconfig: path })).user.exec).toEqual({
    ...{ apiVersion: 'client.authentication.k8s.io/v1', command: join(path, '..', 'bin/get'), args: ['a', '1'] },
    ...{ env: { X: '1' }, provideClusterInfo: true },
  });
});

test('nulls that tools write say nothing', () => {
  const path = file(yaml('a', '{exec: {command: get, args: null, env: null}, token: null}'));
  expect(findAccess(question({ kubeconfig: path })).user).toMatchObject({
    token: undefined,
    exec: { command: 'get', args: [], env: {} },
  });
});

test('without any configuration one sentence says what was looked for', () => {
  expect(sentence({ env: { HOME: '/home/nobody' } })).toBe(
    `There is no way to a cluster: $KUBECONFIG is not set, /home/nobody/.kube/config is not there, and this is no pod with a service account (${nowhere}).`,
  );
  expect(sentence({})).toContain('neither $KUBECONFIG nor $HOME is set');
  expect(sentence({ env: { KUBECONFIG: '/a:/b' } })).toContain('no file of $KUBECONFIG (/a:/b) is there');
});

test.each([
  ['users: [', 'is no YAML'],
  ['just text', 'is no mapping'],
  ['contexts: []', 'has no current-context'],
  ['current-context: x', 'has no context "x"'],
  [yaml('a').replace('cluster: a,', 'cluster: b,'), 'has no cluster "b"'],
  [yaml('a').replace('user: a}', 'user: b}'), 'has no user "b"'],
  [yaml('a').replace('https://', 'ftp://'), 'has a cluster whose server is no http(s) address'],
  [
    yaml('a').replace('certificate-authority: ', 'proxy-url: "ssh://u:secret@p", x: '),
    'proxy-url is no http, https or socks5 address',
  ],
])('a kubeconfig that cannot be used is refused in one sentence (%#)', (text, problem) => {
  const path = file(text);
  const message = sentence({ kubeconfig: path });
  expect(message).toContain(`The kubeconfig ${path} cannot be used: it `);
  expect(message).toContain(problem);
  expect(message).not.toContain('secret');
});

test('a file that a person named and that is not there is named', () => {
  expect(sentence({ kubeconfig: '/not/there' })).toContain('The kubeconfig /not/there cannot be read: ENOENT');
});
