/** Severity words, lowest first. OTel numbers: informational 9, low 10, medium 13, high 17, critical 21. */
export const severities = ['informational', 'low', 'medium', 'high', 'critical'] as const;

/** How bad a finding or case is. Events have none. */
export type Severity = (typeof severities)[number];

/** Negative when `a` is lower than `b`, 0 when equal, positive when higher. */
export function compareSeverity(a: Severity, b: Severity): number {
  return severities.indexOf(a) - severities.indexOf(b);
}

/** The higher of two severities. */
export function maxSeverity(a: Severity, b: Severity): Severity {
  return compareSeverity(a, b) >= 0 ? a : b;
}

/** OpenTelemetry log severity number of each severity. */
export const otelSeverityNumber: Readonly<Record<Severity, number>> = {
  informational: 9,
  low: 10,
  medium: 13,
  high: 17,
  critical: 21,
};

/** What the change does when it is hostile: ownership, redirect, impersonate, weaken, visibility, cosmetic. */
export const effects = ['own', 'red', 'imp', 'weak', 'vis', 'cos'] as const;

/** Effect class of a detection; its factor is in 7-case/severity.ts. */
export type Effect = (typeof effects)[number];

/** Planes of control a signal belongs to. */
export const planes = [
  'registrar',
  'dns',
  'identity',
  'cert',
  'mail',
  'query',
  'intel',
  'score',
  'pipeline',
] as const;

/** One plane of control. */
export type Plane = (typeof planes)[number];
