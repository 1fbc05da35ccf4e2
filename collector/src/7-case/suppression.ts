/** The suppression ledger: who may hide what, for how long, and what it cost. Nothing hidden is lost. */
import type { FindingDraft } from '../contract/finding.ts';
import type { Directive } from '../contract/step.ts';
import { ipInCidr } from '../leaf/ip-address.ts';
import { parseInstant } from '../leaf/time.ts';
import { isPerson } from './actions.ts';
import { classesOfDraft, isControlPlane } from './change-class.ts';
import { stateName, type FindingRecord } from './case-record.ts';
import { linkId, unlink } from './expiry.ts';
import { principalId } from './links.ts';
import { remembered } from './recent-events.ts';
import type { StateView } from '../contract/step.ts';
import type { Turn } from './turn.ts';

/** What a suppression hides: one rule (catalogue id or rule id), domain, actor, or network of the source address. */
export interface SuppressionScope {
  readonly kind: 'rule' | 'domain' | 'actor' | 'cidr';
  readonly value: string;
}

/** A suppression in force or past. `expiresMs` null: permanent. */
export interface Suppression {
  readonly id: string;
  readonly scope: SuppressionScope;
  readonly reason: string;
  readonly ticket: string;
  readonly owner: string;
  /** Who approved, in order; never the person who created it, nobody twice. */
  approvals: string[];
  /** 1, or 2 for a permanent one and for a rule that watches the control plane. Below it hides nothing. */
  readonly approvalsNeeded: 1 | 2;
  readonly createdBy: string;
  readonly createdMs: number;
  readonly expiresMs: number | null;
  /** Findings it hid, and how many of them would have paged. */
  hits: number;
  wouldHavePaged: number;
  /** Hidden findings of which one turned out to be a true positive. */
  regrets: number;
  ended: boolean;
}

const daysMax = 30;
const dayMs = 86_400_000;

const controlPlaneRules = new Set(
  'R01 R02 R03 R04 R05 R06 R07 R08 R09 R12 R18 R19 C08 I01 I02 S03'.split(' '),
);

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function scopeOf(candidate: unknown, problems: string[]): SuppressionScope | undefined {
  const scope = (typeof candidate === 'object' && candidate !== null ? candidate : {}) as Record<
    string,
    unknown
  >;
  const kinds = (['rule', 'domain', 'actor', 'cidr'] as const).filter((kind) => scope[kind] !== undefined);
  const kind = kinds[0];
  const value = kind === undefined ? undefined : text(scope[kind]);
  if (kind === undefined || kinds.length !== 1 || value === undefined) {
    problems.push('scope: name exactly one of rule, domain, actor or cidr');
    return undefined;
  }
  if (kind === 'cidr' && !/^[0-9a-fA-F:.]+\/\d{1,3}$/.test(value))
    problems.push('scope.cidr: must be a network like 192.0.2.0/24');
  return { kind, value };
}

/** Approvals named at creation: `approver`, `second_approver`. A name that may not approve is a problem. */
function namedApprovals(directive: Directive, problems: string[]): string[] {
  const approvals: string[] = [];
  for (const field of ['approver', 'second_approver']) {
    const name = text(directive.data[field]);
    if (name === undefined) continue;
    const refused = mayApprove(name, directive.by, approvals);
    if (refused === undefined) approvals.push(name);
    else problems.push(`${field}: ${refused}`);
  }
  return approvals;
}

/** Why somebody may not approve a suppression; undefined when they may. */
function mayApprove(by: string, createdBy: string, before: readonly string[]): string | undefined {
  if (!isPerson(by)) return 'only a person can approve, never a service token alone';
  if (by === createdBy) return 'nobody approves their own suppression';
  return before.includes(by) ? 'the second approver must be a third person' : undefined;
}

