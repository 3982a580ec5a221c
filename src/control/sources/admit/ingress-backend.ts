import type { IngressBackend, Problem } from '../../../model/objects.ts';
import { dnsLabel, portName, portNumber } from './names.ts';
import { problemsOf } from './problems.ts';
import { anything, shape, text } from './shapes.ts';

const backendSchema = shape({ service: anything, resource: anything });
const serviceSchema = shape({ name: dnsLabel, port: shape({ name: text.nullish(), number: anything }) });

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** The Service that takes the requests; undefined, and a problem, where none is named as it must be. */
export function readBackend(raw: unknown, field: string, problems: Problem[]): IngressBackend | undefined {
  const checked = backendSchema.safeParse(raw);
  if (!checked.success) return refuse(problems, problemsOf(checked.error, raw, field));
  const { service, resource } = checked.data;
  if (isGiven(resource)) {
    const message = `${field}.resource is not supported; a backend must name a service`;
    return refuse(problems, [{ field: `${field}.resource`, message }]);
  }
  const named = serviceSchema.safeParse(service);
  if (!named.success) return refuse(problems, problemsOf(named.error, service, `${field}.service`));
  const port = readPort(named.data.port, `${field}.service.port`, problems);
  return port === undefined ? undefined : { service: named.data.name, port };
}

/** As for the API server '' is no name and 0 no number. */
function readPort(
  port: { readonly name?: string | null | undefined; readonly number?: unknown },
  field: string,
  problems: Problem[],
): string | number | undefined {
  const hasName = isGiven(port.name) && port.name !== '';
  const hasNumber = isGiven(port.number) && port.number !== 0;
  if (hasName === hasNumber) {
    const found = hasName ? 'has a name and a number' : 'has neither name nor number';
    return refuse(problems, [{ field, message: `${field} ${found}; it must have one of them` }]);
  }
  const checked = hasName ? portName.safeParse(port.name) : portNumber.safeParse(port.number);
  if (checked.success) return checked.data;
  const [value, at] = hasName ? [port.name, `${field}.name`] : [port.number, `${field}.number`];
  return refuse(problems, problemsOf(checked.error, value, at));
}

function refuse(problems: Problem[], found: readonly Problem[]): undefined {
  problems.push(...found);
  return undefined;
}
