/** Dashboards about cases and detections. */
import { appPage, type Dashboard, type Variable } from './dashboard.ts';
import {
  caseColumns,
  graph,
  highIsGood,
  lines,
  logPanel,
  logs,
  lowIsGood,
  metric,
  now,
  openCases,
  over,
  severityColours,
  severityColumn,
  stat,
  table,
} from './panels.ts';

const tenant: Variable = {
  name: 'tenant',
  label: 'Tenant',
  metric: metric('source_up'),
  ofLabel: 'tenant',
  multi: true,
};
const mine = '{tenant=~"$tenant"}';

const meanTime = (stage: string): string =>
  `sum(increase(${metric('case_stage_time')}{tenant=~"$tenant", stage="${stage}"}[$__range])) / sum(increase(${metric('case_stages')}{tenant=~"$tenant", stage="${stage}"}[$__range]))`;

/** Cases and response times. */
export const cases: Dashboard = {
  uid: 'zonewarden-cases',
  title: 'Zonewarden / Cases and response times',
  description: 'Which cases are open, and how fast they are seen, taken and contained.',
  variables: [tenant],
  panels: [
    table(
      {
        id: 1,
        title: 'Open cases',
        description:
          'One row per open case with its words; a row leads to the case. The alert rule is over the same metric.',
      },
      now(openCases(mine)),
      caseColumns,
      { width: 24, whenEmpty: 'No case is open.' },
    ),
    stat(
      {
        id: 2,
        title: 'Time to page',
        description: 'Mean time between the event and the page, in the range.',
      },
      's',
      now(
        `sum(increase(${metric('page_delay')}${mine}[$__range])) / sum(increase(${metric('pages')}${mine}[$__range]))`,
      ),
      lowIsGood(30, 60),
    ),
    stat(
      {
        id: 3,
        title: 'Time to acknowledge',
        description: 'Mean time from the first event of a case until somebody took it.',
      },
      's',
      now(meanTime('acknowledged')),
      lowIsGood(900, 3600),
    ),
    stat(
      {
        id: 4,
        title: 'Time to contain',
        description: 'Mean time from the first event of a case until it was contained.',
      },
      's',
      now(meanTime('contained')),
      lowIsGood(3600, 14_400),
    ),
    stat(
      {
        id: 5,
        title: 'Pages within a minute',
        description: 'Part of the pages that were out within a minute of their event; the objective is 99 %.',
      },
      'percentunit',
      now(
        `sum(increase(${metric('pages')}{tenant=~"$tenant", in_time="true"}[$__range])) / sum(increase(${metric('pages')}${mine}[$__range]))`,
      ),
      highIsGood(0.95, 0.99),
    ),
    graph(
      {
        id: 6,
        title: 'Cases by severity',
        description: 'Cases by their present severity, closed ones too while they are remembered.',
      },
      'none',
      [over(`sum by (severity) (${metric('cases')}${mine})`, '{{severity}}')],
      { min: 0, colours: severityColours },
    ),
    graph(
      {
        id: 7,
        title: 'Cases by state',
        description: 'A growing number of new cases means nobody takes them.',
      },
      'none',
      [over(`sum by (state) (${metric('cases')}${mine})`, '{{state}}')],
      { min: 0 },
    ),
    graph(
      {
        id: 8,
        title: 'Cases that reached a stage',
        description: 'Per hour: paged, acknowledged, contained, closed.',
      },
      'none',
      [over(`sum by (stage) (increase(${metric('case_stages')}${mine}[1h]))`, '{{stage}}')],
      { min: 0 },
    ),
    graph(
      {
        id: 9,
        title: 'Time since the last drill',
        description: 'After eight days without a drill nobody knows whether a page would arrive.',
      },
      's',
      [over(`max by (tenant) (${metric('drill_age')}${mine})`, '{{tenant}}')],
      { min: 0, whenEmpty: 'No drill was run yet: zonewarden drill' },
    ),
    logPanel(
      {
        id: 10,
        title: 'Cases, every revision',
        description: 'What was said about each case, with what changed and who is asked to do what.',
      },
      lines('case'),
    ),
  ],
};

