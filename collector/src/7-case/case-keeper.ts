/** Stage 7: findings become cases, people's words become state, events become the story. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { Evidence, FindingDraft } from '../contract/finding.ts';
import type { CaseKeeper, CaseResult, Message, StateView } from '../contract/step.ts';
import { registrableDomain } from '../leaf/domain-name.ts';
import { parseInstant } from '../leaf/time.ts';
import { defaultRetention, stateName, type CaseRecord, type Retention } from './case-record.ts';
import { caseView, findingView } from './case-view.ts';
import { domainRisk } from './composite.ts';
import { expire, isExpiryTimer, linkedCases } from './expiry.ts';
import { explainFact, keepFinding } from './finding-keeper.ts';
import { noteSuppressedMatch, raiseComposite } from './raised-findings.ts';
import { emitPrefix, noteSaid, waitForEvents, waitsForFindings } from './gathering.ts';
import { follow } from './lifecycle.ts';
import { personOfFinding, principalId } from './links.ts';
import { eventEntry } from './narrative.ts';
import type { Playbook } from './playbook.ts';
import { addWeakSignal, weakSignalOf, type CompositeRisk } from './risk-signals.ts';
import { enrichedPerson, isStory, remember, rememberedEvent, type RememberedEvent } from './recent-events.ts';
import { noteBlind, tell } from './story.ts';
import { endSuppression } from './suppression.ts';
import {
  editCase,
  editFinding,
  readCase,
  resultOf,
  silent,
  turnOf,
  type KeeperSettings,
  type Turn,
} from './turn.ts';

/** What a case keeper needs from outside its room. */
export interface CaseKeeperOptions {
  /** Formula of stage 5 for several signals about one entity. */
  readonly compositeRisk: CompositeRisk;
  readonly playbooks: readonly Playbook[];
  /** Numbers that differ from the shipped ones. */
  readonly retention?: Partial<Retention>;
}

const suppressionPrefix = 'suppression:';
const dayMs = 86_400_000;

/** Keyed by tenant: every step reads and writes names of one tenant's state only. */
export function createCaseKeeper(options: CaseKeeperOptions): CaseKeeper {
  const settings: KeeperSettings = {
    compositeRisk: options.compositeRisk,
    playbooks: new Map(options.playbooks.map((playbook) => [playbook.id, playbook])),
    retention: { ...defaultRetention, ...options.retention },
  };
  return {
    step(state, message, context) {
      if (message.kind === 'event' && !concerns(message.event)) return silent;
      if (message.kind === 'intent') return silent;
      if (message.kind === 'directive' && message.directive.type === 'baseline.learned') return silent;
      const turn = turnOf(state, context, settings, {
        tenant: message.tenant,
        decidedMs: message.ingestMs,
        cause: message.id,
      });
      onMessage(turn, message);
      return told(turn, message.kind === 'finding');
    },
    due(state, tenant, timer, context) {
      const about = { tenant, decidedMs: context.nowMs, cause: timer };
      const turn = turnOf(state, context, settings, about);
      onTimer(turn, timer);
      return told(turn, false);
    },
    riskOf(state, tenant, domain, context) {
      const about = { tenant, decidedMs: context.nowMs, cause: '' };
      return domainRisk(turnOf(state, context, settings, about), domain);
    },
  };
}

/** Conclusions are told through their findings; this one may also be withdrawn. */
const explanation = 'derived.attribution.missing';

function concerns(event: CanonicalEvent): boolean {
  return isStory(event) || isBlindness(event) || event.event_type === explanation;
}

function isBlindness(event: CanonicalEvent): boolean {
  return event.event_type === 'pipeline.source.silent' || event.event_type === 'pipeline.source.recovered';
}

function onMessage(turn: Turn, message: Message): void {
  if (message.kind === 'directive') follow(turn, message.directive);
  else if (message.kind === 'event') onEvent(turn, message.event);
  else if (message.kind === 'finding') onFinding(turn, message.draft);
}

function onFinding(turn: Turn, draft: FindingDraft): void {
  const kept = keepFinding(turn, draft);
  if (!kept.changed) return;
  if (kept.newlyHidden) noteSuppressedMatch(turn, draft.finding_id);
  const person = personOfFinding(turn, draft);
  const { domains, drill, registrar_account: account } = draft;
  raiseComposite(turn, {
    domains,
    drill,
    ...(account === undefined ? {} : { registrar_account: account }),
    ...(person === undefined ? {} : { actor_id: person }),
  });
}

