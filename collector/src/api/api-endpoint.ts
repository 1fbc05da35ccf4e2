/**
 * From the endpoint table to routes: who asks, whether that is allowed, what was sent, what is written into the audit
 * log, and the form of the answer. Handlers see none of that.
 */
import { hash } from 'node:crypto';
import type Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { Endpoint, Role } from '../contract/api.ts';
import {
  jsonAnswer,
  problemAnswer,
  type EventStream,
  type HttpAnswer,
  type HttpRequest,
} from '../contract/http.ts';
import { hasRoleSomewhere, tenantsWith, type Identity } from './access.ts';
import { pageRequest, type PageRequest } from './page.ts';
import type { Route } from './route.ts';

/** A fact for the audit log; the writer adds time and chain. */
export interface AccessFact {
  readonly tenant: string;
  readonly by: string;
  readonly action: string;
  readonly object: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** One allowed request, as a handler sees it. */
export interface ApiCall {
  readonly identity: Identity;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly page: PageRequest;
  /** The checked body; undefined when the endpoint reads none. */
  readonly body: unknown;
  /** Tenants the caller has the endpoint's role in, narrowed by `tenant` of the query. Nothing else may be shown or changed. */
  readonly tenants: readonly string[];
  /** Tenants of `tenants` in which the caller has this role too. */
  also(role: Role): ReadonlySet<string>;
  /** Writes who did what to which object; a change calls it before it happens. Resolves when durable. */
  audit(tenant: string, object: string, details?: Readonly<Record<string, unknown>>): Promise<void>;
}

/** What a handler answers: a value of the endpoint's shape, a refusal, or a stream. */
export type ApiAnswer =
  | { readonly kind: 'value'; readonly value: unknown; readonly status?: number }
  | { readonly kind: 'problem'; readonly status: number; readonly title: string; readonly detail?: string }
  | { readonly kind: 'stream'; readonly stream: EventStream };

/** Answers one allowed request. */
export type ApiHandler = (call: ApiCall) => ApiAnswer | Promise<ApiAnswer>;

/** What the routes need. `authenticate` gives undefined for nobody. */
export interface EndpointParts {
  readonly endpoints: readonly Endpoint[];
  /** By `METHOD /path`. */
  readonly handlers: Readonly<Record<string, ApiHandler>>;
  readonly authenticate: (request: HttpRequest) => Promise<Identity | undefined>;
  readonly audit: (fact: AccessFact) => Promise<void>;
  readonly tenants: () => readonly string[];
}

/** Where version 1 lies. */
export const apiRoot = '/api/v1';

/** A value. */
export function value(given: unknown, status = 200): ApiAnswer {
  return { kind: 'value', value: given, status };
}

/** A refusal with a sentence for the person. */
export function problem(status: number, title: string, detail?: string): ApiAnswer {
  return { kind: 'problem', status, title, ...(detail === undefined ? {} : { detail }) };
}

/** The same answer for what does not exist and for what the caller may not see. */
export const notFound: ApiAnswer = { kind: 'problem', status: 404, title: 'not found' };

/** Name of an endpoint in handler tables, audit log and documents. */
export function endpointName(endpoint: Pick<Endpoint, 'method' | 'path'>): string {
  return `${endpoint.method} ${endpoint.path}`;
}

/** Routes of all endpoints, in table order. Throws when a handler is missing: a table without its code is a bug. */
export function endpointRoutes(parts: EndpointParts): Route[] {
  return parts.endpoints.map((endpoint) => {
    const handler = parts.handlers[endpointName(endpoint)];
    if (handler === undefined) throw new Error(`no handler for ${endpointName(endpoint)}`);
    const check = endpoint.body === undefined ? undefined : bodyCheck(endpoint.body);
    return {
      method: endpoint.method,
      path: apiRoot + endpoint.path.replace(/\{(\w+)\}/g, ':$1'),
      handler: (request) => respond(request, endpoint, handler, check, parts),
    };
  });
}

const authenticateHeader = { 'www-authenticate': 'Bearer realm="zonewarden"' };

async function respond(
  request: HttpRequest,
  endpoint: Endpoint,
  handler: ApiHandler,
  check: BodyCheck | undefined,
  parts: EndpointParts,
): Promise<HttpAnswer> {
  const identity = await parts.authenticate(request);
  const { role } = endpoint;
  if (role !== null) {
    if (identity === undefined)
      return problemAnswer(
        401,
        'not signed in',
        'send an API token: Authorization: Bearer …',
        authenticateHeader,
      );
    const refused = await refusal(identity, role, endpoint, request, parts);
    if (refused !== undefined) return refused;
  }
  const tenants = tenantsOf(identity, role, request.query, parts.tenants());
  if (tenants === undefined) return problemAnswer(404, 'not found', 'there is no such tenant for you');
  const strange = queryProblem(endpoint, request.query);
  if (strange !== undefined) return problemAnswer(400, 'bad query', strange);
  const page = pageRequest(request.query);
  if (page === undefined)
    return problemAnswer(
      400,
      'bad page',
      '"limit" is 1 to 500, "cursor" is what "next_cursor" of the page before said',
    );
  const body = check === undefined ? { ok: true as const, body: undefined } : check(request);
  if (!body.ok) return body.answer;
  const who = identity ?? nobody;
  let audited = false;
  const call: ApiCall = {
    identity: who,
    params: request.params ?? {},
    query: request.query,
    headers: request.headers,
    page,
    body: body.body,
    tenants,
    also: (wanted) => new Set(tenantsWith(who, wanted, tenants)),
    async audit(tenant, object, details) {
      audited = true;
      const action = endpointName(endpoint);
      await parts.audit({
        tenant,
        by: who.id,
        action,
        object,
        ...(details === undefined ? {} : { details }),
      });
    },
  };
  const answer = await handler(call);
  if (answer.kind === 'problem') return problemAnswer(answer.status, answer.title, answer.detail);
  if (answer.kind === 'stream') return { status: 200, body: answer.stream };
  const sent =
    endpoint.method === 'GET' ? tagged(request, answer) : jsonAnswer(answer.status ?? 200, answer.value);
  if (endpoint.audited === true && !audited && sent.status !== 304)
    await call.audit(tenants.join(','), request.path.slice(apiRoot.length));
  return sent;
}

const nobody: Identity = { id: 'anonymous', person: false, verified: false, grants: [] };

async function refusal(
  identity: Identity,
  role: Role,
  endpoint: Endpoint,
  request: HttpRequest,
  parts: EndpointParts,
): Promise<HttpAnswer | undefined> {
  const missing = !hasRoleSomewhere(identity, role);
  if (!missing && (endpoint.person !== true || identity.person)) return undefined;
  const detail = missing
    ? `this needs the role ${role}`
    : 'this needs a person: a service token alone approves nothing';
  if (endpoint.method !== 'GET')
    await parts.audit({
      tenant: identity.grants.map(({ tenant }) => tenant).join(','),
      by: identity.id,
      action: 'denied',
      object: `${request.method} ${request.path.slice(apiRoot.length, 300)}`,
      details: { reason: detail },
    });
  return problemAnswer(403, 'not allowed', detail);
}

const everywhere = ['tenant', 'cursor', 'limit'];

/** What is wrong with the query, as a sentence: a filter that is not understood must not look like one that found everything. */
function queryProblem(endpoint: Endpoint, query: URLSearchParams): string | undefined {
  const known = [...(endpoint.query ?? []), ...everywhere];
  for (const name of new Set(query.keys())) {
    if (!known.includes(name)) return `there is no "${name}" here; known are ${known.join(', ')}`;
    if (query.getAll(name).length > 1)
      return `"${name}" stands twice; several words go into one, with commas`;
    const choices = endpoint.choices?.[name];
    const text = query.get(name) ?? '';
    if (choices === undefined || text === '') continue;
    const odd = text.split(',').find((word) => !choices.includes(word));
    if (odd !== undefined) return `"${name}" takes ${choices.join(', ')}, not "${odd.slice(0, 100)}"`;
  }
  return undefined;
}

/** Undefined: a tenant was named that the caller has no role in; the answer does not tell whether it exists. */
function tenantsOf(
  identity: Identity | undefined,
  role: Role | null,
  query: URLSearchParams,
  known: readonly string[],
): string[] | undefined {
  if (identity === undefined || role === null) return [];
  const all = tenantsWith(identity, role, known);
  const wanted = query.get('tenant');
  if (wanted === null || wanted === '') return all;
  return all.includes(wanted) ? [wanted] : undefined;
}

type BodyCheck = (request: HttpRequest) => { ok: true; body: unknown } | { ok: false; answer: HttpAnswer };

/** JSON only: a form of another site cannot send it without asking first, so this is part of the defence against forgery. */
function bodyCheck(schema: Type.TSchema): BodyCheck {
  const validator = Compile(schema);
  return (request) => {
    const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
    if (type !== 'application/json')
      return { ok: false, answer: problemAnswer(415, 'unsupported media type', 'send application/json') };
    let body: unknown;
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(request.body);
      body = text.trim() === '' ? {} : JSON.parse(text);
    } catch {
      return { ok: false, answer: problemAnswer(400, 'bad body', 'the body is not JSON in UTF-8') };
    }
    if (validator.Check(body)) return { ok: true, body };
    const first = validator.Errors(body)[Symbol.iterator]().next().value as
      { instancePath: string; message: string } | undefined;
    const where = first === undefined || first.instancePath === '' ? '/' : first.instancePath;
    return {
      ok: false,
      answer: problemAnswer(400, 'bad body', `${where}: ${first?.message ?? 'does not fit'}`),
    };
  };
}

/** JSON with an entity tag (RFC 9110 section 8.8.3); 304 without body when the client has it already. */
function tagged(request: HttpRequest, answer: Extract<ApiAnswer, { kind: 'value' }>): HttpAnswer {
  const full = jsonAnswer(answer.status ?? 200, answer.value);
  const etag = `"${hash('sha256', full.body as string, 'base64url').slice(0, 27)}"`;
  const headers = { etag, 'cache-control': 'private, no-cache', vary: 'authorization, x-grafana-id' };
  const known = (request.headers['if-none-match'] ?? '')
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''));
  if (known.includes(etag) || known.includes('*')) return { status: 304, headers };
  return { ...full, headers: { ...full.headers, ...headers } };
}
