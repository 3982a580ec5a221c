import { type BoundAddresses, serve } from '../main.ts';
import type { Settings } from '../settings.ts';
import type { RunCommand, Terminal } from './command.ts';
import { ECHO_PORT, type EchoBackend, startEchoBackend } from './echo-backend.ts';
import { exitCode } from './exit-codes.ts';
import { stopWithLauncher } from './launcher-channel.ts';
import { settingsOrExit } from './load-settings.ts';
import { sampleManifests } from './program.ts';

export const run: RunCommand = async (call, terminal) => {
  const settings = settingsOrExit(call, terminal);
  if (typeof settings === 'number') return settings;
  stopWithLauncher();
  const named = settings.kubernetes || settings.manifests !== undefined;
  return named ? serve(settings, {}) : serveSample(settings, terminal);
};

/** No source was named: the sample in native-config, with the backend that its manifests lead to. */
async function serveSample(settings: Settings, terminal: Terminal): Promise<number> {
  const echo = await startEchoBackend().catch((error: NodeJS.ErrnoException) => error);
  if (echo instanceof Error) {
    terminal.err(`komainu: ${echoProblem(echo)}`);
    return exitCode.unavailable;
  }
  return serveWith(echo, settings);
}

const echoProblem = (error: NodeJS.ErrnoException): string =>
  error.code === 'EADDRINUSE'
    ? `Port ${ECHO_PORT} on 127.0.0.1, where the sample's echo backend listens, is in use by another program: stop that one, or serve a folder of your own with --manifests.`
    : `The sample's echo backend cannot listen on port ${ECHO_PORT}: ${error.message}`;

async function serveWith(echo: EchoBackend, settings: Settings): Promise<number> {
  try {
    const sample = Object.freeze({ ...settings, manifests: sampleManifests() });
    return await serve(sample, { banner: sampleBanner });
  } finally {
    await echo.close();
  }
}

const urlOf = (address: string, port: number): string => {
  const everywhere = address === '::' || address === '0.0.0.0';
  const host = everywhere ? 'localhost' : address.includes(':') ? `[${address}]` : address;
  return `http://${host}:${port}`;
};

/** What to try first. */
export function sampleBanner(bound: BoundAddresses): string[] {
  const [listener] = bound.listeners;
  return [
    `Try: curl ${urlOf(listener.address, listener.port)}/ answers with what the sample's echo backend received; state: ${urlOf(bound.admin.address, bound.admin.port)}/readyz?verbose`,
    'Your own: komainu serve --manifests DIR (a folder with an Ingress and a Service), or komainu proxy --to http://127.0.0.1:3000',
  ];
}
