/** The OpenAPI 3.1 document, from the endpoint table. Pure. */
import type { Endpoint } from '../contract/api.ts';
import { limitMax } from './page.ts';

const problemSchema = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
  },
  required: ['type', 'title', 'status'],
};

function parametersOf(endpoint: Endpoint): object[] {
  const inPath = [...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const isList = 'next_cursor' in ((endpoint.answer as { properties?: object }).properties ?? {});
  const names = [...(endpoint.query ?? []), ...(endpoint.role === null ? [] : ['tenant'])];
  const inQuery = [...names, ...(isList ? ['cursor'] : [])].map((name) => {
    const choices = endpoint.choices?.[name];
    if (choices === undefined) return { name, in: 'query', schema: { type: 'string' } };
    const items = { type: 'string', enum: [...choices] };
    return { name, in: 'query', style: 'form', explode: false, schema: { type: 'array', items } };
  });
  const limit = { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: limitMax } };
  return [...inPath, ...inQuery, ...(isList ? [limit] : [])];
}

function answersOf(endpoint: Endpoint): object {
  const media = endpoint.path === '/stream' ? 'text/event-stream' : 'application/json';
  const problem = { $ref: '#/components/responses/Problem' };
  return {
    '200': { description: 'done', content: { [media]: { schema: endpoint.answer } } },
    ...(endpoint.method === 'GET' && media === 'application/json'
      ? { '304': { description: 'not changed since the entity tag given' } }
      : {}),
    ...(endpoint.role === null ? {} : { '401': problem, '403': problem }),
    default: problem,
  };
}

/** Builds the document. `version` is that of the collector. The same table gives the same bytes. */
export function openApiDocument(endpoints: readonly Endpoint[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of endpoints) {
    const entry = (paths[endpoint.path] ??= {});
    entry[endpoint.method.toLowerCase()] = {
      summary: endpoint.about,
      operationId: `${endpoint.method.toLowerCase()}${endpoint.path.replace(/[^a-z]+(\w?)/g, (_, next: string) => next.toUpperCase())}`,
      parameters: parametersOf(endpoint),
      ...(endpoint.body === undefined
        ? {}
        : { requestBody: { required: true, content: { 'application/json': { schema: endpoint.body } } } }),
      responses: answersOf(endpoint),
      security: endpoint.role === null ? [] : [{ token: [] }],
      'x-role': endpoint.role,
      'x-audited': endpoint.audited === true,
      'x-person-only': endpoint.person === true,
    };
  }
  const document = {
    openapi: '3.1.0',
    info: { title: 'Zonewarden', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/api/v1' }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      responses: {
        Problem: {
          description: 'refused or failed (RFC 9457)',
          content: { 'application/problem+json': { schema: problemSchema } },
        },
      },
    },
  };
  return JSON.parse(JSON.stringify(document)) as object;
}
