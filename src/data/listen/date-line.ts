/** `Date` as answers say it (RFC 9110, 5.6.7), made once a second and thread. */
let second = -1;
let text = '';
let line = Buffer.alloc(0);

function refresh(): void {
  const now = Math.floor(Date.now() / 1000);
  if (now === second) return;
  second = now;
  text = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
  line = Buffer.from(text);
}

/** The whole line. */
export function dateLine(): Buffer {
  refresh();
  return line;
}

export function dateText(): string {
  refresh();
  return text;
}