function expiryOf(candidate: unknown, atMs: number, problems: string[]): number | null {
  if (candidate === null || candidate === undefined) return null;
  const instant = typeof candidate === 'string' ? parseInstant(candidate) : undefined;
  if (instant === undefined) {
    problems.push('expires_at: must be a time like 2026-12-01T08:00:00Z');
    return null;
  }
  if (instant.ms <= atMs) problems.push('expires_at: lies in the past');
  if (instant.ms > atMs + daysMax * dayMs)
    problems.push(`expires_at: at most ${daysMax} days; leave it out for a permanent one with two approvers`);
  return instant.ms;
}

/**
 * Reads a `suppression.created` directive: `scope`, `reason`, `ticket`, `owner`, `expires_at` (absent: permanent), and
 * approvals that were given already. Problems, each `field: message`, all at once. Without enough approvals it waits.
 */
export function readSuppression(
  directive: Directive,
  id: string,
  atMs: number,
):
  | { readonly ok: true; readonly suppression: Suppression }
  | { readonly ok: false; readonly problems: string[] } {
  const { data } = directive;
  const problems: string[] = [];
  const scope = scopeOf(data['scope'], problems);
  const need = (field: string): string => {
    const value = text(data[field]);
    if (value === undefined) problems.push(`${field}: is required`);
    return value ?? '';
  };
  const reason = need('reason');
  const ticket = need('ticket');
  const owner = need('owner');
  const approvals = namedApprovals(directive, problems);
  const expiresMs = expiryOf(data['expires_at'], atMs, problems);
  if (problems.length > 0 || scope === undefined) return { ok: false, problems };
  const wide = expiresMs === null || (scope.kind === 'rule' && controlPlaneRules.has(scope.value));
  const counts = { hits: 0, wouldHavePaged: 0, regrets: 0, ended: false };
  const base = {
    id,
    scope,
    reason,
    ticket,
    owner,
    approvals,
    createdBy: directive.by,
    createdMs: atMs,
    expiresMs,
  };
  return { ok: true, suppression: { ...base, approvalsNeeded: wide ? 2 : 1, ...counts } };
}

/** Why somebody may not approve this suppression now, as a sentence; undefined when they may. */
export function approvalRefusal(state: Pick<StateView, 'get'>, id: string, by: string): string | undefined {
  const suppression = state.get<Suppression>(stateName.suppression(id));
  if (suppression === undefined || suppression.ended)
    return 'there is no such suppression in force or waiting';
  return mayApprove(by, suppression.createdBy, suppression.approvals);
}

/** Adds an approval; returns why not, as a sentence, or undefined when it counts. */
export function approveSuppression(turn: Turn, id: string, by: string): string | undefined {
  const refused = approvalRefusal(turn.state, id, by);
  const suppression = turn.state.get<Suppression>(stateName.suppression(id));
  if (refused !== undefined || suppression === undefined) return refused;
  turn.state.edit<Suppression>(stateName.suppression(id), () => suppression).approvals.push(by);
  return undefined;
}

function scopeName(scope: SuppressionScope): string {
  return stateName.suppressionScope(scope.kind, scope.kind === 'cidr' ? '*' : scope.value);
}

/** Name of the timer that ends a suppression. */
export function suppressionTimer(id: string): string {
  return `suppression:${id}`;
}

/** Puts a suppression in force. A second one with the same id is ignored: redelivery. */
export function startSuppression(turn: Turn, suppression: Suppression): void {
  const name = stateName.suppression(suppression.id);
  if (turn.state.get(name) !== undefined) return;
  turn.state.put(name, suppression);
  linkId(turn, scopeName(suppression.scope), suppression.id);
  if (suppression.expiresMs !== null)
    turn.timers.set(suppressionTimer(suppression.id), suppression.expiresMs);
}

/** Ends a suppression: it hides nothing any more, its counts stay readable. */
export function endSuppression(turn: Turn, id: string): void {
  const suppression = turn.state.get<Suppression>(stateName.suppression(id));
  if (suppression === undefined || suppression.ended) return;
  turn.state.edit<Suppression>(stateName.suppression(id), () => suppression).ended = true;
  unlink(turn, scopeName(suppression.scope), id);
  turn.timers.set(suppressionTimer(id), null);
}

