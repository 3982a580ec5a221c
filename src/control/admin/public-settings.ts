const SECRET_KEY = /(password|passphrase|secret|token|credentials?|private_?key)$/i;
const REDACTED = '[redacted]';

/**
 * Settings as they may be shown: what is called a secret stands for itself, and so does the user part of a URL. Values
 * that know how to print themselves (`toJSON`) do so.
 */
export function publicSettings(settings: object): unknown {
  return JSON.parse(JSON.stringify(settings, redact));
}

function redact(key: string, value: unknown): unknown {
  if (SECRET_KEY.test(key) && value !== undefined && value !== null) return REDACTED;
  if (typeof value === 'string') return value.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${REDACTED}@`);
  return value;
}
