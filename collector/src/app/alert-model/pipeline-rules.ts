/** Rules about Zonewarden itself. They go to the people who run it, never to those who answer incidents. */
import type { AlertRule } from './alert-types.ts';
import { metric } from './case-rule.ts';

interface Draft {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly expr: string;
  readonly over?: number;
  readonly under?: number;
  readonly for: string;
  readonly severity: 'critical' | 'high' | 'medium';
  readonly noData?: 'alert';
  /** What it means and what to do. */
  readonly meaning: string;
}

const minutes = 60;
const days = 86_400;

const drafts: readonly Draft[] = [
  {
    id: 'heartbeat',
    name: 'ZonewardenDown',
    title: 'Zonewarden reports nothing',
    expr: `absent(${metric('build')}) or 0 * max(${metric('build')})`,
    over: 0,
    for: '2m',
    severity: 'critical',
    noData: 'alert',
    meaning:
      'No collector reports metrics: nobody watches the domains. Look at the process and at the scrape.',
  },
  {
    id: 'source-silent',
    name: 'ZonewardenSourceSilent',
    title: 'A source is silent',
    expr: `min by (tenant, source) (${metric('source_up')})`,
    under: 1,
    for: '5m',
    severity: 'high',
    meaning:
      'Source {{ $labels.source }} of {{ $labels.tenant }} has been silent for longer than three of its intervals. Check its credentials and its endpoint with "zonewarden check --probe".',
  },
  {
    id: 'source-lag',
    name: 'ZonewardenSourceLag',
    title: 'A source delivers late',
    expr: `max by (tenant, source) (${metric('source_lag')})`,
    over: 30 * minutes,
    for: '15m',
    severity: 'medium',
    meaning:
      'Events of source {{ $labels.source }} are {{ value }} seconds old when they arrive; pages come as late as they do.',
  },
  {
    id: 'source-gap',
    name: 'ZonewardenSourceGap',
    title: 'A feed that cannot be replayed was blind',
    expr: `sum by (tenant, source) (increase(${metric('source_gap')}[1h]))`,
    over: 5 * minutes,
    for: '0s',
    severity: 'medium',
    meaning:
      'Source {{ $labels.source }} missed {{ value }} seconds in the last hour; what happened then is unknown.',
  },
  {
    id: 'quarantine',
    name: 'ZonewardenQuarantineGrows',
    title: 'Quarantine grows',
    expr: `sum by (source, code) (increase(${metric('source_rejected')}[30m]))`,
    over: 10,
    for: '0s',
    severity: 'high',
    meaning:
      '{{ value }} records of {{ $labels.source }} could not be read in half an hour ({{ $labels.code }}): most likely the vendor changed a format. They are kept and can be driven again.',
  },
  {
    id: 'sink-down',
    name: 'ZonewardenSinkDown',
    title: 'A sink takes nothing',
    expr: `min by (sink) (${metric('sink_up')})`,
    under: 1,
    for: '10m',
    severity: 'high',
    meaning:
      'Sink {{ $labels.sink }} has refused or not answered for ten minutes. Nothing is lost yet; it is late.',
  },
  {
    id: 'sink-backlog',
    name: 'ZonewardenSinkBacklog',
    title: 'A sink falls behind',
    expr: `max by (sink) (${metric('sink_backlog')})`,
    over: 10_000,
    for: '10m',
    severity: 'medium',
    meaning: '{{ value }} signals wait for sink {{ $labels.sink }}.',
  },
  {
    id: 'sink-loss',
    name: 'ZonewardenSinkLoss',
    title: 'Signals were refused or lost',
    expr: `sum by (sink) (increase(${metric('sink_rejected')}[15m])) + sum by (sink) (increase(${metric('sink_lost')}[15m])) or sum by (sink) (increase(${metric('sink_lost')}[15m]))`,
    over: 0,
    for: '0s',
    severity: 'high',
    meaning:
      'Sink {{ $labels.sink }} refused for good, or never saw, {{ value }} signals in 15 minutes; see the quarantine.',
  },
  {
    id: 'blind-tier-0',
    name: 'ZonewardenTierZeroBlind',
    title: 'A tier-0 domain is not watched enough',
    expr: `min by (tenant, domain, team) (${metric('control_score_coverage')}{tier="0"})`,
    under: 0.3,
    for: '30m',
    severity: 'high',
    meaning:
      'Only {{ value }} of the facts about {{ $labels.domain }} are known; add a source that sees the rest.',
  },
  {
    id: 'drill-missed',
    name: 'ZonewardenDrillMissed',
    title: 'No drill for eight days',
    expr: `max by (tenant) (${metric('drill_age')})`,
    over: 8 * days,
    for: '1h',
    severity: 'medium',
    meaning:
      'The last drill of {{ $labels.tenant }} is more than eight days old; nobody knows whether a page would arrive.',
  },
  {
    id: 'checkpoint-age',
    name: 'ZonewardenCheckpointOld',
    title: 'State is not saved',
    expr: `max(${metric('checkpoint_age')}) and on () sum(increase(${metric('source_records')}[15m])) > 0`,
    over: 15 * minutes,
    for: '5m',
    severity: 'medium',
    meaning:
      'The newest checkpoint is {{ value }} seconds old although records arrive; a restart would take long.',
  },
  {
    id: 'clock-skew',
    name: 'ZonewardenClockSkew',
    title: 'The clock of the collector is wrong',
    expr: `max(abs(${metric('clock')} - timestamp(${metric('clock')})))`,
    over: 5,
    for: '5m',
    severity: 'medium',
    meaning:
      'The clock of the collector is {{ value }} seconds off; orders of events and windows become wrong.',
  },
  {
    id: 'watermark',
    name: 'ZonewardenSealedLate',
    title: 'Sealed results are late',
    expr: `max by (tenant) (${metric('watermark_age')})`,
    over: 45 * minutes,
    for: '10m',
    severity: 'medium',
    meaning: 'Results are sealed {{ value }} seconds behind the clock; a source holds the watermark back.',
  },
  {
    id: 'engine-backlog',
    name: 'ZonewardenEngineBehind',
    title: 'The engine is behind its log',
    expr: `max(${metric('engine_lag')})`,
    over: 50_000,
    for: '10m',
    severity: 'high',
    meaning: '{{ value }} records wait in the log; pages are late by the time they take.',
  },
  {
    id: 'intake-held',
    name: 'ZonewardenIntakeHeld',
    title: 'Intake is held',
    expr: `max(${metric('engine_waiting')} / ${metric('engine_waiting_max')})`,
    over: 1,
    for: '1m',
    severity: 'high',
    meaning:
      'What waits for stragglers takes {{ value }} times the memory it may; senders are asked to come again until time has passed it.',
  },
  {
    id: 'log-writable',
    name: 'ZonewardenLogNotWritable',
    title: 'A log takes no records',
    expr: `min by (log) (${metric('log_writable')})`,
    under: 1,
    for: '1m',
    severity: 'critical',
    meaning:
      'Log {{ $labels.log }} cannot be written: the disk is full or failed, and senders are turned away.',
  },
  {
    id: 'series-dropped',
    name: 'ZonewardenSeriesDropped',
    title: 'More series than reported',
    expr: `max by (metric) (${metric('series_dropped')})`,
    over: 0,
    for: '10m',
    severity: 'medium',
    meaning: '{{ value }} series of {{ $labels.metric }} are beyond the bound and not reported.',
  },
];

/** The rules, in their order. `base`: address of the page of pipeline health. */
export function pipelineRules(base: string): readonly AlertRule[] {
  return drafts.map((draft) => ({
    uid: `zonewarden-${draft.id}`,
    name: draft.name,
    title: draft.title,
    expr: draft.expr,
    compare: draft.over === undefined ? '<' : '>',
    threshold: draft.over ?? draft.under ?? 0,
    for: draft.for,
    keepFiringFor: '0s',
    noData: draft.noData ?? 'ok',
    labels: { source: 'zonewarden', signal: 'pipeline', severity: draft.severity },
    annotations: {
      summary: draft.title,
      description: draft.meaning,
      runbook_url: `${base}/coverage`,
    },
    receiver: 'zonewarden-operations',
  }));
}
