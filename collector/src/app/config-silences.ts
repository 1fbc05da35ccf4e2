/** Configuration of places where people can silence our alerts: looked at, so that a long silence is noticed. */
import Type from 'typebox';
import type { ConfigSection } from './config-section.ts';
import { identifier, integer, secret, strict, text, url } from './config-fields.ts';

const place = {
  id: identifier,
  tenant: Type.Optional(text),
  url: url('https', 'http'),
  token: Type.Optional(secret),
  longest_h: integer(1, 24 * 365, 24),
  interval_s: integer(5, 86_400, 300),
};

/** Grafana's own Alertmanager. */
export const GrafanaSilencesSchema = Type.Object({ ...place, kind: Type.Literal('grafana') }, strict);

/** A Prometheus Alertmanager, or Mimir's behind its prefix. */
export const AlertmanagerSilencesSchema = Type.Object(
  { ...place, kind: Type.Literal('alertmanager') },
  strict,
);

/** Schema of each kind of place. */
export const silenceSchemas = {
  grafana: GrafanaSilencesSchema,
  alertmanager: AlertmanagerSilencesSchema,
} as const;

/** A configured place, defaults filled in and secrets read. */
export type SilencePlace =
  Type.Static<typeof GrafanaSilencesSchema> | Type.Static<typeof AlertmanagerSilencesSchema>;

const keys = {
  id: 'Unique among the places.',
  tenant: 'Whose alerts are routed there; left out: those of every tenant.',
  token: 'Bearer token that may read silences; in Grafana a service account with `alert.silences:read`.',
  longest_h: 'Silences of our alerts that last longer are reported.',
  interval_s: 'Seconds between two looks.',
};

/** Sections of the configuration page. */
export const silenceSections: readonly ConfigSection[] = [
  {
    title: 'Silences in Grafana',
    place: 'silences[], kind: grafana',
    schema: GrafanaSilencesSchema,
    keys: { ...keys, kind: 'Grafana-managed alerts.', url: 'Address of Grafana.' },
  },
  {
    title: 'Silences in an Alertmanager',
    place: 'silences[], kind: alertmanager',
    schema: AlertmanagerSilencesSchema,
    keys: {
      ...keys,
      kind: 'Prometheus Alertmanager, API v2.',
      url: 'Address of the Alertmanager, with its prefix if it has one.',
    },
  },
];
