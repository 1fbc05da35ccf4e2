/** Tokens of an account and of the DNS providers its domains use: created, last used, from where (R17, C10). */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { TokenState } from '../contract/ledger.ts';
import type { Annotator } from '../contract/step.ts';
import { ledgerConstants } from './constants.ts';

const stateName = 'tokens';
const dayMs = 86_400_000;
const createdTypes = new Set([
  'registrar.account.api_token_created',
  'dns.provider.api_token_created',
  'identity.token.created',
]);
const revokedTypes = new Set([
  'registrar.account.api_token_revoked',
  'dns.provider.api_token_revoked',
  'identity.token.revoked',
]);

interface TokenBook {
  tokens: Record<string, TokenState>;
  /** Created (`c`) and revoked (`r`) tokens of the last day, oldest first. */
  churn: [atMs: number, what: 'c' | 'r', actor: string][];
  evicted: number;
}

/** Annotator that adds `feature.token` to every event that names a token. */
export const tokenLedger: Annotator = {
  name: 'tokens',
  scope: 'account',
  wants: ['registrar.', 'dns.', 'identity.token.'],
  bounded: [stateName],
  step(state, message) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const created = createdTypes.has(event.event_type);
    const revoked = revokedTypes.has(event.event_type);
    if (event.token_id === undefined && !created && !revoked) return {};
    if (event.outcome === 'failure' || event.outcome === 'attempt') return {};
    const book = state.edit<TokenBook>(stateName, () => ({ tokens: {}, churn: [], evicted: 0 }));
    if (created || revoked) noteChurn(book, timeMs, created ? 'c' : 'r', event.actor_id);
    const use = created || revoked ? {} : useOf(book, event, timeMs);
    if (event.token_id !== undefined) noteToken(book, event, timeMs, created, revoked);
    return { features: { token: { ...use, ...churnOf(book, timeMs) } satisfies FeatureOf<'token'> } };
  },
};

function asnOf(event: CanonicalEvent): number | undefined {
  const asn = (event.enrich?.['source'] as { asn?: unknown } | undefined)?.asn;
  return typeof asn === 'number' ? asn : undefined;
}

function tokenOf(book: TokenBook, id: string): TokenState | undefined {
  return Object.hasOwn(book.tokens, id) ? book.tokens[id] : undefined;
}

function useOf(book: TokenBook, event: CanonicalEvent, atMs: number): FeatureOf<'token'> {
  const token = tokenOf(book, event.token_id ?? '');
  if (token === undefined) return { known: false, first_use: true };
  const asn = asnOf(event);
  const since = token.lastMs ?? token.createdMs;
  const idleDays = since === undefined ? undefined : Math.max(0, (atMs - since) / dayMs);
  const firstUse = token.lastMs === undefined;
  const newAsn = asn !== undefined && token.asns.length > 0 && !token.asns.includes(asn);
  const idle = idleDays !== undefined && idleDays * dayMs >= ledgerConstants.tokenIdleDormantMs;
  return {
    known: true,
    first_use: firstUse,
    new_asn: newAsn,
    dormant: firstUse || idle || newAsn,
    ...(token.createdMs === undefined
      ? {}
      : { age_days: Math.round(Math.max(0, atMs - token.createdMs) / 86_400) / 1000 }),
    ...(idleDays === undefined ? {} : { idle_days: Math.round(idleDays * 1000) / 1000 }),
  };
}

function noteToken(
  book: TokenBook,
  event: CanonicalEvent,
  atMs: number,
  created: boolean,
  revoked: boolean,
): void {
  const id = event.token_id ?? '';
  if (id === '__proto__') return;
  if (revoked) {
    delete book.tokens[id];
    return;
  }
  const token = (book.tokens[id] = tokenOf(book, id) ?? { asns: [] });
  if (created) {
    token.createdMs ??= atMs;
    token.by ??= event.actor_id;
  } else {
    token.lastMs = Math.max(token.lastMs ?? 0, atMs);
    const asn = asnOf(event);
    if (asn !== undefined && !token.asns.includes(asn)) {
      token.asns.push(asn);
      if (token.asns.length > ledgerConstants.tokenAsnsMax) token.asns.shift();
    }
  }
  evictOldest(book);
}

function evictOldest(book: TokenBook): void {
  const ids = Object.keys(book.tokens);
  if (ids.length <= ledgerConstants.tokensMax) return;
  const age = (id: string) => {
    const token = book.tokens[id];
    return token?.lastMs ?? token?.createdMs ?? 0;
  };
  const oldest = ids.reduce((a, b) => (age(b) < age(a) ? b : a));
  delete book.tokens[oldest];
  book.evicted += 1;
}

function noteChurn(book: TokenBook, atMs: number, what: 'c' | 'r', actor: string): void {
  const oldest = atMs - ledgerConstants.tokenChurnWindowMs;
  book.churn = book.churn.filter(([at]) => at > oldest);
  book.churn.push([atMs, what, actor]);
  if (book.churn.length > ledgerConstants.tokenChurnMax) book.churn.shift();
}

function churnOf(book: TokenBook, atMs: number): FeatureOf<'token'> {
  const recent = book.churn.filter(([at]) => at > atMs - ledgerConstants.tokenChurnWindowMs && at <= atMs);
  const created = recent.filter(([, what]) => what === 'c').length;
  const actors = new Set(recent.map(([, , actor]) => actor));
  return {
    churn_24h: recent.length,
    rotation: created > 0 && created * 2 === recent.length && actors.size === 1 && !actors.has('unknown'),
  };
}