/** Detections. */
export const detections: Dashboard = {
  uid: 'zonewarden-detections',
  title: 'Zonewarden / Detections',
  description: 'Which detections speak, how often they are right, and what proves it.',
  variables: [tenant],
  panels: [
    stat(
      {
        id: 1,
        title: 'Open findings',
        description: 'Findings that stand: neither withdrawn nor suppressed.',
      },
      'none',
      now(`sum(${metric('findings')}{tenant=~"$tenant", state="open"}) or vector(0)`),
      undefined,
    ),
    stat(
      {
        id: 2,
        title: 'Taken back',
        description: 'Part of the findings that a later event withdrew; preliminary ones count.',
      },
      'percentunit',
      over(
        `(sum(${metric('findings')}{tenant=~"$tenant", state="retracted"}) or vector(0)) / sum(${metric('findings')}${mine})`,
      ),
      lowIsGood(0.2, 0.5),
    ),
    stat(
      {
        id: 3,
        title: 'Suppressed',
        description: 'Part of the findings that a suppression silenced; a growing part hides something.',
      },
      'percentunit',
      over(
        `(sum(${metric('findings')}{tenant=~"$tenant", state="suppressed"}) or vector(0)) / sum(${metric('findings')}${mine})`,
      ),
      lowIsGood(0.2, 0.5),
    ),
    stat(
      {
        id: 4,
        title: 'Precision',
        description: 'Of the cases people closed in the range, the part that was a true positive.',
      },
      'percentunit',
      {
        ...logs(
          `sum(count_over_time(${lines('case', 'zonewarden_state="closed" | zonewarden_disposition="true_positive"')} [$__range])) / sum(count_over_time(${lines('case', 'zonewarden_state="closed" | zonewarden_disposition=~".+"')} [$__range]))`,
        ),
        instant: true,
      },
      highIsGood(0.5, 0.8),
    ),
    table(
      {
        id: 5,
        title: 'Findings by detection',
        description: 'How often each detection spoke, by severity and state.',
      },
      now(`sort_desc(sum by (detection, severity, state) (${metric('findings')}${mine}) > 0)`),
      [
        {
          field: 'detection',
          title: 'Detection',
          links: [{ title: 'Rule in the app', url: appPage('/rules/${__data.fields.detection}') }],
        },
        severityColumn,
        { field: 'state', title: 'State' },
        { field: 'Value', title: 'Findings', width: 100 },
      ],
      { whenEmpty: 'No detection has spoken.' },
    ),
    graph(
      { id: 6, title: 'Findings over time', description: 'Open findings by detection.' },
      'none',
      [over(`sum by (detection) (${metric('findings')}{tenant=~"$tenant", state="open"})`, '{{detection}}')],
      { min: 0, height: 9 },
    ),
    graph(
      {
        id: 7,
        title: 'Closed cases by judgement',
        description: 'What people said when they closed cases: true, false or harmless.',
      },
      'none',
      [
        logs(
          `sum by (zonewarden_disposition) (count_over_time(${lines('case', 'zonewarden_state="closed" | zonewarden_disposition=~".+"')} [$__auto]))`,
          '{{zonewarden_disposition}}',
        ),
      ],
      { min: 0 },
    ),
    graph(
      {
        id: 8,
        title: 'Noise by detection',
        description: 'Findings that were taken back or suppressed: rules to look at first.',
      },
      'none',
      [
        over(
          `sum by (detection) (${metric('findings')}{tenant=~"$tenant", state=~"retracted|suppressed"})`,
          '{{detection}}',
        ),
      ],
      { min: 0, whenEmpty: 'Nothing was taken back or suppressed.' },
    ),
    logPanel(
      {
        id: 9,
        title: 'Findings with their evidence',
        description:
          'Each finding with its reason; the events it stands on are in zonewarden_evidence_event_ids.',
      },
      lines('finding'),
    ),
  ],
};
