import { parseJson } from './parse-json.ts';
import { parseYaml } from './parse-yaml.ts';

export type ParsedManifest =
  | { readonly kind: 'documents'; readonly documents: readonly unknown[] }
  /** `line` and `column` count from 1. */
  | { readonly kind: 'malformed'; readonly line: number; readonly column: number; readonly problem: string };

/**
 * Text of one file → its documents, all or none: plain values without loops. Empty documents are left out. JSON is read as
 * JSON because that is fifty times as fast; what that reader does not take, YAML does, or says where it is wrong.
 */
export function parseManifest(name: string, text: string): ParsedManifest {
  const json = name.endsWith('.json') ? parseJson(text) : undefined;
  return json === undefined ? parseYaml(text) : { kind: 'documents', documents: [json] };
}
