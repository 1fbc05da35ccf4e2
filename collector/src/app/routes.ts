/** What the listener answers: probes, metrics, intake, API, console. */
import { jsonAnswer, problemAnswer, type HttpHandler } from '../contract/http.ts';
import type { Route } from '../api/route.ts';
import { createPrometheusPage } from '../8-sink/prometheus.ts';
import { createIngestRouter } from '../1-source/webhook/ingest-handler.ts';
import type { WebhookSource } from '../1-source/webhook/webhook-source.ts';
import { apiRoutes } from './api-routes.ts';
import type { ApiService } from './api-service.ts';
import type { Collector } from './collector.ts';
import { consoleRoutes } from './console-routes.ts';

/** What routes are made from. */
export interface RouteParts {
  readonly collector: Collector;
  readonly webhooks: readonly WebhookSource[];
  readonly service: ApiService;
}

/** All routes in order of match. */
export function routesOf(parts: RouteParts): Route[] {
  const { collector, webhooks } = parts;
  const page = createPrometheusPage(collector.readers);
  const ingest = createIngestRouter([...webhooks, ...parts.service.drillSources]);
  const ready: HttpHandler = () => {
    const state = collector.stores.log.state;
    if (!collector.ready()) return problemAnswer(503, 'not ready', 'catching up with the log');
    if (state !== 'open')
      return problemAnswer(503, 'not ready', `the log is ${state}`, { 'retry-after': '10' });
    return jsonAnswer(200, { ready: true });
  };
  return [
    { method: 'GET', path: '/healthz', handler: () => jsonAnswer(200, { alive: true }), machine: true },
    { method: 'GET', path: '/readyz', handler: ready, machine: true },
    {
      method: 'GET',
      path: '/metrics',
      machine: true,
      handler: async () => ({
        status: 200,
        headers: { 'content-type': page.contentType },
        body: await page.text(),
      }),
    },
    ...['/ingest/*', '/v1/logs'].map((path): Route => ({
      method: 'ANY',
      path,
      machine: true,
      bodyBytesMax: (given) => ingest.bodyBytesMax(given),
      handler: (request) => ingest.handle(request),
    })),
    ...apiRoutes(parts.service.parts, parts.service.access),
    ...consoleRoutes(),
  ];
}