function candidates(turn: Turn, draft: FindingDraft): string[] {
  const at = (kind: SuppressionScope['kind'], value: string): readonly string[] =>
    turn.state.get<readonly string[]>(stateName.suppressionScope(kind, value)) ?? [];
  const ids = [...at('rule', draft.detection), ...at('rule', draft.rule_id)];
  if (draft.domains.length === 1) ids.push(...at('domain', draft.domains[0] as string));
  if (draft.actor_id !== undefined) ids.push(...at('actor', draft.actor_id));
  return [...new Set([...ids, ...at('cidr', '*')])].sort();
}

/** Source addresses of the evidence, from the evidence itself or from the remembered events it names. */
function addressesOf(turn: Turn, draft: FindingDraft): string[] {
  const found = new Set<string>();
  const wanted = new Set(draft.evidence_event_ids);
  for (const evidence of draft.evidence) if (evidence.source_ip !== undefined) found.add(evidence.source_ip);
  const memories = [
    ...draft.domains.slice(0, 4).map((domain) => remembered(turn, 'domain', domain)),
    ...(draft.registrar_account === undefined ? [] : [remembered(turn, 'account', draft.registrar_account)]),
    ...(draft.actor_id === undefined ? [] : [remembered(turn, 'actor', principalId(turn, draft.actor_id))]),
  ];
  for (const entry of memories.flat())
    if (wanted.has(entry.ref) && entry.evidence.source_ip !== undefined) found.add(entry.evidence.source_ip);
  return [...found];
}

/**
 * The suppression that hides a finding, or undefined. A network must hold every source address known; a suppression with
 * one approver never hides delegation, DS, lock, transfer or second-factor findings; an override cannot be hidden.
 */
export function suppressionFor(
  turn: Turn,
  record: Pick<FindingRecord, 'draft' | 'overrides'>,
): string | undefined {
  const { draft, overrides } = record;
  if (!draft.suppressible || overrides.length > 0) return undefined;
  for (const id of candidates(turn, draft)) {
    const suppression = turn.state.get<Suppression>(stateName.suppression(id));
    if (suppression === undefined || suppression.ended || suppression.createdMs > turn.nowMs) continue;
    if (suppression.approvals.length < suppression.approvalsNeeded) continue;
    if (suppression.expiresMs !== null && suppression.expiresMs <= turn.nowMs) continue;
    if (suppression.approvals.length < 2 && isControlPlane(classesOfDraft(draft, false))) continue;
    if (suppression.scope.kind === 'cidr') {
      const addresses = addressesOf(turn, draft);
      if (addresses.length === 0 || !addresses.every((ip) => ipInCidr(ip, suppression.scope.value))) continue;
    }
    return id;
  }
  return draft.filtered_by;
}

/** Counts a finding that a suppression hid for the first time. */
export function countHit(turn: Turn, id: string, wouldPage: boolean): void {
  const name = stateName.suppression(id);
  if (turn.state.get(name) === undefined) return;
  const suppression = turn.state.edit<Suppression>(name, () => {
    throw new Error(`suppression ${id} is not in the state`);
  });
  suppression.hits++;
  if (wouldPage) suppression.wouldHavePaged++;
}

/** Counts a hidden finding that belonged to a true positive; `by` -1 takes it back with the verdict. */
export function countRegret(turn: Turn, id: string, by: 1 | -1): void {
  const name = stateName.suppression(id);
  const suppression = turn.state.get<Suppression>(name);
  if (suppression === undefined) return;
  turn.state.edit<Suppression>(name, () => suppression).regrets += by;
}

/** Every suppression of a tenant's case state, past ones too, in id order. Costs time in proportion to the state. */
export function suppressions(state: StateView): Suppression[] {
  return state.names('supp:').flatMap((name) => state.get<Suppression>(name) ?? []);
}
