/** The fleet and one domain: score with reasons, both witnesses of every control, changes, approvals, blind spots. */
import { notFound, value, type ApiCall, type ApiHandler } from '../api/api-endpoint.ts';
import { pageOf } from '../api/page.ts';
import type { ChangeView, ControlView, DomainHistory, DomainSummary } from '../contract/api.ts';
import type { Case } from '../contract/case.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import {
  changeFacts,
  controlStatePrefix,
  ledgerControl,
  viewInForce,
  viewSource,
  type ChangeFact,
  type LedgerView,
} from '../contract/ledger.ts';
import type { ControlScore } from '../contract/score.ts';
import { maxSeverity, severities, type Severity } from '../contract/severity.ts';
import type { StateView } from '../contract/step.ts';
import { approvedValue, isApprovedState } from '../leaf/approved-state.ts';
import { sameValue } from '../leaf/control-value.ts';
import { formatInstant } from '../leaf/time.ts';
import { pointsLost, scoreOfValues } from '../5-feature/control-score.ts';
import { volumeSeries } from '../5-feature/query-volume.ts';
import { scoreStateName, type ScoreMemory } from '../5-feature/score-input.ts';
import { isOver } from './api-cases.ts';
import { coverageOfTenant, kindsOfDomain } from './api-coverage.ts';
import { domainsFor, domainState, shownPerson, type ApiParts } from './api-parts.ts';
import { shownIntent } from './api-records.ts';

const dayMs = 86_400_000;

interface OpenCases {
  count: number;
  worst: Severity;
  ids: string[];
}

function openCasesByDomain(cases: Iterable<Case>): Map<string, OpenCases> {
  const byDomain = new Map<string, OpenCases>();
  for (const found of cases) {
    if (isOver(found) || found.drill) continue;
    for (const domain of found.domains) {
      const key = `${found.tenant}|${domain}`;
      const known = byDomain.get(key);
      if (known === undefined) byDomain.set(key, { count: 1, worst: found.severity, ids: [found.case_id] });
      else {
        known.count++;
        known.worst = maxSeverity(known.worst, found.severity);
        known.ids.push(found.case_id);
      }
    }
  }
  return byDomain;
}

/** Points won (positive) or lost in a day; null when nothing was known a day ago. */
function changeInDay(state: StateView, score: ControlScore, nowMs: number): number | null {
  const snapshots = state.get<ScoreMemory>(scoreStateName)?.snapshots ?? [];
  const before = snapshots.findLast(([atMs]) => atMs <= nowMs - dayMs);
  if (before === undefined) return null;
  const now = score.components.map(({ value: share }) => (share === null ? -1 : Math.round(share * 1000)));
  return -pointsLost(before[1], now).points;
}

function summaryOf(
  parts: ApiParts,
  entry: InventoryDomain,
  open: ReadonlyMap<string, OpenCases>,
): DomainSummary {
  const { tenant, domain } = entry;
  const key = `${tenant}|${domain}`;
  const score = parts.collector.host.book.scores.get(key);
  const state = domainState(parts, tenant, domain);
  const cases = open.get(key);
  const last = state === undefined ? undefined : changeFacts(state).at(-1);
  return {
    tenant,
    domain,
    tier: entry.tier ?? null,
    owner: entry.owner ?? null,
    team: entry.team ?? null,
    registrar_account: entry.registrar_account ?? null,
    dns_provider: entry.dns_provider ?? null,
    roles: entry.roles ?? [],
    score: score?.score ?? null,
    coverage: score?.coverage ?? 0,
    score_change_1d:
      state === undefined || score === undefined ? null : changeInDay(state, score, parts.around.nowMs()),
    risk: score?.risk ?? null,
    open_cases: cases?.count ?? 0,
    worst_severity: cases?.worst ?? null,
    next_best_action: score?.next_best_action ?? null,
    last_change_at: last === undefined ? null : formatInstant(last.atMs),
  };
}

