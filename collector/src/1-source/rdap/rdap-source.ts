/** Source `rdap`: asks the registries about every watched domain within their budgets and writes first answers and differences. */
import type { Intake, SourceIdentity, Surroundings } from '../../contract/component.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { formatInstant } from '../../leaf/time.ts';
import type { OutgoingAnswer, OutgoingClient } from '../outgoing-http.ts';
import type { ProbeBudget } from '../probe-budget.ts';
import { scheduledChecks, type CheckResult, type ScheduledSource } from '../scheduled-checks.ts';
import type { WatchedDomain, WatchedDomains } from '../watched-domains.ts';
import { rdapBootstrap, saveBootstrap, storedBootstrap, type RdapBootstrap } from './bootstrap.ts';
import { isRecord, steadyText } from './json-parts.ts';
import type { RdapStored, SnapshotStore } from './snapshot-store.ts';

/** What to run. `tenant` `*`: domains of all tenants. Paths of the shipped and the refreshed bootstrap file. */
export interface RdapSourceOptions {
  readonly id: string;
  readonly tenant: string;
  readonly instance?: string;
  readonly domains: WatchedDomains;
  readonly budget: ProbeBudget;
  readonly ratePerMinute: number;
  readonly bootstrapUrl: string;
  readonly shippedBootstrap: string;
  readonly refreshedBootstrap: string;
  readonly servers: Readonly<Record<string, string>>;
  readonly store: SnapshotStore;
  readonly client: OutgoingClient;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly suspicionMs: number;
}

/** Media type of an answer as it came. */
export const rdapMediaType = 'application/rdap+json';
/** Media type of two answers about one domain. */
export const rdapDifferenceMediaType = 'application/vnd.zonewarden.rdap-difference+json';

const intervalMs = 3_600_000;
const answerBytesMax = 384 * 1024;
const bootstrapBytesMax = 4 * 1024 * 1024;
const refreshEveryMs = 86_400_000;
const throttleMs = 60_000;
const utf8 = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true });

function bodyOf(answer: OutgoingAnswer): string | undefined {
  try {
    return strict.decode(answer.body);
  } catch {
    return undefined;
  }
}

function isError(text: string): boolean {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) && body['errorCode'] !== undefined;
  } catch {
    return false;
  }
}

/** Bucket of a registry: the host that answers. Several top-level domains of one operator share it. */
function bucketOf(base: string): string {
  return `rdap ${new URL(base).host}`;
}

