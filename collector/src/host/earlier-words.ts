/** What a life before this one told the outside after its last checkpoint: read back, so that nothing of it stays uncorrected. */
import type { Signal } from '../contract/component.ts';
import type { Case } from '../contract/case.ts';
import type { Finding } from '../contract/finding.ts';
import type { Publication } from '../engine/publication.ts';
import type { Published } from '../engine/statement.ts';
import type { SignalLog } from '../log/signal-log.ts';

const readBytes = 1024 * 1024;

function publishedOf({ kind, body }: Signal): Published | undefined {
  if (kind === 'finding') return { kind, finding: body as Finding };
  return kind === 'case' ? { kind, case: body as Case } : undefined;
}

/** Reads the tail of the signal log once, and says where the next life must begin to read. */
export class EarlierWords {
  #isRead = false;
  readonly #from: number;

  /** `from`: end of the signal log at the checkpoint this life began with. */
  constructor(from: number) {
    this.#from = from;
  }

  /** Hands the publication what stands behind the checkpoint; `before`: the word of the checkpoint itself under an id. Once. */
  async recall(
    signals: SignalLog,
    publication: Publication,
    before: (statement: Published) => Published | undefined,
  ): Promise<void> {
    if (this.#isRead) return;
    for (let position = this.#from; position < signals.end;) {
      const batch = await signals.read(position, readBytes);
      for (const { signal } of batch.signals) {
        const said = publishedOf(signal);
        if (said !== undefined) publication.recall(said, signal.timeMs, before(said));
      }
      if (batch.next <= position) break;
      position = batch.next;
    }
    this.#isRead = true;
  }

  /** What a checkpoint made now must remember as the end of what it knows. */
  endFor(signals: SignalLog, publication: Publication): number {
    return this.#isRead && !publication.hasRecalled ? signals.end : this.#from;
  }
}
