/** The HTTP API: every endpoint of the contract with its handler, behind identity, roles and audit. */
import { problemAnswer } from '../contract/http.ts';
import { endpoints, type Status } from '../contract/api.ts';
import type { Case } from '../contract/case.ts';
import type { Finding } from '../contract/finding.ts';
import type { ControlScore } from '../contract/score.ts';
import {
  endpointRoutes,
  notFound,
  problem,
  value,
  type ApiCall,
  type ApiHandler,
} from '../api/api-endpoint.ts';
import type { Identity } from '../api/access.ts';
import { createAuthenticator, type IdentitySettings } from '../api/identity.ts';
import type { LiveMessage } from '../api/live-stream.ts';
import { openApiDocument } from '../api/openapi.ts';
import type { Route } from '../api/route.ts';
import { formatInstant } from '../leaf/time.ts';
import { redactCase, redactFinding } from '../7-case/redaction.ts';
import { actionHandlers } from './api-actions.ts';
import { baselineHandlers } from './api-baselines.ts';
import { caseHandlers, caseSummary, isOver } from './api-cases.ts';
import { changeHandlers } from './api-changes.ts';
import { coverageHandlers } from './api-coverage.ts';
import { domainHandlers } from './api-domains.ts';
import { drillHandlers } from './api-drills.ts';
import { caseFor, knownTenants, personId, proposalsOf, type ApiParts } from './api-parts.ts';
import { intentImportHandlers } from './api-intent-import.ts';
import { pivotHandlers } from './api-pivots.ts';
import { recordHandlers } from './api-records.ts';
import { ruleHandlers } from './api-rules.ts';
import { sha256Hex } from './digest.ts';
import { evidenceFile } from './evidence-file.ts';

function openLetters({ collector }: ApiParts): number {
  return collector.stores.quarantine
    .counts()
    .filter(({ state }) => state === 'open')
    .reduce((sum, { count }) => sum + count, 0);
}

function status(parts: ApiParts, call: ApiCall): Status {
  const { collector, version, demo, around } = parts;
  const { host, figures, stores } = collector;
  const tenants = new Set(call.tenants);
  const { watermarkMs } = host.engine;
  const everything = call.identity.grants.some(({ tenant }) => tenant === '*');
  const whole = (count: number): number | null => (everything ? count : null);
  const held = call.identity.grants.filter(({ tenant }) => tenant === '*' || tenants.has(tenant));
  return {
    version,
    ready: collector.ready(),
    demo,
    now: formatInstant(around.nowMs()),
    watermark: Number.isFinite(watermarkMs) ? formatInstant(watermarkMs) : null,
    tenants: [...call.tenants],
    user: {
      id: call.identity.id,
      roles: [...new Set(held.flatMap(({ roles }) => roles))],
      verified: call.identity.verified,
    },
    figures: {
      entries: whole(figures.entries),
      messages: whole(figures.messages),
      duplicates: whole(figures.duplicates),
      late: whole(figures.late),
      findings: [...host.book.findings.values()].filter(({ tenant }) => tenants.has(tenant)).length,
      open_cases: [...host.book.cases.values()].filter((one) => tenants.has(one.tenant) && !isOver(one))
        .length,
      quarantined: everything ? openLetters(parts) : null,
      log_bytes: whole(stores.log.bytes),
      lag_ms: figures.lagMs,
    },
  };
}

/** What a message of the stream shows to this caller. */
function liveView(call: ApiCall): (message: LiveMessage) => unknown {
  const people = call.also('responder');
  return ({ tenant, event, data }) => {
    if (event === 'case') {
      const found = data as Case;
      return caseSummary(people.has(tenant) ? found : redactCase({ ...found, timeline: [] }, sha256Hex));
    }
    if (event === 'finding') {
      const found = people.has(tenant) ? (data as Finding) : redactFinding(data as Finding, sha256Hex);
      const { finding_id, revision, case_id, severity, detection, title, state, domains, last_seen, drill } =
        found;
      return {
        finding_id,
        revision,
        tenant,
        case_id,
        severity,
        detection,
        title,
        state,
        domains,
        last_seen,
        drill,
      };
    }
    if (event !== 'score') return data;
    const { domain, score, coverage, risk, as_of, next_best_action } = data as ControlScore;
    return { tenant, domain, score, coverage, risk, as_of, next_best_action };
  };
}

function stream(parts: ApiParts): ApiHandler {
  const { live } = parts.collector;
  return (call) => {
    const allowed = new Set(call.tenants);
    const last = call.headers['last-event-id'];
    const opened = live.subscribe((tenant) => allowed.has(tenant), liveView(call), last);
    return opened === undefined
      ? problem(503, 'too many watchers', 'try again later, or read the lists')
      : { kind: 'stream', stream: opened };
  };
}

function exportCase(parts: ApiParts): ApiHandler {
  const { collector, audit, around, version } = parts;
  return async (call) => {
    const found = caseFor(parts, call, call.params['id'] ?? '');
    if (found === undefined) return notFound;
    await call.audit(found.tenant, `case ${found.case_id}`);
    const inventory = collector.tables.inventory.latest().version;
    const rules = collector.current.rules.ruleSet.digest;
    const { host, stores } = collector;
    return value(
      await evidenceFile(found, {
        book: host.book,
        log: stores.log,
        audit,
        versions: { collector: version, inventory, rules },
        nowMs: around.nowMs(),
        by: call.identity.id,
        actionIds: proposalsOf(parts, found).map(({ action_id: id }) => id),
      }),
    );
  };
}

/** Handlers of all endpoints, by `METHOD /path`. */
export function apiHandlers(parts: ApiParts): Record<string, ApiHandler> {
  const document = openApiDocument(endpoints, parts.version);
  return {
    'GET /openapi.json': () => value(document),
    'GET /status': (call) => value(status(parts, call)),
    'GET /stream': stream(parts),
    'GET /cases/{id}/export': exportCase(parts),
    ...caseHandlers(parts),
    ...domainHandlers(parts),
    ...pivotHandlers(parts),
    ...coverageHandlers(parts),
    ...ruleHandlers(parts),
    ...baselineHandlers(parts),
    ...intentImportHandlers(parts),
    ...changeHandlers(parts),
    ...recordHandlers(parts),
    ...actionHandlers(parts),
    ...drillHandlers(parts),
  };
}

function inventoryIdentity(parts: ApiParts, identity: Identity | undefined): Identity | undefined {
  return identity?.person === true ? { ...identity, id: personId(parts, identity) } : identity;
}

/** Routes below `/api/v1`. */
export function apiRoutes(parts: ApiParts, access: IdentitySettings): Route[] {
  const authenticate = createAuthenticator(access);
  return [
    ...endpointRoutes({
      endpoints,
      handlers: apiHandlers(parts),
      authenticate: async (request) => inventoryIdentity(parts, await authenticate(request)),
      audit: async (fact) => {
        await parts.audit.append(fact);
      },
      tenants: () => knownTenants(parts),
    }),
    { method: 'ANY', path: '/api/*', handler: () => problemAnswer(404, 'not found') },
  ];
}
