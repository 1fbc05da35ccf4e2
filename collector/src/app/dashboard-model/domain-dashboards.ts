/** Dashboards about domains: the fleet, and one of them. */
import { appPage, type Dashboard, type Variable } from './dashboard.ts';
import {
  caseColumns,
  domainColumns,
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
  stat,
  table,
} from './panels.ts';

const tenant: Variable = {
  name: 'tenant',
  label: 'Tenant',
  metric: metric('control_score_coverage'),
  ofLabel: 'tenant',
  multi: true,
};
const domain: Variable = {
  name: 'domain',
  label: 'Domain',
  metric: metric('control_score_coverage'),
  ofLabel: 'domain',
  filter: 'tenant=~"$tenant"',
};
const mine = '{tenant=~"$tenant"}';
const one = '{tenant=~"$tenant", domain="$domain"}';
/** Highest first. */
const ranked = { bar: { min: 0, max: 100 }, width: 220 };

/** Fleet overview. */
export const fleet: Dashboard = {
  uid: 'zonewarden-fleet',
  title: 'Zonewarden / Fleet overview',
  description: 'All domains: open cases, control scores, what is not known.',
  variables: [tenant],
  panels: [
    stat(
      { id: 1, title: 'Open cases', description: 'Cases nobody has closed, all severities.' },
      'none',
      now(`sum(max by (tenant, case_id) (${metric('case_open')}${mine})) or vector(0)`),
      lowIsGood(1, 5),
    ),
    stat(
      {
        id: 2,
        title: 'Open critical cases',
        description: 'Cases whose worst severity is critical. Each of them paged.',
      },
      'none',
      now(
        `sum(max by (tenant, case_id) (${metric('case_open')}{tenant=~"$tenant", severity="critical"})) or vector(0)`,
      ),
      lowIsGood(1, 1),
    ),
    stat(
      {
        id: 3,
        title: 'Lowest control score',
        description:
          'Control score of the weakest domain, 0 to 100. Below 60 a change by a stranger would meet little resistance.',
      },
      'none',
      now(`min(${metric('control_score')}${mine})`),
      highIsGood(60, 80),
    ),
    stat(
      {
        id: 4,
        title: 'Known facts, tier 0',
        description:
          'Average part of the control score of tier-0 domains that stands on facts. What is unknown neither raises nor lowers a score.',
      },
      'percentunit',
      now(`avg(${metric('control_score_coverage')}{tenant=~"$tenant", tier="0"})`),
      highIsGood(0.3, 0.8),
    ),
    table(
      {
        id: 6,
        title: 'Open cases',
        description: 'One row per open case with its worst severity; a row leads to the case.',
      },
      now(openCases(mine)),
      caseColumns,
      { width: 24, height: 7, whenEmpty: 'No case is open.' },
    ),
    table(
      {
        id: 5,
        title: 'Weakest domains',
        description: 'The twenty domains with the lowest control score; a row leads to the domain.',
      },
      now(`sort(bottomk(20, max by (tenant, domain, tier, team) (${metric('control_score')}${mine})))`),
      domainColumns({ title: 'Score', ...ranked, thresholds: highIsGood(60, 80) }),
    ),
    table(
      {
        id: 9,
        title: 'Highest risk',
        description: 'Composite risk of a domain: signals of several planes that add up.',
      },
      now(`sort_desc(topk(20, max by (tenant, domain, tier, team) (${metric('domain_risk')}${mine})))`),
      domainColumns({ title: 'Risk', ...ranked, thresholds: lowIsGood(50, 70) }),
      { whenEmpty: 'No domain has a signal that adds up.' },
    ),
    graph(
      { id: 7, title: 'Open cases by severity', description: 'How many cases are open, by worst severity.' },
      'none',
      [
        over(
          `sum by (severity) (max by (tenant, case_id, severity) (${metric('case_open')}${mine}))`,
          '{{severity}}',
        ),
      ],
      { min: 0, colours: severityColours },
    ),
    graph(
      {
        id: 8,
        title: 'Control score by tier',
        description: 'Average control score of each tier; tier 0 matters most.',
      },
      'none',
      [over(`avg by (tier) (${metric('control_score')}${mine})`, 'tier {{tier}}')],
      { min: 0, max: 100 },
    ),
    table(
      {
        id: 10,
        title: 'Least known domains',
        description: 'Domains whose score rests on the fewest facts: add a source that sees the rest.',
      },
      now(
        `sort(bottomk(20, max by (tenant, domain, tier, team) (${metric('control_score_coverage')}${mine})))`,
      ),
      domainColumns({
        title: 'Known',
        unit: 'percentunit',
        width: 220,
        bar: { min: 0, max: 1 },
        thresholds: highIsGood(0.3, 0.8),
      }),
    ),
  ],
};

/** One domain. */
export const domainDetail: Dashboard = {
  uid: 'zonewarden-domain',
  title: 'Zonewarden / Domain',
  description: 'One domain: score, cases, every change with its witnesses.',
  variables: [tenant, domain],
  panels: [
    stat(
      { id: 1, title: 'Control score', description: 'How hard it is to take this domain away, 0 to 100.' },
      'none',
      now(`min(${metric('control_score')}${one})`),
      highIsGood(60, 80),
    ),
    stat(
      { id: 2, title: 'Known facts', description: 'Part of the score that stands on facts.' },
      'percentunit',
      now(`min(${metric('control_score_coverage')}${one})`),
      highIsGood(0.3, 0.8),
    ),
    stat(
      { id: 3, title: 'Risk', description: 'Composite risk from recent signals; none yet: no value.' },
      'none',
      now(`max(${metric('domain_risk')}${one})`),
      lowIsGood(50, 80),
    ),
    stat(
      { id: 4, title: 'Open cases', description: 'Open cases whose first domain this is.' },
      'none',
      now(`sum(max by (case_id) (${metric('case_open')}${one})) or vector(0)`),
      lowIsGood(1, 1),
    ),
    graph(
      {
        id: 5,
        title: 'Control score',
        description: 'Score over time; a step down is a change worth reading below.',
      },
      'none',
      [over(`min(${metric('control_score')}${one})`, 'score')],
      { min: 0, max: 100, links: [{ title: 'Domain in the app', url: appPage('/domains/${domain}') }] },
    ),
    graph(
      { id: 6, title: 'Events by type', description: 'Canonical events about this domain.' },
      'none',
      [
        logs(
          `sum by (event_name) (count_over_time(${lines('event', 'zonewarden_domain="$domain"')} [$__auto]))`,
          '{{event_name}}',
        ),
      ],
      { min: 0 },
    ),
    logPanel(
      {
        id: 7,
        title: 'Changes and observations',
        description:
          'Everything heard about this domain: claims, observations, certificates; old and new value in the line.',
      },
      lines('event', 'zonewarden_domain="$domain"'),
    ),
    logPanel(
      { id: 8, title: 'Findings', description: 'What the detections made of it, newest revision last.' },
      lines('finding', 'zonewarden_domain="$domain"'),
    ),
    logPanel(
      { id: 9, title: 'Control score statements', description: 'Each new score with its next best action.' },
      lines('score', 'zonewarden_domain="$domain"'),
      { height: 6 },
    ),
  ],
};
