/** One question of the answer probe, with a second one where the first leaves open whether DNSSEC is the reason. */
import type { Outcome } from '../../contract/outcome.ts';
import type { DnsMessage } from '../../leaf/dns-message.ts';
import { askServer, type Question, type ServerAddress } from '../dns-exchange.ts';

/** A reply, and whether the resolver refused it because validation failed. */
export interface JudgedReply {
  readonly reply: Outcome<DnsMessage>;
  readonly bogus: boolean;
}

/** INFO-CODEs of RFC 8914 that mean DNSSEC validation failed. */
const bogusCodes: ReadonlySet<number> = new Set([5, 6, 7, 8, 9, 10, 11, 12]);

/**
 * Asks a resolver. SERVFAIL is bogus when the resolver says so (extended errors), or when it has an answer as soon as it is told
 * not to check (CD): not all resolvers give reasons.
 */
export async function askResolver(
  server: ServerAddress,
  question: Question,
  signal?: AbortSignal,
): Promise<JudgedReply> {
  const reply = await askServer(server, question, signal);
  if (!reply.ok || reply.value.rcode !== 'SERVFAIL') return { reply, bogus: false };
  if (reply.value.edns?.extendedErrors?.some((code) => bogusCodes.has(code)) === true)
    return { reply, bogus: true };
  const unchecked = await askServer(server, { ...question, checkingDisabled: true }, signal);
  return { reply, bogus: unchecked.ok && unchecked.value.rcode === 'NOERROR' };
}

/** A name below the zone that nobody has registered and only a wildcard answers: the same for a zone at every look. */
export function wildcardProbeName(zone: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < zone.length; i++) hash = Math.imul(hash ^ zone.charCodeAt(i), 0x01000193) >>> 0;
  return `w${hash.toString(36)}x${Math.imul(hash, 0x9e3779b1) >>> 0}.${zone}`;
}
