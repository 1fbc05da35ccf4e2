/** What a collector's pages, gauges and desks need of whoever runs the engine. */
import type { StateView } from '../contract/step.ts';
import type { CaseBook } from './case-book.ts';

/** A host. `EmbeddedHost` is one; so is `KafkaHost`, which knows the state of its own partitions only. */
export interface CollectorHost {
  readonly book: CaseBook;
  /** Next log sequence to read; of no meaning where the log is not this process's. */
  readonly position: number;
  readonly checkpointPosition: number;
  readonly engine: {
    /** Sealed up to here, epoch ms; -Infinity before. */
    readonly watermarkMs: number;
    /** Time of the newest entry, epoch ms. */
    readonly nowMs: number;
    readonly operators: readonly { readonly leftOut: ReadonlyMap<string, number> }[];
    /** State of a key; undefined before its first message and where another collector holds it. */
    view(operator: string, tenant: string, key: string): StateView | undefined;
    readonly publication: { publicCaseId(caseId: string): string; engineCaseIds(publicId: string): string[] };
  };
  /** True when this collector and no other may do for a tenant what must happen once. */
  mayAct(tenant: string): boolean;
  run(signal: AbortSignal): Promise<void>;
  catchUp(): Promise<void>;
}
