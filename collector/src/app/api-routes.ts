/** Read access to cases, findings, scores and state. */
import { jsonAnswer, problemAnswer } from '../contract/http.ts';
import type { Route } from '../api/route.ts';
import { formatInstant } from '../leaf/time.ts';
import type { RouteParts } from './routes.ts';

/** Routes below `/api/v1`. */
export function apiRoutes({ collector, demo, version }: RouteParts): Route[] {
  const { book, engine } = collector.host;
  const instant = (timeMs: number): string | null => (Number.isFinite(timeMs) ? formatInstant(timeMs) : null);
  return [
    {
      method: 'GET',
      path: '/api/v1/status',
      handler: () =>
        jsonAnswer(200, {
          version,
          demo,
          ready: collector.ready(),
          watermark: instant(engine.watermarkMs),
          open_cases: [...book.cases.values()].filter(({ state }) => state !== 'closed' && state !== 'merged')
            .length,
          entries: collector.figures.entries,
          messages: collector.figures.messages,
          late: collector.figures.late,
          duplicates: collector.figures.duplicates,
        }),
    },
    {
      method: 'GET',
      path: '/api/v1/cases',
      handler: () => jsonAnswer(200, { items: [...book.cases.values()] }),
    },
    {
      method: 'GET',
      path: '/api/v1/findings',
      handler: () => jsonAnswer(200, { items: [...book.findings.values()] }),
    },
    {
      method: 'GET',
      path: '/api/v1/scores',
      handler: () => jsonAnswer(200, { items: [...book.scores.values()] }),
    },
    { method: 'ANY', path: '/api/*', handler: () => problemAnswer(404, 'not found') },
  ];
}
