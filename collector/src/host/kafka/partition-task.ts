/** What a worker runs on one partition of one topic, and the stage of the engine as one. */
import type { KafkaMessage, KafkaRecord } from '../../contract/kafka.ts';
import { succeeded, type Outcome } from '../../contract/outcome.ts';
import type { ControlScore } from '../../contract/score.ts';
import type { StateView } from '../../contract/step.ts';
import { signalMessage } from '../../8-sink/kafka/signal-message.ts';
import { entityKey } from '../../engine/annotate-operator.ts';
import { OwedScores } from '../owed-scores.ts';
import { StageTask } from './stage-task.ts';
import {
  broadcastRecords,
  earlyRecords,
  heartbeatRecords,
  messageRecords,
  partitionOf,
  previewRecords,
  readPacket,
  riskRecord,
  stageTopic,
  withdrawRecords,
  type DomainRisk,
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

/** Score of a domain from its state and its tenant's cases, without risk when they are not known; undefined when the domain is not in the inventory. */
export type ScoreOf = (
  state: StateView,
  cases: StateView | undefined,
  tenant: string,
  domain: string,
  atMs: number,
) => ControlScore | undefined;

/** Composite risk of a domain of the inventory from its tenant's cases; undefined: it is not in the inventory. */
export type RiskOf = (
  cases: StateView,
  tenant: string,
  domain: string,
  atMs: number,
) => Pick<DomainRisk, 'risk' | 'risk_detail'> | undefined;

/** How scores are made: what a domain's state gives, and what its tenant's cases add. */
export interface ScoreParts {
  readonly scoreOf: ScoreOf;
  readonly riskOf: RiskOf;
}

const scoredStage = 'domain';
const judgingStage = 'case';

/**
 * Stage task with its topics. Scores are said by the stage that holds the state of domains; the one that holds a tenant's
 * cases, which may be on another machine, tells it the risk.
 */
export class StagePartitionTask implements PartitionTask {
  readonly task: StageTask;
  readonly topic: string;
  readonly #layout: StageLayout;
  readonly #scoreOf: ScoreOf | undefined;
  readonly #riskOf: RiskOf | undefined;
  readonly #scoredStage: number;
  readonly #touched = new Set<string>();
  /** Of tenants with a source that fell silent or speaks again; forgotten with the task: who takes over says what events bring. */
  readonly #owed = new OwedScores();
  readonly #scores = new Map<string, string>();
  /** Newest time met, epoch ms. */
  #nowMs = -Infinity;

  constructor(layout: StageLayout, task: StageTask, scores: ScoreParts | undefined) {
    this.#layout = layout;
    this.task = task;
    this.topic = stageTopic(layout, task.stage);
    const { name } = this.task.sealed.operator;
    this.#scoreOf = name === scoredStage ? scores?.scoreOf : undefined;
    this.#riskOf = name === judgingStage ? scores?.riskOf : undefined;
    this.#scoredStage = layout.operators.findIndex((operator) => operator.name === scoredStage);
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
    if ('risk' in packet.value) {
      const { tenant, domain } = packet.value.risk;
      this.#touch(tenant, domain, packet.value.atMs);
    }
    return succeeded(undefined);
  }

  settle(outputs: KafkaMessage[], first: KafkaMessage[]): void {
    const next = this.task.stage + 1;
    const layout = this.#layout;
    const isLast = next === layout.operators.length;
    const from = String(this.task.partition);
    const { prefix } = layout;
    this.#nowMs = Math.max(this.#nowMs, this.task.watermarkMs);
    this.task.settle({
      message: (message) => outputs.push(...messageRecords(layout, next, from, message)),
      preview: (preview, before) => {
        outputs.push(...previewRecords(layout, next, from, preview, before));
        if (this.#scoreOf !== undefined && preview.kind === 'event')
          this.#touch(preview.tenant, preview.event.domain, preview.ingestMs);
      },
      withdraw: (preview) => outputs.push(...withdrawRecords(layout, next, from, preview)),
      note: (note) => {
        if (this.#scoreOf !== undefined) {
          this.#owed.owe(note.tenant);
          this.#nowMs = Math.max(this.#nowMs, note.atMs);
        }
        if (!isLast) outputs.push(...broadcastRecords(layout, next, { from, note }));
      },
      annotated: (event) => {
        const timeMs = Date.parse(event.timestamp);
        if (this.#riskOf !== undefined)
          this.#touch(event.tenant, event.domain, Date.parse(event.ingested_at));
        outputs.push(signalMessage({ kind: 'event', key: event.event_id, timeMs, body: event }, prefix));
      },
      early: (words) => first.push(...earlyRecords(layout, this.task.stage, this.task.partition, words)),
      published: (published, timeMs) => {
        const { kind } = published;
        const body = kind === 'finding' ? published.finding : published.case;
        const id = kind === 'finding' ? published.finding.finding_id : published.case.case_id;
        const atMs = Number.isFinite(timeMs) ? timeMs : 0;
        if (this.#riskOf !== undefined)
          for (const domain of body.domains) this.#touch(body.tenant, domain, atMs);
        outputs.push(signalMessage({ kind, key: `${id}.${body.revision}`, timeMs: atMs, body }, prefix));
      },
      watermark: (watermarkMs, control) => {
        if (!isLast) outputs.push(...heartbeatRecords(layout, next, from, watermarkMs, control));
      },
    });
    const owns = (key: string): boolean => partitionOf(key, layout.partitions) === this.task.partition;
    for (const key of this.#owed.take(this.task.tables.inventory.latest(), owns)) this.#touched.add(key);
    for (const key of this.#touched) {
      const cut = key.indexOf('|');
      const [tenant, domain] = [key.slice(0, cut), key.slice(cut + 1)];
      this.#judge(key, tenant, domain, outputs);
      this.#score(key, tenant, domain, outputs);
    }
    this.#touched.clear();
  }

  #touch(tenant: string, domain: string | undefined, atMs: number): void {
    if (domain === undefined) return;
    this.#touched.add(entityKey(tenant, domain));
    if (Number.isFinite(atMs)) this.#nowMs = Math.max(this.#nowMs, atMs);
  }

  /** Tells whoever holds the domain what its tenant's cases make of it, when that has changed. */
  #judge(key: string, tenant: string, domain: string, outputs: KafkaMessage[]): void {
    const judged = this.#riskOf?.(this.task.view(tenant, tenant), tenant, domain, this.#nowMs);
    const before = this.task.risks.get(key);
    if (judged === undefined || (before === undefined && judged.risk === null)) return;
    const risk: DomainRisk = { tenant, domain, ...judged };
    if (JSON.stringify(before) === JSON.stringify(risk)) return;
    this.task.risks.set(key, risk);
    const from = String(this.task.partition);
    outputs.push(riskRecord(this.#layout, this.#scoredStage, from, key, risk, this.#nowMs));
  }

  #score(key: string, tenant: string, domain: string, outputs: KafkaMessage[]): void {
    const bare = this.#scoreOf?.(this.task.view(tenant, key), undefined, tenant, domain, this.#nowMs);
    if (bare === undefined) return;
    const { risk, risk_detail } = this.task.risks.get(key) ?? bare;
    const score = { ...bare, risk, risk_detail };
    const said = JSON.stringify([
      score.score,
      score.coverage,
      score.risk,
      score.risk_detail,
      score.components.map(({ reason }) => reason),
    ]);
    if (this.#scores.get(key) === said) return;
    this.#scores.set(key, said);
    const signal = { kind: 'score', key: `${key}@${score.as_of}`, timeMs: this.#nowMs, body: score } as const;
    outputs.push(signalMessage(signal, this.#layout.prefix));
  }

  checkpoint(codeDigest: string): string {
    return this.task.checkpoint(codeDigest);
  }

  restore(text: string): string {
    return this.task.restore(text).codeDigest;
  }
}
