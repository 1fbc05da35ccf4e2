/** Answers of provider APIs as outcomes: JSON read, errors as sentences, transient ones told apart. */
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import type { ActionHttp } from './executor.ts';

/** A request with a JSON body, or none. */
export interface JsonRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const textMax = 300;

/** What a status that is no success means; `said` is the beginning of the body. */
export function refusedStatus(status: number, said: string): Outcome<never> {
  const message = `the provider answered ${status}${said === '' ? '' : `: ${said.slice(0, textMax)}`}`;
  if (status === 429) return failed('endpoint_throttled', message);
  if (status === 401 || status === 403) return failed('unauthorised', message);
  if (status >= 500 || status === 408) return failed('endpoint_unreachable', message);
  return failed('endpoint_refused', message);
}

/** Sends JSON and reads JSON; an empty body reads as undefined. */
export async function askJson(
  http: ActionHttp,
  request: JsonRequest,
  signal: AbortSignal,
): Promise<Outcome<unknown>> {
  const { method, url, headers, body } = request;
  const answer = await http(
    {
      method,
      url,
      headers: {
        accept: 'application/json',
        ...headers,
        ...(body === undefined ? {} : { 'content-type': headers['content-type'] ?? 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
    signal,
  );
  if (!answer.ok) return answer;
  const text = Buffer.from(answer.value.body).toString('utf8');
  if (answer.value.status < 200 || answer.value.status > 299) return refusedStatus(answer.value.status, text);
  if (text === '') return succeeded(undefined);
  try {
    return succeeded(JSON.parse(text));
  } catch {
    return failed('endpoint_refused', 'the provider answered something else than JSON');
  }
}

/** Member of an unknown value, undefined when there is none. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** Objects of an unknown list. */
export function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value)
    ? value.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
    : [];
}

/** Text of an unknown value; '' when it is none. */
export function textMember(value: unknown, name: string): string {
  const found = member(value, name);
  return typeof found === 'string' ? found : '';
}
