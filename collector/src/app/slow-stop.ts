/** Says what keeps a stop waiting, before it is cut short: a source whose peer does not let go, a sink in the middle of a request. */
import type { Surroundings } from '../contract/component.ts';

/** A clean stop takes no longer than this as a rule. */
const noticeMs = 3_000;
const namesMax = 10;

/** What runs side by side and must end. */
export class SlowStop {
  readonly #around: Pick<Surroundings, 'sleep' | 'log'>;
  readonly #running = new Map<Promise<void>, string>();
  readonly #ended = new AbortController();

  constructor(around: Pick<Surroundings, 'sleep' | 'log'>) {
    this.#around = around;
  }

  /** Remembers the work under a name for the operator until it ends; gives it back. */
  track(name: string, work: Promise<void>): Promise<void> {
    this.#running.set(work, name);
    const forget = (): void => void this.#running.delete(work);
    work.then(forget, forget);
    return work;
  }

  /** Waits from the moment `signal` aborts; what is still running after three seconds is named once, unless `end` was called. */
  watch(signal: AbortSignal): void {
    const begin = async (): Promise<void> => {
      await this.#around.sleep(noticeMs, this.#ended.signal);
      const names = [...this.#running.values()];
      if (names.length === 0) return;
      const more = names.length > namesMax ? ` and ${names.length - namesMax} more` : '';
      this.#around.log(
        'info',
        `the stop waits for ${names.slice(0, namesMax).join(', ')}${more}; nothing is lost if it is cut short`,
      );
    };
    const quietly = (): void => void begin().catch(() => undefined);
    if (signal.aborted) quietly();
    else signal.addEventListener('abort', quietly, { once: true });
  }

  /** The stop is over. */
  end(): void {
    this.#ended.abort();
  }
}
