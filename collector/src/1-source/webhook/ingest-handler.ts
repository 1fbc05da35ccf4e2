/** Finds the source of a path under `/ingest/`, and of paths a protocol prescribes, such as `/v1/logs`. */
import { problemAnswer, type HttpAnswer, type HttpRequest } from '../../contract/http.ts';
import type { WebhookSource } from './webhook-source.ts';

/** Path to source, and the largest body it takes. */
export interface IngestRouter {
  /** Bound for the body of a request to `path`; 0 when no source is there, so that nothing is read. */
  bodyBytesMax(path: string): number;
  /** Answers a request under `/ingest/`; 404 when no source is there. */
  handle(request: HttpRequest): Promise<HttpAnswer>;
}

/** Routes by source id, and by feed name where exactly one source has that feed. */
export function createIngestRouter(sources: readonly WebhookSource[]): IngestRouter {
  const byName = new Map<string, WebhookSource>();
  const feeds = Map.groupBy(sources, (source) => source.identity.feed);
  for (const [feed, all] of feeds) if (all.length === 1 && all[0] !== undefined) byName.set(feed, all[0]);
  for (const source of sources) byName.set(source.identity.id, source);
  const bySuffix = Map.groupBy(sources, (source) => source.pathSuffix ?? '');
  const find = (path: string): { source: WebhookSource; rest: string } | undefined => {
    // A protocol's own path leads to the source that speaks it, where there is exactly one.
    const [only, ...others] = bySuffix.get(path.slice(1)) ?? [];
    if (only !== undefined && others.length === 0 && path !== '/')
      return { source: only, rest: path.slice(1) };
    const [, root, name = '', ...rest] = path.split('/');
    const source = root === 'ingest' ? byName.get(name) : undefined;
    return source === undefined ? undefined : { source, rest: rest.join('/') };
  };
  return {
    bodyBytesMax: (path) => find(path)?.source.bodyBytesMax ?? 0,
    async handle(request) {
      const found = find(request.path);
      return found === undefined
        ? problemAnswer(404, 'not found')
        : found.source.deliver(request, found.rest);
    },
  };
}
