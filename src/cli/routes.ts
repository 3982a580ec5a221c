import { refText } from '../model/refusal.ts';
import { fetchRoutes, readAdminUrl } from './admin-client.ts';
import { warningText } from './check.ts';
import { columns } from './columns.ts';
import type { RunCommand, Terminal } from './command.ts';
import { exitCode } from './exit-codes.ts';
import { type RuleReport, ruleReport } from './explanation.ts';
import { loadRoutes } from './load-routes.ts';
import { settingsOrExit } from './load-settings.ts';

/** A rule of a running process: it does not tell files. */
type Route = Omit<RuleReport, 'file'> & { readonly file?: string };

export const run: RunCommand = async (call, terminal) => {
  const [admin] = call.flags.get('admin') ?? [];
  const json = call.flags.has('json');
  if (admin !== undefined) return ofProcess(admin, json, terminal);
  const settings = settingsOrExit(call, terminal);
  if (typeof settings === 'number') return settings;
  const loaded = await loadRoutes(settings);
  for (const warning of loaded.warnings) terminal.err(`komainu: ${warningText(warning)}`);
  print(
    loaded.rules.map((rule) => ruleReport(rule, loaded)),
    json,
    terminal,
  );
  return exitCode.done;
};

async function ofProcess(admin: string, json: boolean, terminal: Terminal): Promise<number> {
  const url = readAdminUrl(admin);
  if (url === undefined) {
    terminal.err(`komainu: --admin ${admin}: must be a URL such as http://127.0.0.1:9090`);
    return exitCode.usage;
  }
  const running = await fetchRoutes(url).catch((error: Error) => error);
  if (running instanceof Error) {
    terminal.err(`komainu: ${running.message}`);
    return exitCode.unavailable;
  }
  const routes = running.routes.map((route) => ({ ...route, endpoints: running.endpoints.get(route.backend) ?? [] }));
  print(routes, json, terminal, running.out);
  return exitCode.done;
}

function print(routes: readonly Route[], json: boolean, terminal: Terminal, out?: ReadonlySet<string>): void {
  terminal.out(json ? JSON.stringify({ routes }, null, 2) : routeLines(routes, out).join('\n'));
}

const HEAD = ['HOST', 'PATH', 'KIND', 'BACKEND', 'ENDPOINTS', 'OWNER'];
const ENDPOINTS_SHOWN = 3;

/** `out`: endpoints that are left out now. */
export function routeLines(routes: readonly Route[], out: ReadonlySet<string> = new Set()): string[] {
  return columns([HEAD, ...routes.map((route) => routeRow(route, out))]);
}

const kinds = { exact: 'Exact', prefix: 'Prefix', default: 'default' } as const;

function routeRow(route: Route, out: ReadonlySet<string>): string[] {
  const { host, path, pathKind, backend, endpoints, owner, file } = route;
  const pathShown = pathKind === 'default' ? '*' : path === '' ? '/' : path;
  const ownerShown = file ? `${refText(owner)} (${file})` : refText(owner);
  return [host === '' ? '*' : host, pathShown, kinds[pathKind], backend, endpointsShown(endpoints, out), ownerShown];
}

function endpointsShown(endpoints: readonly string[], out: ReadonlySet<string>): string {
  if (endpoints.length === 0) return 'none';
  const more = endpoints.length - ENDPOINTS_SHOWN;
  const shown = endpoints.slice(0, ENDPOINTS_SHOWN).map((text) => (out.has(text) ? `${text} (out)` : text));
  return shown.join(',') + (more > 0 ? ` and ${more} more` : '');
}
