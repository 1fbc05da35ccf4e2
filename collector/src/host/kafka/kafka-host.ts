/** The engine on Kafka as a collector sees it: works on its partitions, and reads what all of them publish. */
import type { Signal, Surroundings } from '../../contract/component.ts';
import type { Case } from '../../contract/case.ts';
import type { CanonicalEvent } from '../../contract/event.ts';
import type { Finding } from '../../contract/finding.ts';
import type { ControlScore } from '../../contract/score.ts';
import type { StateView } from '../../contract/step.ts';
import type { PartitionLease } from '../../log/kafka-lease.ts';
import { CaseBook } from '../case-book.ts';
import type { CollectorHost } from '../collector-host.ts';
import type { EngineWorker } from './engine-worker.ts';
import type { PublishedReader } from './published-reader.ts';
import { partitionOf } from './stage-topics.ts';

/** Parts of the host. */
export interface KafkaHostOptions {
  readonly worker: EngineWorker;
  readonly lease: PartitionLease;
  readonly partitions: number;
  /** Follows everything published. */
  readonly reader: PublishedReader;
  /** Told what is new to the book. */
  readonly told: (signal: Signal) => void;
  readonly around: Surroundings;
}

const kinds = ['finding', 'case', 'score', 'event'] as const;
const evidenceMs = 86_400_000;

/** Host over a worker. */
export class KafkaHost implements CollectorHost {
  readonly book = new CaseBook();
  readonly #options: KafkaHostOptions;
  #followed = false;

  constructor(options: KafkaHostOptions) {
    this.#options = options;
  }

  /** Nothing of the local log is read. */
  readonly position = Number.MAX_SAFE_INTEGER;
  readonly checkpointPosition = Number.MAX_SAFE_INTEGER;

  readonly engine: CollectorHost['engine'] = this.#engine();

  #engine(): CollectorHost['engine'] {
    const worker = (): EngineWorker => this.#options.worker;
    return {
      get watermarkMs() {
        return worker().stats().sealedMs ?? -Infinity;
      },
      get nowMs() {
        return worker().stats().clockMs;
      },
      get operators() {
        return worker()
          .stageTasks()
          .map(({ sealed }) => sealed);
      },
      view: (operator, tenant, key) => this.#view(operator, tenant, key),
      publication: {
        publicCaseId: (caseId) => {
          for (const { publication } of worker().stageTasks('case')) {
            const publicId = publication.publicCaseId(caseId);
            if (publicId !== caseId) return publicId;
          }
          return caseId;
        },
        engineCaseIds: (publicId) => {
          const ids = worker()
            .stageTasks('case')
            .flatMap(({ publication }) => publication.engineCaseIds(publicId));
          return ids.length === 0 ? [publicId] : [...new Set(ids)];
        },
      },
    };
  }

  #view(operator: string, tenant: string, key: string): StateView | undefined {
    const { worker, partitions } = this.#options;
    const partition = partitionOf(key, partitions);
    return worker
      .stageTasks(operator)
      .find((task) => task.partition === partition)
      ?.view(tenant, key);
  }

  /** Cases of a tenant are decided on one partition, so whoever holds it surely acts alone. */
  mayAct(tenant: string): boolean {
    const { lease, partitions } = this.#options;
    return lease.isHeld() && lease.partitions().has(partitionOf(tenant, partitions));
  }

  /** True once everything published before the start has been read. */
  get isReady(): boolean {
    return this.#followed;
  }

  /** Lag and headroom of the partitions worked on here. */
  progress(): ReturnType<EngineWorker['progress']> {
    return this.#options.worker.progress();
  }

  catchUp(): Promise<void> {
    return Promise.resolve();
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#options.worker.run(signal), this.#follow(signal)]);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { reader, around } = this.#options;
    for (const kind of kinds) {
      // Events are only needed beside what stands on them; findings and cases are the book.
      const from = kind === 'event' ? { fromMs: around.nowMs() - evidenceMs } : 'first';
      const offsets = await reader.offsets(kind, from, signal);
      for (const [partition, offset] of offsets.entries()) reader.add({ kind, partition, offset });
    }
    while (!signal.aborted) {
      await reader.round((signals) => this.#take(signals), signal);
      if (reader.lag === 0) this.#followed = true;
    }
  }

  #take(signals: readonly Signal[]): void {
    for (const signal of signals) {
      if (!this.#isNews(signal)) continue;
      this.#options.told(signal);
    }
  }

  /** False for what the book knows in this revision or a newer one. */
  #isNews({ kind, body }: Signal): boolean {
    if (kind === 'event') {
      this.book.event(body as CanonicalEvent);
      return true;
    }
    if (kind === 'score') return this.book.takeScore(body as ControlScore);
    if (kind === 'finding') {
      const finding = body as Finding;
      const known = this.book.findings.get(finding.finding_id);
      if (known !== undefined && known.revision >= finding.revision) return false;
      this.book.take({ kind, finding });
      return true;
    }
    const found = body as Case;
    const known = this.book.cases.get(found.case_id);
    if (known !== undefined && known.revision >= found.revision) return false;
    this.book.take({ kind, case: found });
    return true;
  }
}
