/**
 * Silences that people set on our alerts in Grafana or an Alertmanager. Nobody can forbid them; a long one is a suppression
 * without owner, reason and end, so it is shown, told to the stream and written into the audit log.
 */
import type { OutgoingClient } from '../1-source/outgoing-http.ts';
import type { SilenceView } from '../contract/api.ts';
import type { Surroundings } from '../contract/component.ts';
import { caseMetricNames } from '../contract/case-metric-names.ts';
import { formatInstant, parseInstant } from '../leaf/time.ts';
import type { WatchChange } from '../host/pipeline-event.ts';
import type { AuditLog } from './audit-log.ts';
import type { Collector } from './collector.ts';
import type { SilencePlace } from './config-silences.ts';
import { appendControl } from './control-entries.ts';

/** What the watch works with. */
export interface SilenceWatchParts {
  readonly collector: Collector;
  readonly audit: AuditLog;
  readonly places: readonly SilencePlace[];
  readonly client: OutgoingClient;
  readonly around: Surroundings;
}

interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

/** A silence as Alertmanager API v2 gives it (`gettableSilence`); Grafana's own Alertmanager speaks the same. */
interface Silence {
  readonly id: string;
  readonly state: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly startsMs: number;
  readonly endsMs: number;
  readonly matchers: readonly Matcher[];
}

const hourMs = 3_600_000;
const lookEveryMs = 1000;
const answerBytesMax = 4 * 1024 * 1024;
const noHeartbeatMs = 10 * 365 * 86_400_000;

/** Values every one of our alerts has. */
const fixedLabels = new Map([['source', ['zonewarden']]]);
/** Labels of our alerts whose value nobody knows beforehand. */
const ourLabels = new Set<string>([
  ...caseMetricNames.case_open.labels,
  ...caseMetricNames.case_facts.labels,
  'signal',
  'alertname',
  'grafana_folder',
  'zonewarden',
]);
const ourNames = /zonewarden/i;

function accepts({ value, isRegex, isEqual }: Matcher, text: string): boolean {
  let matches = value === text;
  if (isRegex)
    try {
      matches = new RegExp(`^(?:${value})$`).test(text);
    } catch {
      // A pattern this engine does not read may match anything: better one report too many.
      matches = isEqual;
    }
  return matches === isEqual;
}

/** True when the matchers can fit an alert of ours. A label our alerts do not have counts as empty, as Alertmanager does it. */
export function concernsUs(matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => {
    const fixed = fixedLabels.get(matcher.name);
    if (fixed !== undefined) return fixed.some((value) => accepts(matcher, value));
    if (matcher.name === 'alertname' || matcher.name === 'grafana_folder')
      return !matcher.isEqual || matcher.isRegex || ourNames.test(matcher.value);
    return ourLabels.has(matcher.name) ? true : accepts(matcher, '');
  });
}

function matcherOf(candidate: unknown): Matcher | undefined {
  const { name, value, isRegex, isEqual } = (candidate ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || typeof value !== 'string') return undefined;
  return { name, value, isRegex: isRegex === true, isEqual: isEqual !== false };
}

function silenceOf(candidate: unknown): Silence | undefined {
  const { id, status, createdBy, comment, startsAt, endsAt, matchers } = (candidate ?? {}) as Record<
    string,
    unknown
  >;
  const starts = typeof startsAt === 'string' ? parseInstant(startsAt) : undefined;
  const ends = typeof endsAt === 'string' ? parseInstant(endsAt) : undefined;
  const { state } = (status ?? {}) as { state?: unknown };
  if (typeof id !== 'string' || starts === undefined || ends === undefined) return undefined;
  if (typeof state !== 'string' || !Array.isArray(matchers)) return undefined;
  const read = matchers.map(matcherOf);
  if (read.includes(undefined)) return undefined;
  return {
    id,
    state,
    createdBy: typeof createdBy === 'string' ? createdBy : '',
    comment: typeof comment === 'string' ? comment : '',
    startsMs: starts.ms,
    endsMs: ends.ms,
    matchers: read as Matcher[],
  };
}

function matcherWords({ name, value, isRegex, isEqual }: Matcher): string {
  return `${name}${isEqual ? (isRegex ? '=~' : '=') : isRegex ? '!~' : '!='}${JSON.stringify(value)}`;
}

function listUrl({ kind, url }: SilencePlace): string {
  const base = url.replace(/\/+$/, '');
  return kind === 'grafana' ? `${base}/api/alertmanager/grafana/api/v2/silences` : `${base}/api/v2/silences`;
}

/** Keeps what is silenced now; long ones are told once. */
export class SilenceWatch {
  readonly #parts: SilenceWatchParts;
  readonly #views = new Map<string, readonly SilenceView[]>();
  readonly #told = new Set<string>();
  readonly #dueMs = new Map<string, number>();

  constructor(parts: SilenceWatchParts) {
    this.#parts = parts;
  }

