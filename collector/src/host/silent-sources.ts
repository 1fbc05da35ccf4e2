/**
 * Which sources were silent at each place of the log. The answer depends on the order of entries alone, so that a log read
 * again from a checkpoint, which remembers the place, gives the notices it gave the first time.
 */
import type { SourceIdentity } from '../contract/component.ts';

interface Turn {
  readonly sequence: number;
  readonly isSilent: boolean;
}

/** Keys of sources and whether each was silent, as a checkpoint keeps them. */
export type SilenceSnapshot = readonly (readonly [key: string, isSilent: boolean])[];

function keyOf({ tenant, kind, id }: SourceIdentity): string {
  return `${tenant}|${kind}|${id}`;
}

/** Turns from speaking to silence and back, by log sequence. */
export class SilentSources {
  readonly #turns = new Map<string, Turn[]>();

  /** The entry at `sequence` says that a source fell silent or speaks. */
  note(source: SourceIdentity, sequence: number, isSilent: boolean): void {
    const key = keyOf(source);
    const turns = this.#turns.get(key) ?? [];
    if (turns.length === 0) this.#turns.set(key, turns);
    const last = turns.at(-1);
    if (last?.isSilent === isSilent || (last !== undefined && last.sequence > sequence)) return;
    turns.push({ sequence, isSilent });
  }

  /** Whether a source was silent before the entry at `sequence`. */
  before(source: SourceIdentity, sequence: number): boolean {
    const turns = this.#turns.get(keyOf(source));
    return turns?.findLast((turn) => turn.sequence < sequence)?.isSilent === true;
  }

  /** State before the entry at `position`, from which reading will begin; earlier turns are forgotten. */
  snapshotAt(position: number): SilenceSnapshot {
    const snapshot: (readonly [string, boolean])[] = [];
    for (const [key, turns] of this.#turns) {
      const at = turns.findLastIndex((turn) => turn.sequence < position);
      if (at > 0) turns.splice(0, at);
      const last = turns[0];
      if (last !== undefined && last.sequence < position) snapshot.push([key, last.isSilent]);
    }
    return snapshot;
  }

  /** Puts back what `snapshotAt` gave. */
  restore(snapshot: SilenceSnapshot): void {
    for (const [key, isSilent] of snapshot) this.#turns.set(key, [{ sequence: -1, isSilent }]);
  }
}