type Order = (entry: InventoryDomain) => string;

/** `risk` (usual): domains with the worst open case first, then the lowest score; `score`, `tier`, `name`. */
function orderOf(parts: ApiParts, sort: string, open: ReadonlyMap<string, OpenCases>): Order {
  const { scores } = parts.collector.host.book;
  const name: Order = ({ tenant, domain }) => `${domain} ${tenant}`;
  const score: Order = ({ tenant, domain }) => {
    const points = scores.get(`${tenant}|${domain}`)?.score ?? null;
    return points === null ? '9' : `0${points.toFixed(2).padStart(6, '0')}`;
  };
  if (sort === 'name') return name;
  if (sort === 'score') return (entry) => `${score(entry)} ${name(entry)}`;
  if (sort === 'tier') return (entry) => `${entry.tier ?? 9} ${name(entry)}`;
  return (entry) => {
    const worst = open.get(`${entry.tenant}|${entry.domain}`)?.worst;
    const rank = worst === undefined ? 9 : severities.length - severities.indexOf(worst);
    return `${rank} ${score(entry)} ${name(entry)}`;
  };
}

function viewOf(view: LedgerView | undefined): ControlView['said'] {
  if (view === undefined) return null;
  const [shown, since, lastMs] = view;
  return {
    value: shown,
    // Not positive: the value stood already at the first look.
    since: since <= 0 ? null : formatInstant(since),
    last: formatInstant(lastMs),
    source_kind: viewSource(view),
  };
}

function controlView(control: string, state: StateView, entry: InventoryDomain): ControlView {
  const known = ledgerControl(state, control);
  const approved = approvedValue(control, entry);
  const inForce = viewInForce(known);
  let verdict: ControlView['verdict'] = 'unknown';
  if (
    known?.said !== undefined &&
    known.seen !== undefined &&
    !sameValue(control, known.said[0], known.seen[0])
  )
    verdict = 'contradicted';
  else if (inForce !== undefined && approved === undefined) verdict = 'not_approved_yet';
  else if (inForce !== undefined)
    verdict = isApprovedState(control, inForce[0], entry, known?.seen !== undefined)
      ? 'as_approved'
      : 'differs';
  return {
    control,
    approved: approved ?? null,
    said: viewOf(known?.said),
    seen: viewOf(known?.seen),
    verdict,
  };
}

function controlsOf(state: StateView | undefined, entry: InventoryDomain): ControlView[] {
  if (state === undefined) return [];
  return state
    .names(controlStatePrefix)
    .map((name) => controlView(name.slice(controlStatePrefix.length), state, entry));
}

function changeView(fact: ChangeFact, people: boolean): ChangeView {
  return {
    id: fact.id,
    control: fact.control,
    at: formatInstant(fact.atMs),
    earliest: formatInstant(fact.earliestMs),
    old: fact.old ?? null,
    new: fact.value,
    state: fact.state,
    witnesses: fact.kinds.map(([kind]) => kind),
    approval: fact.approval,
    intent: fact.intent ?? null,
    explained_by: fact.explainedBy ?? null,
    actor: fact.actor === undefined ? null : people ? fact.actor : 'withheld',
  };
}

function detail(parts: ApiParts, call: ApiCall, entry: InventoryDomain): unknown {
  const { book } = parts.collector.host;
  const { tenant, domain } = entry;
  const open = openCasesByDomain(book.cases.values());
  const state = domainState(parts, tenant, domain);
  const people = call.also('responder').has(tenant);
  return {
    summary: summaryOf(parts, entry, open),
    score: book.scores.get(`${tenant}|${domain}`) ?? null,
    inventory: entry,
    controls: controlsOf(state, entry),
    changes:
      state === undefined ? [] : [...changeFacts(state)].reverse().map((fact) => changeView(fact, people)),
    intents: [...book.intents.values()]
      .filter(
        (intent) => intent.tenant === tenant && intent.changes.some((change) => change.domain === domain),
      )
      .map((intent) => shownIntent(call, intent)),
    coverage: kindsOfDomain(parts, { tenant, domain }, coverageOfTenant(parts, tenant)),
    checks: parts.collector.checksOf(domain),
    restore: parts.readiness.view(entry),
    cases: [...book.cases.values()]
      .filter((found) => found.tenant === tenant && found.domains.includes(domain))
      .sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1))
      .map(({ case_id: id }) => id),
  };
}

