/** What the authoritative servers and the configured resolvers answer for the names that matter of one domain. */
import type { Outcome } from '../../contract/outcome.ts';
import type { DnsMessage } from '../../leaf/dns-message.ts';
import { canonicalName } from '../../leaf/domain-name.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { askServer, type ServerAddress } from '../dns-exchange.ts';
import { askResolver, wildcardProbeName } from './answer-question.ts';
import type { Attribute } from '../probe-document.ts';
import type { Reading } from '../probe-state.ts';

/** Names of a domain beside the apex. Hosts and selectors are labels relative to the domain, or full names below it. */
export interface AnswerTargets {
  readonly zone: string;
  readonly criticalHosts: readonly string[];
  readonly dkimSelectors: readonly string[];
}

/** Whom to ask, and how long to wait. `authoritative` are addresses of the zone's own servers; `from`: address of ours to ask them from. */
export interface AnswerSources {
  readonly authoritative: readonly string[];
  readonly authoritativePort: number;
  readonly resolvers: readonly ServerAddress[];
  readonly from?: string;
  readonly timeoutMs: number;
  /** Questions to ask, by attribute key; all when absent. */
  readonly keys?: ReadonlySet<string>;
}

/** A name and type that is watched. `as`: name it is reported under, the name itself when absent. */
export interface WatchedQuestion {
  readonly name: string;
  readonly type: string;
  readonly as?: string;
}

/**
 * One answer of one source. `reading.alias`: the alias of the name that a resolver followed out of the zone. `ttl` is the
 * lowest of the set; `bogus` and `validated` only from resolvers.
 */
export interface AnswerView {
  readonly question: WatchedQuestion;
  readonly source: string;
  readonly kind: 'authoritative' | 'resolver';
  readonly reading: Reading;
  readonly ttl?: number;
  readonly validated?: boolean;
  readonly bogus?: boolean;
  readonly problem?: string;
}

/** What servers rotate over, and what the target of an alias is asked for. */
const addressTypes: ReadonlySet<string> = new Set(['A', 'AAAA']);

/** A cache that holds an answer for days is not waited for that long. */
const cachedMsMax = 3_600_000;

function keyOf(question: WatchedQuestion, kind: AnswerView['kind']): string {
  return `${reportedName(question)}/${question.type}@${kind}`;
}

function below(label: string, zone: string): string {
  return label === zone || label.endsWith(`.${zone}`) ? label : `${label}.${zone}`;
}

/** All questions for a domain: apex, policy names, a name that only a wildcard answers, DKIM selectors, critical hosts. */
export function questionsFor(targets: AnswerTargets): WatchedQuestion[] {
  const { zone } = targets;
  const questions: WatchedQuestion[] = ['A', 'AAAA', 'MX', 'TXT', 'CAA'].map((type) => ({
    name: zone,
    type,
  }));
  questions.push({ name: `_dmarc.${zone}`, type: 'TXT' });
  for (const type of ['A', 'CNAME']) questions.push({ name: wildcardProbeName(zone), type, as: `*.${zone}` });
  for (const selector of targets.dkimSelectors)
    questions.push({ name: `${selector}._domainkey.${zone}`, type: 'TXT' });
  for (const host of targets.criticalHosts)
    for (const type of ['A', 'AAAA', 'CNAME']) questions.push({ name: below(host, zone), type });
  return questions;
}

/**
 * Target of the alias at the name asked for, when the addresses are those of a name outside the zone (RFC 1034, section
 * 3.6.2). The first link is what the owner of the zone controls. A server of the zone is not believed: whoever holds it may
 * put addresses of his own beside the right alias, while a resolver asks the servers of the target.
 */
function aliasFollowed(
  question: WatchedQuestion,
  kind: AnswerView['kind'],
  zone: string,
  message: DnsMessage,
): string | undefined {
  if (kind !== 'resolver' || !addressTypes.has(question.type)) return undefined;
  const linkAt = (name: string): string | undefined => {
    const link = message.answers.find((record) => record.type === 'CNAME' && record.name === name);
    return link === undefined ? undefined : canonicalName(link.data);
  };
  const target = linkAt(question.name);
  if (target === undefined || target === zone || target.endsWith(`.${zone}`)) return undefined;
  const chain = new Set<string>([question.name]);
  let end = target;
  for (let next: string | undefined = target; next !== undefined && !chain.has(next); next = linkAt(next)) {
    chain.add(next);
    end = next;
  }
  const addresses = message.answers.filter((record) => record.type === question.type);
  return addresses.every((record) => record.name === end) ? target : undefined;
}

