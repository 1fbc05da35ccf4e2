/** Dashboards about what is seen from outside: certificates, lookalikes, probes. */
import { type Dashboard, type Variable } from './dashboard.ts';
import { graph, highIsGood, lines, logPanel, logs, lowIsGood, metric, now, over, stat } from './panels.ts';

const tenant: Variable = {
  name: 'tenant',
  label: 'Tenant',
  metric: metric('control_score_coverage'),
  ofLabel: 'tenant',
  multi: true,
};
const mine = '{tenant=~"$tenant"}';

/** Certificates and lookalikes. */
export const certificates: Dashboard = {
  uid: 'zonewarden-certificates',
  title: 'Zonewarden / Certificates and lookalikes',
  description: 'Certificate Transparency and newly seen names that look like yours.',
  variables: [tenant],
  panels: [
    stat(
      {
        id: 1,
        title: 'Certificate findings',
        description:
          'Open findings about certificates: after a change (T01), unapproved authority (T02), ordered by nobody (T03).',
      },
      'none',
      now(`sum(${metric('findings')}{tenant=~"$tenant", detection=~"T0[123]", state="open"}) or vector(0)`),
      lowIsGood(1, 5),
    ),
    stat(
      { id: 2, title: 'Lookalikes', description: 'Open findings about names that look like yours (T04).' },
      'none',
      now(`sum(${metric('findings')}{tenant=~"$tenant", detection="T04", state="open"}) or vector(0)`),
      lowIsGood(1, 20),
    ),
    stat(
      {
        id: 3,
        title: 'CT feed, lag',
        description: 'Time between the newest certificate and its receipt, worst feed.',
      },
      's',
      over(`max(${metric('source_lag')}{source=~".*(certstream|ct|zonestream).*"})`),
      lowIsGood(300, 1800),
    ),
    stat(
      {
        id: 4,
        title: 'CT feed, blind time',
        description: 'Seconds of the range in which a feed that cannot be replayed was not connected.',
      },
      's',
      now(`sum(increase(${metric('source_gap')}{source=~".*(certstream|zonestream).*"}[$__range]))`),
      lowIsGood(60, 600),
    ),
    graph(
      {
        id: 5,
        title: 'Records of the feeds',
        description: 'Records accepted per second by feed; a line at zero is a dead feed.',
      },
      'cps',
      [
        over(
          `sum by (source) (rate(${metric('source_records')}{source=~".*(certstream|ct|zonestream).*"}[$__rate_interval]))`,
          '{{source}}',
        ),
      ],
      { min: 0 },
    ),
    graph(
      {
        id: 6,
        title: 'Certificates for your names',
        description: 'Certificate events that concern the inventory, by type.',
      },
      'none',
      [
        logs(
          `sum by (event_name) (count_over_time(${lines('event', 'event_name=~"cert[.].+"')} [$__auto]))`,
          '{{event_name}}',
        ),
      ],
      { min: 0 },
    ),
    logPanel(
      { id: 7, title: 'Certificate findings', description: 'Findings T01 to T03 with authority and names.' },
      lines('finding', 'zonewarden_detection=~"T0[123]"'),
    ),
    logPanel(
      {
        id: 8,
        title: 'Lookalike findings',
        description: 'Names that look like yours, with the score and the name they resemble.',
      },
      lines('finding', 'zonewarden_detection="T04"'),
    ),
  ],
};

const probeSource = 'source=~".*(probe|rdap|dns-xfr).*"';

/** Probes. */
export const probes: Dashboard = {
  uid: 'zonewarden-probes',
  title: 'Zonewarden / Probes',
  description: 'Our own looking: delegation and answer probes, RDAP, zone transfers, and what they cost.',
  variables: [tenant],
  panels: [
    stat(
      {
        id: 1,
        title: 'Probes alive',
        description: 'Part of the probing sources that answered within three of their intervals.',
      },
      'percentunit',
      over(`avg(${metric('source_up')}{tenant=~"$tenant", ${probeSource}})`),
      highIsGood(0.5, 1),
    ),
    stat(
      {
        id: 2,
        title: 'Results per hour',
        description: 'Probe results accepted in the last hour: the budget that was spent.',
      },
      'none',
      over(`sum(increase(${metric('source_records')}{tenant=~"$tenant", ${probeSource}}[1h]))`),
      undefined,
    ),
    stat(
      { id: 3, title: 'Bytes per hour', description: 'Size of the results of the last hour.' },
      'bytes',
      over(`sum(increase(${metric('source_bytes')}{tenant=~"$tenant", ${probeSource}}[1h]))`),
      undefined,
    ),
    stat(
      {
        id: 4,
        title: 'Changes seen',
        description: 'Results that said something new; the rest repeated what was known.',
      },
      'none',
      over(`sum(increase(${metric('source_events')}{tenant=~"$tenant", ${probeSource}}[1h]))`),
      undefined,
    ),
    graph(
      {
        id: 5,
        title: 'Results by probe',
        description:
          'Results per second; a fall means a budget that is exhausted or a resolver that does not answer.',
      },
      'cps',
      [
        over(
          `sum by (source) (rate(${metric('source_records')}{tenant=~"$tenant", ${probeSource}}[$__rate_interval]))`,
          '{{source}}',
        ),
      ],
      { min: 0 },
    ),
    graph(
      {
        id: 6,
        title: 'Time since the last result',
        description: 'Seconds since each probe last gave a result.',
      },
      's',
      [
        over(
          `max by (source) (${metric('source_last_success')}{tenant=~"$tenant", ${probeSource}})`,
          '{{source}}',
        ),
      ],
      { min: 0 },
    ),
    graph(
      { id: 7, title: 'Unreadable results', description: 'Results put into quarantine, by reason.' },
      'none',
      [
        over(
          `sum by (source, code) (increase(${metric('source_rejected')}{tenant=~"$tenant", ${probeSource}}[$__rate_interval]))`,
          '{{source}} {{code}}',
        ),
      ],
      { min: 0 },
    ),
    graph(
      {
        id: 8,
        title: 'Witnesses by tier',
        description:
          'Average part of the facts that is known; probes are what raises it where a registrar says nothing.',
      },
      'percentunit',
      [over(`avg by (tier) (${metric('control_score_coverage')}${mine})`, 'tier {{tier}}')],
      { min: 0, max: 1 },
    ),
  ],
};