/** The feed. Nothing is asked before `run`. */
export function rdapSource(options: RdapSourceOptions, around: Surroundings): ScheduledSource {
  const { tenant, store, client } = options;
  const identity: SourceIdentity = { tenant, id: options.id, feed: 'rdap', kind: 'rdap_poll', intervalMs };
  let bootstrap: RdapBootstrap | undefined;
  let refreshedMs: number | undefined;

  function use(text: string): boolean {
    const read = rdapBootstrap(text, options.servers);
    if (read.ok) bootstrap = read.value;
    else around.log('warn', read.failure.message, { source: options.id });
    return read.ok;
  }

  /** Daily; a list that cannot be had leaves the one in use. */
  async function refresh(signal: AbortSignal): Promise<void> {
    const nowMs = around.nowMs();
    if (refreshedMs !== undefined && nowMs - refreshedMs < refreshEveryMs) return;
    refreshedMs = nowMs;
    const { bootstrapUrl: url } = options;
    const sent = await client(
      { url, answerBytesMax: bootstrapBytesMax, timeoutMs: options.timeoutMs },
      signal,
    );
    const text = sent.ok && sent.value.status === 200 ? bodyOf(sent.value) : undefined;
    if (text !== undefined && use(text)) await saveBootstrap(options.refreshedBootstrap, text);
    else if (!signal.aborted)
      around.log('info', 'the list of RDAP servers could not be refreshed; the stored one stays in use', {
        source: options.id,
        reason: sent.ok ? `status ${sent.value.status}` : sent.failure.message,
      });
  }

  function record(
    owner: string,
    domain: string,
    contentType: string,
    bytes: Uint8Array,
    atMs: number,
  ): RawRecord {
    return {
      tenant: owner,
      source: 'rdap',
      instance: options.instance ?? options.id,
      receivedAtMs: atMs,
      contentType,
      verified: true,
      bytes,
      meta: { domain },
    };
  }

  /** Record that the answer deserves, if any: the first, a difference, or a refusal that was not there before. */
  function told(
    domain: string,
    text: string,
    status: number,
    before: RdapStored | undefined,
    atMs: number,
  ): { contentType: string; bytes: Uint8Array; isChange: boolean } | undefined {
    if (status !== 200)
      return status === before?.status || !isError(text)
        ? undefined
        : { contentType: rdapMediaType, bytes: utf8.encode(text), isChange: false };
    if (before === undefined || before.body === '')
      return { contentType: rdapMediaType, bytes: utf8.encode(text), isChange: false };
    if (steadyText(before.body) === steadyText(text)) return undefined;
    const document = {
      domain,
      at: formatInstant(atMs),
      previous_at: formatInstant(before.atMs),
      epoch: before.epoch,
      previous: JSON.parse(before.body) as unknown,
      current: JSON.parse(text) as unknown,
    };
    return {
      contentType: rdapDifferenceMediaType,
      bytes: utf8.encode(JSON.stringify(document)),
      isChange: true,
    };
  }

  async function take(
    intake: Intake,
    watched: WatchedDomain,
    text: string,
    status: number,
  ): Promise<boolean> {
    const { domain } = watched;
    const atMs = around.nowMs();
    const before = await store.load(domain);
    const news = told(domain, text, status, before, atMs);
    const owners = tenant === '*' ? watched.tenants : [tenant];
    if (news !== undefined)
      await intake.accept(owners.map((owner) => record(owner, domain, news.contentType, news.bytes, atMs)));
    const epoch = (before?.epoch ?? 0) + (news?.isChange === true ? 1 : 0);
    // The time of an unreadable look is no bound of a change: nobody saw the old state then.
    const seen =
      status === 200 ? { atMs, body: text } : { atMs: before?.atMs ?? 0, body: before?.body ?? '' };
    await store.save(domain, { epoch, status, ...seen });
    return news?.isChange === true;
  }

  async function ask(domain: string, signal: AbortSignal): Promise<Outcome<OutgoingAnswer>> {
    const base = bootstrap?.baseFor(domain);
    if (base === undefined) return failed('bad_configuration', `no RDAP server is known for ${domain}`);
    const url = `${base}domain/${domain}`;
    const headers = { accept: `${rdapMediaType}, application/json` };
    return client({ url, headers, answerBytesMax, timeoutMs: options.timeoutMs }, signal);
  }

  async function check(intake: Intake, watched: WatchedDomain, signal: AbortSignal): Promise<CheckResult> {
    await refresh(signal);
    const { domain } = watched;
    const base = bootstrap?.baseFor(domain);
    const unknown: CheckResult = { known: false, suspicious: false };
    const sent = await ask(domain, signal);
    if (signal.aborted || base === undefined) return unknown;
    if (!sent.ok) {
      around.log('warn', `RDAP of ${domain}: ${sent.failure.message}`, { source: options.id });
      return unknown;
    }
    const { status, retryAfterMs } = sent.value;
    if (status === 429 || (status >= 500 && retryAfterMs !== undefined)) {
      const untilMs = around.nowMs() + (retryAfterMs ?? throttleMs);
      return { ...unknown, throttle: { bucket: bucketOf(base), untilMs } };
    }
    const text = bodyOf(sent.value);
    if (text === undefined || steadyText(text) === undefined || (status !== 200 && status !== 404)) {
      around.log(
        'warn',
        `RDAP of ${domain}: ${new URL(sent.value.url).host} answered status ${status}, which says nothing`,
      );
      return unknown;
    }
    const moved = await take(intake, watched, text, status);
    return { known: true, suspicious: moved };
  }

  return scheduledChecks(
    {
      identity,
      kind: 'rdap',
      domains: options.domains,
      budget: options.budget,
      bucketsOf(domain) {
        const base = bootstrap?.baseFor(domain);
        if (base === undefined) return [];
        return [{ name: bucketOf(base), limits: { perSecond: options.ratePerMinute / 60, burst: 1 } }];
      },
      check,
      concurrency: options.concurrency,
      suspicionMs: options.suspicionMs,
      async load() {
        use(await storedBootstrap(options.shippedBootstrap, options.refreshedBootstrap));
        await refresh(AbortSignal.timeout(options.timeoutMs));
      },
      flush: () => Promise.resolve(),
      async probe(signal) {
        if (bootstrap === undefined)
          use(await storedBootstrap(options.shippedBootstrap, options.refreshedBootstrap));
        const list = options.domains.list(tenant === '*' ? undefined : tenant);
        const first = list.find(({ domain }) => bootstrap?.baseFor(domain) !== undefined);
        if (first === undefined)
          return failed('bad_configuration', 'no domain of the inventory has a known RDAP server');
        const sent = await ask(first.domain, signal);
        if (!sent.ok) return sent;
        return sent.value.status === 200
          ? succeeded(`${first.domain} can be read`)
          : failed('endpoint_refused', `${first.domain}: status ${sent.value.status}`);
      },
    },
    around,
  );
}
