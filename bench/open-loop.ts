/**
 * Requests at a fixed rate to one URL; those of the first second do not count. Prints one line of JSON: what `parseOpenLoopReport` reads.
 *
 *   node bench/open-loop.ts URL RATE SECONDS CONNECTIONS
 */
import { requestHeaders } from './load.ts';
import { reportOf } from './open-loop-report.ts';
import { PacedLoad } from './paced-load.ts';

const WARM_UP_SECONDS = 1;

const [url = '', rateText, secondsText, connectionsText] = process.argv.slice(2);
const { hostname, port, host, pathname } = new URL(url);
const rate = Number(rateText);
const request = Buffer.from([`GET ${pathname} HTTP/1.1`, `Host: ${host}`, ...requestHeaders, '', ''].join('\r\n'));
const uncounted = Math.round(rate * WARM_UP_SECONDS);
const total = uncounted + Math.round(rate * Number(secondsText));
const load = new PacedLoad({
  host: hostname,
  port: Number(port),
  request,
  rate,
  total,
  uncounted,
  connections: Number(connectionsText),
});
console.log(JSON.stringify(reportOf(await load.run())));
