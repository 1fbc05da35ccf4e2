/** How many findings there are by detection, severity and state: the latest revision of each, not how often it was told. */
import type { Signal } from '../contract/component.ts';
import type { Finding } from '../contract/finding.ts';
import type { MetricReader, MetricSample } from '../contract/names.ts';

interface FindingFact {
  readonly revision: number;
  /** JSON array of the label values, in the order of the metric's labels. */
  readonly series: string;
}

/** Keeps the newest `keptMax` findings; feed it with every finding signal. */
export class FindingBoard {
  readonly #keptMax: number;
  readonly #findings = new Map<string, FindingFact>();

  constructor(keptMax = 50_000) {
    this.#keptMax = keptMax;
  }

  /** Takes a signal; other kinds and older revisions are ignored. */
  apply(signal: Pick<Signal, 'kind' | 'body'>): void {
    if (signal.kind !== 'finding') return;
    const { tenant, finding_id, revision, detection, severity, state } = signal.body as Finding;
    const key = `${tenant}\n${finding_id}`;
    const known = this.#findings.get(key);
    if (known && known.revision > revision) return;
    this.#findings.set(key, { revision, series: JSON.stringify([tenant, detection, severity, state]) });
    for (const oldest of this.#findings.keys()) {
      if (this.#findings.size <= this.#keptMax) break;
      this.#findings.delete(oldest);
    }
  }

  /** The samples of now. */
  readonly reader: MetricReader = () => {
    const counts = new Map<string, number>();
    for (const { series } of this.#findings.values()) counts.set(series, (counts.get(series) ?? 0) + 1);
    const samples: MetricSample[] = [];
    for (const [series, value] of counts) {
      const [tenant = '', detection = '', severity = '', state = ''] = JSON.parse(series) as string[];
      samples.push({ metric: 'findings', labels: { tenant, detection, severity, state }, value });
    }
    return samples;
  };
}
