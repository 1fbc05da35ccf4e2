/** Every file of dashboards/. */
import { dashboardJson, type Dashboard } from './dashboard.ts';
import { domainDetail, fleet } from './domain-dashboards.ts';
import { certificates, probes } from './outside-dashboards.ts';
import { cases, detections } from './case-dashboards.ts';
import { pipeline, sources } from './pipeline-dashboards.ts';

/** In the order of a tour. */
export const dashboards: readonly Dashboard[] = [
  fleet,
  domainDetail,
  cases,
  detections,
  sources,
  pipeline,
  probes,
  certificates,
];

/** Path from the root of the repository, and JSON. */
export function dashboardFiles(): readonly (readonly [path: string, json: string])[] {
  return dashboards.map((dashboard) => [`dashboards/${dashboard.uid}.json`, dashboardJson(dashboard)]);
}
