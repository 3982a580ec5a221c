import { type Resource, resources } from '../../cluster/resources.ts';
import { Reflector } from './reflector.ts';
import type { Delta, ReflectorReport } from './reflector-parts.ts';
import type { ScopeParts } from './scope.ts';

export interface FollowParts extends Pick<ScopeParts, 'api' | 'clock' | 'dice' | 'log' | 'stirred'> {
  readonly selector: string;
  /** After the first whole list, also where it is empty, and after each change. */
  readonly changed: (names: ReadonlySet<string>) => void;
}

export const namespaceResource: Resource = resources.namespace;

/** The namespaces with certain labels, as they come, go and change theirs. */
export class FollowedNamespaces {
  readonly #reflector: Reflector<string>;
  readonly #names = new Set<string>();

  constructor({ selector, changed, stirred, ...rest }: FollowParts) {
    this.#reflector = new Reflector<string>({
      ...rest,
      resource: namespaceResource,
      namespace: undefined,
      labelSelector: selector,
      keep: ({ metadata }) => metadata.name,
      weigh: () => 1,
      sink: {
        apply: ({ put, remove }: Delta<string>) => {
          for (const { name } of remove) this.#names.delete(name);
          for (const name of put) this.#names.add(name);
          changed(this.#names);
        },
      },
      onState: stirred,
    });
  }

  start(): void {
    this.#reflector.start();
  }

  stop(): Promise<void> {
    return this.#reflector.stop();
  }

  report(): ReflectorReport {
    return this.#reflector.report();
  }
}
