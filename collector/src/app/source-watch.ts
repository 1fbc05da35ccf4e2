/** Watches that configured sources give signs of life; a silent one is written into the log, where every replay sees it. */
import type { SourceIdentity } from '../contract/component.ts';

/** Last sign of life of a source. */
export interface SourceLife {
  readonly source: SourceIdentity;
  lastMs: number;
  silent: boolean;
}

/** Intervals without a sign of life after which a source counts as silent. */
export const silentAfterIntervals = 3;

function keyOf({ tenant, id }: SourceIdentity): string {
  return `${tenant}\n${id}`;
}

/** Keeps the last sign of life per tenant and source id: a source for all tenants lives for each of them. */
export class SourceWatch {
  readonly lives = new Map<string, SourceLife>();

  /** A heartbeat or record of a source, epoch ms. */
  sign(source: SourceIdentity, atMs: number): void {
    const life = this.lives.get(keyOf(source));
    if (life === undefined) {
      this.lives.set(keyOf(source), { source, lastMs: atMs, silent: false });
      return;
    }
    life.lastMs = Math.max(life.lastMs, atMs);
    life.silent = false;
  }

  /** Lets a silence be reported again: writing it down did not work. */
  forget({ source }: { source: SourceIdentity }): void {
    const life = this.lives.get(keyOf(source));
    if (life !== undefined) life.silent = false;
  }

  /** Sources that have just become silent at `nowMs`, each once, with the time of their last sign. */
  newlySilent(nowMs: number): { source: SourceIdentity; sinceMs: number }[] {
    const found: { source: SourceIdentity; sinceMs: number }[] = [];
    for (const life of this.lives.values()) {
      const { source, lastMs, silent } = life;
      if (silent || source.kind === 'pipeline' || nowMs - lastMs < silentAfterIntervals * source.intervalMs)
        continue;
      life.silent = true;
      found.push({ source, sinceMs: lastMs });
    }
    return found;
  }
}
