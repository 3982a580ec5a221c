import type { Case } from './case.ts';
import { classCases } from './cases/classes.ts';
import { conformanceCases } from './cases/conformance.ts';
import { defaultBackendCases } from './cases/default-backends.ts';
import { endpointCases } from './cases/endpoints.ts';
import { hostCases } from './cases/hosts.ts';
import { pathCases } from './cases/paths.ts';
import { serviceCases } from './cases/services.ts';
import { tlsCases } from './cases/tls.ts';
import { updateCases } from './cases/updates.ts';
import { validationCases } from './cases/validation.ts';

/** By subject. */
export const caseTables: Readonly<Record<string, readonly Case[]>> = {
  paths: pathCases,
  hosts: hostCases,
  'default backends': defaultBackendCases,
  classes: classCases,
  services: serviceCases,
  endpoints: endpointCases,
  TLS: tlsCases,
  updates: updateCases,
  validation: validationCases,
  conformance: conformanceCases,
};
