/** What an administrator sets on the plugin's configuration page. */

/** Settings that Grafana keeps in the open. Absent: not set. */
export interface AppSettings {
  /** Address of the collector as Grafana's server reaches it, without a final slash. */
  readonly collectorUrl?: string;
  /** uid of the Prometheus or Mimir data source, for when the collector's API cannot be reached. */
  readonly metricsUid?: string;
  /** uid of the Loki data source. */
  readonly logsUid?: string;
}

/** Why an address of a collector is of no use, or undefined. */
export function addressProblem(text: string): 'empty' | 'scheme' | 'path' | undefined {
  if (text.trim() === '') return 'empty';
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return 'scheme';
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'scheme';
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return 'path';
  return undefined;
}

/** The address as it is kept. */
export function keptAddress(text: string): string {
  return text.trim().replace(/\/+$/, '');
}