function history(parts: ApiParts, call: ApiCall, entry: InventoryDomain): DomainHistory {
  const { tenant, domain } = entry;
  const { book } = parts.collector.host;
  const journal = book.journals.get(`${tenant}|${domain}`);
  const state = domainState(parts, tenant, domain);
  const now = book.scores.get(`${tenant}|${domain}`);
  const snapshots = state?.get<ScoreMemory>(scoreStateName)?.snapshots ?? [];
  return {
    certificates: (journal?.certificates ?? []).map((each) => ({ ...each, names: [...each.names] })),
    changes: (journal?.changes ?? []).map((each) => ({
      ...each,
      // Contact data is personal, whoever changed it.
      ...(each.object?.startsWith('contact') === true && !call.also('responder').has(tenant)
        ? { old: 'withheld', new: 'withheld' }
        : {}),
      actor_id: each.actor_id === null ? null : shownPerson(call, tenant, each.actor_id),
    })),
    query_volume:
      state === undefined
        ? []
        : volumeSeries(state).map(([atMs, count]) => ({ at: formatInstant(atMs), count })),
    score: [
      ...snapshots.map(([atMs, values]) => ({ at: formatInstant(atMs), score: scoreOfValues(values) })),
      ...(now === undefined ? [] : [{ at: now.as_of, score: now.score }]),
    ],
  };
}

/** Handlers of domains and scores. */
export function domainHandlers(parts: ApiParts): Record<string, ApiHandler> {
  const { book } = parts.collector.host;
  return {
    'GET /domains': (call) => {
      const open = openCasesByDomain(book.cases.values());
      const order = orderOf(parts, call.query.get('sort') ?? 'risk', open);
      return value(
        pageOf(domainsFor(parts, call), order, call.page, (entry) => summaryOf(parts, entry, open)),
      );
    },
    'GET /domains/{tenant}/{domain}': (call) => {
      const { tenant = '', domain = '' } = call.params;
      if (!call.tenants.includes(tenant)) return notFound;
      const entry = parts.collector.tables.inventory.latest().domain(tenant, domain);
      return entry === undefined ? notFound : value(detail(parts, call, entry));
    },
    'GET /domains/{tenant}/{domain}/history': (call) => {
      const { tenant = '', domain = '' } = call.params;
      if (!call.tenants.includes(tenant)) return notFound;
      const entry = parts.collector.tables.inventory.latest().domain(tenant, domain);
      return entry === undefined ? notFound : value(history(parts, call, entry));
    },
    'GET /readiness': (call) => {
      const inventory = parts.collector.tables.inventory.latest();
      const state = call.query.get('state');
      const views = call.tenants
        .flatMap((tenant) => inventory.domains(tenant).map((entry) => parts.readiness.view(entry)))
        .filter((one) => state === null || state === '' || one.state === state);
      return value(
        pageOf(
          views,
          ({ tenant, domain }) => `${domain} ${tenant}`,
          call.page,
          (one) => one,
        ),
      );
    },
    'GET /scores': (call) => {
      const tenants = new Set(call.tenants);
      const list = [...book.scores.values()].filter(({ tenant }) => tenants.has(tenant));
      return value(
        pageOf(
          list,
          ({ tenant, domain }) => `${domain} ${tenant}`,
          call.page,
          (score) => score,
        ),
      );
    },
  };
}
