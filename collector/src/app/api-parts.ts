/** What the pages of the API are made from, and look-ups that several of them share. */
import { tenantsWith, type Identity } from '../api/access.ts';
import type { ApiCall } from '../api/api-endpoint.ts';
import type { Case } from '../contract/case.ts';
import type { Finding } from '../contract/finding.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import type { StateView } from '../contract/step.ts';
import { entityKey } from '../engine/annotate-operator.ts';
import { caseVeil, redactCase, redactFinding, veiledPerson } from '../7-case/redaction.ts';
import { proposalsOfCase } from '../7-case/readers.ts';
import type { ProposedAction } from '../7-case/case-record.ts';
import type { Surroundings } from '../contract/component.ts';
import type { ActionDesk } from './action-desk.ts';
import type { AuditLog } from './audit-log.ts';
import type { Collector } from './collector.ts';
import { sha256Hex } from './digest.ts';
import type { DrillDesk } from './drill-desk.ts';
import type { RestoreReadiness } from './restore-readiness.ts';
import type { SilenceWatch } from './silence-watch.ts';
import type { RuleProofs } from './rule-proofs.ts';

/** Everything the API reads and writes. */
export interface ApiParts {
  readonly collector: Collector;
  readonly demo: boolean;
  readonly version: string;
  readonly around: Surroundings;
  readonly audit: AuditLog;
  readonly actions: ActionDesk;
  readonly proofs: RuleProofs;
  readonly drills: DrillDesk;
  readonly readiness: RestoreReadiness;
  readonly silences: SilenceWatch;
}

/** Tenants that exist: those of the inventory and those that have cases. */
export function knownTenants({ collector }: Pick<ApiParts, 'collector'>): string[] {
  const known = new Set(collector.current.tenants);
  for (const { tenant } of collector.host.book.cases.values()) known.add(tenant);
  return [...known].sort();
}

/** A case the caller may see; undefined otherwise. */
export function caseFor(parts: ApiParts, call: ApiCall, id: string): Case | undefined {
  const found = parts.collector.host.book.cases.get(id);
  return found !== undefined && call.tenants.includes(found.tenant) ? found : undefined;
}

/** State of the case keeper of a tenant; undefined before its first message. */
export function caseState({ collector }: Pick<ApiParts, 'collector'>, tenant: string): StateView | undefined {
  return collector.host.engine.view('case', tenant, tenant);
}

/** A person's id in the inventory, whichever of their names they came with: one person is never two pairs of eyes. */
export function personId(
  parts: Pick<ApiParts, 'collector'>,
  identity: Pick<Identity, 'id' | 'grants'>,
): string {
  const inventory = parts.collector.tables.inventory.latest();
  for (const tenant of tenantsWith(identity, 'viewer', knownTenants(parts))) {
    const known = inventory.principal(tenant, identity.id);
    if (known !== undefined) return known.id;
  }
  return identity.id;
}

/** State of a domain; undefined before its first message. */
export function domainState(
  { collector }: Pick<ApiParts, 'collector'>,
  tenant: string,
  domain: string,
): StateView | undefined {
  return collector.host.engine.view('domain', tenant, entityKey(tenant, domain));
}

/** State of a tenant's organisation; undefined before its first message. */
export function organisationState(
  { collector }: Pick<ApiParts, 'collector'>,
  tenant: string,
): StateView | undefined {
  return collector.host.engine.view('organisation', tenant, entityKey(tenant, ''));
}

/** Proposals of a case under whatever name the engine knows it by. */
export function proposalsOf(parts: Pick<ApiParts, 'collector'>, found: Case): readonly ProposedAction[] {
  const state = caseState(parts, found.tenant);
  if (state === undefined) return [];
  for (const id of parts.collector.host.engine.publication.engineCaseIds(found.case_id)) {
    const proposals = proposalsOfCase(state, id);
    if (proposals.length > 0) return proposals;
  }
  return [];
}

const digests = new Map<string, string>();
const digestsMax = 20_000;

/** Digests behind pseudonyms: the same few people stand in every line of a list. */
function digestOf(text: string): string {
  const known = digests.get(text);
  if (known !== undefined) return known;
  const digest = sha256Hex(text);
  if (digests.size >= digestsMax) digests.clear();
  digests.set(text, digest);
  return digest;
}

/** True when the caller may see people by name in this tenant: everybody from responder up. */
export function seesPeople(call: ApiCall, tenant: string): boolean {
  return call.also('responder').has(tenant);
}

/** The case as the caller may see it. */
export function shownCase(call: ApiCall, found: Case): Case {
  return seesPeople(call, found.tenant) ? found : redactCase(found, digestOf);
}

/** A person's id as the caller may see it. */
export function shownPerson(call: ApiCall, tenant: string, id: string): string {
  return seesPeople(call, tenant) ? id : veiledPerson(tenant, id, digestOf);
}

/** A sentence about a case as the caller may see it. */
export function shownText(call: ApiCall, about: Case): (text: string) => string {
  return seesPeople(call, about.tenant) ? (text) => text : caseVeil(about, digestOf).text;
}

/** The finding as the caller may see it. */
export function shownFinding(call: ApiCall, found: Finding): Finding {
  return seesPeople(call, found.tenant) ? found : redactFinding(found, digestOf);
}

/** Waits until the host has worked through everything durable now, at most two seconds, so that a reader sees what it did. */
export async function settled({ collector, around }: ApiParts): Promise<void> {
  const end = collector.stores.log.nextSequence;
  const untilMs = around.nowMs() + 2000;
  const never = new AbortController().signal;
  while (collector.host.position < end && collector.ready() && around.nowMs() < untilMs)
    await around.sleep(5, never);
}

/** Domains of the inventory the caller may see, narrowed by `team`, `tier` and `q` of the query. */
export function domainsFor(parts: ApiParts, call: ApiCall): InventoryDomain[] {
  const inventory = parts.collector.tables.inventory.latest();
  const team = call.query.get('team');
  const tier = call.query.get('tier');
  const q = (call.query.get('q') ?? '').toLowerCase();
  return call.tenants.flatMap((tenant) =>
    inventory
      .domains(tenant)
      .filter(
        (entry) =>
          (team === null || team === '' || team.split(',').includes(entry.team ?? '')) &&
          (tier === null || tier === '' || tier.split(',').includes(String(entry.tier ?? ''))) &&
          (q === '' || entry.domain.includes(q) || (entry.owner ?? '').toLowerCase().includes(q)),
      ),
  );
}
