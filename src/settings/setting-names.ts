import type { SettingKey } from './setting-table.ts';

const words = (key: string): readonly string[] => key.split(/(?=[A-Z])/).map((word) => word.toLowerCase());

/** `headTimeoutMs` → `head-timeout-ms` */
export const flagOf = (key: SettingKey): string => words(key).join('-');

/** `headTimeoutMs` → `KOMAINU_HEAD_TIMEOUT_MS` */
export const variableOf = (key: SettingKey): string => `KOMAINU_${words(key).join('_').toUpperCase()}`;