  /** Silences of our alerts that a caller with these tenants may know of, longest first. */
  list(tenants: readonly string[]): SilenceView[] {
    const allowed = new Set(tenants);
    return [...this.#views.values()]
      .flat()
      .filter(({ tenant }) => tenant === null || allowed.has(tenant))
      .sort((a, b) => (a.ends_at === b.ends_at ? (a.id < b.id ? -1 : 1) : a.ends_at < b.ends_at ? 1 : -1));
  }

  /** Silences told by earlier processes are not told again. */
  async recall(): Promise<void> {
    const entries = await this.#parts.audit.list({
      limit: 1000,
      wants: ({ fact }) => fact.action === 'silence.noticed',
    });
    for (const { fact } of entries) this.#told.add(fact.object);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { around, places } = this.#parts;
    if (places.length === 0) return;
    while (!signal.aborted) {
      for (const place of places) {
        if (around.nowMs() < (this.#dueMs.get(place.id) ?? 0)) continue;
        this.#dueMs.set(place.id, around.nowMs() + place.interval_s * 1000);
        await this.look(place, signal).catch((error: unknown) =>
          around.log('error', `silences of ${place.id}: ${String(error)}`),
        );
      }
      await around.sleep(lookEveryMs, signal).catch(() => undefined);
    }
  }

  /** Reads one place now. What cannot be read is logged; what was known stays shown. */
  async look(place: SilencePlace, signal: AbortSignal): Promise<void> {
    const { client, around } = this.#parts;
    const headers: Record<string, string> = { accept: 'application/json' };
    if (place.token !== undefined) headers['authorization'] = `Bearer ${place.token.reveal()}`;
    const answer = await client({ url: listUrl(place), headers, answerBytesMax }, signal);
    if (signal.aborted) return;
    const found = answer.ok && answer.value.status === 200 ? readSilences(answer.value.body) : undefined;
    if (found === undefined) {
      const why = answer.ok ? `it answered ${answer.value.status}` : answer.failure.message;
      around.log('warn', `silences of ${place.id} could not be read: ${why}`);
      return;
    }
    const ours = found.filter((one) => one.state !== 'expired' && concernsUs(one.matchers));
    this.#views.set(
      place.id,
      ours.map((one) => viewOf(one, place)),
    );
    for (const one of ours) if (isLong(one, place)) await this.#tell(one, place);
  }

  async #tell(silence: Silence, place: SilencePlace): Promise<void> {
    const { collector, audit, around } = this.#parts;
    const object = `${place.id}/${silence.id}/${formatInstant(silence.endsMs)}`;
    if (this.#told.has(object)) return;
    this.#told.add(object);
    const matchers = silence.matchers.map(matcherWords).join(', ');
    const hours = Math.round((silence.endsMs - silence.startsMs) / hourMs);
    const reason = `${silence.createdBy || 'somebody'} silenced our alerts with ${matchers} in ${place.id} for ${hours} hours, until ${formatInstant(silence.endsMs)}; at most ${place.longest_h} hours are usual`;
    around.log('warn', reason);
    const nowMs = around.nowMs();
    const domain = silence.matchers.find(
      ({ name, isRegex, isEqual }) => name === 'domain' && isEqual && !isRegex,
    )?.value;
    const named = silence.matchers.find(
      ({ name, isRegex, isEqual }) => name === 'tenant' && isEqual && !isRegex,
    )?.value;
    const tenants = collector.current.tenants.filter(
      (tenant) => (place.tenant ?? tenant) === tenant && (named ?? tenant) === tenant,
    );
    for (const tenant of tenants) {
      const change: WatchChange = {
        type: 'pipeline.suppression.created',
        tenant,
        by: silence.createdBy === '' ? 'unknown' : `${place.kind}:${silence.createdBy}`,
        object: `silence ${object}`,
        atMs: nowMs,
        reason,
        system: place.kind,
        ...(domain === undefined ? {} : { domain }),
      };
      await appendControl(collector.stores.log, 'watch', change, nowMs);
      const source = { tenant, id: place.id, feed: place.kind, kind: 'pipeline', intervalMs: noHeartbeatMs };
      // Alerts that nobody hears are blindness like a silent source, and raised as such.
      collector.intake.gap({ ...source, kind: 'pipeline' }, nowMs - 1, nowMs, reason);
    }
    await audit.append({
      tenant: place.tenant ?? '*',
      by: 'system',
      action: 'silence.noticed',
      object,
      details: { by: silence.createdBy, comment: silence.comment, matchers, hours },
    });
  }
}

function readSilences(body: Uint8Array): Silence[] | undefined {
  try {
    const list: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return Array.isArray(list) ? list.flatMap((each) => silenceOf(each) ?? []) : undefined;
  } catch {
    return undefined;
  }
}

function isLong({ startsMs, endsMs }: Silence, { longest_h: longestH }: SilencePlace): boolean {
  return endsMs - startsMs > longestH * hourMs;
}

function viewOf(silence: Silence, place: SilencePlace): SilenceView {
  return {
    id: silence.id,
    place: place.id,
    tenant: place.tenant ?? null,
    matchers: silence.matchers.map(matcherWords),
    state: silence.state,
    created_by: silence.createdBy,
    comment: silence.comment,
    starts_at: formatInstant(silence.startsMs),
    ends_at: formatInstant(silence.endsMs),
    long: isLong(silence, place),
  };
}
