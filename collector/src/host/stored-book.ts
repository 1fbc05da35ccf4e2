/** The book as the last checkpoint has it, for programs that read a data directory without running the engine. */
import type { CheckpointStore } from '../log/checkpoint-store.ts';
import { CaseBook } from './case-book.ts';

const bookRow = '@book\u0001';

/** Cases, findings, scores and evidence of the engine's last checkpoint; empty when there is none. */
export function readStoredBook(checkpoints: CheckpointStore): CaseBook {
  const book = new CaseBook();
  for (const [name, value] of checkpoints.rows('engine'))
    if (name.startsWith(bookRow)) book.restore(name.slice(bookRow.length), value);
  return book;
}
