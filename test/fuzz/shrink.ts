const LIMIT_MS = 5000;

/** A short text that still fails: pieces are left out, large ones first, as long as that is so. */
export function shrunk(input: string, fails: (candidate: string) => boolean): string {
  let text = input;
  const until = performance.now() + LIMIT_MS;
  if (!fails(text)) return text; // only with the very dice of its run
  for (let size = text.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < text.length && performance.now() < until; ) {
      const shorter = text.slice(0, at) + text.slice(at + size);
      if (shorter !== text && fails(shorter)) text = shorter;
      else at += size;
    }
  }
  return text;
}
