/**
 * A simulated partitioned runner for parity tests: every operator runs as P instances that own shards, connected by
 * first-in first-out edges that are drained in random order, with instances that crash and restore at random points.
 */
import type { Case } from '../../collector/src/contract/case.ts';
import type { Finding } from '../../collector/src/contract/finding.ts';
import type { Message } from '../../collector/src/contract/step.ts';
import { copyJson } from '../../collector/src/engine/keyed-state.ts';
import type { Operator } from '../../collector/src/engine/operator.ts';
import { SealedOperator } from '../../collector/src/engine/sealed-operator.ts';
import { shardOf } from '../../collector/src/engine/shard.ts';
import type { EngineTables } from '../../collector/src/engine/surroundings.ts';

/** What flows on an edge: a message, or the promise that nothing below `watermarkMs` follows. */
export type Packet = { message: Message } | { watermarkMs: number };

/** A reproducible source of choices. */
export interface Chooser {
  /** Integer in [0, bound). */
  below(bound: number): number;
}

/** Small linear congruential chooser. */
export function chooser(seed: number): Chooser {
  let state = seed >>> 0;
  return {
    below(bound) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * bound);
    },
  };
}

interface Edge {
  readonly packets: Packet[];
  read: number;
}

interface Checkpoint {
  state: [key: string, names: [string, unknown][]][];
  timers: { key: string; name: string; atMs: number }[];
  waiting: Message[];
  seen: string[];
  watermarks: number[];
  reads: number[];
  watermarkMs: number;
}

class Instance {
  sealed: SealedOperator;
  seen = new Set<string>();
  readonly inputs: Edge[];
  watermarks: number[];
  watermarkMs = -Infinity;
  checkpoint: Checkpoint;
  readonly #operator: Operator;
  readonly #tables: EngineTables;
  readonly #partition: number;
  readonly #partitions: number;
  readonly #emit: (packet: Packet) => void;
  readonly #results: Results;

  constructor(
    operator: Operator,
    tables: EngineTables,
    partition: number,
    partitions: number,
    inputs: Edge[],
    emit: (packet: Packet) => void,
    results: Results,
  ) {
    this.#operator = operator;
    this.#tables = tables;
    this.#partition = partition;
    this.#partitions = partitions;
    this.#emit = emit;
    this.#results = results;
    this.inputs = inputs;
    this.watermarks = inputs.map(() => -Infinity);
    this.sealed = this.#fresh();
    this.checkpoint = this.#snapshot();
  }

  owns(key: string): boolean {
    return shardOf(key) % this.#partitions === this.#partition;
  }

  consume(input: number): void {
    const edge = this.inputs[input] as Edge;
    const packet = edge.packets[edge.read] as Packet;
    edge.read++;
    if ('message' in packet) {
      const id = `${packet.message.kind}/${packet.message.id}`;
      if (this.seen.has(id)) return;
      this.seen.add(id);
      this.sealed.add(packet.message);
      return;
    }
    this.watermarks[input] = Math.max(this.watermarks[input] as number, packet.watermarkMs);
    const lowest = Math.min(...this.watermarks);
    if (lowest <= this.watermarkMs) return;
    this.watermarkMs = lowest;
    this.sealed.advance(lowest, {
      message: (message) => this.#emit({ message: copyJson(message) }),
      finding: (finding) => this.#results.finding(finding),
      caseChanged: (changed) => this.#results.caseChanged(changed),
    });
    this.#emit({ watermarkMs: lowest });
  }

  save(): void {
    this.checkpoint = this.#snapshot();
  }

  crash(): void {
    const { state, timers, waiting, seen, watermarks, reads, watermarkMs } = this.checkpoint;
    this.sealed = this.#fresh();
    for (const [key, names] of copyJson(state)) this.sealed.state.restore(key, names);
    for (const { key, name, atMs } of timers) this.sealed.timers.set(key, name, atMs);
    for (const message of waiting) this.sealed.add(message);
    this.seen = new Set(seen);
    this.watermarks = [...watermarks];
    this.watermarkMs = watermarkMs;
    this.inputs.forEach((edge, i) => (edge.read = reads[i] as number));
  }

  #fresh(): SealedOperator {
    return new SealedOperator(this.#operator, this.#tables, (key) => this.owns(key));
  }

  #snapshot(): Checkpoint {
    return {
      state: copyJson(this.sealed.state.keys().map((key) => [key, [...this.sealed.state.entries(key)]])),
      timers: this.sealed.timers.all(),
      waiting: this.sealed.buffer.waiting(),
      seen: [...this.seen],
      watermarks: [...this.watermarks],
      reads: this.inputs.map(({ read }) => read),
      watermarkMs: this.watermarkMs,
    };
  }
}

