import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export const FILE_LIMIT_BYTES = 4 * 1024 * 1024;

export type ManifestRead =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** The bytes of one file, never more than the limit; never rejects. */
export async function readManifest(path: string): Promise<ManifestRead> {
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK a named pipe put in the file's place would hold a thread of the pool for ever.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await readHandle(handle);
  } catch (error) {
    return readFailure(error);
  } finally {
    await handle?.close();
  }
}

/** What a failed call says of the file: gone, or there and unreadable. */
export function readFailure(error: unknown): Exclude<ManifestRead, { kind: 'bytes' }> {
  const code = (error as NodeJS.ErrnoException).code ?? 'error';
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'gone' };
  return { kind: 'unreadable', problem: problems[code] ?? `reading failed with ${code}` };
}

const problems: Record<string, string> = {
  EACCES: 'the permission is missing',
  EPERM: 'the permission is missing',
  ELOOP: 'its links lead round in a circle',
  ENAMETOOLONG: 'its path is too long',
};

async function readHandle(handle: FileHandle): Promise<ManifestRead> {
  const stats = await handle.stat();
  if (!stats.isFile()) return { kind: 'unreadable', problem: 'it is no regular file' };
  // One byte more than expected, so that a file that grew or says size 0 is still read to its end.
  let bytes = Buffer.allocUnsafe(Math.min(stats.size, FILE_LIMIT_BYTES) + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    length += bytesRead;
    if (length > FILE_LIMIT_BYTES) return { kind: 'unreadable', problem: 'it is larger than 4 MiB' };
    if (bytesRead === 0) return { kind: 'bytes', bytes: bytes.subarray(0, length) };
    if (length === bytes.length) bytes = grown(bytes);
  }
}

const grown = (bytes: Buffer): Buffer<ArrayBuffer> =>
  Buffer.concat([bytes], Math.min(FILE_LIMIT_BYTES + 1, Math.max(4096, bytes.length * 2)));
