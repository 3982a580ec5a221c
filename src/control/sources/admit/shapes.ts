import { z } from 'zod';
import { dnsLabel, dnsName, portNumber } from './names.ts';

/** Shapes that several kinds share. As with the API server null counts as left out, and unknown fields are ignored. */

export const text = z.string({ error: 'must be a text (quote it)' });
/** Checked by whoever reads it; may be left out. */
export const anything = z.unknown().optional();
export const yesOrNo = z.boolean({ error: 'must be true or false' });
export const listOf = <T extends z.ZodType>(item: T) => z.array(item, { error: 'must be a list' });
export const anyList = listOf(anything);
export const shape = <T extends z.ZodRawShape>(fields: T) => z.object(fields, { error: 'must be an object' });
export const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

const texts = z.record(z.string(), text, { error: 'must be an object' });

/** YAML 1.1 reads a time without quotes as a date. */
const TIME_RULE = { error: 'must be a time such as 2026-01-31T12:00:00Z' };
const time = z.union([z.date(TIME_RULE), z.iso.datetime({ offset: true, ...TIME_RULE })], TIME_RULE);

export const metadata = shape({
  name: dnsName,
  namespace: dnsLabel.nullish(),
  uid: text.nullish(),
  resourceVersion: text.nullish(),
  creationTimestamp: time.nullish(),
  labels: texts.nullish(),
  annotations: texts.nullish(),
});

export const protocol = oneOf(['TCP', 'UDP', 'SCTP']);
export const numberOrText = z.union([portNumber, z.string()], { error: 'must be a port number or a port name' });
