/** What a worker runs on one partition of one topic, and the stage of the engine as one. */
import type { KafkaMessage, KafkaRecord } from '../../contract/kafka.ts';
import { succeeded, type Outcome } from '../../contract/outcome.ts';
import type { ControlScore } from '../../contract/score.ts';
import type { StateView } from '../../contract/step.ts';
import { signalMessage } from '../../8-sink/kafka/signal-message.ts';
import { entityKey } from '../../engine/annotate-operator.ts';
import { StageTask } from './stage-task.ts';
import {
  broadcastRecords,
  earlyRecords,
  heartbeatRecords,
  messageRecords,
  previewRecords,
  readPacket,
  stageTopic,
  withdrawRecords,
  type StageLayout,
} from './stage-topics.ts';

/** A task: takes records in their order, puts out records, remembers everything in a checkpoint. */
export interface PartitionTask {
  /** Name of its checkpoints. */
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
  /** The record wanted next. */
  offset: number;
  /** How far the control topic must have been read before `settle`. */
  readonly control: number;
  /** Sealed up to here, epoch ms; -Infinity before. */
  readonly watermarkMs: number;
  /** Takes one record; fails when nobody of us wrote it. */
  take(record: KafkaRecord): Outcome<undefined> | Promise<Outcome<undefined>>;
  /** Processes what was taken; `outputs` in the order in which they must be written, all of `first` before any of them. */
  settle(outputs: KafkaMessage[], first: KafkaMessage[]): void;
  checkpoint(codeDigest: string): string;
  /** Puts a checkpoint into a fresh task; returns the digest it was written under. */
  restore(text: string): string | Promise<string>;
}

/** Score of a domain from its state and, where they are known here, its tenant's cases; undefined when the domain is not in the inventory. */
export type ScoreOf = (
  state: StateView,
  cases: StateView | undefined,
  tenant: string,
  domain: string,
  atMs: number,
) => ControlScore | undefined;

const scoredStage = 'domain';

/** Stage task with its topics. Scores are said by the stage that holds the state of domains. */
export class StagePartitionTask implements PartitionTask {
  readonly task: StageTask;
  readonly topic: string;
  readonly #layout: StageLayout;
  readonly #scoreOf: ScoreOf | undefined;
  readonly #casesOf: (tenant: string) => StateView | undefined;
  readonly #touched = new Set<string>();
  readonly #scores = new Map<string, string>();

  constructor(
    layout: StageLayout,
    task: StageTask,
    scoreOf: ScoreOf | undefined,
    casesOf: (tenant: string) => StateView | undefined,
  ) {
    this.#casesOf = casesOf;
    this.#layout = layout;
    this.task = task;
    this.topic = stageTopic(layout, task.stage);
    this.#scoreOf = this.task.sealed.operator.name === scoredStage ? scoreOf : undefined;
  }

  get name(): string {
    return this.task.name;
  }

  get partition(): number {
    return this.task.partition;
  }

  get offset(): number {
    return this.task.offset;
  }

  set offset(offset: number) {
    this.task.offset = offset;
  }

  get control(): number {
    return this.task.control;
  }

  get watermarkMs(): number {
    return this.task.watermarkMs;
  }

  take(record: KafkaRecord): Outcome<undefined> {
    const packet = readPacket(record);
    if (!packet.ok) return packet;
    this.task.take(packet.value);
    return succeeded(undefined);
  }

  settle(outputs: KafkaMessage[], first: KafkaMessage[]): void {
    const next = this.task.stage + 1;
    const layout = this.#layout;
    const isLast = next === layout.operators.length;
    const from = String(this.task.partition);
    const { prefix } = layout;
    let nowMs = this.task.watermarkMs;
    this.task.settle({
      message: (message) => outputs.push(...messageRecords(layout, next, from, message)),
      preview: (preview, before) => {
        outputs.push(...previewRecords(layout, next, from, preview, before));
        if (this.#scoreOf === undefined || preview.kind !== 'event') return;
        if (preview.event.domain !== undefined)
          this.#touched.add(entityKey(preview.tenant, preview.event.domain));
        nowMs = Math.max(nowMs, preview.ingestMs);
      },
      withdraw: (preview) => outputs.push(...withdrawRecords(layout, next, from, preview)),
      note: (note) => {
        if (!isLast) outputs.push(...broadcastRecords(layout, next, { from, note }));
      },
      annotated: (event) => {
        const timeMs = Date.parse(event.timestamp);
        outputs.push(signalMessage({ kind: 'event', key: event.event_id, timeMs, body: event }, prefix));
      },
      early: (words) => first.push(...earlyRecords(layout, this.task.stage, this.task.partition, words)),
      published: (published, timeMs) => {
        const { kind } = published;
        const body = kind === 'finding' ? published.finding : published.case;
        const id = kind === 'finding' ? published.finding.finding_id : published.case.case_id;
        const atMs = Number.isFinite(timeMs) ? timeMs : 0;
        outputs.push(signalMessage({ kind, key: `${id}.${body.revision}`, timeMs: atMs, body }, prefix));
      },
      watermark: (watermarkMs, control) => {
        if (!isLast) outputs.push(...heartbeatRecords(layout, next, from, watermarkMs, control));
      },
    });
    this.#score(nowMs, outputs);
  }

  #score(nowMs: number, outputs: KafkaMessage[]): void {
    for (const key of this.#touched) {
      const cut = key.indexOf('|');
      const [tenant, domain] = [key.slice(0, cut), key.slice(cut + 1)];
      const score = this.#scoreOf?.(
        this.task.view(tenant, key),
        this.#casesOf(tenant),
        tenant,
        domain,
        nowMs,
      );
      if (score === undefined) continue;
      const said = JSON.stringify([
        score.score,
        score.coverage,
        score.risk,
        score.risk_detail,
        score.components.map(({ reason }) => reason),
      ]);
      if (this.#scores.get(key) === said) continue;
      this.#scores.set(key, said);
      const signal = { kind: 'score', key: `${key}@${score.as_of}`, timeMs: nowMs, body: score } as const;
      outputs.push(signalMessage(signal, this.#layout.prefix));
    }
    this.#touched.clear();
  }

  checkpoint(codeDigest: string): string {
    return this.task.checkpoint(codeDigest);
  }

  restore(text: string): string {
    return this.task.restore(text).codeDigest;
  }
}
