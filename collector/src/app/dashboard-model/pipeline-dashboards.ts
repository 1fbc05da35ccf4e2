/** Dashboards about sources and the pipeline. */
import { recordName, serviceLevels } from '../alert-model/slo-rules.ts';
import { type Dashboard, type Variable } from './dashboard.ts';
import { graph, highIsGood, lowIsGood, metric, now, over, severityColumn, stat, table } from './panels.ts';

const tenant: Variable = {
  name: 'tenant',
  label: 'Tenant',
  metric: metric('source_up'),
  ofLabel: 'tenant',
  multi: true,
};
const mine = '{tenant=~"$tenant"}';

/** Sources and coverage. */
export const sources: Dashboard = {
  uid: 'zonewarden-sources',
  title: 'Zonewarden / Sources and coverage',
  description: 'Who tells us things, how late, and what nobody tells us.',
  variables: [tenant],
  panels: [
    stat(
      {
        id: 1,
        title: 'Silent sources',
        description: 'Sources silent for longer than three of their intervals.',
      },
      'none',
      now(`count(${metric('source_up')}${mine} == 0) or vector(0)`),
      lowIsGood(1, 1),
    ),
    stat(
      { id: 2, title: 'Worst lag', description: 'Largest time between an event and its receipt.' },
      's',
      now(`max(${metric('source_lag')}${mine})`),
      lowIsGood(300, 1800),
    ),
    stat(
      {
        id: 3,
        title: 'In quarantine',
        description: 'Records nobody could read; they are kept and can be driven again.',
      },
      'none',
      now(`sum(${metric('quarantine')}) or vector(0)`),
      lowIsGood(1, 100),
    ),
    stat(
      { id: 4, title: 'Blind time', description: 'Seconds in the range that feeds without replay missed.' },
      's',
      now(`sum(increase(${metric('source_gap')}${mine}[$__range]))`),
      lowIsGood(60, 600),
    ),
    {
      id: 5,
      title: 'Sources alive',
      description: '1 while a source is heard, 0 while it is silent.',
      type: 'state-timeline',
      unit: 'none',
      width: 24,
      height: 8,
      queries: [over(`min by (tenant, source) (${metric('source_up')}${mine})`, '{{tenant}} {{source}}')],
      words: [
        { value: '0', text: 'silent', colour: 'red' },
        { value: '1', text: 'alive', colour: 'green' },
      ],
      thresholds: highIsGood(0.5, 1),
    },
    graph(
      { id: 6, title: 'Records', description: 'Records accepted per second.' },
      'cps',
      [over(`sum by (source) (rate(${metric('source_records')}${mine}[$__rate_interval]))`, '{{source}}')],
      { min: 0 },
    ),
    graph(
      { id: 7, title: 'Bytes', description: 'Bytes accepted per second.' },
      'Bps',
      [over(`sum by (source) (rate(${metric('source_bytes')}${mine}[$__rate_interval]))`, '{{source}}')],
      { min: 0 },
    ),
    graph(
      { id: 8, title: 'Lag', description: 'Time between the newest event of a source and its receipt.' },
      's',
      [over(`max by (source) (${metric('source_lag')}${mine})`, '{{source}}')],
      { min: 0 },
    ),
    graph(
      {
        id: 9,
        title: 'Events, repeats, late ones',
        description: 'What became of the records: new events, known ones, and those behind the watermark.',
      },
      'cps',
      [
        over(`sum(rate(${metric('source_events')}${mine}[$__rate_interval]))`, 'events'),
        over(`sum(rate(${metric('source_duplicates')}${mine}[$__rate_interval]))`, 'known already'),
        over(`sum(rate(${metric('source_late')}${mine}[$__rate_interval]))`, 'late'),
      ],
      { min: 0 },
    ),
    graph(
      {
        id: 10,
        title: 'Rejected records',
        description: 'Refused or quarantined, by reason; a step is most likely a changed format.',
      },
      'none',
      [
        over(
          `sum by (source, code) (increase(${metric('source_rejected')}${mine}[$__rate_interval]))`,
          '{{source}} {{code}}',
        ),
      ],
      { min: 0 },
    ),
    graph(
      {
        id: 11,
        title: 'Known facts by tier',
        description: 'Part of the control score that stands on facts.',
      },
      'percentunit',
      [over(`avg by (tier) (${metric('control_score_coverage')}${mine})`, 'tier {{tier}}')],
      { min: 0, max: 1 },
    ),
  ],
};

