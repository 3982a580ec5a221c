import { request } from 'node:http';

const TIMEOUT_MS = 10_000;

export interface Question {
  readonly method: string;
  /** In the place of the URL's own; `fetch` cannot say another. */
  readonly host?: string;
  readonly body?: string;
}

/** The body that answers one request. Throws for another status than 200. */
export function ask(url: URL, { method, host = url.host, body = '' }: Question): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { Host: host, 'Content-Length': Buffer.byteLength(body) };
    const asked = request(url, { method, headers, timeout: TIMEOUT_MS, agent: false }, async (answer) => {
      const text = (await answer.setEncoding('utf8').toArray()).join('');
      if (answer.statusCode === 200) resolve(text);
      else reject(new Error(`${method} ${url.href} for ${host} is answered ${answer.statusCode}: ${text}`));
    });
    asked.once('timeout', () => asked.destroy(new Error(`${method} ${url.href} has no answer after ${TIMEOUT_MS} ms`)));
    asked.once('error', reject);
    asked.end(body);
  });
}
