import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder inside an own, quiet parent, so that the folder itself can be moved; gone when disposed of. */
export class TempFolder implements Disposable {
  readonly parent = mkdtempSync(join(tmpdir(), 'komainu-folder-'));
  readonly path = join(this.parent, 'manifests');
  #swaps = 0;

  constructor() {
    mkdirSync(this.path);
  }

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, text: string | Uint8Array): void {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), text);
  }

  /** As a careful editor saves: a whole new file takes the name. */
  replace(name: string, text: string): void {
    const aside = join(this.parent, 'aside');
    writeFileSync(aside, text);
    renameSync(aside, this.at(name));
  }

  move(from: string, to: string): void {
    renameSync(this.at(from), this.at(to));
  }

  remove(name: string): void {
    rmSync(this.at(name), { recursive: true, force: true });
  }

  link(target: string, name: string): void {
    symlinkSync(target, this.at(name));
  }

  /** As the kubelet mounts and updates a ConfigMap: visible names lead through `..data`, which is swapped. */
  swapData(files: Readonly<Record<string, string>>): void {
    const stamp = `..2026_01_01_00_00_${this.#swaps++}`;
    for (const [name, text] of Object.entries(files)) this.write(`${stamp}/${name}`, text);
    this.link(stamp, '..data_tmp');
    this.move('..data_tmp', '..data');
    for (const old of Array.from({ length: this.#swaps - 1 }, (_, index) => index))
      this.remove(`..2026_01_01_00_00_${old}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.parent, { recursive: true, force: true });
  }
}