/** Reads one reply. `zone`: the watched domain. Only an authoritative server or a resolver that answered may say "no such record". */
export function answerView(
  question: WatchedQuestion,
  source: string,
  kind: AnswerView['kind'],
  zone: string,
  reply: Outcome<DnsMessage>,
  bogus = false,
  from?: string,
): AnswerView {
  // All servers of a zone seen from one place are one vantage; each resolver is one, for it has a path of its own.
  const vantage = kind === 'resolver' ? source : (from ?? 'here');
  const view = (outcome: Reading['outcome'], value: readonly string[], ttl = 0): Reading => ({
    vantage,
    source,
    outcome,
    value,
    // A cache that says 0 may still hold the answer for the rest of that second.
    ...(kind === 'resolver' && outcome === 'answer'
      ? { cachedForMs: Math.min((ttl + 1) * 1000, cachedMsMax) }
      : {}),
  });
  if (!reply.ok)
    return { question, source, kind, reading: view('unknown', []), problem: reply.failure.message };
  const message = reply.value;
  const flags =
    kind === 'resolver'
      ? {
          validated: message.authenticData,
          bogus,
        }
      : {};
  if (message.rcode !== 'NOERROR' && message.rcode !== 'NXDOMAIN')
    return {
      question,
      source,
      kind,
      reading: view('unknown', []),
      problem: `answered ${message.rcode}`,
      ...flags,
    };
  if (kind === 'authoritative' && !message.authoritative)
    return { question, source, kind, reading: view('unknown', []), problem: 'answered without authority' };
  const records = message.answers.filter((record) => record.type === question.type);
  if (records.length > 0) {
    const ttl = Math.min(...records.map((record) => record.ttl));
    const value = canonicalRecordSet(
      question.type,
      records.map((record) => record.data),
    );
    const alias = bogus ? undefined : aliasFollowed(question, kind, zone, message);
    const reading = { ...view('answer', value, ttl), ...(alias === undefined ? {} : { alias }) };
    return { question, source, kind, reading, ttl, ...flags };
  }
  // An alias that leaves the server's zones: whether the target has such a record is for others to say.
  const isAliased = message.answers.some(
    (record) => record.type === 'CNAME' && record.name === question.name,
  );
  if (isAliased && kind === 'authoritative')
    return { question, source, kind, reading: view('unknown', []), problem: 'alias to another zone' };
  return { question, source, kind, reading: view('absent', []), ...flags };
}

/** Asks every source every question. Sources in parallel, questions of one source in order, so that nobody is flooded. */
export async function readAnswers(
  targets: AnswerTargets,
  sources: AnswerSources,
  signal?: AbortSignal,
): Promise<AnswerView[]> {
  const questions = questionsFor(targets);
  async function askAll(server: ServerAddress, kind: AnswerView['kind']): Promise<AnswerView[]> {
    const views: AnswerView[] = [];
    for (const question of questions) {
      if (sources.keys?.has(keyOf(question, kind)) === false) continue;
      const { name, type, timeoutMs } = { ...question, timeoutMs: sources.timeoutMs };
      const isResolver = kind === 'resolver';
      const asked = { name, type, timeoutMs, recursionDesired: isResolver, dnssecOk: isResolver };
      const { reply, bogus } = isResolver
        ? await askResolver(server, asked, signal)
        : { reply: await askServer(server, asked, signal), bogus: false };
      const source = server.from === undefined ? server.address : `${server.address} from ${server.from}`;
      views.push(answerView(question, source, kind, targets.zone, reply, bogus, server.from));
    }
    return views;
  }
  const from = sources.from === undefined ? {} : { from: sources.from };
  const all = await Promise.all([
    ...sources.authoritative.map((address) =>
      askAll({ address, port: sources.authoritativePort, ...from }, 'authoritative'),
    ),
    ...sources.resolvers.map((server) => askAll(server, 'resolver')),
  ]);
  return all.flat();
}

function validationReading(source: string, views: readonly AnswerView[]): Reading {
  const told = views.filter((view) => view.bogus === true || view.reading.outcome !== 'unknown');
  if (told.length === 0) return { vantage: source, outcome: 'unknown', value: [] };
  const state = told.some((view) => view.bogus === true)
    ? 'bogus'
    : told.every((view) => view.validated === true)
      ? 'secure'
      : 'insecure';
  return { vantage: source, outcome: 'answer', value: [state] };
}

function reportedName(question: WatchedQuestion): string {
  return question.as ?? question.name;
}

/** True when every answer to the question is what a name that does not exist gets too. */
function isFromWildcard(group: readonly AnswerView[], views: readonly AnswerView[]): boolean {
  const told = group.filter((view) => view.reading.outcome === 'answer');
  if (told.length === 0 || told[0]!.question.as !== undefined) return false;
  return told.every((view) => {
    const { type, name } = view.question;
    const wildcard = views.find(
      (other) =>
        other.question.as?.startsWith('*.') === true &&
        other.question.type === type &&
        other.source === view.source &&
        name.endsWith(other.question.as.slice(1)),
    );
    return wildcard?.reading.value.join() === view.reading.value.join();
  });
}

/**
 * Views as attributes. Authoritative servers and resolvers are believed apart: caches lag behind by design. Values may
 * rotate (round robin, geo answers), which beliefs learn.
 */
export function answerAttributes(views: readonly AnswerView[]): Attribute[] {
  const groups = new Map<string, AnswerView[]>();
  for (const view of views) {
    const key = keyOf(view.question, view.kind);
    const found = groups.get(key);
    if (found === undefined) groups.set(key, [view]);
    else found.push(view);
  }
  const attributes: Attribute[] = [...groups.entries()].map(([key, group]) => {
    const [sample] = group;
    const ttls = group.flatMap((view) => (view.ttl === undefined ? [] : [view.ttl]));
    return {
      key,
      what: 'answer',
      name: reportedName(sample!.question),
      type: sample!.question.type,
      readings: group.map((view) => view.reading),
      rotates: true,
      ...(sample!.kind === 'resolver'
        ? { behind: keyOf(sample!.question, 'authoritative') }
        : { resample: addressTypes.has(sample!.question.type) }),
      details: {
        view: sample!.kind,
        sources: group.map((view) => view.source),
        ...(isFromWildcard(group, views) ? { wildcard: true } : {}),
        ...(ttls.length > 0 ? { ttl: Math.min(...ttls) } : {}),
        ...(sample!.kind === 'resolver' ? { validated: group.every((view) => view.validated === true) } : {}),
      },
    };
  });
  const resolvers = [...new Set(views.filter((view) => view.kind === 'resolver').map((view) => view.source))];
  if (resolvers.length > 0)
    attributes.push({
      key: 'validation',
      what: 'validation',
      readings: resolvers.map((source) =>
        validationReading(
          source,
          views.filter((view) => view.source === source && view.kind === 'resolver'),
        ),
      ),
      rotates: false,
    });
  return attributes;
}