function onTimer(turn: Turn, timer: string): void {
  if (isExpiryTimer(timer)) expire(turn, timer);
  else if (timer.startsWith(suppressionPrefix)) endSuppression(turn, timer.slice(suppressionPrefix.length));
  else if (timer.startsWith(emitPrefix)) {
    const id = timer.slice(emitPrefix.length);
    if (readCase(turn, id)?.unsaid === true) editCase(turn, id);
  }
}

/** Writes out everything the step changed, one revision each; what a finding added to a case of many may wait. */
function told(turn: Turn, byFinding: boolean): CaseResult {
  if (turn.changedCases.size === 0 && turn.changedFindings.size === 0 && turn.timers.size === 0)
    return silent;
  const changed = [...turn.changedCases].sort().map((id) => editCase(turn, id));
  const due = byFinding ? changed.filter((record) => !waitsForFindings(turn, record)) : changed;
  const cases = due.map((record) => {
    record.revision++;
    noteSaid(turn, record);
    record.updatedMs = Math.max(record.updatedMs, turn.decidedMs);
    return caseView(turn, record);
  });
  const findings = [...turn.changedFindings].sort().map((id) => findingView(id, editFinding(turn, id)));
  return resultOf(turn, findings, cases);
}

function onEvent(turn: Turn, event: CanonicalEvent): void {
  if (isBlindness(event)) {
    noteSource(turn, event);
    return;
  }
  if (event.event_type === explanation) {
    explainFact(turn, event);
    return;
  }
  const entry = rememberedEvent(event, turn.nowMs);
  const people = peopleOf(turn, event);
  noteAutomation(turn, event, people.actor);
  const domains = domainsOf(turn, event);
  const cases = casesOf(turn, event, domains, people);
  joinStory(turn, cases, entry, event.event_type);
  for (const domain of domains) remember(turn, 'domain', domain, entry);
  const account = accountOfEvent(event);
  if (account !== undefined) remember(turn, 'account', account, entry);
  for (const principal of people.all) remember(turn, 'actor', principal, entry);
  explainFact(turn, event);
  const weak = turn.context.warmup ? undefined : weakSignalOf(event);
  if (weak !== undefined) onWeakSignal(turn, event, weak, entry.evidence, { domains, people, cases });
}

/** Account the source names; for events without a domain also the one enrichment found. */
function accountOfEvent(event: CanonicalEvent): string | undefined {
  if (event.registrar_account !== undefined || event.domain !== undefined) return event.registrar_account;
  const id = (event.enrich?.['registrar_account'] as { id?: unknown } | undefined)?.id;
  return typeof id === 'string' ? id : undefined;
}

function onWeakSignal(
  turn: Turn,
  event: CanonicalEvent,
  weak: NonNullable<ReturnType<typeof weakSignalOf>>,
  evidence: Evidence,
  about: { domains: readonly string[]; people: People; cases: readonly CaseRecord[] },
): void {
  const account = accountOfEvent(event);
  const accounts = account === undefined ? [] : [account];
  addWeakSignal(turn, event, weak, evidence, {
    domains: about.domains,
    accounts,
    principals: about.people.all,
  });
  const domains = new Set(about.domains);
  for (const record of about.cases) for (const domain of record.domains.slice(0, 8)) domains.add(domain);
  raiseComposite(turn, {
    domains: [...domains].sort(),
    registrar_account: account,
    actor_id: about.people.all[0],
    drill: false,
  });
}

function noteSource(turn: Turn, event: CanonicalEvent): void {
  const told = event.attribute ?? event.source?.['kind'];
  const since = event.timestamp_earliest === undefined ? undefined : parseInstant(event.timestamp_earliest);
  noteBlind(turn, {
    kind: typeof told === 'string' ? told : event.source_kind,
    instance: event.source_instance ?? event.source_id ?? '',
    ref: event.event_id,
    silent: event.event_type === 'pipeline.source.silent',
    sinceMs: since?.ms ?? turn.nowMs,
  });
}