/** Pipeline health. */
export const pipeline: Dashboard = {
  uid: 'zonewarden-pipeline',
  title: 'Zonewarden / Pipeline health',
  description: 'Zonewarden itself: lag, loss, checkpoints, delivery, service levels.',
  variables: [],
  panels: [
    table(
      {
        id: 1,
        title: 'Alerts about the pipeline',
        description: 'Rules of the pipeline that fire now (Prometheus and Mimir rulers).',
      },
      now(
        'max by (alertname, severity, source, sink, tenant) (ALERTS{alertstate="firing", signal=~"pipeline|slo"})',
      ),
      [
        severityColumn,
        { field: 'alertname', title: 'Alert' },
        { field: 'source', title: 'Source' },
        { field: 'sink', title: 'Sink' },
        { field: 'tenant', title: 'Tenant' },
      ],
      { height: 6, whenEmpty: 'No alert fires; Grafana-managed rules are under Alerting.' },
    ),
    table(
      { id: 2, title: 'Running versions', description: 'Which version each collector runs.' },
      now(`max by (version, instance) (${metric('build')})`),
      [
        { field: 'instance', title: 'Collector' },
        { field: 'version', title: 'Version' },
      ],
      { height: 6, whenEmpty: 'No collector reports.' },
    ),
    stat(
      { id: 3, title: 'Engine backlog', description: 'Records in the log that were not processed yet.' },
      'none',
      now(`max(${metric('engine_lag')})`),
      lowIsGood(1000, 50_000),
    ),
    stat(
      {
        id: 4,
        title: 'Sealed behind the clock',
        description: 'How far final results are behind; ten minutes are wanted.',
      },
      's',
      now(`max(${metric('watermark_age')})`),
      lowIsGood(1200, 2700),
    ),
    stat(
      {
        id: 5,
        title: 'Checkpoint age',
        description: 'Time since the state was saved; a restart repeats what came after.',
      },
      's',
      now(`max(${metric('checkpoint_age')})`),
      lowIsGood(300, 900),
    ),
    stat(
      { id: 6, title: 'Clock skew', description: 'Collector’s clock against the time of the scrape.' },
      's',
      now(`max(abs(${metric('clock')} - timestamp(${metric('clock')})))`),
      lowIsGood(2, 5),
    ),
    ...serviceLevels.map((level, index) =>
      stat(
        {
          id: 7 + index,
          title: level.title,
          description: `Part of the error budget of ${level.objective * 100} % that is used up, over three days. Recorded by zonewarden-slo.rules.yaml.`,
        },
        'percentunit',
        over(`${recordName(level, '3d')} / ${Number((1 - level.objective).toFixed(6))}`),
        lowIsGood(0.5, 1),
      ),
    ),
    stat(
      { id: 10, title: 'Logs writable', description: '1 while every log takes records.' },
      'none',
      now(`min(${metric('log_writable')})`),
      highIsGood(1, 1),
    ),
    graph(
      {
        id: 11,
        title: 'Sink backlog',
        description: 'Signals each sink still has to take; it falls when the sink is back.',
      },
      'none',
      [over(`max by (sink) (${metric('sink_backlog')})`, '{{sink}}')],
      { min: 0 },
    ),
    graph(
      {
        id: 12,
        title: 'Delivery',
        description: 'Signals per second: taken, refused for good, lost before they were looked at.',
      },
      'cps',
      [
        over(`sum by (sink) (rate(${metric('sink_delivered')}[$__rate_interval]))`, '{{sink}} taken'),
        over(`sum by (sink) (rate(${metric('sink_rejected')}[$__rate_interval]))`, '{{sink}} refused'),
        over(`sum by (sink) (rate(${metric('sink_lost')}[$__rate_interval]))`, '{{sink}} lost'),
      ],
      { min: 0 },
    ),
    graph(
      { id: 13, title: 'Retries', description: 'Attempts that have to be repeated, by reason.' },
      'cps',
      [over(`sum by (sink, code) (rate(${metric('sink_retries')}[$__rate_interval]))`, '{{sink}} {{code}}')],
      { min: 0, whenEmpty: 'Nothing had to be repeated.' },
    ),
    graph(
      { id: 14, title: 'Quarantine', description: 'Dead letters by source and reason.' },
      'none',
      [over(`sum by (source, code) (${metric('quarantine')})`, '{{source}} {{code}}')],
      { min: 0, whenEmpty: 'Nothing is in quarantine.' },
    ),
    graph(
      { id: 15, title: 'Log size', description: 'Durable bytes by log; retention bounds them.' },
      'bytes',
      [over(`sum by (log) (${metric('log_bytes')})`, '{{log}}')],
      { min: 0 },
    ),
    graph(
      { id: 16, title: 'Memory', description: 'Memory of the process by kind.' },
      'bytes',
      [
        over(`max by (kind) (${metric('process_memory')})`, '{{kind}}'),
        over(`max(${metric('engine_waiting')})`, 'waits for stragglers (estimate)'),
      ],
      { min: 0 },
    ),
    graph(
      {
        id: 24,
        title: 'Deliveries asked to come again',
        description:
          'Deliveries turned away for the moment: the disk is full, or too much waits for stragglers.',
      },
      'cps',
      [over(`sum by (code) (rate(${metric('intake_refused')}[$__rate_interval]))`, '{{code}}')],
      { min: 0, whenEmpty: 'Nothing was turned away.' },
    ),
    graph(
      { id: 17, title: 'Processor', description: 'Processor seconds per second; 1 is one core.' },
      'short',
      [over(`sum(rate(${metric('process_cpu')}[$__rate_interval]))`, 'cores')],
      { min: 0 },
    ),
    graph(
      {
        id: 18,
        title: 'Event loop',
        description: 'Delay of the event loop; above 100 ms intake and pages become slow.',
      },
      's',
      [over(`max by (quantile) (${metric('event_loop_delay')})`, '{{quantile}}')],
      { min: 0 },
    ),
    graph(
      { id: 19, title: 'Series not reported', description: 'Series beyond the bound of their metric.' },
      'none',
      [over(`max by (metric) (${metric('series_dropped')})`, '{{metric}}')],
      { min: 0 },
    ),
    graph(
      {
        id: 23,
        title: 'Partitions held',
        description:
          'Partitions of the engine on Kafka by collector; together they are all of them, or somebody is missing.',
      },
      'none',
      [over(`max by (instance) (${metric('engine_partitions')})`, '{{instance}}')],
      { min: 0, whenEmpty: 'The engine runs in its collector.' },
    ),
    graph(
      {
        id: 21,
        title: 'Kafka lag',
        description: 'Records that wait in each topic; where it only grows, readers are too few or too slow.',
      },
      'none',
      [over(`sum by (topic) (${metric('kafka_lag')})`, '{{topic}}')],
      { min: 0, whenEmpty: 'No topic is read.' },
    ),
    graph(
      {
        id: 22,
        title: 'Kafka retention headroom',
        description:
          'What retention can still delete before it reaches our position; at zero records are lost, by name.',
      },
      'none',
      [over(`min by (topic) (${metric('kafka_headroom')})`, '{{topic}}')],
      { min: 0, whenEmpty: 'No topic is read.' },
    ),
    graph(
      {
        id: 20,
        title: 'Left out by correlation',
        description: 'What correlations could not take into account, by reason; a rise hides detections.',
      },
      'none',
      [over(`sum by (reason) (increase(${metric('detection_left_out')}[$__rate_interval]))`, '{{reason}}')],
      { min: 0 },
    ),
  ],
};
