/** What the Kafka client library throws, as failures for people. */
import type { ErrorCode } from '../contract/error-codes.ts';
import { failed, type Outcome } from '../contract/outcome.ts';

interface LibraryError extends Error {
  readonly code?: string;
  readonly apiId?: string;
  readonly errors?: readonly unknown[];
}

/** Error and everything it wraps, outermost first; bounded, because causes may form a ring. */
function chainOf(error: unknown): LibraryError[] {
  const chain: LibraryError[] = [];
  const waiting: unknown[] = [error];
  while (waiting.length > 0 && chain.length < 64) {
    const one = waiting.shift();
    if (!(one instanceof Error) || chain.includes(one)) continue;
    const known: LibraryError = one;
    chain.push(known);
    waiting.push(...(known.errors ?? []), known.cause);
  }
  return chain;
}

const refusals: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  UNKNOWN_TOPIC_OR_PARTITION: [
    'bad_configuration',
    'the topic does not exist; create it ("zonewarden topics")',
  ],
  UNKNOWN_TOPIC_ID: ['bad_configuration', 'the topic was deleted'],
  INVALID_TOPIC_EXCEPTION: ['bad_configuration', 'the topic name is not allowed'],
  INVALID_REPLICATION_FACTOR: ['bad_configuration', 'fewer brokers are up than replicas were asked for'],
  INVALID_CONFIG: ['bad_configuration', 'the broker does not take a setting of the topic'],
  POLICY_VIOLATION: ['bad_configuration', 'a policy of the cluster forbids this'],
  MESSAGE_TOO_LARGE: ['too_large', 'a record is larger than max.message.bytes of the topic'],
  RECORD_LIST_TOO_LARGE: ['too_large', 'a batch is larger than the segment size of the topic'],
  TOPIC_AUTHORIZATION_FAILED: ['unauthorised', 'this user may not use the topic'],
  CLUSTER_AUTHORIZATION_FAILED: ['unauthorised', 'this user may not do that in the cluster'],
  SASL_AUTHENTICATION_FAILED: ['unauthorised', 'the broker does not accept user name and password'],
  NOT_ENOUGH_REPLICAS: ['endpoint_unreachable', 'fewer in-sync replicas than min.insync.replicas'],
};

/** A failed call as a value; `what` says what was tried, e.g. `topic zonewarden.raw`. */
export function kafkaFailure(what: string, error: unknown): Outcome<never> {
  const chain = chainOf(error);
  for (const { apiId } of chain) {
    const known = apiId === undefined ? undefined : refusals[apiId];
    if (known !== undefined) return failed(known[0], `${what}: ${known[1]}`, apiId);
  }
  if (chain.some(({ message }) => message.startsWith('Unknown topic ')))
    return failed('bad_configuration', `${what}: the topic does not exist; create it ("zonewarden topics")`);
  const deepest = chain.at(-1);
  const tls = chain.find(({ code }) => /^(ERR_TLS_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code ?? ''));
  if (tls !== undefined)
    return failed('endpoint_unreachable', `${what}: the broker's certificate is not trusted: ${tls.message}`);
  if (chain.some(({ code }) => code === 'PLT_KFK_AUTHENTICATION'))
    return failed('unauthorised', `${what}: the broker does not accept user name and password`);
  const slow = chain.some(({ name, message }) => name === 'TimeoutError' || /timed out/i.test(message));
  const code = slow ? 'endpoint_timeout' : 'endpoint_unreachable';
  return failed(code, `${what}: ${deepest?.message ?? String(error)}`);
}

/** True when a failure names the error `apiId` of the protocol. */
export function isApiError(error: unknown, apiId: string): boolean {
  return chainOf(error).some((one) => one.apiId === apiId);
}