interface People {
  /** Who acted; undefined when nobody knows. */
  readonly actor: string | undefined;
  /** Actor and the person it happened to, as the inventory names them. */
  readonly all: readonly string[];
}

function peopleOf(turn: Turn, event: CanonicalEvent): People {
  const actor =
    event.actor_id === 'unknown'
      ? undefined
      : (enrichedPerson(event, 'actor') ?? principalId(turn, event.actor_id));
  const target = event.identity?.target_user;
  const all = actor === undefined ? [] : [actor];
  if (target !== undefined) {
    const principal = enrichedPerson(event, 'subject') ?? principalId(turn, target);
    if (principal !== actor) all.push(principal);
  }
  return { actor, all };
}

const automationDaysKept = 30;

/** Remembers on which days somebody deployed: who does so regularly is automation, not an intruder. */
function noteAutomation(turn: Turn, event: CanonicalEvent, actor: string | undefined): void {
  if (actor === undefined || event.deployment_correlation_id === undefined) return;
  const day = Math.floor(turn.nowMs / dayMs);
  const name = stateName.automation(actor);
  const days = turn.state.get<{ days: number[] }>(name)?.days ?? [];
  if (days.includes(day)) return;
  turn.state.put(name, {
    days: [...days.filter((each) => each > day - automationDaysKept), day].sort((a, b) => a - b),
  });
}

/**
 * Names an event is about: its own, and the one a mailbox belongs to when the inventory has it. Where people have their
 * addresses says nothing about a domain nobody watches.
 */
function domainsOf(turn: Turn, event: CanonicalEvent): string[] {
  const domains = event.domain === undefined ? [] : [event.domain];
  const mailbox =
    event.mail?.mailbox ?? (event.domain === undefined ? event.identity?.target_user : undefined);
  if (mailbox === undefined || !mailbox.includes('@')) return domains;
  const host = registrableDomain(mailbox.slice(mailbox.lastIndexOf('@') + 1).toLowerCase());
  const isOurs = host !== undefined && turn.context.inventory.domain(turn.tenant, host) !== undefined;
  if (isOurs && !domains.includes(host)) domains.push(host);
  return domains;
}

/** Open, lately active cases an event belongs to: by name; by account when it names no domain; by a suspect; by an admin. */
function casesOf(
  turn: Turn,
  event: CanonicalEvent,
  domains: readonly string[],
  people: People,
): CaseRecord[] {
  const names = domains.map((domain) => stateName.link('domain', domain, false));
  const account = accountOfEvent(event);
  if (account !== undefined && event.domain === undefined)
    names.push(stateName.link('account', account, false));
  if (people.actor !== undefined) names.push(stateName.link('actor', people.actor, false));
  const family = event.event_type.slice(0, event.event_type.indexOf('.'));
  if (family === 'identity' || family === 'mail')
    for (const principal of people.all) names.push(stateName.link('admin', principal, false));
  const found = new Map<string, CaseRecord>();
  for (const name of names)
    for (const record of linkedCases(turn, name)) if (isListening(turn, record)) found.set(record.id, record);
  return [...found.values()];
}

function isListening(turn: Turn, record: CaseRecord): boolean {
  if (record.state === 'closed' || record.state === 'merged') return false;
  return turn.nowMs - record.lastActivityMs <= turn.settings.retention.linkedMs;
}

/**
 * Adds the event to its cases; they are written out together a little later, unless something else happens first. A case
 * that listens for three days to a busy account would otherwise be written whole, with all its lines, every minute.
 */
function joinStory(turn: Turn, cases: readonly CaseRecord[], entry: RememberedEvent, type: string): void {
  for (const { id } of cases) {
    if (turn.changedCases.has(id)) {
      tell(turn, id, eventEntry(entry), type);
      continue;
    }
    const added = tell(turn, id, eventEntry(entry), type);
    if (!added && !turn.changedCases.has(id)) continue;
    const record = editCase(turn, id);
    turn.changedCases.delete(id);
    if (added || isPowerOfTwo(record.omitted)) waitForEvents(turn, record);
  }
}

/** Lines left out are worth a revision of their own when their number has doubled. */
function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}

/** Case of a tenant's state, for hosts that read between steps; undefined when unknown. */
export function readCaseRecord(state: StateView, id: string): CaseRecord | undefined {
  return state.get<CaseRecord>(stateName.case(id));
}