/** Final findings and cases by id, whatever the order of repetitions. */
export class Results {
  readonly findings = new Map<string, Finding>();
  readonly cases = new Map<string, Case>();

  finding(finding: Finding): void {
    const known = this.findings.get(finding.finding_id);
    if (known === undefined || known.revision <= finding.revision)
      this.findings.set(finding.finding_id, finding);
  }

  caseChanged(changed: Case): void {
    const known = this.cases.get(changed.case_id);
    if (known === undefined || known.revision <= changed.revision) this.cases.set(changed.case_id, changed);
  }
}

/** What a run produced: results, and the state of every operator by key. */
export interface RunResult {
  readonly results: Results;
  readonly state: Map<string, unknown>;
  readonly crashes: number;
}

/** Settings of one simulated run. */
export interface PartitionedRun {
  readonly operators: readonly Operator[];
  readonly tables: EngineTables;
  readonly partitions: number;
  readonly seed: number;
  readonly crashes: number;
}

/** Runs `input` (messages and heartbeats in log order) through P partitions of every operator. */
export function runPartitioned(input: readonly Packet[], run: PartitionedRun): RunResult {
  const choose = chooser(run.seed);
  const results = new Results();
  const stages: Instance[][] = [];
  const sourceEdges = Array.from({ length: run.partitions }, (): Edge => ({ packets: [], read: 0 }));
  build(run, stages, sourceEdges, results);
  route(input, run, sourceEdges);
  const crashes = drain(stages, choose, run.crashes, input.length * run.operators.length);
  const state = new Map<string, unknown>();
  for (const stage of stages) {
    for (const instance of stage) {
      for (const key of instance.sealed.state.keys())
        state.set(
          `${instance.sealed.operator.name}/${key}`,
          Object.fromEntries(instance.sealed.state.entries(key)),
        );
    }
  }
  return { results, state, crashes };
}

function build(run: PartitionedRun, stages: Instance[][], sourceEdges: Edge[], results: Results): void {
  const count = run.partitions;
  const edges = run.operators.map(() =>
    Array.from({ length: count }, () =>
      Array.from({ length: count }, (): Edge => ({ packets: [], read: 0 })),
    ),
  );
  run.operators.forEach((operator, index) => {
    stages.push(
      Array.from({ length: count }, (_, partition) => {
        const inputs =
          index === 0
            ? [sourceEdges[partition] as Edge]
            : (edges[index - 1] as Edge[][]).map((from) => from[partition] as Edge);
        const next = run.operators[index + 1];
        const emit = (packet: Packet): void => {
          if (next === undefined) return;
          const out = (edges[index] as Edge[][])[partition] as Edge[];
          for (const target of targets(packet, next, count)) (out[target] as Edge).packets.push(packet);
        };
        return new Instance(operator, run.tables, partition, count, inputs, emit, results);
      }),
    );
  });
}

function targets(packet: Packet, operator: Operator, count: number): number[] {
  if (!('message' in packet)) return Array.from({ length: count }, (_, i) => i);
  const keys = operator.keysOf(packet.message);
  const owners = keys.length === 0 ? [packet.message.tenant] : keys;
  return [...new Set(owners.map((key) => shardOf(key) % count))];
}

function route(input: readonly Packet[], run: PartitionedRun, sourceEdges: Edge[]): void {
  for (const packet of input) {
    for (const target of targets(packet, run.operators[0] as Operator, run.partitions))
      (sourceEdges[target] as Edge).packets.push(packet);
  }
}

function drain(stages: Instance[][], choose: Chooser, crashesWanted: number, steps: number): number {
  let crashes = 0;
  const instances = stages.flat();
  for (;;) {
    const ready: [Instance, number][] = [];
    for (const instance of instances)
      instance.inputs.forEach((edge, input) => {
        if (edge.read < edge.packets.length) ready.push([instance, input]);
      });
    if (ready.length === 0) return crashes;
    const [instance, input] = ready[choose.below(ready.length)] as [Instance, number];
    const burst = 1 + choose.below(20);
    for (let i = 0; i < burst; i++) {
      const edge = instance.inputs[input] as Edge;
      if (edge.read >= edge.packets.length) break;
      instance.consume(input);
    }
    if (choose.below(10) === 0) instance.save();
    if (crashes < crashesWanted && choose.below(Math.max(2, Math.floor(steps / 10 / crashesWanted))) === 0) {
      (instances[choose.below(instances.length)] as Instance).crash();
      crashes++;
    }
  }
}
