/** All metric readers of a collector in one list: what /metrics shows and OTLP sends. */
import type { KafkaSource } from '../1-source/kafka/kafka-source.ts';
import type { SourceRun, Surroundings } from '../contract/component.ts';
import type { MetricReader } from '../contract/names.ts';
import type { CaseBoard } from '../8-sink/case-board.ts';
import type { FindingBoard } from '../8-sink/finding-board.ts';
import type { Outbox } from '../8-sink/outbox.ts';
import type { EngineTables } from '../engine/surroundings.ts';
import type { CollectorHost } from '../host/collector-host.ts';
import {
  clockReader,
  deliveryReader,
  engineReader,
  kafkaProgressReader,
  logReader,
  quarantineReader,
} from '../self/component-readers.ts';
import { createProcessReader } from '../self/process-reader.ts';
import type { SourceCounters } from '../self/source-counters.ts';
import type { CollectorFigures } from './collector-figures.ts';
import type { Stores } from './stores.ts';

/** What is read. */
export interface ReaderParts {
  readonly host: CollectorHost;
  readonly tables: EngineTables;
  readonly stores: Stores;
  readonly board: CaseBoard;
  readonly findings: FindingBoard;
  readonly counters: SourceCounters;
  readonly outboxes: readonly Outbox[];
  readonly figures: CollectorFigures;
  readonly around: Surroundings;
  readonly version: string;
  readonly sources: readonly SourceRun[];
  /** Entries not processed yet; absent: those of the local log. */
  readonly backlog?: () => number;
  /** Memory of what waits for the watermark, and how much it may be, bytes; absent: not bounded here. */
  readonly waiting?: () => readonly [bytes: number, bytesMax: number];
  /** Readers of the engine's own kind. */
  readonly more?: readonly MetricReader[];
}

function progressOf(source: SourceRun): ReturnType<KafkaSource['progress']> {
  return 'progress' in source ? (source as KafkaSource).progress() : [];
}

/** Readers in the order in which metrics appear. */
export function collectorReaders(parts: ReaderParts): readonly MetricReader[] {
  const { host, tables, stores, board, findings, counters, outboxes, around, version } = parts;
  return [
    board.reader,
    findings.reader,
    counters.reader,
    logReader('records', stores.log),
    logReader('signals', stores.signalSegments),
    deliveryReader(() => outboxes.map((outbox) => outbox.stats())),
    quarantineReader(() => stores.quarantine.counts()),
    engineReader(
      () => ({
        backlog: parts.backlog?.() ?? stores.log.nextSequence - host.position,
        leftOut: [
          ...host.engine.operators.flatMap(({ leftOut }) => [...leftOut]),
          ['source_notes', tables.sources.dropped],
        ],
        ...(parts.waiting === undefined ? {} : { waiting: parts.waiting() }),
        watermarks: Number.isFinite(host.engine.watermarkMs) ? [['', host.engine.watermarkMs]] : [],
      }),
      around.nowMs,
    ),
    () =>
      [...parts.figures.refusals].map(([code, value]) => ({
        metric: 'intake_refused',
        labels: { code },
        value,
      })),
    clockReader(around.nowMs, () => parts.figures.lastCheckpointMs),
    createProcessReader(version).reader,
    kafkaProgressReader(() => parts.sources.flatMap((source) => progressOf(source))),
    ...(parts.more ?? []),
  ];
}
