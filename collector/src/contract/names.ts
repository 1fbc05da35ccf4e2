/**
 * Every name that leaves the collector as telemetry. Dashboards, alert rules and docs/telemetry.md stand on these
 * tables; renaming a row is a breaking change.
 */
export * from './metric-names.ts';
export * from './attribute-names.ts';
